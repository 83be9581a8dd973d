"""Dated text: legal in both formats, whole, the same in memory and one by one."""

import io
import itertools
import re
import subprocess
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as classic

from exporter.archive import Archive, open_archive
from exporter.config import Config
from exporter.days import OFFICIAL, Calendar, DayKind
from exporter.exposition import Format
from exporter.history import Asked, DatedSamples
from exporter.periods import BEIJING
from tests.history.synthetic import config, fill_pages, keep, page_body
from tests.support import tool

FIRST, LAST = date(2026, 1, 1), date(2026, 3, 17)
SMALL = 2000


@pytest.fixture
def chosen(tmp_path: Path) -> Config:
    return config(tmp_path)


@pytest.fixture
def archive(chosen: Config) -> Iterator[Archive]:
    fill_pages(chosen, days=5, pages=12)
    with closing(open_archive(chosen)) as opened:
        distribution = (
            '{"list": [{"index": "access_source_session_cnt", "item_list": '
            '[{"key": 1, "value": %d}, {"key": 3, "value": 2}]}]}'
        )
        appid = chosen.apps[0].appid
        for number, day in enumerate((date(2026, 3, 15), date(2026, 3, 16), date(2026, 3, 17))):
            keep(opened, appid, "visit_distribution", day, distribution % number)
        trend = '{"list": [{"visit_uv": %d}]}'
        keep(opened, appid, "daily_visit_trend", date(2026, 3, 17), trend % 7)
        keep(opened, appid, "weekly_visit_trend", date(2026, 3, 9), trend % 8)
        keep(opened, appid, "monthly_visit_trend", date(2026, 2, 1), trend % 9)
        cohort = '{"visit_uv_new": [{"key": 0, "value": 40}, {"key": 1, "value": 4}]}'
        keep(opened, appid, "weekly_retention", date(2026, 3, 2), cohort)
        yield opened


def text(archive: Archive, chosen: Config, form: Format, memory: int = 10**7) -> str:
    asked = Asked.span(chosen, FIRST, LAST, (), ())
    return b"".join(DatedSamples(archive, asked, form, memory).stream()).decode()


def test_both_formats_are_legal_and_say_the_same(archive: Archive, chosen: Config) -> None:
    parsed = [
        [
            (s.name, tuple(s.labels.items()), s.value, float(s.timestamp or 0))
            for family in parse(text(archive, chosen, form))
            for s in family.samples
        ]
        for parse, form in ((openmetrics, Format.OPENMETRICS), (classic, Format.CLASSIC))
    ]
    assert len(parsed[0]) > 800
    assert parsed[0] == parsed[1]


@pytest.mark.parametrize("days", [1, 3])
def test_what_a_day_does_not_say_stays_absent_between_days_that_say_it(
    tmp_path: Path, days: int
) -> None:
    chosen = config(tmp_path, apps=1)
    rows = [
        '{"page_path": "a", "page_visit_pv": 5, "page_share_pv": 0}',
        '{"page_path": "a", "page_share_pv": 2}, {"page_path": "b", "page_visit_pv": null}',
        '{"page_path": "b", "page_visit_pv": 1.5}, {"page_path": "a", "page_visit_pv": 7}',
    ]
    with closing(open_archive(chosen)) as archive:
        for number, row in enumerate(rows[:days]):
            day, body = date(2026, 3, 15 + number), f'{{"list": [{row}]}}'
            keep(archive, chosen.apps[0].appid, "visit_page", day, body)
        told = text(archive, chosen, Format.OPENMETRICS)
    samples = [
        ('page_visit_pv{app="app-0",page="a"} 5.0', 15),
        ('page_visit_pv{app="app-0",page="a"} 7.0', 17),
        ('page_visit_pv{app="app-0",page="b"} 1.5', 17),
        ('page_share_pv{app="app-0",page="a"} 0.0', 15),
        ('page_share_pv{app="app-0",page="a"} 2.0', 16),
    ]
    expected = [
        f"wxa_history_{sample} {1773504000 + 86400 * (day - 15)}"
        for sample, day in samples
        if day < 15 + days
    ]
    assert [line for line in told.splitlines() if not line.startswith("#")] == expected


def test_openmetrics_counts_seconds_and_ends_with_eof(archive: Archive, chosen: Config) -> None:
    told = text(archive, chosen, Format.OPENMETRICS)
    # 2026-03-17, 2026-03-09, 2026-02-01 and 2026-03-02, 00:00 in Shanghai.
    assert 'wxa_history_visit_uv{app="app-0"} 7.0 1773676800\n' in told
    assert 'wxa_history_weekly_visit_uv{app="app-0"} 8.0 1772985600\n' in told
    assert 'wxa_history_monthly_visit_uv{app="app-0"} 9.0 1769875200\n' in told
    assert 'weekly_retention_users{app="app-0",user="new",week="1"} 4.0 1772380800\n' in told
    assert told.endswith("\n# EOF\n")
    assert told.count("# EOF") == 1


