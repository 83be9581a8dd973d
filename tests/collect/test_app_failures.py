"""What stops an app or a report, for how long, and what the operator is told."""

from collections.abc import Callable

from exporter.simulator import Fault
from tests.collect.conftest import Log
from tests.collect.world import Watched, World
from tests.conftest import CAFE, SHOP
from tests.support import FakeClock, beijing

Open = Callable[..., World]
TREND, SUMMARY = "getweanalysisappiddailyvisittrend", "getweanalysisappiddailysummarytrend"
TWO = ("daily_visit_trend", "daily_summary")


def success(world: World, app: str = "shop") -> dict[str, str]:
    """By report, the value of wxa_exporter_report_success."""
    found = world.own(f'report_success{{app="{app}"')
    return {line.split('"')[3]: line.split()[-1] for line in found}


def test_a_spent_quota_stops_the_app_until_beijings_midnight_and_no_other_app(
    open_world: Open, clock: FakeClock, log: Log
) -> None:
    world = open_world(apps=[SHOP, CAFE], reports=TWO)
    world.wechat.faults.add(Fault("errcode", appid=SHOP.appid, code=45009))
    assert world.run() == [("dailyvisittrend", "20260317")]
    assert success(world) == {"daily_visit_trend": "0.0", "daily_summary": "0.0"}
    assert success(world, "cafe") == {"daily_visit_trend": "1.0", "daily_summary": "1.0"}
    assert world.own('reports_due{app="shop"') == ['wxa_exporter_reports_due{app="shop"} 18.0']
    world.wechat.faults.clear()
    clock.moment = beijing("2026-03-18 23:59:50")
    assert world.run() == []
    clock.moment = beijing("2026-03-19 00:00")
    assert world.run()[:2] == [("dailyvisittrend", "20260318"), ("dailyvisittrend", "20260317")]
    assert set(success(world).values()) == {"1.0"}
    (line,) = log.lines("level=error")
    assert "code=45009" in line
    assert "asked again after Beijing midnight" in line


def test_a_blocked_ip_stops_the_app_for_an_hour_and_is_named(
    open_world: Open, clock: FakeClock, log: Log
) -> None:
    world = open_world(apps=[SHOP, CAFE], reports=TWO)
    world.wechat.faults.add(Fault("errcode", appid=SHOP.appid, call="stable_token", code=40164))

    def token_calls() -> int:
        calls = world.wechat.calls
        return sum(call.call == "stable_token" and call.appid == SHOP.appid for call in calls)

    began = clock.now()
    assert world.run() == []
    assert token_calls() == 1
    clock.moment = began
    clock.advance(minutes=59)
    assert world.run() == []
    assert token_calls() == 1
    clock.advance(minutes=2)
    assert world.run() == []
    assert token_calls() == 2
    assert success(world) == {"daily_visit_trend": "0.0", "daily_summary": "0.0"}
    (line,) = log.lines("level=error")
    assert "put the IP 203.0.113.7 into the IP whitelist" in line
    world.wechat.faults.clear()
    clock.advance(minutes=61)
    assert len(world.run()) == 18


def test_one_window_that_always_fails_keeps_no_other_from_its_report(open_world: Open) -> None:
    world = open_world(reports=["daily_summary"])
    world.wechat.faults.add(Fault("errcode", code=-1, begin_date="20260316"))
    days = [day for _, day in world.run()]
    assert days.count("20260316") == 3
    assert len(set(days)) == 9
    assert [day for _, day in world.run()] == ["20260316"] * 3
    assert success(world) == {"daily_summary": "0.0"}


def test_a_missing_permission_stops_that_report_alone(
    open_world: Open, clock: FakeClock, log: Log
) -> None:
    world = open_world(reports=TWO)
    world.wechat.faults.add(Fault("errcode", call=TREND, code=48001))
    began = clock.now()
    assert [call for call, _ in world.run()] == ["dailyvisittrend", *["dailysummarytrend"] * 9]
    clock.moment = began
    clock.advance(minutes=59)
    assert world.run() == []
    assert success(world) == {"daily_visit_trend": "0.0", "daily_summary": "1.0"}
    clock.advance(minutes=2)
    assert world.run() == [("dailyvisittrend", "20260317")]
    (line,) = log.lines("level=error")
    assert "report=daily_visit_trend window=2026-03-17 code=48001" in line


def test_a_request_that_wechat_calls_wrong_waits_six_hours_and_its_failure_is_told_once(
    open_world: Open, clock: FakeClock, log: Log
) -> None:
    world = open_world(reports=TWO)
    world.wechat.faults.add(Fault("errcode", call=TREND, code=61501))
    first = world.run()
    assert len(first) == len(set(first)) == 18
    clock.advance(hours=5, minutes=59)
    assert world.run() == []
    clock.advance(minutes=1)
    assert world.run() == [("dailyvisittrend", "20260317"), ("dailyvisittrend", "20260316")]
    assert world.run() == []
    assert success(world) == {"daily_visit_trend": "0.0", "daily_summary": "1.0"}
    assert len(log.lines("level=error", "code=61501", "please report it")) == 1


