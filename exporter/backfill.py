"""Filling the archive for a span of days: the due rule over more of the past, newest day first."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from exporter.collect.app import AppCollector
from exporter.collect.due import Want, span_wants
from exporter.collect.status import Failure
from exporter.config import Config
from exporter.history import Asked
from exporter.reports.vocabulary import Report
from exporter.runtime import Runtime


@dataclass(frozen=True, slots=True)
class DayDone:
    """What one day's part came to: windows asked about, and those that brought data."""

    day: date
    asked: int
    arrived: int


def narrowed(config: Config, asked: Asked) -> Config:
    """The configuration with the chosen apps and reports alone."""
    apps = tuple(
        app.model_copy(update={"reports": tuple(report.name for report in reports)})
        for app, reports in asked.apps
        if reports
    )
    return config.model_copy(update={"apps": apps})


class Backfill:
    """One backfill. Interrupted at any moment, the next one goes on where it was."""

    def __init__(self, runtime: Runtime, first: date, last: date) -> None:
        self._collector = runtime.collector
        self._first = first
        self._last = last
        self.archive_error: str | None = None

    def missing(self) -> int:
        """How many windows of the span are to be asked about. Raises ArchiveError."""
        return self._due(self._first, self._last)

    def days(self, after_app: Callable[[AppCollector], None]) -> Iterator[DayDone]:
        """Ask day by day, newest first, until all is there or nothing more can be had."""
        day = self._last
        while day >= self._first and not self.hopeless:
            asked = self._due(day, day)
            if asked:
                result = self._collector.run(self._wants(day, day), after_app)
                self.archive_error = result.archive_error
                yield DayDone(day, asked, result.arrived)
            day -= timedelta(days=1)

    @property
    def hopeless(self) -> bool:
        """True when no app gets anything any more: quotas, refusals, no network, no archive."""
        return self.archive_error is not None or all(
            app.blocked_by or app.gave_up for app in self._collector.apps
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
