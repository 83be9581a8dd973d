"""Filling the archive for a span of days: the due rule over more of the past, newest day first."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from queue import SimpleQueue
from threading import Lock, Thread

from exporter.collect.app import AppCollector, Wants
from exporter.collect.due import span_wants
from exporter.collect.status import Failure
from exporter.config import Config
from exporter.history import Asked, BadQuestion
from exporter.periods import Window
from exporter.runtime import Runtime

# After so many days in a row without any answer an app is left to the next backfill.
UNANSWERED_DAYS = 2


@dataclass(frozen=True, slots=True)
class DayDone:
    """What one day's part came to: looks, those that brought data, failing reports."""

    day: date
    asked: int = 0
    arrived: int = 0
    faults: int = 0

    def plus(self, part: AppCollector) -> "DayDone":
        """With what an app's part has come to."""
        return DayDone(
            self.day,
            self.asked + part.asked,
            self.arrived + part.arrived,
            self.faults + part.failing,
        )


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
    """How far an app has come: the day it is at, those to come, those without any answer."""

    day: date
    coming: deque[date]
    unanswered: int = 0


class Backfill:
    """One backfill. Interrupted at any moment, the next one goes on where it was.

    No app waits for another's day: one that answers slowly, or not at all, delays itself alone.
    """

    def __init__(self, runtime: Runtime, first: date, last: date) -> None:
        self._runtime = runtime
        self._collector = runtime.collector
        self._first = first
        self._last = last
        self._lock = Lock()
        self._going: dict[str, _AppDays] = {}
        self._days: dict[date, DayDone] = {}
        self.archive_error: str | None = None

    def missing(self) -> int:
        """How many windows of the span are to be asked about. Raises ArchiveError."""
        return sum(len(self._due(collector)) for collector in self._collector.apps)

    def stop(self) -> None:
        """End after the calls in flight, so that their answers are kept."""
        self._runtime.stop.set()

    @property
    def stopped(self) -> bool:
        return self._runtime.stop.is_set()

    def days(self) -> Iterator[DayDone]:
        """Ask day by day, newest first, until all is there or nothing more can be had.

        Gives each day with which all apps are through. Raises ArchiveError.
        """
        for collector in self._collector.apps:
            days = sorted({window.first_day for window in self._due(collector)}, reverse=True)
            coming = deque(day for day in days if day != self._last)
            self._going[collector.app.name] = _AppDays(self._last, coming)
        # Asked from a thread of its own, so that what the caller does with a day delays no call.
        told: SimpleQueue[DayDone | None] = SimpleQueue()
        Thread(target=self._run, args=(told,), name="backfill", daemon=True).start()
        while (day := told.get()) is not None:
            yield day

    def _run(self, told: SimpleQueue[DayDone | None]) -> None:
        def after_part(collector: AppCollector) -> Wants | None:
            with self._lock:
                following = self._next_day(collector)
                for day in self._through():
                    told.put(day)
            return None if following is None else self._wants(following, following)

        try:
            result = self._collector.run(self._wants(self._last, self._last), after_part)
            self.archive_error = result.archive_error
        finally:
            told.put(None)

    def _next_day(self, collector: AppCollector) -> date | None:
        """Count what a day brought an app; the day it is to be asked about next."""
        app = self._going[collector.app.name]
        known = self._days.get(app.day, DayDone(app.day))
        self._days[app.day] = known.plus(collector)
        if collector.asked:
            answered = collector.unanswered < collector.asked
            app.unanswered = 0 if answered else app.unanswered + 1
        if not app.coming or app.unanswered == UNANSWERED_DAYS or collector.blocked_by:
            del self._going[collector.app.name]
            return None
        app.day = app.coming.popleft()
        return app.day

    def _through(self) -> list[DayDone]:
        """The days that no app is at or comes to any more, newest first."""
        newest = max((app.day for app in self._going.values()), default=date.min)
        over = sorted((day for day in self._days if day > newest), reverse=True)
        return [done for day in over if (done := self._days.pop(day)).asked]

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

    def _wants(self, first: date, last: date) -> Wants:
        return lambda report, today: span_wants(report, today, first, last)
