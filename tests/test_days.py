"""Kinds of day, and the days that a day is compared with."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.days import LOOK_BACK_WEEKS, Calendar, DayKind, by_weekday, open_calendar

KNOWN = st.dates(date(2005, 1, 1), date(2026, 12, 31))
ANY = st.dates(date(2017, 1, 9), date(2040, 12, 31))


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2026-11-25", "workday"),
        ("2026-11-28", "weekend"),
        ("2026-10-01", "holiday"),
        ("2026-10-03", "holiday"),  # a Saturday
        ("2026-02-14", "moved_workday"),  # a Saturday, worked for Spring Festival
        ("2026-10-10", "moved_workday"),
        ("2025-01-26", "moved_workday"),
        ("2025-10-08", "holiday"),
    ],
)
def test_the_official_calendar_tells_the_kind(text: str, kind: str) -> None:
    assert Calendar().kind(day(text)) == kind


def test_a_year_that_is_not_decreed_yet_has_no_kinds() -> None:
    assert Calendar().kind(day("2039-05-04")) is None


def test_a_day_of_the_user_makes_its_year_known(tmp_path: Path) -> None:
    path = tmp_path / "days.yaml"
    path.write_text("2039-02-06: holiday\n2039-02-12: moved_workday\n2026-11-25: holiday\n")
    calendar = open_calendar(str(path))
    assert calendar.kind(day("2039-02-06")) == "holiday"
    assert calendar.kind(day("2039-02-12")) == "moved_workday"
    assert calendar.kind(day("2039-02-07")) == "workday"
    assert calendar.kind(day("2040-02-07")) is None
    # Before the official one, day by day.
    assert calendar.kind(day("2026-11-25")) == "holiday"
    assert calendar.kind(day("2026-11-26")) == "workday"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "must hold lines like '2027-02-06: holiday'"),
        ("- 2027-02-06", "must hold lines like"),
        (
            "\n2027-02-06: feast",
            ", line 2: 2027-02-06 must be one of workday, weekend, holiday, moved_workday",
        ),
        ("2027-02-06: [holiday]", ", line 1: 2027-02-06 must be one of workday, weekend, "),
        ("2027-2-30: holiday", ", line 1: '2027-2-30' is no day like 2027-02-06"),
        ("[2027-02-06]: holiday", ", line 1: 'a list or mapping' is no day like 2027-02-06"),
        ("2027-02-30: holiday", ", line 1: 2027-02-30 is in no calendar"),
        (
            "2027-02-06: holiday\n2027-02-07: weekend\n2027-02-06: workday",
            ", line 3: 2027-02-06 stands twice",
        ),
        ("[" * 2000, "is not YAML: lines are like '2027-02-06: holiday'"),
        (
            "2027-02-06: [holiday",
            "is not YAML in line 1: lines are like '2027-02-06: holiday'",
        ),
        (
            "2027-02-05: weekend\n\t2027-02-06: holiday",
            "is not YAML in line 2: lines are like '2027-02-06: holiday'",
        ),
        ("2027-02-06: caf\udce9", "is not UTF-8 text (byte 15)"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_does_not_name_days_is_refused(
    content: str | None, fault: str, tmp_path: Path
) -> None:
    path = tmp_path / "days.yaml"
    if content is not None:
        path.write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(ValueError, match=r"days\.yaml") as refused:
        open_calendar(str(path))
    assert fault in str(refused.value)


def test_holidays_and_days_worked_for_them_are_passed_over() -> None:
    found = list(Calendar().comparable(day("2026-10-15")))
    # 1 October, a Thursday, was a holiday.
    assert found[:4] == [day("2026-10-08"), day("2026-09-24"), day("2026-09-17"), day("2026-09-10")]


def test_a_holiday_and_a_moved_working_day_have_too_few_days_like_them() -> None:
    calendar = Calendar()
    days = (day("2018-01-01") + timedelta(days=number) for number in range(9 * 365))
    decreed = [
        each for each in days if calendar.kind(each) in (DayKind.HOLIDAY, DayKind.MOVED_WORKDAY)
    ]
    assert len(decreed) > 200
    assert [each for each in decreed if len(list(calendar.comparable(each))) >= 3] == []


def test_without_a_calendar_weekdays_alone_are_compared() -> None:
    found = list(Calendar().comparable(day("2039-10-01")))
    assert found == [day("2039-10-01") - timedelta(weeks=n) for n in range(1, LOOK_BACK_WEEKS + 1)]


@given(KNOWN)
def test_weekdays_and_kinds_agree(each: date) -> None:
    kind = Calendar().kind(each)
    assert kind == by_weekday(each) or kind in (DayKind.HOLIDAY, DayKind.MOVED_WORKDAY)
    assert (kind == DayKind.MOVED_WORKDAY) <= (each.weekday() >= 5)


@given(ANY)
def test_days_compared_are_earlier_of_the_same_weekday_and_kind(each: date) -> None:
    calendar = Calendar()
    found = list(calendar.comparable(each))
    assert found == sorted(found, reverse=True)
    for other in found:
        assert other < each
        assert other.weekday() == each.weekday()
        assert (calendar.kind(other) or by_weekday(other)) == (
            calendar.kind(each) or by_weekday(each)
        )
