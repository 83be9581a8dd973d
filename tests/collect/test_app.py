"""One app's part of a pass while all is well: what is asked, told, logged and counted."""

import json
from collections.abc import Callable

import pytest

from exporter.simulator import Fault
from tests.collect.conftest import Log
from tests.collect.world import Watched, World
from tests.conftest import CAFE, SHOP
from tests.support import FakeClock, beijing

Open = Callable[..., World]
DAILY = ("daily_visit_trend", "visit_distribution", "visit_page", "daily_summary")
TREND, SUMMARY = "getweanalysisappiddailyvisittrend", "getweanalysisappiddailysummarytrend"


def test_a_first_pass_asks_report_by_report_newest_window_first(open_world: Open) -> None:
    world = open_world(reports=["daily_visit_trend", "daily_summary"], catch_up_days=1)
    days = ["20260317", "20260316", "20260315"]
    assert world.run() == [
        *(("dailyvisittrend", day) for day in days),
        *(("dailysummarytrend", day) for day in days),
    ]
    assert [call.call for call in world.wechat.calls if "token" in call.call] == ["stable_token"]


def test_a_second_pass_and_a_restart_ask_for_nothing(open_world: Open) -> None:
    world = open_world()
    assert len(world.run()) == 87
    assert world.run() == []
    assert open_world().run() == []


def test_a_pass_tells_of_every_report(open_world: Open, clock: FakeClock) -> None:
    world = open_world()
    world.run()
    assert world.own("reports_due") == ['wxa_exporter_reports_due{app="shop"} 0.0']
    assert len(world.own(r'report_success{app="shop",report="\w+"} 1.0')) == 12
    assert len(world.own("report_last_success_timestamp_seconds")) == 12
    first = beijing("2026-03-18 16:00").timestamp()
    for line in world.own("report_last_success_timestamp_seconds"):
        assert first <= float(line.split()[-1]) <= clock.now().timestamp()
    assert len(world.own(r'revisions_total{app="shop",report="\w+"} 0.0')) == 12


def test_a_morning_without_data_is_a_success_with_looks_due(
    open_world: Open, clock: FakeClock, log: Log
) -> None:
    world = open_world(reports=DAILY)
    world.run()
    clock.moment = beijing("2026-03-19 08:00")
    result = world.runtime.run_pass()
    # The first look at the 18th is not answered; the second one at the 17th waits for it.
    assert (result.arrived, result.due, result.failing) == (0, 8, 0)
    assert not result.complete
    assert world.own("reports_due") == ['wxa_exporter_reports_due{app="shop"} 8.0']
    assert len(world.own('report_success{app="shop"')) == 4
    assert world.own("report_success.* 0") == []
    clock.moment = beijing("2026-03-19 13:00")
    result = world.runtime.run_pass()
    assert (result.arrived, result.due, result.failing) == (8, 0, 0)
    assert result.complete
    assert log.lines("error") == log.lines("warning") == []


def test_a_retention_of_zeros_is_not_ready_and_nothing_to_warn_of(
    open_world: Open, clock: FakeClock, log: Log
) -> None:
    world = open_world(reports=["daily_retention"])
    world.run()
    before = world.metrics("retention")
    zeros = [{"key": key, "value": 0} for key in range(8)]
    body = json.dumps({"ref_date": "20260318", "visit_uv_new": zeros, "visit_uv": zeros})
    world.wechat.faults.add(Fault("body", begin_date="20260318", body=body))
    clock.moment = beijing("2026-03-19 10:00")
    world.run()
    assert world.own("report_success") == [
        'wxa_exporter_report_success{app="shop",report="daily_retention"} 1.0'
    ]
    assert world.metrics("retention") == before
    assert log.lines("warning") == []


def test_a_healthy_pass_logs_a_line_and_a_pass_without_news_none(
    open_world: Open, log: Log
) -> None:
    world = open_world()
    world.run()
    assert log.lines() == ["level=info event=collected app=shop arrived=87 due=0 failing=0"]
    world.run()
    assert len(log.lines()) == 1


def test_an_apps_values_are_on_metrics_at_a_tick_while_others_are_asked(open_world: Open) -> None:
    seen: list[list[str]] = []

    def note(url: str) -> None:
        if "datacube" in url:
            world.runtime.publisher.catch_up()
            seen.append(world.metrics("period_start"))

    world = open_world(
        apps=[SHOP, CAFE], reports=["daily_summary"], concurrency=1, session=Watched(note)
    )
    world.run()
    start = "wxa_data_period_start_timestamp_seconds"
    labels = '{app="shop",report="daily_summary"}'
    assert seen[0] == []
    assert [f"{start}{labels} 1.7736768e+09"] in seen
    assert len(world.metrics(start)) == 2


