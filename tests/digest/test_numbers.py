"""What is chosen of a day, from an archive that the simulator or the test filled."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from exporter.archive import Archive, Failed, archive_at
from exporter.days import Calendar, DayKind
from exporter.digest import Digest, digest_of
from exporter.digest.numbers import MOVES, Missing, Move, Why
from exporter.periods import Period, Window
from exporter.reports.report import Report
from exporter.reports.table import BY_NAME
from exporter.simulator import RunningSimulator, Simulator
from tests.collect.world import World, day, told
from tests.conftest import CAFE, SHOP
from tests.support import FakeClock, beijing

TREND, RETENTION = BY_NAME["daily_visit_trend"], BY_NAME["daily_retention"]
SOURCES, PAGES = BY_NAME["visit_distribution"], BY_NAME["visit_page"]
SHOWN_OF = (TREND, SOURCES, PAGES, RETENTION)
# A Wednesday, and the next afternoon.
SHOWN = day("2026-03-18")
NOW = beijing("2026-03-19 16:00")


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with closing(archive_at(f"sqlite:///{tmp_path / 'archive.db'}")) as archive:
        yield archive


def tell(
    archive: Archive, report: Report, day_told: date, body: dict[str, Any], at: str = "12:00"
) -> None:
    asked = beijing(f"{day_told + timedelta(days=1)} {at}")
    told(archive, report, Window(Period.DAY, day_told), body, asked)


def trend(visitors: int) -> dict[str, Any]:
    return {"list": [{"visit_uv": visitors, "visit_uv_new": 100, "session_cnt": 2 * visitors}]}


def sources(**sessions: int) -> dict[str, Any]:
    items = [{"key": int(key[1:]), "value": value} for key, value in sessions.items()]
    return {"list": [{"index": "access_source_session_cnt", "item_list": items}]}


def pages(**views: int) -> dict[str, Any]:
    return {"list": [{"page_path": f"pages/{n}", "page_visit_pv": v} for n, v in views.items()]}


def digest(archive: Archive, reports: tuple[Report, ...] = SHOWN_OF) -> Digest:
    return digest_of(archive, Calendar(), "shop", SHOP.appid, reports, SHOWN, NOW)


def before(weeks: int) -> date:
    return SHOWN - timedelta(weeks=weeks)


def test_a_day_of_the_simulator_is_told_with_what_is_usual_on_such_a_day(
    wechat: RunningSimulator, simulator: Simulator, tmp_path: Path, clock: FakeClock
) -> None:
    clock.moment = NOW
    with closing(World(wechat, tmp_path / "a.db", clock, catch_up_days=60)) as world:
        world.run()
        found = digest(world.archive)
        truth = simulator.truth(SHOP.appid, TREND.call, Window(Period.DAY, SHOWN), NOW)
        shown = dict(line.rsplit(" ", 1) for line in world.metrics("retention|usual_visit_uv"))
    assert found.visitors.value == truth["list"][0]["visit_uv"]
    assert found.sessions.value == truth["list"][0]["session_cnt"]
    assert found.kind == DayKind.WORKDAY
    assert found.missing == ()
    # The same numbers as /metrics shows.
    assert found.visitors.usual == float(shown['wxa_usual_visit_uv{app="shop"}'])
    labels = '{app="shop",day="1",user="new"}'
    size = float(shown[f"wxa_retention_cohort_users{labels}"])
    assert found.retention.value == float(shown[f"wxa_retention_users{labels}"]) / size
    assert found.retention.usual == float(shown[f"wxa_usual_retention_users{labels}"]) / size


def test_a_change_is_notable_beyond_two_deviations_of_chance(archive: Archive) -> None:
    for weeks in range(1, 5):
        tell(archive, TREND, before(weeks), trend(10_000))
    for visitors, notable in ((9_801, False), (9_799, True), (10_199, False), (10_201, True)):
        tell(archive, TREND, SHOWN, trend(visitors))
        found = digest(archive).visitors
        assert (found.value, found.usual, found.notable) == (visitors, 10_000, notable)
        assert found.spread == (9_800, 10_200)


def test_sources_and_pages_that_left_the_usual_are_told_the_farthest_first(
    archive: Archive,
) -> None:
    for weeks in range(1, 5):
        tell(archive, SOURCES, before(weeks), sources(k1=100, k2=500, k3=1000, k4=80, k5=90))
        tell(archive, PAGES, before(weeks), pages(home=900, pay=400))
    tell(archive, SOURCES, SHOWN, sources(k1=105, k2=50, k3=1300, k5=170))
    tell(archive, PAGES, SHOWN, pages(home=905, pay=40))
    found = digest(archive)
    # Chat rose by 300, search lost 450, and the scanned codes that WeChat leaves out lost all 80.
    assert [(move.name, move.told.difference) for move in found.sources] == [
        ("search", -450), ("chat", 300), ("official_account_profile", 80),
    ]  # fmt: skip
    assert len(found.sources) == MOVES
    assert [(move.name, move.told.value) for move in found.pages] == [("pages/pay", 40)]


def test_a_source_that_wechat_leaves_out_brought_nobody(archive: Archive) -> None:
    for weeks in range(1, 4):
        tell(archive, SOURCES, before(weeks), sources(k1=100, k2=500))
    tell(archive, SOURCES, SHOWN, sources(k1=100))
    (move,) = digest(archive).sources
    assert isinstance(move, Move)
    assert (move.name, move.told.value, move.told.change) == ("search", 0, -1)


def test_without_three_comparable_days_nothing_is_usual(archive: Archive) -> None:
    for weeks in range(3):
        tell(archive, TREND, before(weeks), trend(10))
    found = digest(archive).visitors
    assert (found.value, found.usual, found.change, found.notable) == (10, None, None, False)


def test_what_is_missing_says_why(archive: Archive) -> None:
    """Not collected; asked in vain; half a retention; never answered."""
    tell(archive, TREND, SHOWN, {"list": []}, at="09:30")
    cohort = {"visit_uv_new": [{"key": 0, "value": 100}], "visit_uv": []}
    tell(archive, RETENTION, SHOWN - timedelta(days=1), cohort, at="10:00")
    found = digest(archive, (TREND, RETENTION, PAGES))
    assert found.missing == (
        Missing("daily_visit_trend", Why.NOT_PUBLISHED, beijing("2026-03-19 09:30")),
        Missing("visit_distribution", Why.NOT_COLLECTED),
        Missing("visit_page", Why.NOT_ANSWERED),
        Missing("daily_retention", Why.NOT_PUBLISHED, beijing("2026-03-18 10:00")),
    )
    assert not found.known


def test_an_answer_without_a_number_is_told_as_one(archive: Archive) -> None:
    tell(archive, TREND, SHOWN, {"list": [{"visit_uv": None}]})
    first = digest(archive).missing[0]
    assert first.report == "daily_visit_trend"
    assert first.why in {Why.EMPTY, Why.NOT_PUBLISHED}


def test_what_the_exporter_knows_of_a_refusal_is_told(archive_url: str) -> None:
    with closing(archive_at(archive_url)) as archive:
        begun = int(beijing("2026-03-19 09:00").timestamp())
        until = int(beijing("2026-03-19 17:00").timestamp())
        over = int(beijing("2026-03-19 10:00").timestamp())
        failed = (
            Failed("visit_page", begun, until, "48001", "no permission"),
            Failed("visit_distribution", begun, over, "48001", "healed"),
            Failed("daily_summary", begun, None, "timeout", "no answer"),
        )
        archive.keep_failures(SHOP.appid, {each.report: each for each in failed})
        archive.keep_failures(CAFE.appid, {"": Failed("", begun, until, "40125", "wrong secret")})
        by_report = {each.report: each for each in digest(archive).missing}
    refused = Missing("visit_page", Why.REFUSED, beijing("2026-03-19 09:00"), "no permission")
    assert by_report["visit_page"] == refused
    assert by_report["visit_distribution"].why == Why.NOT_ANSWERED
