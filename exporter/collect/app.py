"""One app's part of a pass: report by report, look by look, in an order that spares calls.

Within an app the calls follow one another, so that the first spent quota, blocked IP or missing
permission stops the ones that cannot succeed either. Apps run side by side.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime
from functools import partial
from threading import Event

from exporter.archive import Archive, Reader
from exporter.clock import Clock
from exporter.collect.agenda import Agenda, Wants
from exporter.collect.asides import Quotas, Scenes
from exporter.collect.due import Due
from exporter.collect.holds import Holds
from exporter.collect.look import look
from exporter.collect.record import Outcome, Recorded
from exporter.collect.status import Failure, Statuses
from exporter.collect.told import Told
from exporter.config import App
from exporter.errors import Busy, NeedsOperator, WeChatError
from exporter.guard import report_guard
from exporter.periods import Window, beijing_day
from exporter.reports.report import Report
from exporter.telemetry import Telemetry
from exporter.wechat.client import Client

# After so many looks in a row without an answer the rest of a report waits for the next pass, and
# after so many such reports in a row the rest of the app.
GIVE_UP_AFTER = 2


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
        # Of the last part: looks, those that went well, those of them that brought data, and of
        # which reports.
        self.asked = self.answered = self.arrived = 0
        self.brought: set[Report] = set()
        # Whether the last part brought data, or changed how many reports fail.
        self.has_news = False
        self.statuses = Statuses(app.name, reports, telemetry)
        # By report, how the last part's looks ended.
        self._ended: dict[str, Failure | None] = {}
        self.holds = Holds(app.appid, archive, clock)
        self._client = client
        self._archive = archive
        self._telemetry = telemetry
        self._clock = clock
        self._stop = stop
        self._quotas = Quotas(app, reports, client, archive, telemetry, clock)
        self._parts = self._silent_reports = 0
        # Whether the archive ended the last part; what would follow it needs the archive too.
        self._broken_off = False
        self._agenda = Agenda(app.appid, reports, archive, clock)
        self._told = Told(app.name)

    def recall(self, archive: Reader, wants: Wants) -> None:
        """Take up what the archive knows: when data last arrived, what is due, what fails or not.

        Raises ArchiveError.
        """
        self.holds.recall(archive)
        for report in self.reports:
            due = self._agenda.due(report, wants, archive)
            status = self.statuses[report.name]
            status.due, status.refused = len(due.windows), due.refused
            at = self._agenda.answered_at[report.name]
            self._recall_arrival(report, at or archive.last_answer(self.app.appid, report.name))
            if failure := self.holds.last(report):
                self.statuses.ended(report.name, failure)
            self._recall_answers(report, due)
        # What is left alone a part takes up: until then a reload may end it.
        self.holds.end()
        self.statuses.tell()

    def look_again(self) -> None:
        """Forget what keeps the app or a report from being asked."""
        self._agenda.read_again()
        self.holds.end()

    def _recall_arrival(self, report: Report, at: int | None) -> None:
        if at:
            self.statuses.arrived(report.name, datetime.fromtimestamp(at, UTC))

    def _recall_answers(self, report: Report, due: Due) -> None:
        status = self.statuses[report.name]
        failure = status.failure or self.holds.last(report)
        if due.windows or due.refused or not status.last_success or status.answered:
            return
        # Nobody may have come to tell that a failure is over: it was killed, or filled in old days.
        if failure is None or failure.at < status.last_success:
            self._succeed(report, not_ready=status.not_ready)

    def due(self, report: Report, wants: Wants) -> list[Window]:
        """The windows that are due now, newest first. Raises ArchiveError."""
        return self._agenda.due(report, wants).windows

    def run(self, wants: Wants, asked_since: datetime | None = None) -> int:
        """Ask for what is due. Returns how many windows brought data.

        What another process asked since that moment, and what it learned, is taken from it.

        Raises ArchiveError; everything else that goes wrong stays inside its report.
        """
        self._parts, self._broken_off = self._parts + 1, True
        failing = self.statuses.failing_by_itself
        self.asked = self.answered = self.arrived = self._silent_reports = 0
        self._ended = {}
        self.brought.clear()
        self.holds.recall()
        self._agenda.turns.begin_pass()
        # Those whose turn it is go first: what they bring makes it the others' turn.
        for report in sorted(self.reports, key=lambda report: not self._has_turn(report)):
            complete = False
            with report_guard(self.app.name, report.name, partial(self._fail_internally, report)):
                complete = self._run_report(report, wants, asked_since)
            with report_guard(self.app.name, report.name, partial(self._fail_internally, report)):
                due = Due([]) if complete else self._agenda.due(report, wants)
                status = self.statuses[report.name]
                status.due, status.refused = len(due.windows), due.refused
        # Otherwise what has taken its place tells that.
        if not self.left:
            for report in self.reports:
                if self.blocked_by and self.statuses[report.name].due:
                    self._fail(report, self.blocked_by)
            self.statuses.tell_due()
        self.has_news = self.arrived > 0 or self.statuses.failing_by_itself != failing
        self._broken_off = False
        return self.arrived

    def begin_day(self, today: date, catch_up_days: int) -> None:
        """Tell what a new day makes due, which the next part finds in the archive."""
        for report in self.reports:
            due = self._agenda.due_of_new_day(report, today, catch_up_days)
            if due is not None:
                self.statuses[report.name].due = due
        self.statuses.tell_due()

    def share(self) -> None:
        """Let everybody on the archive show how the last part's looks ended. Raises ArchiveError.

        Not what a backfill meets: it asks about days past.
        """
        if not self.left and not self._broken_off:
            self.holds.tell(self._ended)

    def hear(self, report: str, failure: Failure | None) -> None:
        """Show how the last look at a report ended, which another process may have made."""
        status = self.statuses.get(report)
        if self.left or status is None or status.failure == failure:
            return
        if failure is None:
            self._told.answered(report)
        self.statuses.ended(report, failure)

    def ask_aside(self, scenes: Scenes) -> None:
        """Ask what is no report, where the app's reports can be asked; show what others asked.

        A restart or another name alone is no reason to ask WeChat. Raises ArchiveError.
        """
        if self._stop.is_set() or self.left or self._broken_off:
            return
        may_ask = not self.statuses.failing and (self.asked > 0 or self._parts > 1)
        with report_guard(self.app.name, "asides", lambda _: None):
            if may_ask:
                scenes.look(self._client)
            self._quotas.look(ask=may_ask)

    @property
    def blocked_by(self) -> Failure | None:
        """What keeps the whole app from being asked about now, or None."""
        return self.holds.on_app()

    @property
    def gave_up(self) -> bool:
        """True when the last pass left the app because nothing answered."""
        return self._silent_reports >= GIVE_UP_AFTER

    def _run_report(self, report: Report, wants: Wants, asked_since: datetime | None) -> bool:
        """Look at what is due of a report; True when nothing can be due of it any more.

        Its first failure is what it shows, if it had one.
        """
        status, today = self.statuses[report.name], beijing_day(self._clock.now())
        if held := self.holds.on(report):
            self._fail(report, held)
            return False
        failure, looks, waiting, silent, less = None, 0, 0, 0, False
        due = self._agenda.due(report, wants)
        windows = due.windows
        if asked_since is not None:
            self._recall_arrival(report, self._agenda.answered_at[report.name])
            windows = self._agenda.not_asked_since(asked_since, report, windows)
        self._recall_answers(report, due)
        waits: Collection[Window | None] = due.following if due.leading not in windows else ()
        if not self._has_turn(report):
            waits = (due.leading, *due.following)
        for window in windows:
            if self._stop.is_set() or self.left or self.blocked_by or self.gave_up:
                break
            if window in waits:
                continue
            self._archive.claims.check(self.app.appid)
            asked, looks = self._clock.now(), looks + 1
            self.asked += 1
            try:
                recorded = look(self._client, self._archive, self.app.appid, report, window, asked)
            except WeChatError as error:
                if self.left:
                    # What stood against it need not stand against what has taken its place.
                    return False
                drawn = self.holds.draw(report, error)
                failure = failure or drawn
                silent = silent + 1 if isinstance(error, Busy) else 0
                self._told.failure(report, window, error)
                if isinstance(error, NeedsOperator) or silent == GIVE_UP_AFTER:
                    break
                continue
            silent = 0
            self.answered += 1
            arrived = self._take(report, window, recorded, asked)
            waiting += recorded.outcome in (Outcome.EMPTY, Outcome.SAME)
            less = less or recorded.outcome is Outcome.LESS
            if window == due.leading and arrived:
                self._agenda.turns.came(today)
            elif window == due.leading:
                waits = due.following
        if looks:
            self._silent_reports = self._silent_reports + 1 if silent else 0
            status.unanswered = status.unanswered + 1 if silent else 0
            status.said_less = less
        if failure:
            self._fail(report, failure)
        elif looks:
            self._succeed(report, not_ready=waiting > 0)
        # A body that grows may have brought an early key and still lack a later one.
        missing = failure or waiting or less or report.grows
        complete = looks == len(due.windows) and not due.refused and not missing
        complete = complete and beijing_day(self._clock.now()) == today
        if looks and complete:
            self._agenda.came(report, due)
        return complete

    def _has_turn(self, report: Report) -> bool:
        # A failure must not stand longer than it lasts.
        failed = self.statuses[report.name].failure is not None
        return failed or self._agenda.turns.has(report, self._clock.now())

    def _take(self, report: Report, window: Window, recorded: Recorded, asked: datetime) -> bool:
        """Count and tell what an answer brought. True when it was data."""
        # Zeros for keys that cannot exist yet are one of WeChat's ways to say "not ready".
        if not (report.grows and recorded.outcome is Outcome.EMPTY):
            for oddity in recorded.oddities:
                self._told.oddity(report, "odd reply", oddity)
        if recorded.outcome is Outcome.LESS:
            less = f"{window}: it says less than the archived"
            self._told.oddity(report, "reply kept out", less)
        if recorded.outcome not in (Outcome.ARRIVED, Outcome.REVISED):
            return False
        if recorded.outcome is Outcome.REVISED:
            self._telemetry.revised(self.app.name, report.name)
            self._told.revision(report, window)
        self.arrived += 1
        self.statuses.arrived(report.name, asked)
        self.brought.add(report)
        return True

    def _fail(self, report: Report, failure: Failure) -> None:
        self._ended[report.name] = failure
        self.statuses.ended(report.name, failure)

    def _fail_internally(self, report: Report, text: str) -> None:
        self.statuses[report.name].unanswered += 1
        self._fail(report, Failure("internal", text, self._clock.now()))

    def _succeed(self, report: Report, *, not_ready: bool) -> None:
        self._ended[report.name] = None
        self._told.answered(report.name)
        self.statuses[report.name].not_ready = not_ready
        self.statuses.ended(report.name, None)
