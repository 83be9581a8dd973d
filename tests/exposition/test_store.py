"""What /metrics shows of apps, as its readers see it."""

import re
import subprocess
import sys
import threading
import zlib
from datetime import date
from types import FrameType

import pytest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as parse_classic

from exporter.errors import PublishError
from exporter.exposition import Exposition, Format
from exporter.periods import Window
from exporter.reports.report import Report
from exporter.reports.table import BY_NAME, METRICS, REPORTS
from exporter.reports.vocabulary import ByMetric, Labels, Metric
from tests.support import tool

TREND, PAGES = BY_NAME["daily_visit_trend"], BY_NAME["visit_page"]
DAY = date(2026, 3, 17)
HOSTILE = ['say "hi"', "two\nlines", "back\\slash", "\\n", "小程序😀", "{}=,#", "  ", "é\u2028"]


def window(report: Report, day: date = DAY) -> Window:
    return Window.containing(report.period, day)


def all_of(report: Report, value: float = 1.0) -> ByMetric:
    """A value for every metric of a report."""
    # With the report as a label's value: some tell parts of the same metrics.
    return {
        metric.name: {tuple(report.name for _ in metric.labels): value} for metric in report.metrics
    }


def full(apps: int, *, gzipped: bool = True) -> Exposition:
    exposition = Exposition(gzipped=gzipped)
    for number in range(apps):
        exposition.show_app(f"app-{number}", f"wx{number}")
        for report in REPORTS:
            exposition.show(f"app-{number}", report, window(report), all_of(report, number))
    exposition.publish()
    return exposition


def text(exposition: Exposition, kind: Format = Format.CLASSIC) -> str:
    return b"".join(exposition.page.plain[kind].parts).decode()


Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def series(exposition: Exposition, kind: Format = Format.CLASSIC) -> Series:
    """Name and labels -> value, as the format's own parser reads it."""
    parse = parse_classic if kind is Format.CLASSIC else parse_openmetrics
    found: Series = {}
    for family in parse(text(exposition, kind)):
        for sample in family.samples:
            key = sample.name, tuple(sorted(sample.labels.items()))
            assert key not in found, f"{key} twice"
            found[key] = sample.value
    return found


@pytest.mark.parametrize("kind", Format)
def test_an_empty_exposition_is_legal(kind: Format) -> None:
    assert series(Exposition(), kind) == {}


def test_both_formats_parse_and_carry_the_same_data() -> None:
    exposition = full(apps=3)
    classic = series(exposition)
    assert classic == series(exposition, Format.OPENMETRICS)
    samples = sum(len(report.metrics) for report in REPORTS)
    assert len(classic) == 3 * (1 + len(REPORTS) + samples)


