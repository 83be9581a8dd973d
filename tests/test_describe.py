"""The list of metrics, and docs/metrics.md made of it."""

import json
import re

import pytest

from exporter.describe import Described, as_json, as_markdown, described
from exporter.reports.table import GROUPS, METRICS
from tests.support import ROOT

ALL = list(described())
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_the_file_in_docs_is_what_the_command_prints() -> None:
    assert (ROOT / "docs/metrics.md").read_text(encoding="utf-8") == as_markdown(), (
        "make docs writes it anew"
    )


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.name)
def test_every_metric_is_explained_in_both_languages(each: Described) -> None:
    assert each.help.endswith(".")
    assert not CHINESE.search(each.help)
    assert each.help_zh.endswith("。")
    assert CHINESE.search(each.help_zh)
    assert each.unit
    assert each.type in ("gauge", "counter", "histogram")


def test_every_metric_of_the_table_is_listed_once_with_its_report_and_field() -> None:
    listed = {each.name: (each.report, each.field) for each in ALL}
    assert len(listed) == len(ALL)
    for reports in GROUPS:
        names = ", ".join(report.name for report in reports)
        for metric in reports[0].metrics:
            assert listed[metric.name] == (names, metric.field)
    assert len(ALL) > len(METRICS)


def test_json_and_markdown_list_the_same_metrics() -> None:
    content = json.loads(as_json())
    assert [entry["name"] for entry in content] == [each.name for each in ALL]
    assert set(content[0]) == {
        "name", "type", "labels", "unit", "report", "field", "help", "help_zh",
    }  # fmt: skip
    assert re.findall(r"^\| `(\w+)`", as_markdown(), re.M) == [each.name for each in ALL]


def test_every_row_of_the_markdown_has_as_many_cells_as_its_head() -> None:
    cells = None
    for line in as_markdown().splitlines():
        if line.startswith("|"):
            cells = cells or line.count("|")
            assert line.count("|") == cells, line
        else:
            cells = None
