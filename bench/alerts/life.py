"""Two years of simulated apps in China's calendar: their days, and what happened in them."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache, cached_property
from typing import NamedTuple

from exporter.days import Calendar, DayKind
from exporter.reports.codes import SOURCES as SOURCE_WORDS

FIRST, LAST = date(2025, 1, 1), date(2026, 12, 31)
# Ten comparable days, and a week more.
JUDGED_FROM = FIRST + timedelta(days=77)
SMALLEST, LARGEST = 300, 80_000
SOURCES, PAGES = 6, 6
# What a year brings: of visitors 12, of everything else two.
INCIDENTS_A_YEAR = {"visitors": 12, "new_visitors": 2, "retention": 2, "page": 2, "source": 2}
LAUNCHES_A_YEAR, LAUNCH_DAYS = 2, 14
SOURCE_LABELS = list(SOURCE_WORDS.values())[:SOURCES]
LATE, MISSING = 0.05, 0.01
CALENDAR = Calendar()


@cache
def kind(day: date) -> DayKind | None:
    """The kind of a day."""
    return CALENDAR.kind(day)


@cache
def comparable(day: date) -> tuple[date, ...]:
    """The days that a day is compared with, newest first."""
    return CALENDAR.comparable(day)


class Event(NamedTuple):
    """Something that really happened: what, from which day on, for how many days, how strongly."""

    what: str
    first: date
    days: int
    left: float

    def covers(self, day: date) -> bool:
        """Whether it is on that day."""
        return 0 <= (day - self.first).days < self.days


@dataclass
class Day:
    """What WeChat counts of a day."""

    visitors: int
    new: int
    sessions: int
    sources: list[int]
    # Views and exits.
    pages: list[tuple[int, int]]
    # Of the new ones, who came again on the next day.
    returned: int
    # Shown with the next look only, eight hours later; or never told.
    late: bool = False
    missing: bool = False
    # Visitors without noise, chance and events.
    level: float = 0.0

    @cached_property
    def numbers(self) -> dict[tuple[str, str], int]:
        """What the rules read of a day, by metric and labels."""
        trend = {("wxa_visit_uv", ""): self.visitors, ("wxa_visit_uv_new", ""): self.new}
        sources = {
            ("wxa_source_sessions", f'source="{label}"'): count
            for label, count in zip(SOURCE_LABELS, self.sources, strict=False)
        }
        pages = {
            (f"wxa_page_{what}_pv", f'page="pages/{rank}"'): count
            for rank, both in enumerate(self.pages)
            for what, count in zip(("visit", "exit"), both, strict=True)
        }
        return trend | sources | pages


@dataclass(slots=True)
class Life:
    """An app and its days."""

    name: str
    visitors: float
    noise: float
    days: dict[date, Day] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def happening(self, day: date, what: str = "") -> Iterator[Event]:
        """What is on that day."""
        return (e for e in self.events if e.covers(day) and what in ("", e.what))


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day from the first to the last."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def live(number: int) -> Life:
    """The life of an app, the same at each call. Every second one is noisy."""
    draw = random.Random(f"life {number}")  # noqa: S311 - numbers to measure with
    # Sizes spread evenly over the orders of magnitude.
    visitors = SMALLEST * (LARGEST / SMALLEST) ** draw.random()
    life = Life(f"app-{number}", visitors, (0.06, 0.12)[number % 2])
    life.events = list(_events(draw))
    _fill(life, draw)
    return life


def _events(draw: random.Random) -> Iterator[Event]:
    """They begin on ordinary days, and two of them never touch."""
    ordinary = [
        day
        for day in days_between(JUDGED_FROM, LAST - timedelta(days=LAUNCH_DAYS))
        if kind(day) in (DayKind.WORKDAY, DayKind.WEEKEND)
    ]
    draw.shuffle(ordinary)
    years = (LAST - JUDGED_FROM).days / 365
    # Launches first: they need most room.
    a_year = {"launch": LAUNCHES_A_YEAR} | INCIDENTS_A_YEAR
    taken: list[tuple[date, int]] = []
    for what in (what for what, count in a_year.items() for _ in range(round(count * years))):
        days, left = _extent(what, draw)
        first = next(day for day in ordinary if _apart(day, days, taken))
        taken.append((first, days))
        yield Event(what, first, days, left)


def _extent(what: str, draw: random.Random) -> tuple[int, float]:
    """For how many days, and what is left; of a page's exits and a launch, what is added."""
    match what:
        case "launch":
            return LAUNCH_DAYS, draw.uniform(1.0, 2.5)
        case "visitors":
            return draw.choice((1, 2)), draw.uniform(0.40, 0.65)
        case "page":
            return 3, draw.uniform(0.2, 0.3)
        case "source":
            return 3, 0.02
        case _:
            return 3, draw.uniform(0.3, 0.5)


