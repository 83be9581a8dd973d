"""One app's part of a pass: report by report, look by look, in an order that spares calls.

Within an app the calls follow one another, so that the first spent quota, blocked IP or missing
permission stops the ones that cannot succeed either. Apps run side by side.
"""

import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from threading import Event

import structlog

from exporter.archive import Archive
from exporter.clock import Clock
from exporter.collect.due import Want, due_windows
from exporter.collect.record import Outcome, record, record_refusal
from exporter.collect.status import Failure, Status
from exporter.config import App
from exporter.errors import (
    ArchiveError,
    Bug,
    Busy,
    NeedsOperator,
    NotReady,
    QuotaSpent,
    WeChatError,
)
from exporter.periods import Window, beijing_day, next_midnight
from exporter.reports.vocabulary import Report
from exporter.telemetry import Telemetry
from exporter.wechat.client import Client

# After so many reports in a row that got no answer, the rest of the app waits for the next pass.
GIVE_UP_AFTER = 2
# How long an app is left alone when only a person can help; a reload looks again at once.
OPERATOR_PAUSE = timedelta(hours=1)

Wants = Callable[[Report, date], Iterator[Want]]

log = structlog.get_logger()


class AppCollector:
    """Asks for what is due of one app, and remembers how it went."""

    def __init__(
        self,
        app: App,
        reports: tuple[Report, ...],
        client: Client,
        archive: Archive,
        telemetry: Telemetry,
        clock: Clock,
        stop: Event,
    ) -> None:
        self.app = app
        self.reports = reports
        self.arrived = 0
        self.statuses = {report.name: Status() for report in reports}
        self._client = client
        self._archive = archive
        self._telemetry = telemetry
        self._clock = clock
        self._stop = stop
        self._blocked_by: Failure | None = None
        self._unanswered = 0
        self._refused: set[tuple[str, Window]] = set()
        self._told: set[tuple[str, str]] = set()
        self._failures_told: set[tuple[str, str]] = set()

    def recall(self) -> None:
        """Take up from the archive when data last arrived. Raises ArchiveError."""
        for name, at in self._archive.last_answers(self.app.appid).items():
            if name in self.statuses:
                self._arrived(name, datetime.fromtimestamp(at, UTC))

    def due(self, report: Report, wants: Wants) -> list[Window]:
        """The windows to ask about now, newest first. Raises ArchiveError."""
        today = beijing_day(self._clock.now())
        wanted = list(wants(report, today))
        if not wanted:
            return []
        since = min(want.window.first_day for want in wanted)
        looks = self._archive.looks(self.app.appid, report.name, since)
        windows = due_windows(iter(wanted), looks, today)
        return [window for window in windows if (report.name, window) not in self._refused]

    def run(self, wants: Wants) -> int:
        """Ask for what is due. Returns how many windows brought data.

        Raises ArchiveError; everything else that goes wrong stays inside its report.
        """
        self.arrived, self._unanswered = 0, 0
        for report in self.reports:
            if self._stop.is_set() or self.blocked_by or self.gave_up:
                break
            try:
                self.arrived += self._run_report(report, wants)
            except ArchiveError:
                raise
            except Exception as error:  # noqa: BLE001 - the guard around an app's report
                text = f"{type(error).__name__}: a fault of the exporter, the log has its trace"
                self._fail(report, Failure("internal", text, self._clock.now()))
                log.error(
                    "report failed", app=self.app.name, report=report.name,
                    trace=traceback.format_exc(),
                )  # fmt: skip
        due = self.still_due(wants)
        self._telemetry.due(self.app.name, due)
        for report in self.reports:
            if self.blocked_by and self.statuses[report.name].due:
                self._fail(report, self.blocked_by)
        return self.arrived

    @property
    def waiting(self) -> int:
        """How many looks were due when the last part ended."""
        return sum(status.due for status in self.statuses.values())

    @property
    def failing(self) -> int:
        """How many reports went wrong at their last look."""
        return sum(status.failure is not None for status in self.statuses.values())

    def still_due(self, wants: Wants) -> int:
        """How many looks are due, asked for in vain or not yet. Raises ArchiveError."""
        for report in self.reports:
            self.statuses[report.name].due = len(self.due(report, wants))
        return sum(status.due for status in self.statuses.values())

    def _run_report(self, report: Report, wants: Wants) -> int:
        status, arrived = self.statuses[report.name], 0
        if status.failure and self._pending(status.failure):
            return 0
        for window in self.due(report, wants):
            if self._stop.is_set():
                break
            try:
                arrived += self._look(report, window)
            except WeChatError as error:
                if self._react(report, window, error):
                    break
        return arrived

    def _look(self, report: Report, window: Window) -> int:
        """Ask about one window and archive the answer. 1 when it was data."""
        asked = self._clock.now()
        try:
            reply = self._client.ask(report, window)
        except (NotReady, Bug):
            record_refusal(self._archive, self.app.appid, report, window, asked)
            raise
        outcome, oddities = record(self._archive, self.app.appid, report, window, reply, asked)
        # Zeros for keys that cannot exist yet are one of WeChat's ways to say "not ready".
        if not (report.grows and outcome is Outcome.EMPTY):
            for oddity in oddities:
                self._tell_once(report, "odd reply", oddity)
        news = outcome in (Outcome.ARRIVED, Outcome.REVISED)
        self._succeed(report, not_ready=not news)
        if outcome is Outcome.LESS:
            self._tell_once(report, "reply kept out", f"{window}: it says less than the archived")
        if not news:
            return 0
        if outcome is Outcome.REVISED:
            self._telemetry.revised(self.app.name, report.name)
            log.info("revised", app=self.app.name, report=report.name, window=str(window))
        self._arrived(report.name, asked)
        return 1

    def _react(self, report: Report, window: Window, error: WeChatError) -> bool:
        """Draw the consequence of an error. True when the report's other windows are to wait."""
        if isinstance(error, NotReady):
            self._succeed(report, not_ready=True)
            return False
        now, until = self._clock.now(), None
        if isinstance(error, QuotaSpent):
            until = next_midnight(now)
        elif isinstance(error, NeedsOperator):
            until = now + OPERATOR_PAUSE
        failure = Failure(error.code, str(error), now, until)
        if isinstance(error, Bug):
            self._refused.add((report.name, window))
        elif isinstance(error, Busy):
            self._unanswered += 1
        elif not error.report_only:
            self._blocked_by = failure
        self._fail(report, failure)
        self._log_failure(report, window, error)
        return not isinstance(error, Bug)

    def _log_failure(self, report: Report, window: Window, error: WeChatError) -> None:
        """Once for each kind of failure, until the report succeeds again."""
        if (report.name, error.code) in self._failures_told:
            return
        self._failures_told.add((report.name, error.code))
        log.error(
            "look failed", app=self.app.name, report=report.name, window=str(window),
            code=error.code, error=str(error),
        )  # fmt: skip

    def _tell_once(self, report: Report, event: str, text: str) -> None:
        if (report.name, text) not in self._told:
            self._told.add((report.name, text))
            log.warning(event, app=self.app.name, report=report.name, detail=text)

    def _fail(self, report: Report, failure: Failure) -> None:
        self.statuses[report.name].failure = failure
        self._telemetry.answered(self.app.name, report.name, success=False)

    def _succeed(self, report: Report, *, not_ready: bool) -> None:
        status, self._unanswered = self.statuses[report.name], 0
        if status.failure:
            # All kinds: an outage that began with timeouts may have ended with -1.
            told = self._failures_told
            self._failures_told = {failure for failure in told if failure[0] != report.name}
        status.failure, status.not_ready = None, not_ready
        self._telemetry.answered(self.app.name, report.name, success=True)

    def _arrived(self, report: str, at: datetime) -> None:
        self.statuses[report].last_success = at
        self._telemetry.arrived(self.app.name, report, at)

    @property
    def blocked_by(self) -> Failure | None:
        """What keeps the whole app from being asked about now, or None."""
        failure = self._blocked_by
        return failure if failure is not None and self._pending(failure) else None

    @property
    def gave_up(self) -> bool:
        """True when the last pass left the app because nothing answered."""
        return self._unanswered >= GIVE_UP_AFTER

    def _pending(self, failure: Failure) -> bool:
        return failure.until is not None and self._clock.now() < failure.until
