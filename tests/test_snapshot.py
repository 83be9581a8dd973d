"""What /metrics shows of what the archive holds, as the days go by."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from threading import Thread

import pytest

from exporter.archive import Archive, Kept, Reader, engine_of
from exporter.errors import ArchiveError
from exporter.periods import Window
from exporter.reports.table import BY_NAME
from exporter.simulator import RunningSimulator
from exporter.snapshot import choose
from tests.collect.world import World, day, told
from tests.conftest import CAFE, SHOP
from tests.support import FakeClock, beijing

SUMMARY, RETENTION = BY_NAME["daily_summary"], BY_NAME["daily_retention"]
PAGES, WEEKLY = BY_NAME["visit_page"], BY_NAME["weekly_visit_trend"]
START = "wxa_data_period_start_timestamp_seconds"


@pytest.fixture
def world(wechat: RunningSimulator, tmp_path: Path, clock: FakeClock) -> Iterator[World]:
    """An exporter whose archive the test fills itself."""
    with closing(World(wechat, tmp_path / "archive.db", clock)) as world:
        yield world


def asked(first_day: str, days: int = 1) -> date:
    return day(first_day) + timedelta(days=days)


def summary(world: World, first_day: str, users: int, **more: object) -> None:
    window = Window(SUMMARY.period, day(first_day))
    body = {"list": [{"visit_total": users} | more]}
    told(world.archive, SUMMARY, window, body, beijing(f"{asked(first_day)} 12:00"))


def cohort(world: World, first_day: str, *counts: int, on: str) -> None:
    """A cohort whose keys 0, 1, 2... hold those counts, new and active users alike."""
    items = [{"key": key, "value": value} for key, value in enumerate(counts)]
    window = Window(RETENTION.period, day(first_day))
    body = {"visit_uv_new": items, "visit_uv": items}
    told(world.archive, RETENTION, window, body, beijing(f"{on} 12:00"))


def shown(world: World, pattern: str, moment: str | None = None) -> dict[str, float]:
    """The matching samples on /metrics after a refresh; the labels app and user cut."""
    if moment is not None:
        world.clock.moment = beijing(moment)
    world.runtime.publisher.refresh_all()
    cut = {}
    for line in world.metrics(pattern):
        series, _, value = line.rpartition(" ")
        cut[series.replace('app="shop",', "").replace(',user="new"', "")] = float(value)
    return cut


def test_the_newest_window_is_shown_with_the_start_of_its_day_in_beijing(world: World) -> None:
    for first_day, users in (("2026-03-16", 10), ("2026-03-17", 12), ("2026-03-15", 9)):
        summary(world, first_day, users)
    assert shown(world, "cumulative|period_start") == {
        f'{START}{{report="daily_summary"}}': beijing("2026-03-17 00:00").timestamp(),
        'wxa_cumulative_users{app="shop"}': 12,
    }


def test_a_field_that_the_newest_window_lacks_is_not_taken_from_an_older_one(world: World) -> None:
    summary(world, "2026-03-16", 10, share_pv=0)
    assert shown(world, "wxa_share_pv") == {'wxa_share_pv{app="shop"}': 0}
    summary(world, "2026-03-17", 12)
    assert shown(world, "wxa_share_pv") == {}


@pytest.mark.parametrize(
    ("report", "first_day", "last_shown"),
    [
        ("daily_summary", "2026-03-17", "2026-03-21"),
        ("weekly_visit_trend", "2026-03-09", "2026-04-12"),
        ("monthly_visit_trend", "2026-02-01", "2026-06-30"),
    ],
)
def test_values_stay_until_they_are_older_than_three_periods(
    world: World, report: str, first_day: str, last_shown: str
) -> None:
    rows = BY_NAME[report]
    body = {"list": [{rows.metrics[0].field: 5}]}
    window = Window(rows.period, day(first_day))
    told(world.archive, rows, window, body, beijing("2026-03-18 12:00"))
    metric = f"^{rows.metrics[0].name}{{"
    after = asked(last_shown)
    assert len(shown(world, metric, f"{last_shown} 23:59")) == 1
    assert len(shown(world, START)) == 1
    assert shown(world, metric, f"{after} 00:00") == {}
    assert shown(world, START) == {}
    assert shown(world, "wxa_app_info") == {f'wxa_app_info{{appid="{SHOP.appid}"}}': 1}


def test_each_key_of_a_retention_comes_from_the_newest_cohort_that_has_it_with_its_size(
    world: World,
) -> None:
    cohort(world, "2026-03-15", 300, 30, 20, on="2026-03-18")
    cohort(world, "2026-03-16", 200, 15, on="2026-03-18")
    cohort(world, "2026-03-17", 100, on="2026-03-18")
    assert shown(world, 'wxa_retention.*user="new"') == {
        'wxa_retention_users{day="0"}': 100,
        'wxa_retention_users{day="1"}': 15,
        'wxa_retention_users{day="2"}': 20,
        'wxa_retention_cohort_users{day="0"}': 100,
        'wxa_retention_cohort_users{day="1"}': 200,
        'wxa_retention_cohort_users{day="2"}': 300,
    }
    assert shown(world, START) == {
        f'{START}{{report="daily_retention"}}': beijing("2026-03-17 00:00").timestamp()
    }


def test_a_cohort_without_a_size_gives_no_size_of_another_one(world: World) -> None:
    cohort(world, "2026-03-15", 300, 30, on="2026-03-18")
    window = Window(RETENTION.period, day("2026-03-16"))
    body = {"visit_uv_new": [{"key": 1, "value": 15}]}
    told(world.archive, RETENTION, window, body, beijing("2026-03-18 12:00"))
    assert shown(world, 'wxa_retention.*day="1",user="new"') == {'wxa_retention_users{day="1"}': 15}


def test_a_key_of_a_retention_stays_three_periods_past_its_own_age(world: World) -> None:
    cohort(world, "2026-03-15", 300, 30, 20, on="2026-03-18")
    keys = 'wxa_retention_users.*user="new"'
    assert list(shown(world, keys, "2026-03-19 23:59").values()) == [300, 30, 20]
    assert list(shown(world, keys, "2026-03-20 00:00").values()) == [30, 20]
    assert list(shown(world, keys, "2026-03-21 23:59").values()) == [20]
    assert shown(world, keys, "2026-03-22 00:00") == {}


def pages(world: World, views: dict[str, int | None]) -> None:
    rows = [
        {"page_path": path, "page_visit_pv": pv, "page_share_pv": 1} for path, pv in views.items()
    ]
    window = Window(PAGES.period, day("2026-03-17"))
    body = {"ref_date": "20260317", "list": rows}
    told(world.archive, PAGES, window, body, beijing("2026-03-18 12:00"))


@pytest.mark.parametrize(
    ("limit", "paths"), [(1, "b"), (2, "bc"), (3, "abc"), (4, "abcd"), (200, "abcd")]
)
def test_the_most_visited_pages_are_kept_and_the_others_counted(
    world: World, limit: int, paths: str
) -> None:
    # Of b and c, visited alike, the first by name stays; d's visits are unknown.
    pages(world, {"d": None, "c": 9, "a": 3, "b": 9})
    chosen = choose(world.archive, SHOP.appid, PAGES, day("2026-03-18"), {"page": limit})
    assert "".join(sorted(page for (page,) in chosen.values["wxa_page_share_pv"])) == paths
    assert chosen.dropped == {"page": 4 - len(paths)}
    assert chosen.window == Window(PAGES.period, day("2026-03-17"))


def test_a_limit_of_zero_shows_no_page(world: World) -> None:
    pages(world, {"a": 3})
    chosen = choose(world.archive, SHOP.appid, PAGES, day("2026-03-18"), {"page": 0})
    assert not any(chosen.values.values())


def test_left_out_pages_are_told(
    wechat: RunningSimulator, tmp_path: Path, clock: FakeClock
) -> None:
    world = World(wechat, tmp_path / "archive.db", clock, pages={"limit": 15})
    with closing(world):
        world.run()
        assert len(world.metrics("wxa_page_visit_pv")) == 15
        assert world.own("pages_dropped") == ['wxa_exporter_pages_dropped{app="shop"} 25.0']


def test_a_metric_that_the_table_gains_later_is_shown_for_what_is_archived(world: World) -> None:
    summary(world, "2026-03-17", 12, share_pv=3)
    before = replace(SUMMARY, metrics=SUMMARY.metrics[:1])
    for report, names in (
        (before, ["wxa_cumulative_users"]),
        (SUMMARY, ["wxa_cumulative_users", "wxa_share_pv"]),
    ):
        chosen = choose(world.archive, SHOP.appid, report, day("2026-03-18"), {"page": 200})
        assert [name for name, values in chosen.values.items() if values] == names


@pytest.mark.parametrize(
    "body", ["", "<html>", "[1]", '{"list":[{"ref_date":"20260101","visit_total":5}]}']
)
def test_an_archived_body_that_cannot_be_read_takes_nothing_else_away(
    world: World, body: str
) -> None:
    summary(world, "2026-03-16", 10)
    cohort(world, "2026-03-17", 100, on="2026-03-18")
    at = int(world.clock.now().timestamp())
    with world.archive.transaction() as transaction:
        broken = Kept(at, at, 0, at, body=body)
        transaction.write(SHOP.appid, SUMMARY.name, day("2026-03-17"), broken)
    assert shown(world, "cumulative") == {'wxa_cumulative_users{app="shop"}': 10}
    assert len(shown(world, "wxa_retention_users")) == 2


def test_what_another_process_archived_is_shown_when_the_news_are_caught_up_with(
    world: World, wechat: RunningSimulator, tmp_path: Path, clock: FakeClock
) -> None:
    with closing(World(wechat, tmp_path / "archive.db", clock, apps=[SHOP, CAFE])) as backfill:
        backfill.run()
    assert world.metrics("wxa_sessions") == []
    world.runtime.publisher.catch_up()
    assert world.metrics() == [line for line in backfill.metrics() if 'app="shop"' in line]


class Gap(Archive):
    """An archive into whose reading the test comes, once, after the rows were read."""

    def __init__(self, path: Path) -> None:
        super().__init__(engine_of(f"sqlite:///{path}"))
        self.meanwhile: Callable[[], None] | None = None

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        with super().reader() as reader:
            yield reader
            meanwhile, self.meanwhile = self.meanwhile, None
            if meanwhile:
                meanwhile()


def test_news_that_come_during_a_refresh_are_not_painted_over(world: World, tmp_path: Path) -> None:
    publisher = world.runtime.publisher
    publisher._archive = archive = Gap(tmp_path / "archive.db")
    catching_up: list[Thread] = []

    def news() -> None:
        summary(world, "2026-03-17", 12)
        catching_up.append(Thread(target=publisher.catch_up))
        catching_up[0].start()
        catching_up[0].join(0.1)

    with closing(archive):
        summary(world, "2026-03-16", 10)
        archive.meanwhile = news
        publisher.refresh_all()
        catching_up[0].join()
    assert [line.split()[-1] for line in world.metrics("cumulative")] == ["12.0"]


def test_news_that_a_pass_prepares_are_visible_when_it_catches_up(world: World) -> None:
    publisher = world.runtime.publisher
    publisher.refresh_all()
    summary(world, "2026-03-16", 10)
    publisher.prepare(SHOP.appid, [SUMMARY])
    assert world.metrics("cumulative") == []
    publisher.catch_up()
    assert [line.split()[-1] for line in world.metrics("cumulative")] == ["10.0"]


def test_what_comes_after_a_pass_prepared_a_report_is_shown_as_well(world: World) -> None:
    publisher = world.runtime.publisher
    publisher.refresh_all()
    summary(world, "2026-03-16", 10)
    publisher.prepare(SHOP.appid, [SUMMARY])
    summary(world, "2026-03-17", 12)
    pages(world, {"a": 3})
    publisher.catch_up()
    shown_now = world.metrics("cumulative|page_visit_pv")
    assert [line.split()[-1] for line in shown_now] == ["3.0", "12.0"]


def test_news_are_left_to_whoever_is_choosing_already(world: World, tmp_path: Path) -> None:
    publisher = world.runtime.publisher
    publisher._archive = archive = Gap(tmp_path / "archive.db")
    with closing(archive):
        archive.meanwhile = lambda: publisher.prepare(SHOP.appid, [SUMMARY])
        publisher.refresh_all()
        assert archive.meanwhile is None


def test_an_archive_that_was_away_while_news_were_prepared_is_chosen_from_anew(
    world: World, tmp_path: Path
) -> None:
    summary(world, "2026-03-16", 10)
    publisher = world.runtime.publisher
    publisher.refresh_all()
    with closing(sqlite3.connect(tmp_path / "archive.db")) as other:
        other.execute("ALTER TABLE replies RENAME TO elsewhere")
        with pytest.raises(ArchiveError, match="no such table: replies"):
            publisher.prepare(SHOP.appid, [SUMMARY])
        other.execute("ALTER TABLE elsewhere RENAME TO replies")
        other.execute("DELETE FROM replies")
        other.commit()
    assert world.metrics("cumulative") != []
    publisher.catch_up()
    assert world.metrics("cumulative") == []


class Torn(Archive):
    """An archive that breaks when its reading has just begun."""

    def __init__(self, path: Path) -> None:
        super().__init__(engine_of(f"sqlite:///{path}"))
        self._path = path

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        with closing(sqlite3.connect(self._path)) as other:
            other.execute("ALTER TABLE replies RENAME TO elsewhere")
        with super().reader() as reader:
            yield reader


def test_an_archive_that_breaks_in_a_refresh_is_no_fault_of_a_report(
    world: World, tmp_path: Path
) -> None:
    summary(world, "2026-03-16", 10)
    publisher = world.runtime.publisher
    publisher.refresh_all()
    before = world.metrics()
    publisher._archive = torn = Torn(tmp_path / "archive.db")
    with closing(torn), pytest.raises(ArchiveError, match="no such table: replies"):
        publisher.refresh_all()
    assert world.metrics() == before != []


def test_a_label_from_wechat_cannot_break_the_page(world: World) -> None:
    path = 'a"b\\c\nd\ud800'
    pages(world, {path: 5})
    assert shown(world, "wxa_page_visit_pv") == {
        'wxa_page_visit_pv{page="a\\"b\\\\c\\nd\ufffd"}': 5
    }
