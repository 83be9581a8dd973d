"""Windows of WeChat's calendar: their borders, their age, their names."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.periods import Period, Window, beijing_day, next_midnight
from tests.support import beijing

DAY, WEEK, MONTH = Period.DAY, Period.WEEK, Period.MONTH
periods = st.sampled_from(Period)
days = st.dates(date(1990, 1, 1), date(2200, 12, 31))


def containing(period: Period, day: str) -> Window:
    """The window of a kind around a day."""
    return Window.containing(period, date.fromisoformat(day))


@pytest.mark.parametrize(
    ("period", "day", "first", "last"),
    [
        (DAY, "2026-03-18", "2026-03-18", "2026-03-18"),
        (WEEK, "2026-03-16", "2026-03-16", "2026-03-22"),
        (WEEK, "2026-03-22", "2026-03-16", "2026-03-22"),
        (WEEK, "2026-03-23", "2026-03-23", "2026-03-29"),
        (WEEK, "2027-01-01", "2026-12-28", "2027-01-03"),
        (WEEK, "2024-02-29", "2024-02-26", "2024-03-03"),
        (MONTH, "2026-03-31", "2026-03-01", "2026-03-31"),
        (MONTH, "2026-12-31", "2026-12-01", "2026-12-31"),
        (MONTH, "2027-01-01", "2027-01-01", "2027-01-31"),
        (MONTH, "2024-02-10", "2024-02-01", "2024-02-29"),
        (MONTH, "2026-02-10", "2026-02-01", "2026-02-28"),
        (MONTH, "2100-02-10", "2100-02-01", "2100-02-28"),
        (MONTH, "2000-02-10", "2000-02-01", "2000-02-29"),
    ],
)
def test_a_window_goes_from_its_first_day_to_its_last(
    period: Period, day: str, first: str, last: str
) -> None:
    window = containing(period, day)
    assert (window.first_day.isoformat(), window.last_day.isoformat()) == (first, last)


@pytest.mark.parametrize(
    ("period", "day", "steps", "first"),
    [
        (DAY, "2024-02-28", 1, "2024-02-29"),
        (DAY, "2026-02-28", 1, "2026-03-01"),
        (DAY, "2026-01-01", -1, "2025-12-31"),
        (WEEK, "2026-12-28", 1, "2027-01-04"),
        (WEEK, "2027-01-04", -1, "2026-12-28"),
        (MONTH, "2026-12-01", 1, "2027-01-01"),
        (MONTH, "2026-01-01", -1, "2025-12-01"),
        (MONTH, "2024-02-01", 12, "2025-02-01"),
        (MONTH, "2026-03-01", -15, "2024-12-01"),
        (MONTH, "2026-03-01", 0, "2026-03-01"),
    ],
)
def test_stepping_crosses_weeks_months_and_years(
    period: Period, day: str, steps: int, first: str
) -> None:
    assert containing(period, day).shifted(steps) == containing(period, first)


@pytest.mark.parametrize(
    ("period", "day"), [(WEEK, "2026-03-17"), (WEEK, "2026-03-22"), (MONTH, "2026-03-02")]
)
def test_a_window_that_begins_in_the_middle_is_refused(period: Period, day: str) -> None:
    with pytest.raises(ValueError, match=rf"^{day} is not the first day of a {period}$"):
        Window(period, date.fromisoformat(day))


@pytest.mark.parametrize(
    ("period", "today", "newest"),
    [
        (DAY, "2026-03-18", "2026-03-17"),
        (DAY, "2026-03-01", "2026-02-28"),
        (WEEK, "2026-03-15", "2026-03-02..2026-03-08"),
        (WEEK, "2026-03-16", "2026-03-09..2026-03-15"),
        (MONTH, "2026-02-28", "2026-01"),
        (MONTH, "2026-03-01", "2026-02"),
        (MONTH, "2026-01-31", "2025-12"),
    ],
)
def test_the_newest_window_is_over_when_the_day_begins(
    period: Period, today: str, newest: str
) -> None:
    assert str(Window.newest_over(period, date.fromisoformat(today))) == newest


@pytest.mark.parametrize(
    ("period", "day", "ask", "passed"),
    [
        (DAY, "2026-03-17", 0, "2026-03-18"),
        (DAY, "2026-03-17", 1, "2026-03-19"),
        (DAY, "2026-02-15", 30, "2026-03-18"),
        (WEEK, "2026-03-09", 0, "2026-03-16"),
        (WEEK, "2026-03-09", 4, "2026-04-13"),
        (MONTH, "2026-01-01", 0, "2026-02-01"),
        (MONTH, "2026-01-01", 1, "2026-03-01"),
        (MONTH, "2025-12-01", 1, "2026-02-01"),
    ],
)
def test_an_ask_has_passed_when_that_many_further_periods_are_over(
    period: Period, day: str, ask: int, passed: str
) -> None:
    window = containing(period, day)
    on = window.passed_on(ask)
    assert on.isoformat() == passed
    assert (window.age(on - timedelta(days=1)), window.age(on)) == (ask - 1, ask)


@pytest.mark.parametrize(
    ("period", "today", "age"),
    [
        (DAY, "2026-03-09", -1), (DAY, "2026-03-10", 0), (DAY, "2026-03-12", 2),
        (WEEK, "2026-03-15", -1), (WEEK, "2026-03-16", 0), (WEEK, "2026-03-23", 1),
        (MONTH, "2026-03-31", -1), (MONTH, "2026-04-01", 0), (MONTH, "2027-03-31", 11),
    ],
)  # fmt: skip
def test_age_counts_the_periods_that_are_over_since(period: Period, today: str, age: int) -> None:
    assert containing(period, "2026-03-09").age(date.fromisoformat(today)) == age


@pytest.mark.parametrize(
    ("period", "dates", "ref_date", "name"),
    [
        (DAY, ("20260309", "20260309"), "20260309", "2026-03-09"),
        (WEEK, ("20260309", "20260315"), "20260309-20260315", "2026-03-09..2026-03-15"),
        (MONTH, ("20260301", "20260331"), "202603", "2026-03"),
    ],
)
def test_a_window_is_named_as_wechat_and_as_people_name_it(
    period: Period, dates: tuple[str, str], ref_date: str, name: str
) -> None:
    window = containing(period, "2026-03-09")
    assert (window.begin_date, window.end_date) == dates
    assert (window.ref_date, str(window)) == (ref_date, name)


def test_a_window_begins_at_midnight_in_beijing() -> None:
    moment = datetime.fromtimestamp(containing(DAY, "2026-03-18").start_timestamp, UTC)
    assert moment == datetime(2026, 3, 17, 16, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Shanghai", "Pacific/Kiritimati"])
def test_the_hosts_time_zone_changes_nothing(zone: str) -> None:
    script = (
        "from datetime import *; from exporter.periods import *;"
        "print(Window.containing(Period.MONTH, date(2026, 3, 9)).start_timestamp,"
        "beijing_day(datetime(2026, 3, 17, 16, 30, tzinfo=UTC)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=os.environ | {"TZ": zone},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["1772294400", "2026-03-18"]


def test_beijings_day_begins_at_16_utc() -> None:
    assert beijing_day(datetime(2026, 3, 17, 15, 59, 59, tzinfo=UTC)) == date(2026, 3, 17)
    assert beijing_day(datetime(2026, 3, 17, 16, tzinfo=UTC)) == date(2026, 3, 18)


@pytest.mark.parametrize(
    ("moment", "midnight"),
    [
        ("2026-03-17 00:00", "2026-03-18 00:00"),
        ("2026-03-17 23:59", "2026-03-18 00:00"),
        ("2026-12-31 12:00", "2027-01-01 00:00"),
    ],
)
def test_the_next_midnight_is_beijings(moment: str, midnight: str) -> None:
    assert next_midnight(beijing(moment).astimezone(UTC)) == beijing(midnight)


@settings(max_examples=100, deadline=None)
@given(periods, days, st.integers(-500, 500))
def test_stepping_forth_and_back_ends_where_it_began(period: Period, day: date, steps: int) -> None:
    window = Window.containing(period, day)
    assert window.shifted(steps).shifted(-steps) == window
    assert window.age(window.shifted(steps).first_day) == steps - 1


@settings(max_examples=100, deadline=None)
@given(periods, days)
def test_a_window_contains_its_day_and_ends_where_the_next_begins(
    period: Period, day: date
) -> None:
    window = Window.containing(period, day)
    assert window.first_day <= day <= window.last_day
    assert window.shifted(1).first_day - window.last_day == timedelta(days=1)
    assert Window.containing(period, window.last_day) == window
    assert window.age(day) == -1


@settings(max_examples=100, deadline=None)
@given(periods, days)
def test_names_of_windows_sort_as_the_windows_do_and_have_wechats_form(
    period: Period, day: date
) -> None:
    window = Window.containing(period, day)
    assert window.ref_date < window.shifted(1).ref_date
    assert len(window.ref_date) == {DAY: 8, WEEK: 17, MONTH: 6}[period]
    assert window.ref_date.startswith(window.begin_date[: len(window.ref_date)])
    assert window.shifted(1).start_timestamp - window.start_timestamp == 86_400 * (
        (window.last_day - window.first_day).days + 1
    )
