"""One pass: every app's part, some of them side by side."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Lock, Thread
from typing import NamedTuple

import structlog

from exporter.archive import Archive
from exporter.collect.agenda import Wants
from exporter.collect.app import AppCollector
from exporter.collect.holds import failure_of
from exporter.errors import ArchiveError
from exporter.telemetry import Telemetry

# What follows an app's part while it is still claimed: what it is to be asked for next, or None.
AfterPart = Callable[[AppCollector], Wants | None]

# An app that another process asks for is tried again so often: it may be killed half-way.
CLAIM_TRIES = 120
CLAIM_WAIT_SECONDS = 0.5

log = structlog.get_logger()


class Turn(NamedTuple):
    """An app's part that is to come, and how often another process had the app already."""

    collector: AppCollector
    wants: Wants
    refused: int = 0


@dataclass(slots=True)
class PassResult:
    """What a pass came to: windows that brought data, looks still due, failing reports.

    Summed over all parts: of an app with several parts the last two say what each one left.
    """

    arrived: int = 0
    due: int = 0
    failing: int = 0
    archive_error: str | None = None
    lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def complete(self) -> bool:
        """True when every due report arrived."""
        return not self.due and not self.failing and self.archive_error is None

    def add(self, arrived: int, due: int, failing: int) -> None:
        """One app's part."""
        with self.lock:
            self.arrived += arrived
            self.due += due
            self.failing += failing


class Collector:
    """Runs passes over apps. One pass at a time: a second caller waits for the first."""

    def __init__(
        self,
        apps: Sequence[AppCollector],
        archive: Archive,
        telemetry: Telemetry,
        concurrency: int,
        stop: Event,
    ) -> None:
        self.apps = apps
        self._archive = archive
        self._telemetry = telemetry
        self._concurrency = concurrency
        self._stop = stop
        self._one_pass, self._joining = Lock(), Lock()
        # Of the pass that runs: who waits for a turn, and what all are asked for.
        self._queue: deque[Turn] | None = None
        self._wants: Wants = lambda *_: iter(())
        self._archive_failing = False
        self._hearing = Lock()
        # The number of the last failure that was told, or end of one.
        self._heard = 0

    def hear(self) -> None:
        """Show how looks ended, by whichever process, since the last time. Raises ArchiveError."""
        with self._hearing:
            # A database that comes back may have lost what was read from it.
            heard, self._heard = self._heard, 0
            news = self._archive.failures_since(heard)
            apps = {app.app.appid: app for app in self.apps} if news else {}
            for each in news:
                if app := apps.get(each.appid):
                    app.hear(each.report, each.failed and failure_of(each.failed))
            self._heard = max((each.news for each in news), default=heard)

    def run(
        self,
        wants: Wants,
        after_part: AfterPart = lambda _: None,
        asked_since: datetime | None = None,
        apps: Sequence[AppCollector] | None = None,
    ) -> PassResult:
        """Ask for everything that is wanted and due, app by app; of some `apps`, or of all.

        Of apps that other processes ask for too, leave out what was asked since that moment.

        An app that has a next part stands in line for it behind the apps that wait.
        The archive's first error ends the pass: without an archive there is no use in asking.
        """
        with self._one_pass:
            wanted = self.apps if apps is None else apps
            result, queue = PassResult(), deque(Turn(app, wants) for app in wanted)
            self._queue, self._wants = queue, wants
            while self._queue is not None:
                self._work_off(queue, after_part, asked_since, result)
                with self._joining:
                    # Somebody may have joined after the last worker left.
                    if not queue or result.archive_error or self._stop.is_set():
                        self._queue = None
            self._tell_archive(result.archive_error)
            return result

    def join(self, apps: Sequence[AppCollector]) -> bool:
        """Let apps have the next turns of the pass that runs; False when none does."""
        with self._joining:
            if self._queue is None:
                return False
            self._queue.extendleft(Turn(app, self._wants) for app in reversed(apps))
            return True

    def _work_off(
        self,
        queue: deque[Turn],
        after_part: AfterPart,
        asked_since: datetime | None,
        result: PassResult,
    ) -> None:
        try:
            self._archive.check_writable()
        except ArchiveError as error:
            result.archive_error = str(error)
            return
        # Daemons: a shutdown must not wait for a slow call.
        workers = [
            Thread(
                target=self._work, args=(queue, after_part, asked_since, result),
                name=f"collect-{number}", daemon=True,
            )
            for number in range(min(self._concurrency, len(queue)))
        ]  # fmt: skip
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def _work(
        self,
        queue: deque[Turn],
        after_part: AfterPart,
        asked_since: datetime | None,
        result: PassResult,
    ) -> None:
        try:
            while queue and result.archive_error is None and not self._stop.is_set():
                try:
                    turn = queue.popleft()
                except IndexError:  # another worker took the last one
                    return
                if turn.collector.left:
                    continue
                if not self._archive.claims.take(turn.collector.app.appid):
                    self._put_off(turn, queue)
                    continue
                try:
                    following = self._run_app(turn, after_part, asked_since, result)
                finally:
                    self._archive.claims.give_back(turn.collector.app.appid)
                if following is not None:
                    queue.append(Turn(turn.collector, following))
        except ArchiveError as error:
            result.archive_error = str(error)

    def _put_off(self, turn: Turn, queue: deque[Turn]) -> None:
        """Ask for an app later that another process is asking for now."""
        if turn.refused == CLAIM_TRIES:
            log.info("left to another exporter", app=turn.collector.app.name)
            return
        # At the first time the apps behind it come first.
        if turn.refused:
            self._stop.wait(CLAIM_WAIT_SECONDS)
        queue.append(turn._replace(refused=turn.refused + 1))

    def _run_app(
        self,
        turn: Turn,
        after_part: AfterPart,
        asked_since: datetime | None,
        result: PassResult,
    ) -> Wants | None:
        """One app's part and what follows it, also where the part fails."""
        collector = turn.collector
        try:
            arrived = collector.run(turn.wants, asked_since)
            result.add(arrived, collector.statuses.waiting, collector.statuses.failing)
        finally:
            following = after_part(collector)
        return following

    def _tell_archive(self, error: str | None) -> None:
        """Once that the archive fails, and once that it works again."""
        self._telemetry.archive_writable(error is None)
        if error and not self._archive_failing:
            log.error(
                "archive failed", error=error,
                consequence="nothing is asked until it works again; /metrics keeps its values",
            )  # fmt: skip
        elif self._archive_failing and not error:
            log.info("archive works again")
        self._archive_failing = error is not None
