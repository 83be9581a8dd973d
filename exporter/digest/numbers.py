"""The numbers of a day that are worth a look, from the archive, each beside what is usual."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from exporter.archive import Archive, reading_of
from exporter.days import Calendar, DayKind
from exporter.periods import BEIJING, Period, Window
from exporter.reports.report import Report
from exporter.reports.table import BY_NAME
from exporter.reports.vocabulary import USUAL_PREFIX, Labels
from exporter.usual import usual_values

TREND, SOURCES = BY_NAME["daily_visit_trend"], BY_NAME["visit_distribution"]
PAGES, RETENTION = BY_NAME["visit_page"], BY_NAME["daily_retention"]
# Those who came new on the day before and came again: the newest retention there is of a day.
RETURNED: Labels = ("new", "1")
# So many sources and pages, and of those that left what is usual by so many deviations.
MOVES, NOTABLE = 3, 2.0

# By metric and labels, what WeChat told of a day and what is usual.
Values = Mapping[tuple[str, Labels], float]


class Told(NamedTuple):
    """A number of the day, and what is usual on such a day; None where nobody knows."""

    value: float | None
    usual: float | None = None
    deviation: float | None = None

    @property
    def difference(self) -> float | None:
        """How much more than usual."""
        return None if self.value is None or self.usual is None else self.value - self.usual

    @property
    def change(self) -> float | None:
        """The same as a part of what is usual: -0.5 is half as many."""
        return self.difference / self.usual if self.usual and self.difference is not None else None

    @property
    def spread(self) -> tuple[float, float] | None:
        """Between which numbers it usually lies."""
        if self.usual is None or self.deviation is None:
            return None
        width = NOTABLE * self.deviation
        return max(0.0, self.usual - width), self.usual + width

    @property
    def notable(self) -> bool:
        """Whether it lies outside of that."""
        if self.value is None or self.spread is None:
            return False
        low, high = self.spread
        return not low <= self.value <= high


class Move(NamedTuple):
    """A source's sessions or a page's views, unlike what is usual."""

    name: str
    told: Told


class Why(StrEnum):
    """Why a report tells nothing of the day."""

    NOT_COLLECTED = "not_collected"
    NOT_ANSWERED = "not_answered"
    NOT_PUBLISHED = "not_published"
    REFUSED = "refused"
    EMPTY = "empty"


class Missing(NamedTuple):
    """A report that tells nothing of the day; when it was asked last, and what was said then."""

    report: str
    why: Why
    at: datetime | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Digest:
    """What is worth knowing of an app's day. `retention` is a rate, the others are counts."""

    app: str
    day: date
    kind: DayKind | None
    visitors: Told
    new_visitors: Told
    sessions: Told
    retention: Told
    sources: tuple[Move, ...]
    pages: tuple[Move, ...]
    missing: tuple[Missing, ...]

    @property
    def known(self) -> bool:
        """Whether anything is known of the day."""
        counts = (self.visitors, self.new_visitors, self.sessions)
        return any(told.value is not None for told in counts)


def digest_of(
    archive: Archive,
    calendar: Calendar,
    app: str,
    appid: str,
    reports: Iterable[Report],
    day: date,
    now: datetime,
) -> Digest:
    """An app's day, of the reports that are collected of it. Raises ArchiveError."""
    collected = set(reports)
    values: dict[tuple[str, Labels], float] = {}
    missing = []
    for report in (TREND, SOURCES, PAGES, RETENTION):
        window = _window(report, day)
        if report not in collected:
            missing.append(Missing(report.name, Why.NOT_COLLECTED))
            continue
        found = _values(archive, calendar, appid, report, window)
        values |= found
        wanted = ("wxa_retention_users", RETURNED)
        if wanted not in found if report is RETENTION else not found:
            missing.append(_missing(archive, appid, report, window, now))
    return Digest(
        app, day, calendar.kind(day),
        _told(values, "wxa_visit_uv"), _told(values, "wxa_visit_uv_new"),
        _told(values, "wxa_sessions"), _retention(values),
        _moves(values, "wxa_source_sessions"), _moves(values, "wxa_page_visit_pv"),
        tuple(missing),
    )  # fmt: skip


def _window(report: Report, day: date) -> Window:
    return Window(Period.DAY, day - timedelta(days=1) if report is RETENTION else day)


def _values(
    archive: Archive, calendar: Calendar, appid: str, report: Report, window: Window
) -> Values:
    kept = list(archive.bodies_on(appid, report.name, (window.first_day,)))
    if not kept:
        return {}
    shown = reading_of(report, window, kept[0][1]).values
    windows = dict.fromkeys(set[Labels]().union(*shown.values()), window)
    usual = usual_values(archive, appid, report, calendar, windows, shown)
    return {
        (name, labels): value
        for name, values in (shown | usual).items()
        for labels, value in values.items()
    }


def _told(values: Values, name: str, labels: Labels = (), absent: float | None = None) -> Told:
    usual = name.replace("wxa_", USUAL_PREFIX, 1)
    return Told(
        values.get((name, labels), absent),
        values.get((usual, labels)),
        values.get((f"{usual}_deviation", labels)),
    )


def _retention(values: Values) -> Told:
    size = values.get(("wxa_retention_cohort_users", RETURNED))
    users = _told(values, "wxa_retention_users", RETURNED)
    return Told(*(each / size if size and each is not None else None for each in users))


def _moves(values: Values, name: str) -> tuple[Move, ...]:
    """What left its usual place, the farthest first. Absent is nothing, where others are there."""
    usual = name.replace("wxa_", USUAL_PREFIX, 1)
    labels = {labels for metric, labels in values if metric == usual}
    moves = [Move(each[0], _told(values, name, each, 0.0)) for each in labels]
    notable = [move for move in moves if move.told.notable]
    return tuple(sorted(notable, key=lambda move: (-_size(move), move.name))[:MOVES])


def _size(move: Move) -> float:
    return abs(move.told.difference or 0.0)


def _missing(
    archive: Archive, appid: str, report: Report, window: Window, now: datetime
) -> Missing:
    failures = archive.failures(appid)
    for failed in filter(None, (failures.get(""), failures.get(report.name))):
        if (failed.until or 0) > now.timestamp():
            return Missing(report.name, Why.REFUSED, _at(failed.at), failed.message)
    look = archive.looks(appid, report.name, window.first_day, window.first_day)
    if window.first_day not in look:
        return Missing(report.name, Why.NOT_ANSWERED)
    told = look[window.first_day]
    ask = 1 if report is RETENTION else 0
    published = told.answered_ask is not None and told.answered_ask >= ask
    why = Why.EMPTY if published else Why.NOT_PUBLISHED
    return Missing(report.name, why, _at(told.asked_at))


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, BEIJING)
