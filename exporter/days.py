"""Kinds of day in China's calendar, and which past days a day is compared with."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import yaml

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Twelve comparable days are wanted; the longest holidays cost a weekday two weeks of them.
LOOK_BACK_WEEKS = 15
# In which no holiday since 2018 had three like it: Spring Festival says nothing of Labour Day.
HOLIDAY_LOOK_BACK_WEEKS = 10


class DayKind(StrEnum):
    """What people do on a day, which decides what a Mini Program can expect."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MOVED_WORKDAY = "moved_workday"


class Calendar:
    """The kinds of days: the official ones (chinesecalendar), and before them the user's own.

    A year that the official ones do not know yet counts as known when the user names a day of it:
    its other days are then what their weekday says.
    """

    def __init__(self, own: Mapping[date, DayKind] | None = None) -> None:
        self._own = dict(own or {})
        self._own_years = {day.year for day in self._own}

    def says_the_same_as(self, other: "Calendar") -> bool:
        """Whether the user names the same days in both."""
        return self._own == other._own

    def kind(self, day: date) -> DayKind | None:
        """The kind of a day; None in a year whose calendar nobody has told."""
        if day in self._own:
            return self._own[day]
        kind = _official(day)
        return by_weekday(day) if kind is None and day.year in self._own_years else kind

    @lru_cache(maxsize=100)  # noqa: B019 - there are few calendars, and all apps ask about one day
    def comparable(self, day: date) -> tuple[date, ...]:
        """Earlier days of the same weekday and the same kind, newest first.

        A day of unknown kind counts as what its weekday says.
        """
        wanted = self.kind(day) or by_weekday(day)
        ordinary = wanted in (DayKind.WORKDAY, DayKind.WEEKEND)
        back = LOOK_BACK_WEEKS if ordinary else HOLIDAY_LOOK_BACK_WEEKS
        others = [day - timedelta(weeks=weeks) for weeks in range(1, back + 1)]
        return tuple(each for each in others if (self.kind(each) or by_weekday(each)) == wanted)


OFFICIAL = Calendar()


def by_weekday(day: date) -> DayKind:
    """What a day is when nothing is decreed for it."""
    return DayKind.WEEKEND if day.weekday() >= 5 else DayKind.WORKDAY


@lru_cache(maxsize=1000)  # every app asks about the same days
def _official(day: date) -> DayKind | None:
    # Here, because reading twenty years of dates takes longer than starting a command.
    import chinese_calendar  # type: ignore[import-untyped]

    try:
        free, occasion = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:  # what it raises for a year that is not decreed yet
        return None
    if free:
        return DayKind.HOLIDAY if occasion else DayKind.WEEKEND
    return DayKind.MOVED_WORKDAY if day.weekday() >= 5 else DayKind.WORKDAY


def read_days(path: Path) -> dict[date, DayKind]:
    """The days in a YAML file of lines like `2027-02-06: holiday`.

    Raises ValueError with a sentence for the operator.
    """
    days: dict[date, DayKind] = {}
    for key, value in _lines(path):
        try:
            day = _day(key)
            if day in days:
                raise ValueError(f"{day} stands twice")
            days[day] = _kind(day, value)
        except ValueError as error:
            raise ValueError(f"{path}, line {key.start_mark.line + 1}: {error}") from None
    return days


def _lines(path: Path) -> list[tuple[yaml.Node, yaml.Node]]:
    """The mapping in a file as it is written: of a key given twice YAML would tell the last."""
    try:
        content = yaml.compose(path.read_text(encoding="utf-8"), yaml.SafeLoader)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} is not UTF-8 text (byte {error.start}): save it as such"
        ) from None
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}" if mark else ""
        raise ValueError(
            f"{path} is not YAML{place}: lines are like '2027-02-06: holiday'"
        ) from None
    if not isinstance(content, yaml.MappingNode) or not content.value:
        raise ValueError(f"{path} must hold lines like '2027-02-06: holiday'")
    lines: list[tuple[yaml.Node, yaml.Node]] = content.value
    return lines


def _day(key: yaml.Node) -> date:
    told = str(key.value)[:40] if isinstance(key, yaml.ScalarNode) else "a list or mapping"
    if not DAY.fullmatch(told):
        raise ValueError(f"{told!r} is no day like 2027-02-06")
    try:
        return date.fromisoformat(told)
    except ValueError:
        raise ValueError(f"{told} is in no calendar") from None


def _kind(day: date, value: yaml.Node) -> DayKind:
    kinds = [kind.value for kind in DayKind]
    if value.value not in kinds:
        raise ValueError(f"{day} must be one of {', '.join(kinds)}")
    return DayKind(value.value)


def open_calendar(path: str | None) -> Calendar:
    """The official calendar, with the user's file of days where there is one."""
    return Calendar(read_days(Path(path)) if path else None)