def test_a_revision_is_counted_shown_and_logged_once(
    open_world: Open, clock: FakeClock, log: Log
) -> None:
    world = open_world(reports=["daily_summary"])
    world.run()
    clock.moment = beijing("2026-03-19 13:00")
    world.wechat.faults.add(Fault("revised", begin_date="20260317"))
    assert world.run() == [("dailysummarytrend", "20260318"), ("dailysummarytrend", "20260317")]
    assert world.own("revisions_total") == [
        'wxa_exporter_report_revisions_total{app="shop",report="daily_summary"} 1.0'
    ]
    assert log.lines("revised") == [
        "level=info event=revised app=shop report=daily_summary window=2026-03-17"
    ]


def test_what_is_odd_in_replies_is_told_once(open_world: Open, clock: FakeClock, log: Log) -> None:
    world = open_world(reports=["daily_summary"])
    body = '{"list":[{"visit_total":5,"share_pv":1,"share_uv":1,"fans":7}]}'
    world.wechat.faults.add(Fault("body", call=SUMMARY, body=body))
    world.run()
    clock.advance(days=1)
    world.run()
    assert log.lines("odd") == [
        'level=warning event="odd reply" app=shop report=daily_summary detail="unknown field '
        "'fans'\""
    ]
    assert world.metrics("cumulative") == ['wxa_cumulative_users{app="shop"} 5.0']


def test_a_reply_that_says_less_is_kept_out_and_told_once(
    open_world: Open, clock: FakeClock, log: Log
) -> None:
    world = open_world(reports=["daily_summary"])
    world.run()
    before = world.metrics("share_pv")
    clock.moment = beijing("2026-03-19 14:00")
    less = Fault("body", begin_date="20260317", body='{"list":[{"visit_total":5}]}')
    world.wechat.faults.add(less, Fault("empty"))
    world.run()
    world.run()
    assert world.metrics("share_pv") == before
    assert log.lines("kept out") == [
        'level=warning event="reply kept out" app=shop report=daily_summary '
        'detail="2026-03-17: it says less than the archived"'
    ]
    world.wechat.faults.clear()
    assert world.run() == [("dailysummarytrend", "20260318"), ("dailysummarytrend", "20260317")]


def test_a_pass_over_beijings_midnight_asks_for_the_day_that_ended_meanwhile(
    open_world: Open, clock: FakeClock
) -> None:
    world = open_world(reports=["daily_visit_trend", "daily_summary"], catch_up_days=1)
    clock.moment = beijing("2026-03-18 23:59:30")
    # The first report is held up for a minute, and ends on the 19th.
    world.wechat.faults.add(Fault("errcode", call=TREND, code=45011, times=1))
    calls = world.run()
    assert clock.now() > beijing("2026-03-19 00:00")
    assert [day for call, day in calls if call == "dailyvisittrend"] == [
        "20260317", "20260317", "20260316", "20260315",
    ]  # fmt: skip
    assert [day for call, day in calls if call == "dailysummarytrend"] == [
        "20260318", "20260317", "20260316",
    ]  # fmt: skip
    assert {call.outcome for call in world.wechat.calls} == {"0", "45011", "empty"}
    # Of the first report the 18th, and the second look at the 17th; of the other the 18th.
    assert world.result.due == 3


def test_a_body_that_lacks_a_key_when_it_arrives_leaves_a_look_due(open_world: Open) -> None:
    body = '{"ref_date": "20260310", "visit_uv_new": [{"key": 0, "value": 9}]}'
    world = open_world(reports=["daily_retention"])
    world.wechat.faults.add(Fault("body", begin_date="20260310", body=body))
    world.run()
    assert world.result.due == 1


@pytest.mark.parametrize("missing", [7, 30])
def test_a_key_that_is_late_is_asked_for_until_it_is_there(
    open_world: Open, clock: FakeClock, missing: int
) -> None:
    world = open_world(reports=["daily_retention"])
    world.run()
    clock.moment = beijing("2026-03-19 11:30")  # retentions appear at 11
    cohort = {7: "20260311", 30: "20260216"}[missing]
    key = f'wxa_retention_users.*day="{missing}",user="new"'
    world.wechat.faults.add(Fault("empty", begin_date=cohort))
    before = world.metrics(key)
    assert ("dailyretaininfo", cohort) in world.run()
    assert world.metrics(key) == before
    world.wechat.faults.clear()
    assert world.run() == [("dailyretaininfo", cohort)]
    assert world.metrics(key) != before
    assert world.run() == []
