"""The one place where a fault of ours is kept inside an app's report."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from exporter.errors import ArchiveError

log = structlog.get_logger()


@contextmanager
def report_guard(app: str, report: str, failed: Callable[[str], None]) -> Iterator[None]:
    """Log the trace of an unexpected exception, tell `failed` what to show, and go on.

    ArchiveError passes: it concerns all apps alike.
    """
    try:
        yield
    except ArchiveError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the other reports go on
        log.error("report failed", app=app, report=report, trace=traceback.format_exc())
        failed(f"{type(error).__name__}: a fault of the exporter, the log has its trace")
