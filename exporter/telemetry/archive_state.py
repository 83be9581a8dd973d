"""Whether the archive can be used, as ticks and passes find it; each change is told once."""

from collections.abc import Callable
from contextlib import suppress

import structlog

from exporter.errors import ArchiveError
from exporter.telemetry.telemetry import Telemetry

log = structlog.get_logger()


class ArchiveState:
    """What a serving process knows of its archive, and whether a pass is to begin for that."""

    def __init__(self, telemetry: Telemetry, check_writable: Callable[[], None]) -> None:
        """`check_writable` raises ArchiveError while the archive cannot be written."""
        self._telemetry = telemetry
        self._check_writable = check_writable
        # Why the last tick could not read it, and why the start or the last pass could not use it.
        self.unread = self._unwritten = ""
        # Whether a pass began before its time for that, and none has done well since.
        self._tried_again = False

    @property
    def failure(self) -> str:
        """Why the archive cannot be used now; empty while it can."""
        return self.unread or self._unwritten

    def begun(self) -> None:
        """A start has read it: tell whether it can be written, which a first pass tells late."""
        try:
            self._works()
        except ArchiveError as error:
            self._unwritten = str(error)
            self._telemetry.archive_writable(False)

    def passed(self, error: str | None) -> None:
        """A pass is over, which the archive may have ended."""
        self._unwritten = error or ""
        self._tried_again = self._tried_again and bool(error)

    def not_read(self, error: str) -> None:
        """A tick could not read it."""
        self._telemetry.archive_writable(False)
        if not self.unread:
            log.warning(
                "values not refreshed", error=error,
                consequence="the earlier ones stay until the archive can be read again",
            )  # fmt: skip
        self.unread = error

    def read(self) -> bool:
        """A tick has read it: whether a pass is to begin for that, before its time.

        One that could not write is followed by another as soon as that can, but two are not: a disk
        that is all but full takes something small, and not what WeChat answers.
        Raises ArchiveError while what could not be read cannot be written yet.
        """
        if self.unread:
            self._works()
            log.info("values refreshed again")
            return True
        if self._unwritten and not self._tried_again:
            with suppress(ArchiveError):
                self._works()
                self._tried_again = True
                return True
        return False

    def _works(self) -> None:
        self._check_writable()
        self.unread = self._unwritten = ""
        self._telemetry.archive_writable(True)
