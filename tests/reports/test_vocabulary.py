"""Every self-check of the table's words, each with a row that breaks it."""

import dataclasses
from typing import Any

import pytest

from exporter.periods import Period
from exporter.reports.calls import Datacube
from exporter.reports.report import Report, Shape
from exporter.reports.shapes import ByCode, ByCohort, ByPage, Totals
from exporter.reports.vocabulary import Metric, TableError

METRIC = Metric("wxa_visit_uv", "visit_uv", "users", "Visitors.", "访问人数。")
CALL = Datacube("getweanalysisappidvisits")
REPORT = Report("visits", CALL, Period.DAY, (0, 1), Totals("list"), (METRIC,))
PAGES = ByPage("list", "page_path", "page_visit_pv")
CODES = ByCode("list", "index", "item_list")
COHORT = ByCohort({"visit_uv": "active"})


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"name": "visit_uv"}, "not a name like wxa_visit_uv"),
        ({"name": "wxa_visitUV"}, "not a name like wxa_visit_uv"),
        ({"name": "wxa_visit_uv_"}, "not a name like wxa_visit_uv"),
        ({"name": "wxa_history_visit_uv"}, "wxa_history_ is derived, not declared"),
        ({"field": ""}, "needs the name of WeChat's field"),
        ({"unit": ""}, "needs a unit"),
        ({"help": "Visitors"}, "needs an English help that ends in a full stop"),
        ({"help": ""}, "needs an English help that ends in a full stop"),
        ({"help_zh": "访问人数"}, "needs a Chinese help that ends in 。"),
        ({"labels": ("Page",)}, "labels must be lower-case words"),
        ({"labels": ("page-path",)}, "labels must be lower-case words"),
        ({"labels": ("",)}, "labels must be lower-case words"),
        ({"labels": ("app",)}, "the label app is on all metrics, leave it out"),
        ({"labels": ("day", "day")}, "a label stands twice"),
    ],
)
def test_a_metric_that_breaks_a_rule_is_refused_by_name_and_field(
    change: dict[str, Any], fault: str
) -> None:
    with pytest.raises(TableError) as refused:
        dataclasses.replace(METRIC, **change)
    name, field = change.get("name", "wxa_visit_uv"), change.get("field", "visit_uv")
    assert str(refused.value) == f"metric {name!r}, field {field!r}: {fault}"


def labelled(name: str, *labels: str, **change: Any) -> Metric:  # noqa: ANN401 - any column
    """METRIC under another name and labels."""
    return dataclasses.replace(METRIC, name=name, labels=labels, **change)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"name": "Visits"}, "name must be lower-case words"),
        ({"name": ""}, "name must be lower-case words"),
        ({"asks": ()}, "asks must begin with 0, the look when the period is over"),
        ({"asks": (1, 2)}, "asks must begin with 0, the look when the period is over"),
        ({"asks": (0, 2, 1)}, "asks must increase"),
        ({"asks": (0, 1, 1)}, "asks must increase"),
        ({"metrics": ()}, "needs a metric"),
        (
            {"metrics": (METRIC, dataclasses.replace(METRIC, name="wxa_visitors"))},
            "two metrics read the same field",
        ),
    ],
)
def test_a_report_that_breaks_a_rule_is_refused_by_name(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(TableError) as refused:
        dataclasses.replace(REPORT, **change)
    assert str(refused.value) == f"report {change.get('name', 'visits')!r}: {fault}"


CODES_FAULT = "codes belong to a shape of codes, and to nothing else: not to "
FIELD_FAULT = "field must be one of ('value', 'value at key 0')"


@pytest.mark.parametrize(
    ("shape", "metric", "fault"),
    [
        (Totals("list"), labelled("wxa_a", "page"), "has 1 labels, rows of Totals give 0"),
        (PAGES, labelled("wxa_a"), "has 0 labels, rows of ByPage give 1"),
        (CODES, labelled("wxa_a", codes={1: "x"}), "has 0 labels, rows of ByCode give 1"),
        (COHORT, labelled("wxa_a", "user"), "has 1 labels, rows of ByCohort give 2"),
        (CODES, labelled("wxa_a", "source"), CODES_FAULT + "ByCode"),
        (PAGES, labelled("wxa_a", "page", codes={1: "x"}), CODES_FAULT + "ByPage"),
        (COHORT, labelled("wxa_a", "user", "day"), FIELD_FAULT),
    ],
)  # fmt: skip
def test_a_metric_that_no_row_of_its_report_can_give_is_refused(
    shape: Shape, metric: Metric, fault: str
) -> None:
    with pytest.raises(TableError) as refused:
        dataclasses.replace(REPORT, shape=shape, metrics=(metric,))
    assert str(refused.value) == f"report 'visits': metric 'wxa_a': {fault}"


def test_rows_cannot_be_changed_after_they_were_checked() -> None:
    for row in (METRIC, REPORT, PAGES, CODES, COHORT):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(row, dataclasses.fields(row)[0].name, "other")


def test_help_on_metrics_is_in_both_languages() -> None:
    assert METRIC.exposed_help == "Visitors. 访问人数。"


def test_only_a_retention_gains_keys_as_time_passes() -> None:
    users = labelled("wxa_a", "user", "day", field=ByCohort.VALUE)
    assert dataclasses.replace(REPORT, shape=COHORT, metrics=(users,)).grows
    assert not REPORT.grows
