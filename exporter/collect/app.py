"""One app's part of a pass: report by report, look by look, in an order that spares calls.

Within an app the calls follow one another, so that the first spent quota, blocked IP or missing
permission stops the ones that cannot succeed either. Apps run side by side.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from threading import Event

import structlog

from exporter.archive import Archive, Pause
from exporter.clock import Clock
from exporter.collect.due import MORNINGS, Due, Turns, Want, due_now
from exporter.collect.look import look
from exporter.collect.record import Outcome, Recorded
from exporter.collect.status import Failure, Status
from exporter.config import App
from exporter.errors import (
    Bug,
    Busy,
    NeedsOperator,
    QuotaSpent,
    Waiting,
    WeChatError,
)
from exporter.guard import report_guard
from exporter.periods import Window, beijing_day, next_midnight
from exporter.reports.report import Report
from exporter.telemetry import Telemetry
from exporter.wechat.client import Client

# After so many looks in a row without an answer the rest of a report waits for the next pass, and
# after so many such reports in a row the rest of the app.
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
        # Set when the configuration names this app no more, or otherwise: nothing is asked then.
        self.left = False
        # Of the last part: looks, those that went well, and those of them that brought data.
        self.asked = self.answered = self.arrived = 0
        self.statuses = {report.name: Status() for report in reports}
        self._client = client
        self._archive = archive
        self._telemetry = telemetry
        self._clock = clock
        self._stop = stop
        self._blocked_by: Failure | None = None
        self._unanswered_reports = 0
        self._asked_since: datetime | None = None
        self._turns = Turns(reports)
        # Requests that WeChat called wrong: never repeated, until a restart or a reload.
        self._refused: set[tuple[str, Window]] = set()
        self._told: set[tuple[str, str]] = set()
        self._failures_told: set[tuple[str, str]] = set()

    def recall(self) -> None:
        """Take up from the archive when data last arrived. Raises ArchiveError."""
        for name, at in self._archive.last_answers(self.app.appid).items():
            if name in self.statuses:
                self._arrived(name, datetime.fromtimestamp(at, UTC))

    def look_again(self) -> bool:
        """Forget what keeps the app or a report from being asked; whether there was any."""
        found = bool(self.blocked_by or self._refused)
        for status in self.statuses.values():
            if status.failure and self._pending(status.failure):
                status.failure, found = replace(status.failure, until=None), True
        self._blocked_by = None
        self._refused.clear()
        return found

    def due(self, report: Report, wants: Wants) -> list[Window]:
        """The windows that are due now, newest first. Raises ArchiveError."""
        return self._due(report, wants).windows

    def _due(self, report: Report, wants: Wants) -> Due:
        now = self._clock.now()
        today = beijing_day(now)
        wanted = list(wants(report, today))
        if not wanted:
            return Due([])
        days = [want.window.first_day for want in wanted]
        first = min(*days, today - timedelta(days=MORNINGS))
        looks = self._archive.looks(self.app.appid, report.name, first, max(days))
        self._turns.learn(report, looks, today)
        allowed = [want for want in wanted if (report.name, want.window) not in self._refused]
        return due_now(allowed, looks, now)

    def _recall_pauses(self) -> None:
        """Leave alone what any process on the archive was told to, and nothing else."""
        pauses = self._archive.pauses(self.app.appid)
        self._blocked_by = _failure_of(pauses[""]) if "" in pauses else None
        for report in self.reports:
            failure = self.statuses[report.name].failure
            if report.name in pauses:
                self._fail(report, _failure_of(pauses[report.name]))
            elif failure and failure.until:
                self.statuses[report.name].failure = None

    def _not_asked_by_others(self, report: Report, due: list[Window]) -> list[Window]:
        if self._asked_since is None or not due:
            return due
        days, since = [window.first_day for window in due], int(self._asked_since.timestamp())
        looks = self._archive.looks(self.app.appid, report.name, min(days), max(days))
        left = (looks.get(day) for day in days)
        return [
            window
            for window, look in zip(due, left, strict=True)
            if look is None or look.asked_at < since
        ]

    def run(self, wants: Wants, asked_since: datetime | None = None) -> int:
        """Ask for what is due. Returns how many windows brought data.

        What another process asked since that moment, and what it learned, is taken from it.

        Raises ArchiveError; everything else that goes wrong stays inside its report.
        """
        self.asked = self.answered = self.arrived = self._unanswered_reports = 0
        self._asked_since = asked_since
        if asked_since is not None:
            self.recall()
            self._recall_pauses()
        self._turns.begin_pass()
        # Those whose turn it is go first: what they bring makes it the others' turn.
        for report in sorted(self.reports, key=lambda report: not self._has_turn(report)):
            complete = False
            with report_guard(self.app.name, report.name, partial(self._fail_internally, report)):
                complete = self._run_report(report, wants)
            with report_guard(self.app.name, report.name, partial(self._fail_internally, report)):
                self.statuses[report.name].due = 0 if complete else len(self.due(report, wants))
        for report in self.reports:
            if self.blocked_by and self.statuses[report.name].due:
                self._fail(report, self.blocked_by)
        self._telemetry.due(self.app.name, self.waiting)
        return self.arrived

    @property
    def waiting(self) -> int:
        """How many looks were due when the last part ended."""
        return sum(status.due for status in self.statuses.values())

    @property
    def failing(self) -> int:
        """How many reports went wrong at their last look."""
        return sum(status.failure is not None for status in self.statuses.values())

    @property
    def failing_by_itself(self) -> int:
        """How many of them for another reason than a token service that fails for all its apps."""
        failures = (status.failure for status in self.statuses.values())
        return sum(failure is not None and failure.code != Waiting.CODE for failure in failures)

    def _run_report(self, report: Report, wants: Wants) -> bool:
        """Look at what is due of a report; True when nothing can be due of it any more.

        Its first failure is what it shows, if it had one.
        """
        status, today = self.statuses[report.name], beijing_day(self._clock.now())
        if status.failure and self._pending(status.failure):
            return False
        failure, looks, waiting, unanswered = None, 0, 0, 0
        due = self._due(report, wants)
        windows = self._not_asked_by_others(report, due.windows)
        held: Collection[Window | None] = due.following if due.leading not in windows else ()
        if not self._has_turn(report):
            held = (due.leading, *due.following)
        for window in windows:
            if self._stop.is_set() or self.left or self.blocked_by or self.gave_up:
                break
            if window in held:
                continue
            self._archive.claims.check(self.app.appid)
            asked, looks = self._clock.now(), looks + 1
            self.asked += 1
            try:
                recorded = look(self._client, self._archive, self.app.appid, report, window, asked)
            except WeChatError as error:
                failure = failure or self._failure(error)
                unanswered = unanswered + 1 if isinstance(error, Busy) else 0
                self._react(report, window, error)
                if isinstance(error, NeedsOperator) or unanswered == GIVE_UP_AFTER:
                    break
                continue
            unanswered = 0
            self.answered += 1
            arrived = self._take(report, window, recorded, asked)
            waiting += not arrived
            if window == due.leading and arrived:
                self._turns.came(today)
            elif window == due.leading:
                held = due.following
        if looks:
            self._unanswered_reports = self._unanswered_reports + 1 if unanswered else 0
            status.unanswered = status.unanswered + 1 if unanswered else 0
        if failure:
            self._fail(report, failure)
        elif looks:
            self._succeed(report, not_ready=waiting > 0)
        # A body that grows may have brought an early key and still lack a later one.
        complete = looks == len(due.windows) and not failure and not waiting and not report.grows
        return complete and beijing_day(self._clock.now()) == today

    def _has_turn(self, report: Report) -> bool:
        # A failure must not stand longer than it lasts.
        return bool(self.statuses[report.name].failure) or self._turns.has(
            report, self._clock.now()
        )

    def _take(self, report: Report, window: Window, recorded: Recorded, asked: datetime) -> bool:
        """Count and tell what an answer brought. True when it was data."""
        # Zeros for keys that cannot exist yet are one of WeChat's ways to say "not ready".
        if not (report.grows and recorded.outcome is Outcome.EMPTY):
            for oddity in recorded.oddities:
                self._tell_once(report, "odd reply", oddity)
        if recorded.outcome is Outcome.LESS:
            self._tell_once(report, "reply kept out", f"{window}: it says less than the archived")
        if recorded.outcome not in (Outcome.ARRIVED, Outcome.REVISED):
            return False
        if recorded.outcome is Outcome.REVISED:
            self._telemetry.revised(self.app.name, report.name)
            log.info("revised", app=self.app.name, report=report.name, window=str(window))
        self.arrived += 1
        self._arrived(report.name, asked)
        return True

    def _failure(self, error: WeChatError) -> Failure:
        """What went wrong, and until when there is no use in asking again."""
        now, until = self._clock.now(), None
        if isinstance(error, QuotaSpent):
            until = next_midnight(now)
        elif isinstance(error, NeedsOperator):
            until = now + OPERATOR_PAUSE
        return Failure(error.code, str(error), now, until)

    def _react(self, report: Report, window: Window, error: WeChatError) -> None:
        """Draw the consequence of an error for the looks that follow, and tell it once."""
        if isinstance(error, Bug):
            self._refused.add((report.name, window))
        elif isinstance(error, QuotaSpent | NeedsOperator):
            failure = self._failure(error)
            if not error.report_only:
                self._blocked_by = failure
            if self._archive.claims.shared:
                paused = report.name if error.report_only else ""
                self._archive.pause(self.app.appid, _pause_of(paused, failure))
        told = isinstance(error, Waiting) or (report.name, error.code) in self._failures_told
        if not told:
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
        self._telemetry.answered(self.app.name, report.name, failure.code)

    def _fail_internally(self, report: Report, text: str) -> None:
        self.statuses[report.name].unanswered += 1
        self._fail(report, Failure("internal", text, self._clock.now()))

    def _succeed(self, report: Report, *, not_ready: bool) -> None:
        status = self.statuses[report.name]
        # All kinds: an outage that began with timeouts may have ended with -1.
        self._failures_told = {told for told in self._failures_told if told[0] != report.name}
        status.failure, status.not_ready = None, not_ready
        self._telemetry.answered(self.app.name, report.name, None)

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
        return self._unanswered_reports >= GIVE_UP_AFTER

    def _pending(self, failure: Failure) -> bool:
        return failure.until is not None and self._clock.now() < failure.until


def _failure_of(pause: Pause) -> Failure:
    begun, until = (datetime.fromtimestamp(at, UTC) for at in (pause.begun_at, pause.until))
    return Failure(pause.code, pause.message, begun, until)


def _pause_of(report: str, failure: Failure) -> Pause:
    until = failure.until or failure.at
    moments = int(failure.at.timestamp()), int(until.timestamp())
    return Pause(report, *moments, failure.code, failure.message)
