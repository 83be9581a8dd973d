"""One pass: every app's part, some of them side by side."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

import structlog

from exporter.archive import Archive
from exporter.collect.app import AppCollector, Wants
from exporter.errors import ArchiveError
from exporter.telemetry import Telemetry

# What follows an app's part: what it is to be asked for next, or None.
AfterPart = Callable[[AppCollector], Wants | None]

log = structlog.get_logger()


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
        self._one_pass = Lock()
        self._archive_failing = False

    def run(self, wants: Wants, after_part: AfterPart = lambda _: None) -> PassResult:
        """Ask for everything that is wanted and due, app by app.

        An app that has a next part stands in line for it behind the apps that wait.
        The archive's first error ends the pass: without an archive there is no use in asking.
        """
        with self._one_pass:
            result, queue = PassResult(), deque((app, wants) for app in self.apps)
            # Daemons: a shutdown must not wait for a slow call.
            workers = [
                Thread(
                    target=self._work, args=(queue, after_part, result),
                    name=f"collect-{number}", daemon=True,
                )
                for number in range(min(self._concurrency, len(self.apps)))
            ]  # fmt: skip
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
            self._tell_archive(result.archive_error)
            return result

    def _work(
        self,
        queue: deque[tuple[AppCollector, Wants]],
        after_part: AfterPart,
        result: PassResult,
    ) -> None:
        try:
            self._archive.check_writable()
            while queue and result.archive_error is None and not self._stop.is_set():
                try:
                    collector, wants = queue.popleft()
                except IndexError:  # another worker took the last one
                    return
                try:
                    self._run_app(collector, wants, result)
                finally:
                    following = after_part(collector)
                if following is not None:
                    queue.append((collector, following))
        except ArchiveError as error:
            result.archive_error = str(error)

    def _run_app(self, collector: AppCollector, wants: Wants, result: PassResult) -> None:
        arrived = collector.run(wants)
        result.add(arrived, collector.waiting, collector.failing)

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
