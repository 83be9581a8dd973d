"""Crontab lines mean what cron means by them, in Beijing."""

from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.config.crontab import check, firings
from tests.support import beijing

MONDAY = beijing("2026-03-16 00:00")
SECOND = timedelta(seconds=1)
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def firing(crontab: str, begin: datetime = MONDAY, days: int = 7) -> list[str]:
    """The weekdays and times at which a line fires in the days from `begin` on."""
    over = begin + timedelta(days=days)
    moments = takewhile(lambda moment: moment < over, firings(crontab, begin - SECOND))
    return [f"{NAMES[moment.weekday()]} {moment:%H:%M}" for moment in moments]


@pytest.mark.parametrize(
    ("weekday", "wanted"),
    [
        ("0", "sun"), ("7", "sun"), ("1", "mon"), ("6", "sat"), ("01", "mon"),
        ("1-5", "mon tue wed thu fri"), ("0-2", "mon tue sun"), ("5-7", "fri sat sun"),
        ("0-7", "mon tue wed thu fri sat sun"), ("*", "mon tue wed thu fri sat sun"),
        ("1,3", "mon wed"), ("0,6", "sat sun"), ("1-5/2", "mon wed fri"), ("0-6/3", "wed sat sun"),
        ("*/2", "tue thu sat sun"), ("*/3", "wed sat sun"), ("mon-fri/2", "mon wed fri"),
        ("mon-fri", "mon tue wed thu fri"), ("sun", "sun"), ("MON,sat", "mon sat"),
        ("1-01", "mon"),
    ],
)  # fmt: skip
def test_weekdays_are_numbered_as_cron_numbers_them(weekday: str, wanted: str) -> None:
    assert firing(f"0 9 * * {weekday}") == [f"{name} 09:00" for name in wanted.split()]


def test_the_default_fires_each_half_hour_from_8_to_half_past_23_in_beijing() -> None:
    found = firing("*/30 8-23 * * *", days=1)
    assert (found[0], found[-1], len(found)) == ("mon 08:00", "mon 23:30", 32)


@pytest.mark.parametrize(
    ("crontab", "wanted"),
    [
        ("5 9 16 3 *", ["mon 09:05"]),
        ("0,30 9-10 * * 1", ["mon 09:00", "mon 09:30", "mon 10:00", "mon 10:30"]),
        ("*/20 9 17 mar *", ["tue 09:00", "tue 09:20", "tue 09:40"]),
        ("  0   9  *\t* 1 ", ["mon 09:00"]),
        ("0 9 18-19 jan-mar/2 *", ["wed 09:00", "thu 09:00"]),
    ],
)
def test_the_other_fields_are_as_usual(crontab: str, wanted: list[str]) -> None:
    assert firing(crontab) == wanted


def test_a_day_of_the_month_and_a_weekday_mean_either() -> None:
    """0 9 1 * 1: on the first of each month, and on each Monday as well."""
    found = islice(firings("0 9 1 * 1", beijing("2026-03-01 00:00")), 7)
    assert [f"{moment:%m-%d}" for moment in found] == [
        "03-01", "03-02", "03-09", "03-16", "03-23", "03-30", "04-01"
    ]  # fmt: skip


def test_moments_are_later_than_the_one_given_and_in_beijing() -> None:
    nine = beijing("2026-03-16 09:00")
    assert next(firings("0 9 * * *", nine)) == nine + timedelta(days=1)
    assert str(next(firings("0 9 * * *", nine.astimezone(UTC) - SECOND))).endswith("09:00:00+08:00")


@pytest.mark.parametrize(
    "crontab",
    ["", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *",
     "* * * 13 *", "0 9 30 2 *", "* * last * *", "* * * march *",
     "* * * * 8", "* * * * 0-8", "* * * * 5-1", "* * * * */0", "*/0 * * * *",
     "x * * * *", "* * * * someday", "@hourly", "-1 * * * *", "5-1 * * * *",
     "* * * * 1.5", "* * * * ,", "* * * * mon-"],
)  # fmt: skip
def test_what_is_no_crontab_line_is_refused(crontab: str) -> None:
    with pytest.raises(ValueError, match=r"a crontab line has five|nothing that cron knows"):
        check(crontab)


@settings(max_examples=100, deadline=None)
@given(
    st.text(max_size=20)
    | st.lists(st.text("0123456789*/-,LWa", min_size=1, max_size=5), min_size=5, max_size=5)
    .map(" ".join)
)  # fmt: skip
def test_any_text_is_a_crontab_line_or_refused_as_a_value(text: str) -> None:
    try:
        check(text)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - a line that is good is as well
    else:
        assert next(firings(text, MONDAY)) > MONDAY
