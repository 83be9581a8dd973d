"""Filling the archive for a span of days: the due rule over more of the past, newest day first."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from exporter.collect.due import Want, span_wants
from exporter.collect.status import Failure
from exporter.config import Config
from exporter.history import Asked, BadQuestion
from exporter.reports.vocabulary import Report
from exporter.runtime import Runtime

# One report alone cannot make an app give up, so days without any answer are counted too.
UNANSWERED_DAYS = 2


@dataclass(frozen=True, slots=True)
class DayDone:
    """What one day's part came to: windows asked about, those that brought data, faults."""

    day: date
    asked: int
    arrived: int
    faults: int


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


class Backfill:
    """One backfill. Interrupted at any moment, the next one goes on where it was."""

    def __init__(self, runtime: Runtime, first: date, last: date) -> None:
        self._runtime = runtime
        self._collector = runtime.collector
        self._first = first
        self._last = last
        self._unanswered_days = 0
        self.archive_error: str | None = None

    def missing(self) -> int:
        """How many windows of the span are to be asked about. Raises ArchiveError."""
        return self._due(self._first, self._last)

    def stop(self) -> None:
        """End after the calls in flight, so that their answers are kept."""
        self._runtime.stop.set()

    @property
    def stopped(self) -> bool:
        return self._runtime.stop.is_set()

    def days(self) -> Iterator[DayDone]:
        """Ask day by day, newest first, until all is there or nothing more can be had."""
        day = self._last
        while day >= self._first and not self.hopeless and not self.stopped:
            asked = self._due(day, day)
            if asked:
                result = self._collector.run(self._wants(day, day))
                self.archive_error = result.archive_error
                answered = result.arrived or result.failing == 0
                self._unanswered_days = 0 if answered else self._unanswered_days + 1
                yield DayDone(day, asked, result.arrived, result.failing)
            day -= timedelta(days=1)

    @property
    def hopeless(self) -> bool:
        """True when no app gets anything any more: quotas, refusals, no network, no archive."""
        return (
            self.archive_error is not None
            or self._unanswered_days >= UNANSWERED_DAYS
            or all(app.blocked_by or app.gave_up for app in self._collector.apps)
        )

    def failures(self) -> dict[str, list[Failure]]:
        """By app, what went wrong last, each kind once."""
        return {
            app.app.name: list(
                {s.failure.message: s.failure for s in app.statuses.values() if s.failure}.values()
            )
            for app in self._collector.apps
        }

    def _due(self, first: date, last: date) -> int:
        wants = self._wants(first, last)
        return sum(
            len(app.due(report, wants)) for app in self._collector.apps for report in app.reports
        )

    def _wants(self, first: date, last: date) -> Callable[[Report, date], Iterator[Want]]:
        return lambda report, today: span_wants(report, today, first, last)
