"""Queries name nothing that the exporter does not have."""

import re

import pytest

from exporter.describe import described
from exporter.exposition.families import DAY_KIND
from exporter.reports.table import METRICS
from exporter.reports.vocabulary import history_name
from grafana.source.board import SEVERAL
from tests.grafana.boards import EVERY_LABEL, NAMES, Asked, asked, load

# What Prometheus itself adds to every scrape, and what queries.signed() and others add.
ADDED = {"instance", "job", "change", "cohort", "low", "high", "usual"}
LABELS = {
    **{each.name: set(each.labels) for each in described()},
    **{each.history_name: set(each.label_names) for each in METRICS},
    **{
        each.name + ending: set(each.labels) | {"le"}
        for each in described()
        if each.type == "histogram"
        for ending in ("_bucket", "_count", "_sum")
    },
    history_name(DAY_KIND.name): set(DAY_KIND.label_names),
    # What Prometheus makes of the rules.
    "ALERTS": {"app", "alertname", "alertstate"},
    "process_resident_memory_bytes": set(),
    "process_cpu_seconds_total": set(),
}
METRIC = re.compile(r"\b(?:(?:wxa|process|python)_\w+|ALERTS)\b")
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
            metric, *_ = METRIC.findall(query)
            if variable["name"] == "label":
                continue  # those that the operator chose
            label = {"tile": "app"}.get(variable["name"], variable["name"])
            assert label in LABELS[metric]
            assert label in query.replace("$app", "")


@pytest.mark.parametrize("name", NAMES)
def test_apps_are_narrowed_by_the_labels_that_their_operator_gave_them(name: str) -> None:
    variables = {each["name"]: each for each in load("en", name)["templating"]["list"]}
    scraped = (
        'wxa_app_info{app="shop",appid="wx12",city="北京",instance="a:1",job="wxa",'
        'job_title="cook",merchant="app=x, y"} 1 1764288000000'
    )
    # As Grafana shows a series; the flag g is Python's findall.
    pattern = variables["label"]["regex"].removeprefix("/").removesuffix("/g")

    assert variables["label"]["query"]["query"] == "query_result(wxa_app_info)"
    assert re.findall(pattern, scraped) == [
        'city="北京"', 'job_title="cook"', 'merchant="app=x, y"',
    ]  # fmt: skip
    assert variables["label"]["allValue"] == EVERY_LABEL
    assert "wxa_app_info{${label:raw}}" in variables["app"]["query"]["query"]
    # All apps are one expression, however many there are, and each query picks those it is about.
    if name in SEVERAL:
        assert variables["app"]["allValue"] == ".+"
        for query in (each for each in asked() if each.board == name):
            tile = bool(query.panel.get("repeat"))
            assert ("wxa_app_info{${label:raw}}" in query.expr) == (
                'app=~"$app"' in query.expr and not tile
            ), query
