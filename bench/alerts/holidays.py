"""Why holidays are not judged: how often a comparison would call falsely, silence never."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from statistics import median

from bench.alerts.life import FIRST, JUDGED_FROM, LAST, Life, days_between, kind
from bench.table import Row
from exporter.days import DayKind, by_weekday
from exporter.usual import DAYS, FEWEST

# A fall that WxaVisitorsDown tells of a restless app.
FALL = 0.3
HOLIDAYS = 8


def holiday_rows(lives: Sequence[Life], years: float) -> Iterator[Row]:
    """A row for each comparison that the simulated holidays could be held against."""
    for what, earlier in COMPARISONS.items():
        false = sum(_false(life, earlier) for life in lives)
        yield Row(
            f"holidays, if judged against {what}",
            f"{false / years:.2f} false days a year and app",
            f"{years:.0f} app-years, a fall by {FALL:.0%}",
        )


def _false(life: Life, earlier: Callable[[date], Iterable[date]]) -> int:
    false = 0
    for day in days_between(JUDGED_FROM, LAST):
        if kind(day) is not DayKind.HOLIDAY or any(life.happening(day)):
            continue
        past = [life.days[other].visitors for other in earlier(day) if not life.days[other].missing]
        if len(past) >= FEWEST and not life.days[day].missing:
            false += life.days[day].visitors < (1 - FALL) * median(past)
    return false


def _ordinary_days(day: date) -> list[date]:
    """The last ones of the weekday."""
    before = (day - timedelta(weeks=weeks) for weeks in range(1, (day - FIRST).days // 7 + 1))
    return [other for other in before if kind(other) == by_weekday(other)][:DAYS]


def _holidays(day: date) -> list[date]:
    """The last days of festivals before this one."""
    first = day
    while kind(first) is DayKind.HOLIDAY and first > FIRST:
        first -= timedelta(days=1)
    earlier = [o for o in days_between(FIRST, first) if kind(o) is DayKind.HOLIDAY]
    return earlier[: -HOLIDAYS - 1 : -1]


COMPARISONS = {
    "ordinary days of the weekday": _ordinary_days,
    f"the last {HOLIDAYS} days of holidays before": _holidays,
}