def _apart(first: date, days: int, taken: list[tuple[date, int]]) -> bool:
    return all(
        (first - other).days > length + 1 or (other - first).days > days + 1
        for other, length in taken
    )


@dataclass(frozen=True, slots=True)
class _Traits:
    weekdays: list[float]
    holiday: float
    growth: float
    new_share: float
    sessions: float
    returning: float
    sources: list[float]
    pages: list[float]
    exits: list[float]


def _traits(draw: random.Random) -> _Traits:
    weekend = draw.uniform(0.7, 1.4)
    sources = sorted((draw.expovariate(1) for _ in range(SOURCES)), reverse=True)
    return _Traits(
        weekdays=[*(draw.uniform(0.94, 1.06) for _ in range(5)), weekend, weekend * 0.97],
        holiday=draw.uniform(0.6, 1.5),
        growth=math.log(1 + draw.uniform(-0.3, 0.6)) / 365,
        new_share=draw.uniform(0.07, 0.25),
        sessions=draw.uniform(1.4, 2.6),
        returning=draw.uniform(0.12, 0.25),
        sources=[each / sum(sources) for each in sources],
        pages=[1.2 / (rank + 1) for rank in range(PAGES)],
        exits=[draw.uniform(0.05, 0.5) for _ in range(PAGES)],
    )


def _fill(life: Life, draw: random.Random) -> None:
    traits, drift = _traits(draw), 0.0
    for day in days_between(FIRST, LAST):
        # A level that wanders: half of it is forgotten in seven weeks.
        drift = 0.986 * drift + draw.gauss(0, 0.012)
        level = life.visitors * math.exp(traits.growth * (day - FIRST).days + drift)
        level *= traits.weekdays[day.weekday()] * _holiday(traits, day)
        today = _day(life, traits, day, level * math.exp(draw.gauss(0, life.noise)), draw)
        life.days[day] = replace(today, level=level)


def _holiday(traits: _Traits, day: date) -> float:
    today = kind(day)
    if today is DayKind.HOLIDAY:
        return traits.holiday
    if today is DayKind.MOVED_WORKDAY:
        return 0.95
    # People leave early, and come back late.
    beside = (kind(day + timedelta(days=step)) for step in (-1, 1))
    return 0.93 if DayKind.HOLIDAY in beside else 1.0


def _day(life: Life, traits: _Traits, day: date, level: float, draw: random.Random) -> Day:
    on = {event.what: event for event in life.happening(day)}
    launch, since = 0.0, 0
    if "launch" in on:
        since = (day - on["launch"].first).days
        launch = on["launch"].left * math.exp(-since / 4)
    left = {what: event.left for what, event in on.items()}
    visitors = _chance(level * (1 + launch) * left.get("visitors", 1.0), draw)
    share = min(0.6, traits.new_share * draw.gauss(1, 0.06) + 0.2 * launch)
    new = min(visitors, _chance(visitors * share * left.get("new_visitors", 1.0), draw))
    sessions = max(visitors, _chance(visitors * traits.sessions * draw.gauss(1, 0.02), draw))
    sources = [
        _chance(
            sessions * part * draw.gauss(1, 0.06) * (left.get("source", 1.0) if rank == 0 else 1),
            draw,
        )
        for rank, part in enumerate(traits.sources)
    ]
    pages = []
    for rank, (part, usual) in enumerate(zip(traits.pages, traits.exits, strict=True)):
        views = _chance(sessions * part * draw.gauss(1, 0.06), draw)
        rate = usual * draw.gauss(1, 0.05) + (left.get("page", 0.0) if rank == 0 else 0)
        pages.append((views, min(views, _chance(views * rate, draw))))
    rate = traits.returning * draw.gauss(1, 0.06) * (0.8 if launch else 1)
    returned = min(new, _chance(new * rate * left.get("retention", 1.0), draw))
    told = draw.random()
    return Day(
        visitors, new, sessions, sources, pages, returned,
        late=MISSING < told < MISSING + LATE, missing=told < MISSING,
    )  # fmt: skip


def _chance(mean: float, draw: random.Random) -> int:
    """A count with that mean, as chance alone spreads it."""
    return max(0, round(draw.gauss(mean, math.sqrt(max(mean, 0.0)))))
