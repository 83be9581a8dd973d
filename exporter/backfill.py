"""Filling the archive for a span of days: the due rule over more of the past, newest day first."""

from collections import deque
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import date
from queue import SimpleQueue
from threading import Lock, Thread
from typing import NamedTuple

from exporter.collect.agenda import Wants
from exporter.collect.app import AppCollector
from exporter.collect.due import Want, span_wants
from exporter.collect.status import Failure
from exporter.config import Config
from exporter.errors import ArchiveError
from exporter.history import Asked, BadQuestion
from exporter.periods import Window
from exporter.reports.report import Report
from exporter.reports.table import REPORTS
from exporter.runtime import Runtime

# After so many days in a row without an answer, a report waits for the next round.
UNANSWERED_DAYS = 2


@dataclass(frozen=True, slots=True)
class DayCount:
    """What was asked about a day: looks, those that went well, those of them that brought data."""

    day: date
    asked: int = 0
    answered: int = 0
    arrived: int = 0

    def plus(self, other: "DayCount") -> "DayCount":
        """Both together."""
        return DayCount(
            self.day,
            self.asked + other.asked,
            self.answered + other.answered,
            self.arrived + other.arrived,
        )


class Step(NamedTuple):
    """One app's part of a day, and the days with which all apps are through since."""

    part: DayCount
    over: list[DayCount]


def narrowed(config: Config, asked: Asked) -> Config:
    """The configuration with the chosen apps and reports alone. Raises BadQuestion for none."""
    apps = tuple(
        app.model_copy(update={"reports": tuple(report.name for report in reports)})
        for app, reports in asked.apps
        if reports
    )
    if not apps:
        raise BadQuestion("none of the apps named collects a report named: see reports in the file")
    return config.model_copy(update={"apps": apps})


@dataclass(slots=True)
class _AppDays:
    """How far an app has come: the day it is at, and those to come."""

    day: date
    coming: deque[date]


class Backfill:
    """One backfill. Interrupted at any moment, the next one goes on where it was.

    An app goes on to its next day when it is through with one, whatever the others are at.
    """

    def __init__(self, runtime: Runtime, first: date, last: date) -> None:
        self._runtime = runtime
        self._collector = runtime.collector
        self._first = first
        self._last = last
        self._lock = Lock()
        self._steps: SimpleQueue[Step | None] = SimpleQueue()
        self._going: dict[str, _AppDays] = {}
        self._counts: dict[date, DayCount] = {}
        self._asked = self._answered = 0
        self.archive_error: str | None = None

    def missing(self) -> int:
        """How many windows of the span are to be asked about. Raises ArchiveError."""
        return sum(len(self._due(collector)) for collector in self._collector.apps)

    def lost(self, today: date) -> list[str]:
        """The reports about which WeChat answers no more for a part of the span."""
        found = {report for app in self._collector.apps for report in app.reports}
        return [
            report.name
            for report in REPORTS
            if report in found
            and not report.answered_on(Window.containing(report.period, self._first), today)
        ]

    def stop(self) -> None:
        """End after the calls in flight, so that their answers are kept."""
        self._runtime.stop.set()

    @property
    def stopped(self) -> bool:
        return self._runtime.stop.is_set()

    def steps(self) -> Iterator[Step]:
        """Ask day by day, newest first, until all is there or nothing more can be had."""
        # In a thread of its own, so that what the caller does with a step delays no call.
        Thread(target=self._ask, name="backfill", daemon=True).start()
        while (step := self._steps.get()) is not None:
            yield step

    def _ask(self) -> None:
        try:
            self._round()
            # What failed while other calls went well is worth another try.
            while 0 < self._answered < self._asked and not self.archive_error and not self.stopped:
                self._round()
        except ArchiveError as error:
            self.archive_error = str(error)
        finally:
            self._steps.put(None)

    def _round(self) -> None:
        """Ask about every day on which something is due."""
        self._asked = self._answered = 0
        for collector in self._collector.apps:
            for status in collector.statuses.values():
                status.unanswered = 0
            days = sorted({window.first_day for window in self._due(collector)}, reverse=True)
            coming = deque(day for day in days if day != self._last)
            self._going[collector.app.name] = _AppDays(self._last, coming)
        result = self._collector.run(self._wants(self._last, self._last), self._after_part)
        self.archive_error = result.archive_error
        self._going.clear()
        if over := self._through():
            self._steps.put(Step(DayCount(over[-1].day), over))

    def _after_part(self, collector: AppCollector) -> Wants | None:
        """Count what a day brought an app; what it is to be asked for next."""
        with self._lock:
            app = self._going[collector.app.name]
            part = DayCount(app.day, collector.asked, collector.answered, collector.arrived)
            self._counts[app.day] = self._counts.get(app.day, DayCount(app.day)).plus(part)
            self._asked += part.asked
            self._answered += part.answered
            over = not app.coming or collector.blocked_by
            if over:
                del self._going[collector.app.name]
            else:
                app.day = app.coming.popleft()
            self._steps.put(Step(part, self._through()))
            return None if over else self._wants(app.day, app.day, _silent(collector))

    def _through(self) -> list[DayCount]:
        """The days that no app is at or comes to any more, newest first."""
        newest = max((app.day for app in self._going.values()), default=date.min)
        over = sorted((day for day in self._counts if day > newest), reverse=True)
        return [count for day in over if (count := self._counts.pop(day)).asked]

    def failures(self) -> dict[str, list[Failure]]:
        """By app, what went wrong last, each kind once."""
        return {
            app.app.name: list(
                {s.failure.message: s.failure for s in app.statuses.values() if s.failure}.values()
            )
            for app in self._collector.apps
        }

    def _due(self, collector: AppCollector) -> list[Window]:
        wants = self._wants(self._first, self._last)
        return [window for report in collector.reports for window in collector.due(report, wants)]

    def _wants(self, first: date, last: date, without: Container[str] = ()) -> Wants:
        def wants(report: Report, today: date) -> Iterator[Want]:
            return iter(()) if report.name in without else span_wants(report, today, first, last)

        return wants


def _silent(collector: AppCollector) -> set[str]:
    """The reports of an app about which nothing answers in this round."""
    found = collector.statuses.items()
    return {name for name, status in found if status.unanswered >= UNANSWERED_DAYS}