def test_promtool_finds_nothing_to_complain_about() -> None:
    done = subprocess.run(
        [tool("promtool"), "check", "metrics"],
        input=text(full(apps=2)), capture_output=True, text=True, timeout=20,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_families_stand_together_with_help_and_type_once_before_their_lines() -> None:
    order: list[str] = []
    for line in text(full(apps=3)).splitlines():
        mark = re.fullmatch(r"# (HELP|TYPE) (\w+) .*", line)
        name = f"{mark[1]} {mark[2]}" if mark else re.split(r"[{ ]", line)[0]
        if order[-1:] != [name]:
            order.append(name)
    names = ["wxa_app_info", "wxa_data_period_start_timestamp_seconds", *(m.name for m in METRICS)]
    assert order == [part for name in names for part in (f"HELP {name}", f"TYPE {name}", name)]


def test_the_order_of_lines_does_not_depend_on_the_order_of_arrival() -> None:
    one, other = Exposition(), Exposition()
    for app in ("a", "b", "c"):
        one.show(app, TREND, window(TREND), all_of(TREND))
    for app in ("c", "a", "b"):
        other.show(app, TREND, window(TREND), all_of(TREND))
    one.publish()
    other.publish()
    assert text(one) == text(other)


@pytest.mark.parametrize("kind", Format)
def test_label_values_come_back_as_they_were(kind: Format) -> None:
    exposition = Exposition()
    metric = PAGES.metrics[0]
    values: dict[Labels, float] = {(page,): float(number) for number, page in enumerate(HOSTILE)}
    exposition.show("shop", PAGES, window(PAGES), {metric.name: values})
    exposition.publish()
    read = {
        dict(labels).get("page"): value for (_, labels), value in series(exposition, kind).items()
    }
    assert {page: read[page] for page in HOSTILE} == {
        page: float(number) for number, page in enumerate(HOSTILE)
    }


@pytest.mark.parametrize("wrong", [TREND.metrics[0], TREND.metrics[-1]])
def test_what_would_be_illegal_is_refused_and_the_earlier_values_stay(wrong: Metric) -> None:
    exposition = full(apps=2)
    before = text(exposition)
    bad: ByMetric = {**all_of(TREND, 9.0), wrong.name: {("too", "many"): 9.0}}
    with pytest.raises(PublishError, match="has the labels"):
        exposition.show("app-1", TREND, window(TREND), bad)
    exposition.publish()
    assert text(exposition) == before


def test_an_exposition_that_is_only_printed_has_the_same_text_and_no_gzipped_one() -> None:
    printed, served = full(apps=2, gzipped=False), full(apps=2)
    assert text(printed) == text(served)
    assert printed.page.gzipped == {}
    assert set(served.page.gzipped) == set(Format)


def test_what_is_shown_becomes_visible_with_publish() -> None:
    exposition = Exposition()
    exposition.show("shop", TREND, window(TREND), all_of(TREND))
    assert text(exposition) == ""
    exposition.publish()
    assert 'wxa_visit_pv{app="shop"} 1.0' in text(exposition)


def test_a_report_that_shows_nothing_any_more_leaves_with_its_period_and_empty_headers() -> None:
    exposition = full(apps=1)
    exposition.show("app-0", TREND, None, {})
    exposition.publish()
    left = text(exposition)
    assert "wxa_visit_pv" not in left
    assert 'report="daily_visit_trend"' not in left
    assert "wxa_weekly_visit_pv" in left
    assert 'wxa_app_info{app="app-0",appid="wx0"} 1.0' in left


def test_a_field_that_is_not_sent_any_more_leaves_alone() -> None:
    exposition = full(apps=1)
    left = {name: values for name, values in all_of(TREND).items() if name != "wxa_sessions"}
    exposition.show("app-0", TREND, window(TREND), left)
    exposition.publish()
    assert "wxa_sessions{" not in text(exposition)
    assert "wxa_visit_pv{" in text(exposition)


def test_the_period_is_told_in_beijing_time() -> None:
    exposition = Exposition()
    exposition.show("shop", TREND, window(TREND), all_of(TREND))
    exposition.publish()
    key = (("app", "shop"), ("report", "daily_visit_trend"))
    midnight = series(exposition)["wxa_data_period_start_timestamp_seconds", key]
    assert midnight == 1_773_676_800  # 2026-03-16T16:00:00Z


def test_own_metrics_follow_the_data_in_their_own_format() -> None:
    exposition = full(apps=1)
    own = {Format.CLASSIC: b"classic 1\n", Format.OPENMETRICS: b"open 1\n# EOF\n"}
    exposition.publish_own(own, {})
    exposition.publish()
    assert text(exposition).endswith("\nclassic 1\n")
    assert text(exposition, Format.OPENMETRICS).endswith("\nopen 1\n# EOF\n")
    assert text(exposition).removesuffix("classic 1\n") == text(
        exposition, Format.OPENMETRICS
    ).removesuffix("open 1\n# EOF\n")


def test_a_reader_sees_all_or_nothing_of_a_reports_update() -> None:
    exposition = Exposition()
    apps, rounds = [f"app-{number}" for number in range(4)], 500

    def write(app: str) -> None:
        for number in range(rounds):
            day = Window.containing(TREND.period, DAY).shifted(number)
            exposition.show(app, TREND, day, all_of(TREND, number))
            exposition.publish()

    writers = [threading.Thread(target=write, args=(app,)) for app in apps]
    for writer in writers:
        writer.start()
    pages = {}
    while any(writer.is_alive() for writer in writers):
        shown = exposition.page
        pages[id(shown)] = shown
    first = Window.containing(TREND.period, DAY).start_timestamp
    assert len(pages) > 3
    for shown in list(pages.values())[:: max(1, len(pages) // 60)]:
        content = b"".join(shown.plain[Format.CLASSIC].parts).decode()
        for app in apps:
            lines = [line for line in content.splitlines() if f'app="{app}"' in line]
            values = {float(line.rsplit(" ", 1)[1]) for line in lines}
            starts = {value for value in values if value >= first}
            assert len(lines) in (0, len(TREND.metrics) + 1)
            assert {(start - first) / 86_400 for start in starts} == values - starts
    assert text(exposition).count(f" {rounds - 1}.0\n") == len(apps) * len(TREND.metrics)


def test_one_apps_change_deflates_nothing_of_the_others() -> None:
    assert deflates_of_a_change(full(apps=2)) == deflates_of_a_change(full(apps=40))


def deflates_of_a_change(exposition: Exposition) -> int:
    """How many deflate streams are begun when one report of one app changes."""
    begun = 0

    def note(_: FrameType, event: str, function: object) -> None:
        nonlocal begun
        begun += event == "c_call" and function is zlib.compressobj

    sys.setprofile(note)
    try:
        exposition.show("app-0", TREND, window(TREND), all_of(TREND, 9.0))
        exposition.publish()
    finally:
        sys.setprofile(None)
    assert begun >= len(TREND.metrics)
    return begun
