"""Quotas and names of sources: asked beside the reports, and never a reason to fail."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from exporter.archive import Quota
from exporter.simulator import Fault
from tests.collect.conftest import Log
from tests.collect.world import Disk, Watched, World
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


class TestOnOneArchive:
    """What any process was told today, all show; and nobody asks for it again."""

    def test_a_restart_shows_it_and_asks_for_the_rest_alone(
        self, open_world: Open, clock: FakeClock
    ) -> None:
        before = open_world(reports=TWO, catch_up_days=1)
        before.run()
        clock.advance(minutes=30)
        restarted = open_world(reports=TWO, catch_up_days=1)
        assert quotas(restarted) == []
        restarted.run()
        assert quotas(restarted) == quotas(before) != []
        assert asides(restarted).count("openapi_quota_get") == 1
        restarted.run()
        assert asides(restarted).count("openapi_quota_get") == 2
        assert len(quotas(restarted)) == 6
        before.run()
        assert quotas(before) == quotas(restarted)
        assert asides(before).count("openapi_quota_get") == 2

    def test_it_is_shown_under_the_name_that_the_app_has_now(self, open_world: Open) -> None:
        open_world(reports=TWO, catch_up_days=1).run()
        renamed = open_world(reports=TWO, catch_up_days=1, names={SHOP.appid: "boutique"})
        renamed.run()
        assert len(quotas(renamed)) == 3
        assert all('app="boutique"' in line for line in quotas(renamed))

    def test_what_was_told_yesterday_is_never_shown(
        self, open_world: Open, clock: FakeClock
    ) -> None:
        before = open_world(reports=TWO, catch_up_days=1)
        before.run()
        before.run()
        clock.advance(days=1)
        restarted = open_world(reports=TWO, catch_up_days=1)
        restarted.wechat.faults.add(Fault("http", call="openapi_quota_get"))
        restarted.run()
        assert asides(restarted).count("openapi_quota_get") == 3
        assert quotas(restarted) == []

    def test_the_call_that_was_asked_about_longest_ago_comes_first(
        self, open_world: Open, clock: FakeClock
    ) -> None:
        open_world(reports=TWO, catch_up_days=1).run()
        clock.advance(days=1)
        restarted = open_world(reports=TWO, catch_up_days=1)
        restarted.run()
        assert quotas(restarted)[0].startswith(f'wxa_api_quota_limit{{app="shop",call="{SUMMARY}"')

    def test_an_errcode_is_todays_answer_to_everybody(self, open_world: Open) -> None:
        before = open_world(reports=TWO[:1], catch_up_days=1)
        before.wechat.faults.add(Fault("errcode", call="openapi_quota_get", code=76021))
        before.run()
        restarted = open_world(reports=TWO[:1], catch_up_days=1)
        for _ in range(3):
            restarted.run()
        assert asides(restarted).count("openapi_quota_get") == 1
        assert quotas(restarted) == []

    def test_an_app_that_may_not_be_asked_shows_what_others_were_told(
        self, open_world: Open, clock: FakeClock
    ) -> None:
        world = open_world(reports=TWO, catch_up_days=1)
        world.wechat.faults.add(Fault("errcode", code=45009))
        world.archive.keep_quota(SHOP.appid, Quota(TREND, clock.now().date(), 2000, 2000, 0))
        world.run()
        assert world.result.failing == 2
        assert asides(world) == []
        assert len(quotas(world)) == 3

    def test_it_is_not_read_before_noon_nor_once_all_is_known(
        self, open_world: Open, clock: FakeClock
    ) -> None:
        clock.moment = beijing("2026-03-18 11:30")
        world, statements = open_world(reports=TWO, catch_up_days=1), []

        def note(_: object, __: object, statement: str, *___: object) -> None:
            if "quotas" in statement:
                statements.append(statement.split()[0])

        event.listen(world.engine, "before_cursor_execute", note)
        world.run()
        assert statements == []
        for _ in range(5):
            clock.advance(minutes=30)
            world.run()
        assert statements == ["SELECT", "DELETE", "INSERT"] * 2
        assert len(quotas(world)) == 6

    def test_where_it_cannot_be_kept_it_is_shown_and_the_pass_ends(
        self, open_world: Open, log: Log
    ) -> None:
        def fill(url: str) -> None:
            if "quota/get" in url:
                world.disk.state = Disk.READ_ONLY

        session = Watched(fill)
        world = open_world(reports=TWO, catch_up_days=1, session=session)
        world.run()
        assert "cannot be written" in str(world.result.archive_error)
        assert world.own("report_error") == []
        assert len(quotas(world)) == 3
        assert log.lines("report failed") == []
        assert len(log.lines("archive failed")) == 1
        assert world.own("archive_writable") == ["wxa_exporter_archive_writable 0.0"]
        session.before = None
        world.disk.state = Disk.GOOD
        world.run()
        assert world.result.archive_error is None
        assert len(quotas(world)) == 6

    def test_a_part_that_the_archive_ended_asks_no_more(self, open_world: Open) -> None:
        def fill(url: str) -> None:
            if "datacube" in url:
                world.disk.state = Disk.READ_ONLY

        world = open_world(reports=TWO, catch_up_days=1, session=Watched(fill))
        world.run()
        assert "cannot be written" in str(world.result.archive_error)
        assert asides(world) == []


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
