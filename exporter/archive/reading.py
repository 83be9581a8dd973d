"""An archived reply -> what it says, by the table as it is today."""

from datetime import UTC, datetime

import structlog

from exporter.archive.reader import Kept
from exporter.errors import Unreadable
from exporter.periods import Window, beijing_day
from exporter.reports.body import decode
from exporter.reports.report import Reading, Report

log = structlog.get_logger()


def reading_of(report: Report, window: Window, kept: Kept) -> Reading:
    """What an archived reply says; nothing where there is no body, or none that can be read."""
    try:
        body = decode(kept.body) if kept.body is not None else {}
        return report.read(window, body, _newest_ask(report, window, kept))
    except Unreadable as error:
        # One damaged body must not take the other windows and apps off /metrics.
        log.warning(
            "archived reply unreadable", report=report.name, window=str(window), error=str(error)
        )
        return report.read(window, {})


def _newest_ask(report: Report, window: Window, kept: Kept) -> int | None:
    """The last ask that had passed when the reply came."""
    if kept.answered_at is None:
        return None
    return report.newest_ask(window, beijing_day(datetime.fromtimestamp(kept.answered_at, UTC)))
