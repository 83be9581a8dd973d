"""An app with API security: shown as any other, and what is not verified never archived."""

from collections.abc import Callable
from pathlib import Path

import pytest

from exporter.periods import Period, Window
from exporter.reports.table import BY_NAME
from exporter.simulator import Fault
from tests.collect.world import World, day, kept
from tests.conftest import SHOP
from tests.sealed import COMING, PRESENT, Console, with_keys

Open = Callable[..., World]

REPORT = BY_NAME["daily_visit_trend"]
YESTERDAY = Window(Period.DAY, day("2026-03-17"))
NAMES = ["daily_visit_trend", "performance_memory"]


@pytest.fixture
def world(open_world: Open, tmp_path: Path) -> World:
    """The shop, with its keys on both sides."""
    keys = {"secret": SHOP.secret, "encryption": Console(tmp_path).encryption()}
    world = open_world(reports=NAMES, catch_up_days=1, keys=lambda _: keys)
    world.wechat.apps[SHOP.appid] = with_keys(SHOP)
    return world


def test_what_comes_sealed_is_archived_and_shown_as_plain(world: World) -> None:
    world.run()
    assert world.result.complete
    (sessions,) = world.metrics("^wxa_sessions")
    truth = world.wechat.truth(SHOP.appid, REPORT.call, YESTERDAY, world.clock.now())
    assert float(sessions.split()[-1]) == truth["list"][0]["session_cnt"]
    body = kept(world.archive, REPORT, YESTERDAY).body
    assert body is not None
    assert "_timestamp" not in body
    assert '"session_cnt"' in body
    assert world.metrics("^wxa_performance_memory")


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("tampered"), "not_verified"),
        (Fault("body", body='{"list":[{"ref_date":"20260317","session_cnt":1}]}'), "not_verified"),
    ],
)
def test_what_is_not_verified_is_neither_archived_nor_shown(
    world: World, fault: Fault, code: str
) -> None:
    world.wechat.faults.add(fault)
    world.run()
    assert (
        world.archive.looks(SHOP.appid, REPORT.name, YESTERDAY.first_day, day("2026-03-18")) == {}
    )
    assert world.metrics("^wxa_sessions") == []
    assert world.own("report_error") == [
        f'wxa_exporter_report_error{{app="shop",code="{code}",report="{name}"}} 1.0'
        for name in NAMES
    ]
    world.wechat.faults.clear()
    world.run()
    assert world.metrics("^wxa_sessions")


def test_a_certificate_that_is_not_there_stops_the_app_and_says_which(world: World) -> None:
    world.run()
    before = world.metrics("^wxa_sessions")
    world.wechat.apps[SHOP.appid] = with_keys(SHOP, COMING)
    world.clock.advance(days=1)
    assert len(world.run()) == 1
    assert world.metrics("^wxa_sessions") == before
    failure = world.runtime.collector.apps[0].blocked_by
    assert failure is not None
    assert failure.code == "certificate"
    assert COMING in failure.message
    assert PRESENT not in failure.message
