"""Every published reply, served over HTTP and followed to the archive and the exposition."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from exporter.archive import reading_of
from exporter.exposition import Format
from exporter.history import Asked, DatedSamples
from exporter.periods import BEIJING, Window
from exporter.reports.report import Report
from exporter.reports.table import BY_NAME
from exporter.reports.vocabulary import history_name
from exporter.simulator import Fault, RunningSimulator, Simulator
from tests.collect.world import World, kept
from tests.conftest import SHOP
from tests.reports.shown import samples
from tests.support import ROOT, FakeClock

FOLDER = ROOT / "tests" / "fixtures" / "wechat"
REPORT_OF = {
    "daily_visit_trend": "daily_visit_trend", "weekly_visit_trend": "weekly_visit_trend",
    "monthly_visit_trend": "monthly_visit_trend", "visit_distribution": "visit_distribution",
    "daily_retain": "daily_retention", "weekly_retain": "weekly_retention",
    "monthly_retain": "monthly_retention", "visit_page": "visit_page",
    "daily_summary": "daily_summary", "user_portrait": "user_portrait_7d",
    "performance_boot": "performance_memory",
}  # fmt: skip
REPLIES = sorted(
    path
    for path in FOLDER.glob("*.json")
    if path.name.split("__")[0] in REPORT_OF and not path.stem.endswith("_request")
)
ERRORS = sorted(FOLDER.glob("error__*.json"))
# Published without a date, or with zeros alone: WeChat's ways to say that there is nothing yet.
NOTHING = {
    "daily_visit_trend__community_20200925_empty_list", "daily_retain__community_20210102_all_zero",
    "user_portrait__community_20220725_empty",
}  # fmt: skip


def date_of(text: str) -> date:
    """The date 20260317."""
    return date(int(text[:4]), int(text[4:6]), int(text[6:8] or 1))


def begin_date(report: Report, window: Window) -> str:
    """The first day that a request about a window names."""
    return str(report.request.content(window).get("begin_date", window.begin_date))


def described(report: Report, body: dict[str, Any]) -> Window:
    """The window that a reply says it describes."""
    if "data" in body:
        # Of the days in a table of performance the last.
        days = body["data"]["body"]["tables"][0]["lines"][0]["fields"]
        return Window.containing(report.period, date_of(days[-1]["refdate"]))
    rows = body.get("list")
    first = rows[0] if isinstance(rows, list) and rows else {}
    told = str(body.get("ref_date") or first.get("ref_date") or "20200925")[:8]
    window = Window.containing(report.period, date_of(told))
    # A portrait names the first of the days that end with its window.
    days = (window.first_day - date_of(begin_date(report, window))).days
    return window.shifted(days)


def newest_key(report: Report, body: dict[str, object]) -> int:
    """The last key in a retention; 0 for other replies."""
    if not report.grows:
        return 0
    arrays = (body["visit_uv_new"], body["visit_uv"])
    return max(int(item["key"]) for array in arrays if isinstance(array, list) for item in array)


@contextmanager
def afternoon(folder: Path, day: date, report: Report) -> Iterator[World]:
    """The exporter with one report, at four in the afternoon of a day in Beijing."""
    clock = FakeClock(datetime.combine(day, time(16), BEIJING))
    with (
        RunningSimulator(Simulator([SHOP], clock)) as wechat,
        closing(World(wechat, folder / "archive.db", clock, reports=[report.name])) as world,
    ):
        yield world


@pytest.mark.parametrize("path", REPLIES, ids=lambda path: path.stem)
def test_a_published_reply_arrives_as_received_and_is_told_on_its_day(
    path: Path, tmp_path: Path
) -> None:
    text = path.read_text(encoding="utf-8")
    body, report = json.loads(text), BY_NAME[REPORT_OF[path.name.split("__")[0]]]
    window = described(report, body)
    day = window.passed_on(newest_key(report, body))
    begin = begin_date(report, window)
    with afternoon(tmp_path, day, report) as world:
        world.wechat.faults.add(Fault("body", call=report.call, begin_date=begin, body=text))
        world.run()
        archived = kept(world.archive, report, window)
        asked = Asked.span(world.config, window.first_day, window.first_day, (), ())
        told = b"".join(DatedSamples(world.archive, asked, Format.CLASSIC).stream()).decode()
        shown = world.metrics("^wxa_(?!app_info)")
    if path.stem in NOTHING:
        assert (archived.body, told, shown) == (None, "", [])
        return
    assert archived.body == text
    dated = [s for family in text_string_to_metric_families(told) for s in family.samples]
    assert {sample.timestamp for sample in dated} == {window.start_timestamp}
    assert len(shown) > 1
    # The kind of the day is not WeChat's.
    found = {
        (s.name, tuple(sorted(s.labels.values())), s.value) for s in dated
        if not s.name.endswith("_kind")
    }  # fmt: skip
    assert found == {
        (history_name(s.metric), tuple(sorted(("shop", *s.labels))), s.value)
        for s in samples(reading_of(report, window, archived).values)
    }


@pytest.mark.parametrize("path", ERRORS, ids=lambda path: path.stem)
def test_a_published_error_is_counted_by_its_code_and_shows_nothing(
    path: Path, tmp_path: Path
) -> None:
    text, report = path.read_text(encoding="utf-8"), BY_NAME["daily_summary"]
    with afternoon(tmp_path, date(2026, 3, 18), report) as world:
        world.wechat.faults.add(Fault("body", call=report.call, body=text))
        world.run()
        code = json.loads(text)["errcode"]
        assert world.own(f'requests_total.*call="{report.call}",code="{code}"')
        (fine,) = world.own(f'requests_total.*call="{report.call}",code="0"')
        assert fine.endswith(" 0.0")
        assert world.metrics("^wxa_(?!app_info)") == []
