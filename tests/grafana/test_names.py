"""Queries name nothing that the exporter does not have."""

import re

import pytest

from exporter.describe import described
from exporter.reports.table import METRICS
from tests.grafana.boards import NAMES, Asked, asked, load

# What Prometheus itself adds to every scrape, and what queries.signed() and others add.
ADDED = {"instance", "job", "change", "low", "high", "usual"}
LABELS = {
    **{each.name: set(each.labels) for each in described()},
    **{each.history_name: set(each.label_names) for each in METRICS},
    **{
        each.name + ending: set(each.labels) | {"le"}
        for each in described()
        if each.type == "histogram"
        for ending in ("_bucket", "_count", "_sum")
    },
    "process_resident_memory_bytes": set(),
    "process_cpu_seconds_total": set(),
}
METRIC = re.compile(r"\b(?:wxa|process|python)_\w+")
SELECTOR = re.compile(r"(\w+){([^}]*)}")
GROUPED = re.compile(r"\b(?:by|on|ignoring|group_left|without) \(([^)]*)\)")


def unquoted(expr: str) -> str:
    """A query without the values of its matchers."""
    return re.sub(r'"[^"]*"', '""', expr)


@pytest.mark.parametrize("query", list(asked()), ids=str)
def test_every_metric_and_label_is_in_the_table(query: Asked) -> None:
    expr = unquoted(query.expr)
    metrics = set(METRIC.findall(expr))

    assert metrics <= set(LABELS)
    for name, matchers in SELECTOR.findall(expr):
        assert set(re.findall(r"(\w+)[=!]", matchers)) <= LABELS[name]
    usable = ADDED.union(*(LABELS[name] for name in metrics))
    for group in GROUPED.findall(expr):
        assert {label.strip() for label in group.split(",") if label.strip()} <= usable
    shown = set(re.findall(r"{{(\w+)}}", query.target["legendFormat"]))
    assert shown <= usable


@pytest.mark.parametrize("query", list(asked()), ids=str)
def test_nothing_is_divided_by_what_may_be_zero(query: Asked) -> None:
    divisors = re.findall(r"/ (?:on \(app\) group_left \(\) )?(\D)", unquoted(query.expr))

    assert set(divisors) <= {"("}
    # Each divisor is `(... > 0)`: as many comparisons with 0 as divisions, at least.
    assert unquoted(query.expr).count("> 0)") >= len(divisors)


@pytest.mark.parametrize("name", NAMES)
def test_variables_ask_for_what_is_in_the_table(name: str) -> None:
    for variable in load("en", name)["templating"]["list"]:
        if variable["type"] == "query":
            query = unquoted(variable["query"]["query"])
            (metric,) = METRIC.findall(query)
            assert variable["name"] in LABELS[metric]
            assert variable["name"] in query.replace("$app", "")