def test_classic_text_counts_milliseconds_and_has_no_eof(archive: Archive, chosen: Config) -> None:
    told = text(archive, chosen, Format.CLASSIC)
    assert 'wxa_history_visit_uv{app="app-0"} 7.0 1773676800000\n' in told
    assert "EOF" not in told
    done = subprocess.run(
        [tool("promtool"), "check", "metrics"], input=told, capture_output=True, text=True
    )
    assert "error" not in done.stdout + done.stderr
    assert done.returncode in (0, 3)  # 3: advice about names, the text itself was read


def test_families_and_series_stand_together_and_time_goes_on(
    archive: Archive, chosen: Config
) -> None:
    lines = text(archive, chosen, Format.OPENMETRICS).splitlines()
    series = [line.rsplit(" ", 2) for line in lines if not line.startswith("#")]
    changes = [
        name for before, (name, *_) in zip([[""], *series], series, strict=False)
        if before[0] != name
    ]  # fmt: skip
    assert len(changes) == len(set(changes))
    for before, after in itertools.pairwise(series):
        assert before[0] != after[0] or int(before[2]) < int(after[2])
    types = [line for line in lines if line.startswith("# TYPE")]
    assert len(types) == len(set(types)) == 7 + 1 + 1 + 1 + 1 + 2 + 1


@pytest.mark.parametrize("memory", [0, SMALL, 20_000])
def test_what_does_not_fit_into_memory_gives_the_same_bytes(
    archive: Archive, chosen: Config, memory: int
) -> None:
    assert text(archive, chosen, Format.OPENMETRICS, memory) == text(
        archive, chosen, Format.OPENMETRICS
    )


def test_a_file_holds_the_same_bytes(archive: Archive, chosen: Config, tmp_path: Path) -> None:
    target = io.BytesIO()
    asked = Asked.span(chosen, FIRST, LAST, (), ())
    DatedSamples(archive, asked, Format.OPENMETRICS).write(target, tmp_path)
    assert target.getvalue().decode() == text(archive, chosen, Format.OPENMETRICS)


def test_hostile_pages_stay_one_line_each_and_come_back_as_they_were(
    chosen: Config, archive: Archive
) -> None:
    names = ['a"b', "a\\b", "a\nb", "a\\nb", "a}b{c", "页面/首页", " ", "x" * 3000, "#", "a,b=c"]
    keep(archive, chosen.apps[1].appid, "visit_page", date(2026, 3, 10), page_body(names, 1))
    for parse, form in ((openmetrics, Format.OPENMETRICS), (classic, Format.CLASSIC)):
        found = {
            s.labels["page"]
            for family in parse(text(archive, chosen, form))
            for s in family.samples
            if s.name == "wxa_history_page_visit_pv" and s.labels["app"] == "app-1"
        }
        assert set(names) <= found


def test_each_day_with_visits_has_its_kind_where_it_is_known(tmp_path: Path) -> None:
    chosen = config(tmp_path, apps=1)
    days = (date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 10), date(2027, 1, 1))
    own = Calendar({date(2026, 9, 30): DayKind.HOLIDAY})
    with closing(open_archive(chosen)) as archive:
        for day in days:
            keep(archive, chosen.apps[0].appid, "daily_visit_trend", day, "{}")
        asked = Asked.span(chosen, days[0], days[-1], (), ())
        told = [
            b"".join(DatedSamples(archive, asked, Format.OPENMETRICS, calendar=each).stream())
            for each in (OFFICIAL, own)
        ]
        narrowed = Asked.span(chosen, days[0], days[-1], (), ("visit_page",))
        of_pages = b"".join(DatedSamples(archive, narrowed, Format.OPENMETRICS).stream())

    def kinds(text: bytes) -> list[tuple[str, date]]:
        found = re.findall(r'_data_day_kind{app="app-0",kind="(\w+)"} 1.0 (\d+)', text.decode())
        return [(kind, datetime.fromtimestamp(int(at), BEIJING).date()) for kind, at in found]

    official = [("workday", days[0]), ("holiday", days[1]), ("moved_workday", days[2])]
    assert kinds(told[0]) == official
    assert kinds(told[1]) == [("holiday", days[0]), *official[1:]]
    assert kinds(of_pages) == []


def test_only_the_most_visited_pages_of_each_day_are_told(tmp_path: Path) -> None:
    limited = config(tmp_path, apps=1, pages={"limit": 3})
    fill_pages(limited, days=2, pages=12)
    with closing(open_archive(limited)) as archive:
        told = text(archive, limited, Format.OPENMETRICS)
    assert told.count("\nwxa_history_page_visit_pv{") == 2 * 3


def test_memory_does_not_follow_the_number_of_apps(tmp_path: Path) -> None:
    peaks = []
    for apps in (4, 16):
        folder = tmp_path / str(apps)
        folder.mkdir()
        many = config(folder, apps)
        fill_pages(many, days=10, pages=60)
        with closing(open_archive(many)) as archive:
            asked = Asked.span(many, LAST - timedelta(days=30), LAST, (), ())
            tracemalloc.start()
            size = sum(map(len, DatedSamples(archive, asked, Format.CLASSIC, 200_000).stream()))
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert size > 6_000_000
    assert peaks[1] < 1.5 * peaks[0]
    assert peaks[1] < size / 2
