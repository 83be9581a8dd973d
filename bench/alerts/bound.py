"""How much of what is missed nobody could find: somebody who knows each day's level beside us."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from bench.alerts.judge import WANTED, Fired, false_calls, found_at_once, to_be_found
from bench.alerts.life import JUDGED_FROM, LAST, Life, days_between, kind
from exporter.days import DayKind

ALERT = "WxaVisitorsDown"
ORDINARY = DayKind.WORKDAY, DayKind.WEEKEND
# Between a fall of 35 % and one of 60 %.
SMALL_FALL_LEFT = 0.55


class Group(NamedTuple):
    """Apps that vary alike, and falls of a size."""

    noise: float
    small: bool


class Compared(NamedTuple):
    """How many falls there were, and how many the rule and the one who knows found."""

    wanted: int
    found: int
    known: int


def compared(
    lives: Sequence[Life], by_day: Mapping[date, set[Fired]]
) -> Iterator[tuple[Group, Compared]]:
    """The rule beside somebody who knows the level, and calls falsely as often."""
    for noise in {life.noise for life in lives}:
        alike = [life for life in lives if life.noise == noise]
        limit = _limit(alike, sum(false_calls(life, by_day, ALERT) for life in alike))
        for small in (True, False):
            falls = [
                (life, event)
                for life in alike
                for event in to_be_found(life, WANTED[ALERT])
                if (event.left >= SMALL_FALL_LEFT) == small
            ]
            found = sum(found_at_once(life, by_day, ALERT, event) for life, event in falls)
            known = sum(_of_level(life, event.first) < limit for life, event in falls)
            yield Group(noise, small), Compared(len(falls), found, known)


def _limit(lives: Sequence[Life], false: int) -> float:
    """What part of the level so many quiet days lie below."""
    return sorted(_of_level(life, day) for life in lives for day in _quiet_days(life))[false]


def _of_level(life: Life, day: date) -> float:
    return life.days[day].visitors / life.days[day].level


def _quiet_days(life: Life) -> Iterator[date]:
    for day in days_between(JUDGED_FROM, LAST):
        quiet = not any(any(life.happening(day - timedelta(days=n))) for n in (0, 1))
        if quiet and kind(day) in ORDINARY and not life.days[day].missing:
            yield day
