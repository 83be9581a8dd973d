"""An archived reply -> what it says, by the table as it is today."""

from collections.abc import Collection
from datetime import UTC, datetime

import structlog

from exporter.archive.reader import Kept
from exporter.errors import Unreadable
from exporter.periods import Window, beijing_day
from exporter.reports.body import decode
from exporter.reports.report import Reading, Report
from exporter.reports.vocabulary import Metric

log = structlog.get_logger()


def reading_of(
    report: Report, window: Window, kept: Kept, metrics: Collection[Metric] | None = None
) -> Reading:
    """What an archived reply says of all metrics or of some; nothing without a readable body."""
    try:
        body = decode(kept.body) if kept.body is not None else {}
        return report.read(window, body, _newest_ask(report, window, kept), metrics)
    except Unreadable as error:
        # One damaged body must not take the other windows and apps off /metrics.
        log.warning(
            "archived reply unreadable", report=report.name, window=str(window), error=str(error)
        )
        return report.read(window, {}, metrics=metrics)


def _newest_ask(report: Report, window: Window, kept: Kept) -> int | None:
    """The last ask that had passed when the reply came; None where nothing depends on it."""
    if kept.answered_at is None or not report.grows:
        return None
    return report.newest_ask(window, beijing_day(datetime.fromtimestamp(kept.answered_at, UTC)))