def test_a_day_asked_about_too_early_by_a_fast_clock_comes_in_the_morning(
    open_world: Open, clock: FakeClock
) -> None:
    world = open_world(reports=["daily_visit_trend"])
    world.run()
    clock.moment = beijing("2026-03-19 00:01")  # WeChat's own clock says 23:58
    world.wechat.faults.add(Fault("errcode", call=TREND, code=61501))
    assert ("dailyvisittrend", "20260318") in world.run()
    world.wechat.faults.clear()
    clock.moment = beijing("2026-03-19 09:00")
    assert ("dailyvisittrend", "20260318") in world.run()
    assert world.run() == []


def test_two_unanswered_reports_in_a_row_leave_the_app_to_the_next_pass(open_world: Open) -> None:
    world = open_world()
    world.wechat.faults.add(Fault("http", status=503))
    newest = [
        ("dailyvisittrend", "20260317"), ("dailyvisittrend", "20260316"),
        ("weeklyvisittrend", "20260309"), ("weeklyvisittrend", "20260302"),
    ]  # fmt: skip
    for _ in range(2):
        assert world.run() == [call for call in newest for _ in range(3)]
    assert success(world) == {"daily_visit_trend": "0.0", "weekly_visit_trend": "0.0"}
    world.wechat.faults.clear()
    assert len(world.run()) == 87


def test_unanswered_reports_with_an_answered_one_between_them_stop_nothing(
    open_world: Open,
) -> None:
    world = open_world(reports=[*TWO, "visit_page", "visit_distribution"], catch_up_days=1)
    for call in (TREND, "getweanalysisappidvisitpage"):
        world.wechat.faults.add(Fault("close", call=call))
    assert [call for call, _ in world.run()] == [
        *["dailyvisittrend"] * 6,
        *["visitdistribution"] * 3,
        *["visitpage"] * 6,
        *["dailysummarytrend"] * 3,
    ]
    assert [value for _, value in sorted(success(world).items())] == ["1.0", "0.0", "1.0", "0.0"]


def test_a_passing_fault_is_overcome_within_the_pass_and_not_worth_a_line(
    open_world: Open, log: Log
) -> None:
    world = open_world(reports=["daily_summary"])
    faults = [Fault("errcode", code=61504, times=1), Fault("http", times=1)]
    world.wechat.faults.add(*faults, Fault("errcode", code=40001, begin_date="20260316", times=1))
    world.run()
    assert world.result.complete
    assert len(log.lines()) == 1
    counted = [line.split('code="')[1] for line in world.own("requests_total.*daily")]
    assert sorted(counted) == ['0"} 9.0', '40001"} 1.0', '61504"} 1.0', 'http_503"} 1.0']


def test_a_failure_is_logged_once_until_the_report_succeeds_again(
    open_world: Open, clock: FakeClock, log: Log
) -> None:
    world = open_world(reports=["daily_summary"])
    for day in range(2):
        # The outage changes its face, as outages do.
        for fault in (Fault("http", status=502), Fault("errcode", code=-1)) * 2:
            world.wechat.faults.add(fault)
            world.run()
            world.wechat.faults.clear()
        told = [line.partition(" code=")[2][:8] for line in log.lines("level=error")]
        assert told == ["http_502", "-1 error"] * (day + 1)
        world.run()
        assert world.result.complete
        clock.advance(days=1)


def test_an_unexpected_exception_stays_in_its_report_and_is_logged_with_its_trace(
    open_world: Open, log: Log
) -> None:
    def fail(url: str) -> None:
        if TREND in url:
            raise RuntimeError("nobody thought of this")

    world = open_world(apps=[SHOP, CAFE], reports=TWO, session=Watched(fail))
    assert {call for call, _ in world.run()} == {"dailysummarytrend"}
    assert success(world) == success(world, "cafe")
    assert success(world) == {"daily_visit_trend": "0.0", "daily_summary": "1.0"}
    assert world.own('reports_due{app="shop"') == ['wxa_exporter_reports_due{app="shop"} 9.0']
    assert len(world.metrics("wxa_cumulative_users")) == 2
    (line,) = log.lines('event="report failed"', "app=shop", "report=daily_visit_trend")
    assert "RuntimeError: nobody thought of this" in line
    assert "in _run_report" in line


def test_a_reply_about_another_period_fails_the_report_and_is_never_shown(
    open_world: Open, log: Log
) -> None:
    world = open_world(reports=["daily_summary"])
    body = '{"list":[{"ref_date":"20260101","visit_total":5}]}'
    world.wechat.faults.add(Fault("body", body=body, begin_date="20260317"))
    world.run()
    start = world.metrics("wxa_data_period_start_timestamp_seconds")
    assert [line.rpartition(" ")[2] for line in start] == ["1.7735904e+09"]  # the day before
    assert not any(line.endswith(" 5.0") for line in world.metrics("wxa_cumulative_users"))
    assert success(world) == {"daily_summary": "0.0"}
    (line,) = log.lines("level=error", "code=malformed")
    assert "asked about 20260317, the reply describes '20260101'" in line
