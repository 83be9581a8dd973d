"""What an app's log lines have said already: a fault is told when it begins, not at every pass."""

import structlog

from exporter.errors import Waiting, WeChatError
from exporter.periods import Window
from exporter.reports.report import Report

log = structlog.get_logger()


class Told:
    """Tells each thing about an app once."""

    def __init__(self, app: str) -> None:
        self._app = app
        self._oddities: set[tuple[str, str]] = set()
        self._failures: set[tuple[str, str]] = set()

    def failure(self, report: Report, window: Window, error: WeChatError) -> None:
        """A look that went wrong; the same code again only after the report was answered.

        What concerns all apps of a token service is told for them all.
        """
        told = isinstance(error, Waiting) or (report.name, error.code) in self._failures
        if not told:
            # A new set: another thread may be looking through this one.
            self._failures = {*self._failures, (report.name, error.code)}
            log.error(
                "look failed", app=self._app, report=report.name, window=str(window),
                code=error.code, error=str(error),
            )  # fmt: skip

    def answered(self, report: str) -> None:
        """A report is well again."""
        # All kinds: an outage that began with timeouts may have ended with -1.
        self._failures = {told for told in self._failures if told[0] != report}

    def oddity(self, report: Report, event: str, text: str) -> None:
        """Something about a reply that is worth a look, but no failure."""
        if (report.name, text) not in self._oddities:
            self._oddities.add((report.name, text))
            log.warning(event, app=self._app, report=report.name, detail=text)

    def revision(self, report: Report, window: Window) -> None:
        """A period came back with other numbers."""
        log.info("revised", app=self._app, report=report.name, window=str(window))
