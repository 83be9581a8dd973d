"""The due rule, day by day: what is asked on a given day with a given past."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from exporter.archive import Looked
from exporter.collect.due import (
    Want,
    due_windows,
    is_due,
    span_wants,
    standing_wants,
)
from exporter.periods import Window, beijing_day
from exporter.reports.report import Report
from exporter.reports.table import BY_NAME, REPORTS
from tests.collect.world import day
from tests.support import beijing

TREND, RETENTION = BY_NAME["daily_visit_trend"], BY_NAME["daily_retention"]
PORTRAIT = BY_NAME["user_portrait_7d"]
ANSWERED_FOR_EVER = [report for report in REPORTS if report.answered_for is None]
WEDNESDAY = day("2026-03-18")
Looks = dict[date, Looked]


def due(report: Report, today: date, looks: Looks | None = None, catch_up: int = 7) -> list[str]:
    """The first days of the windows to ask about, newest first."""
    wants = standing_wants(report, today, catch_up)
    return [str(window.first_day) for window in due_windows(wants, looks or {}, today)]


def days(first: str, last: str) -> list[str]:
    """The days from the last one back to the first."""
    count = (day(last) - day(first)).days + 1
    return [str(day(last) - timedelta(days=back)) for back in range(count)]


def looked(moment: str, answered_ask: int | None) -> Looked:
    return Looked(int(beijing(moment).timestamp()), answered_ask)


def all_answered(report: Report, today: date, moment: str, catch_up: int = 7) -> Looks:
    """The past of an exporter that got everything that there was on a day."""
    return {
        want.window.first_day: looked(moment, report.newest_ask(want.window, today))
        for want in standing_wants(report, today, catch_up)
    }


FIRST_START = {
    **dict.fromkeys(
        (report.name for report in REPORTS if not report.by_default),
        days("2026-03-09", "2026-03-17"),
    ),
    # WeChat would answer about older ones with 61501.
    **dict.fromkeys(
        ("user_portrait_1d", "user_portrait_7d", "user_portrait_30d"),
        days("2026-03-16", "2026-03-17"),
    ),
    "daily_visit_trend": days("2026-03-09", "2026-03-17"),
    "weekly_visit_trend": ["2026-03-09", "2026-03-02", "2026-02-23"],
    "monthly_visit_trend": ["2026-02-01", "2026-01-01", "2025-12-01"],
    "visit_distribution": days("2026-03-09", "2026-03-17"),
    # Keys 0 to 7 of the last week's asks, then those of key 14, then those of key 30.
    "daily_retention": [
        *days("2026-03-03", "2026-03-17"),
        *days("2026-02-24", "2026-03-02"),
        *days("2026-02-08", "2026-02-15"),
    ],
    "weekly_retention": [
        "2026-03-09", "2026-03-02", "2026-02-23", "2026-02-16", "2026-02-09", "2026-02-02",
    ],
    "monthly_retention": ["2026-02-01", "2026-01-01", "2025-12-01"],
    "visit_page": days("2026-03-09", "2026-03-17"),
    "daily_summary": days("2026-03-09", "2026-03-17"),
}  # fmt: skip


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_a_first_start_asks_for_the_last_week_and_for_every_key_of_a_retention(
    report: Report,
) -> None:
    assert due(report, WEDNESDAY) == FIRST_START[report.name]


@pytest.mark.parametrize("report", ANSWERED_FOR_EVER, ids=lambda report: report.name)
@pytest.mark.parametrize("today", ["2026-03-18", "2024-03-01", "2026-01-01", "2026-03-02"])
def test_after_a_first_start_every_key_of_a_retention_can_be_shown(
    report: Report, today: str
) -> None:
    windows = due(report, day(today), catch_up=1)
    newest = Window.newest_over(report.period, day(today))
    for ask in report.asks:
        assert str(newest.shifted(-ask).first_day) in windows
        assert str(newest.shifted(-ask - 1).first_day) in windows


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_a_restart_asks_for_nothing_that_was_answered(report: Report) -> None:
    past = all_answered(report, WEDNESDAY, "2026-03-18 12:00")
    assert due(report, WEDNESDAY, past) == []


def test_a_daily_run_asks_for_yesterday_and_takes_the_second_look_at_the_day_before() -> None:
    past = all_answered(TREND, WEDNESDAY, "2026-03-18 12:00")
    assert due(TREND, day("2026-03-19"), past) == ["2026-03-18", "2026-03-17"]


def test_a_daily_run_asks_for_each_cohort_whose_next_key_exists_now() -> None:
    past = all_answered(RETENTION, WEDNESDAY, "2026-03-18 12:00")
    assert due(RETENTION, day("2026-03-19"), past) == [
        *days("2026-03-11", "2026-03-18"), "2026-03-04", "2026-02-16",
    ]  # fmt: skip


def test_a_week_and_a_month_are_asked_when_they_are_over_and_once_more_after_the_next() -> None:
    weekly, monthly = BY_NAME["weekly_visit_trend"], BY_NAME["monthly_visit_trend"]
    past = all_answered(weekly, WEDNESDAY, "2026-03-18 12:00")
    assert due(weekly, day("2026-03-22"), past) == []
    assert due(weekly, day("2026-03-23"), past) == ["2026-03-16", "2026-03-09"]
    past = all_answered(monthly, WEDNESDAY, "2026-03-18 12:00")
    assert due(monthly, day("2026-03-31"), past) == []
    assert due(monthly, day("2026-04-01"), past) == ["2026-03-01", "2026-02-01"]


def test_the_turn_of_the_year_is_a_day_like_any_other() -> None:
    monthly, weekly = BY_NAME["monthly_visit_trend"], BY_NAME["weekly_visit_trend"]
    assert due(monthly, day("2026-01-01")) == ["2025-12-01", "2025-11-01", "2025-10-01"]
    assert due(weekly, day("2026-01-01")) == ["2025-12-22", "2025-12-15", "2025-12-08"]
    past = all_answered(TREND, day("2025-12-31"), "2025-12-31 12:00")
    assert due(TREND, day("2026-01-01"), past) == ["2025-12-31", "2025-12-30"]


def test_a_leap_day_is_asked_for_and_looked_at_again() -> None:
    past = all_answered(TREND, day("2024-02-29"), "2024-02-29 12:00")
    assert due(TREND, day("2024-03-01"), past) == ["2024-02-29", "2024-02-28"]
    past = all_answered(TREND, day("2024-03-01"), "2024-03-01 12:00")
    assert due(TREND, day("2024-03-02"), past) == ["2024-03-01", "2024-02-29"]
    assert "2024-02-29" in due(RETENTION, day("2024-03-31"), {}, catch_up=1)


def test_what_an_outage_of_days_missed_is_made_up_for() -> None:
    past = all_answered(TREND, WEDNESDAY, "2026-03-18 12:00")
    assert due(TREND, day("2026-03-24"), past) == days("2026-03-17", "2026-03-23")


def test_an_outage_longer_than_catch_up_days_leaves_a_gap_for_a_backfill() -> None:
    past = all_answered(TREND, WEDNESDAY, "2026-03-18 12:00", catch_up=3)
    assert due(TREND, day("2026-03-28"), past, catch_up=3) == days("2026-03-23", "2026-03-27")
    wants = span_wants(TREND, day("2026-03-28"), day("2026-03-16"), day("2026-03-27"))
    missing = due_windows(wants, past, day("2026-03-28"))
    assert [str(window) for window in missing] == days("2026-03-17", "2026-03-27")


def test_more_catch_up_days_ask_for_the_older_windows_alone() -> None:
    past = all_answered(TREND, WEDNESDAY, "2026-03-18 12:00", catch_up=7)
    assert due(TREND, WEDNESDAY, past, catch_up=10) == days("2026-03-06", "2026-03-08")
    assert due(TREND, WEDNESDAY, past, catch_up=1) == []


def test_the_newest_window_is_asked_at_every_pass_until_there_is_data() -> None:
    past = all_answered(TREND, WEDNESDAY, "2026-03-18 12:00")
    past[day("2026-03-18")] = looked("2026-03-19 08:00", None)
    past[day("2026-03-17")] = looked("2026-03-19 08:00", 1)
    assert due(TREND, day("2026-03-19"), past) == ["2026-03-18"]


def test_an_older_window_without_data_is_asked_once_a_day() -> None:
    past = all_answered(TREND, WEDNESDAY, "2026-03-18 12:00")
    past[day("2026-03-12")] = looked("2026-03-18 08:00", None)
    assert due(TREND, WEDNESDAY, past) == []
    assert "2026-03-12" in due(TREND, day("2026-03-19"), past)


def test_what_was_asked_by_a_clock_that_ran_ahead_is_asked_all_the_same() -> None:
    want = Want(Window(TREND.period, day("2026-03-12")), ask=0)
    assert is_due(want, looked("2026-03-19 08:00", None), WEDNESDAY)
    assert is_due(want, looked("2027-03-18 08:00", None), WEDNESDAY)
    assert not is_due(want, looked("2027-03-18 08:00", 0), WEDNESDAY)


def test_a_window_without_data_after_a_month_is_settled() -> None:
    want = Want(Window(TREND.period, day("2026-02-01")), ask=0)
    assert is_due(want, looked("2026-03-04 23:59", None), day("2026-03-05"))
    assert not is_due(want, looked("2026-03-05 00:00", None), day("2026-03-06"))
    newest = want._replace(newest=True)
    assert not is_due(newest, looked("2026-03-05 00:00", None), day("2026-03-05"))


def test_a_window_of_long_ago_is_asked_once_by_a_backfill_and_then_settled() -> None:
    today, first, last = WEDNESDAY, day("2025-07-01"), day("2025-07-02")
    wants = list(span_wants(TREND, today, first, last))
    assert [str(w) for w in due_windows(iter(wants), {}, today)] == ["2025-07-02", "2025-07-01"]
    past = {first: looked("2026-03-18 12:00", None), last: looked("2026-03-18 12:00", 1)}
    assert due_windows(iter(wants), past, day("2026-03-25")) == []


def test_a_reply_without_the_key_that_is_due_leaves_the_ask_due() -> None:
    window = Window(RETENTION.period, day("2026-03-10"))
    answered_six = looked("2026-03-18 08:00", 6)
    assert is_due(Want(window, ask=7, newest=True), answered_six, WEDNESDAY)
    assert is_due(Want(window, ask=7), answered_six, day("2026-03-19"))
    assert not is_due(Want(window, ask=6), answered_six, day("2026-03-19"))
    assert not is_due(Want(window, ask=7), looked("2026-04-10 08:00", 30), day("2026-04-11"))


def test_a_span_takes_the_weeks_and_months_that_begin_in_it_and_are_over() -> None:
    def span(name: str, first: str, last: str) -> list[tuple[str, int]]:
        wants = span_wants(BY_NAME[name], WEDNESDAY, day(first), day(last))
        return [(str(want.window), want.ask) for want in wants]

    assert span("weekly_visit_trend", "2026-02-24", "2026-03-18") == [
        ("2026-03-09..2026-03-15", 0),
        ("2026-03-02..2026-03-08", 0),
        ("2026-03-02..2026-03-08", 1),
    ]
    assert span("monthly_retention", "2026-01-01", "2026-03-18") == [
        ("2026-02", 0), ("2026-01", 0), ("2026-01", 1),
    ]  # fmt: skip
    assert span("daily_summary", "2026-03-17", "2026-03-30") == [("2026-03-17", 0)]
    assert span("daily_summary", "2026-03-18", "2026-03-17") == []


def test_a_portrait_is_asked_about_yesterday_and_the_day_before_and_never_again() -> None:
    past = all_answered(PORTRAIT, WEDNESDAY, "2026-03-18 12:00")
    assert due(PORTRAIT, day("2026-03-19"), past) == ["2026-03-18", "2026-03-17"]
    # After a week's outage most of it is lost, and nothing is asked in vain.
    assert due(PORTRAIT, day("2026-03-25"), past) == ["2026-03-24", "2026-03-23"]
    wants = span_wants(PORTRAIT, WEDNESDAY, day("2026-02-01"), WEDNESDAY)
    assert [(str(want.window), want.ask) for want in wants] == [
        ("2026-03-17", 0), ("2026-03-16", 0), ("2026-03-16", 1),
    ]  # fmt: skip


def test_the_newest_passed_ask_of_a_running_window_is_none() -> None:
    month = Window(BY_NAME["monthly_retention"].period, day("2026-03-01"))
    asks = [
        BY_NAME["monthly_retention"].newest_ask(month, day(today))
        for today in ("2026-03-31", "2026-04-01", "2026-04-30", "2026-05-01", "2027-01-01")
    ]
    assert asks == [None, 0, 0, 1, 1]


@pytest.mark.parametrize("hours", [-12, -8, 0, 8, 14])
def test_the_day_is_beijings_in_whatever_zone_the_moment_comes(hours: int) -> None:
    there = timezone(timedelta(hours=hours))
    before = datetime(2026, 3, 18, 15, 59, 59, tzinfo=UTC).astimezone(there)
    after = datetime(2026, 3, 18, 16, 0, tzinfo=UTC).astimezone(there)
    assert due(TREND, beijing_day(before))[0] == "2026-03-17"
    assert due(TREND, beijing_day(after))[0] == "2026-03-18"


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Kiritimati", "UTC"])
def test_the_zone_of_the_host_is_irrelevant(zone: str) -> None:
    code = """
import time
from datetime import UTC, datetime
from exporter.archive import Looked
from exporter.collect.due import due_windows, standing_wants
from exporter.periods import beijing_day
from exporter.reports.table import BY_NAME
time.tzset()
today = beijing_day(datetime(2026, 3, 18, 16, 30, tzinfo=UTC).astimezone())
trend = BY_NAME["daily_visit_trend"]
asked = Looked(int(datetime(2026, 3, 18, 15, 30, tzinfo=UTC).timestamp()), None)
wants = list(standing_wants(trend, today, 1))
print(*due_windows(iter(wants), {w.window.first_day: asked for w in wants}, today))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"TZ": zone}, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    # 00:30 on the 19th in Beijing; everything was asked in vain at 23:30 on the 18th.
    assert done.stdout.split() == ["2026-03-18", "2026-03-17", "2026-03-16"]
