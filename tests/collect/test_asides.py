"""Quotas and names of sources: asked beside the reports, and never a reason to fail."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from exporter.simulator import Fault
from tests.collect.conftest import Log
from tests.collect.world import World
from tests.conftest import CAFE, SHOP
from tests.sealed import Console, with_keys
from tests.support import FakeClock, beijing

Open = Callable[..., World]
TWO = ["daily_visit_trend", "daily_summary"]
TREND, SUMMARY = "getweanalysisappiddailyvisittrend", "getweanalysisappiddailysummarytrend"


def asides(world: World) -> list[str]:
    """The calls that are no reports, in order."""
    return [call.call for call in world.wechat.asides]


def quotas(world: World) -> list[str]:
    return world.own("^wxa_api_quota")


def test_a_call_is_asked_about_at_each_pass_and_each_once_a_day(
    open_world: Open, clock: FakeClock
) -> None:
    world = open_world(reports=TWO, catch_up_days=1)
    for _ in range(4):
        world.run()
        clock.advance(minutes=30)
    assert asides(world) == ["get_scene", "openapi_quota_get", "openapi_quota_get"]
    clock.advance(days=1)
    world.run()
    assert asides(world)[3:] == ["get_scene", "openapi_quota_get"]


def test_what_wechat_says_of_a_quota_is_shown_by_call(open_world: Open, clock: FakeClock) -> None:
    world = open_world(reports=TWO, catch_up_days=1)
    world.wechat.quotas.count(SHOP.appid, TREND, clock.now().date(), 1700)
    world.run()
    world.run()
    assert quotas(world) == [
        f'wxa_api_quota_limit{{app="shop",call="{TREND}"}} 2000.0',
        f'wxa_api_quota_limit{{app="shop",call="{SUMMARY}"}} 2000.0',
        f'wxa_api_quota_used{{app="shop",call="{TREND}"}} 1703.0',
        f'wxa_api_quota_used{{app="shop",call="{SUMMARY}"}} 3.0',
        f'wxa_api_quota_remaining{{app="shop",call="{TREND}"}} 297.0',
        f'wxa_api_quota_remaining{{app="shop",call="{SUMMARY}"}} 1997.0',
    ]
    world.telemetry.forget_quotas_before(clock.now().date())
    assert quotas(world)
    world.telemetry.forget_quotas_before(clock.now().date() + timedelta(days=1))
    assert quotas(world) == []


def test_before_noon_nothing_is_asked(open_world: Open, clock: FakeClock) -> None:
    clock.moment = beijing("2026-03-18 11:30")
    world = open_world(reports=TWO, catch_up_days=1)
    world.run()
    assert asides(world) == ["get_scene"]
    clock.advance(minutes=30)
    world.run()
    assert asides(world) == ["get_scene", "openapi_quota_get"]


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('{"errcode":0,"quota":{"daily_limit":"500","used":null}}', ["wxa_api_quota_limit"]),
        ('{"errcode":0,"quota":[]}', []),
        ('{"errcode":0}', []),
        ('{"errcode":0,"quota":{"daily_limit":-1,"used":true,"remain":{}}}', []),
    ],
)
def test_what_a_reply_does_not_say_is_not_shown(
    open_world: Open, body: str, shown: list[str]
) -> None:
    world = open_world(reports=TWO, catch_up_days=1)
    world.wechat.faults.add(Fault("body", call="openapi_quota_get", body=body))
    world.run()
    assert [line.partition("{")[0] for line in quotas(world)] == shown
    assert world.result.complete


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "errcode", "code": 76021},
        {"kind": "errcode", "code": 45009},
        {"kind": "errcode", "code": 48001},
        {"kind": "http", "status": 502},
        {"kind": "html"},
        {"kind": "close"},
    ],
)
def test_no_fault_beside_the_reports_is_one_of_theirs(
    open_world: Open, log: Log, fault: dict[str, str]
) -> None:
    world = open_world(reports=TWO, catch_up_days=1)
    for call in ("openapi_quota_get", "get_scene"):
        world.wechat.faults.add(Fault.from_mapping({**fault, "call": call}))
    for _ in range(3):
        world.run()
    assert world.result.complete
    assert world.own("report_error") == []
    assert [line.split()[-1] for line in world.own("report_success")] == ["1.0", "1.0"]
    assert quotas(world) == world.own("source_info") == []
    assert len(log.lines("quota unknown")) == len(log.lines("names of sources unknown")) == 1
    assert log.lines("level=error") == []


def test_an_errcode_is_todays_answer_and_silence_is_none(open_world: Open) -> None:
    world = open_world(reports=TWO[:1], catch_up_days=1)
    world.wechat.faults.add(Fault("http", call="openapi_quota_get", times=1))
    world.wechat.faults.add(Fault("errcode", call="openapi_quota_get", code=76021))
    for _ in range(4):
        world.run()
    assert asides(world).count("openapi_quota_get") == 2


def test_an_app_that_may_not_be_asked_is_not_asked_this_either(open_world: Open) -> None:
    world = open_world(apps=[SHOP, CAFE], reports=TWO, catch_up_days=1, concurrency=1)
    world.wechat.faults.add(Fault("errcode", appid=SHOP.appid, code=45009))
    world.run()
    assert {call.appid for call in world.wechat.asides} == {CAFE.appid}


def test_with_api_security_the_quota_is_asked_sealed(open_world: Open, tmp_path: Path) -> None:
    keys = {"secret": SHOP.secret, "encryption": Console(tmp_path).encryption()}
    world = open_world(reports=TWO, catch_up_days=1, keys=lambda _: keys)
    world.wechat.apps[SHOP.appid] = with_keys(SHOP)
    world.run()
    assert [call.outcome for call in world.wechat.asides] == ["0", "0"]
    assert len(quotas(world)) == 3


class TestNamesOfSources:
    """What WeChat calls a source for which the exporter has no word."""

    def test_they_stand_beside_the_label_that_the_source_keeps(self, open_world: Open) -> None:
        world = open_world(reports=["visit_distribution"], catch_up_days=1)
        world.run()
        assert world.own("source_info") == [
            'wxa_exporter_source_info{name="小程序链接",source="unknown_61"} 1.0'
        ]
        assert world.metrics('wxa_source_sessions.*source="unknown_61"')

    def test_a_name_that_changes_replaces_the_one_before(
        self, open_world: Open, clock: FakeClock
    ) -> None:
        world = open_world(reports=TWO, catch_up_days=1)
        world.run()
        body = '{"scene":[{"name":"别名","value":"61"},{"name":"","value":63},{"value":64},7]}'
        world.wechat.faults.add(Fault("body", call="get_scene", body=body))
        clock.advance(days=1)
        world.run()
        assert world.own("source_info") == [
            'wxa_exporter_source_info{name="别名",source="unknown_61"} 1.0'
        ]

    def test_it_is_asked_once_a_day_whatever_the_number_of_apps(self, open_world: Open) -> None:
        world = open_world(apps=[SHOP, CAFE], reports=TWO, catch_up_days=1)
        world.run()
        world.run()
        assert asides(world).count("get_scene") == 1
