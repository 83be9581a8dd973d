"""The service's own threads: passes one after the other, and reloads that follow on one another."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread
from typing import NamedTuple

from exporter.collect.app import AppCollector
from exporter.runtime import Runtime


class Wanted(NamedTuple):
    """A pass that is to come: over some apps of a configuration, or over all of them."""

    runtime: Runtime
    apps: tuple[AppCollector, ...] | None = None

    def joined(self, later: "Wanted") -> "Wanted":
        """One pass for both; of two configurations the later one's."""
        if later.runtime is not self.runtime:
            return later
        if self.apps is None or later.apps is None:
            return Wanted(self.runtime)
        return Wanted(self.runtime, (*self.apps, *later.apps))


class Passes:
    """Runs passes one at a time, whichever configuration they belong to."""

    def __init__(self, run: Callable[[Wanted], None]) -> None:
        self._run = run
        self._lock = Lock()
        self._thread: Thread | None = None
        self._running: Wanted | None = None
        self._upcoming: Wanted | None = None

    def want(self, wanted: Wanted, *, again: bool = False) -> bool:
        """Run a pass as soon as none runs. False while the same one does, unless `again`."""
        with self._lock:
            if self._running == wanted and not again:
                return False
            self._upcoming = self._upcoming.joined(wanted) if self._upcoming else wanted
            if self._running is None:
                self._running = wanted
                self._thread = Thread(target=self._work, name="pass", daemon=True)
                self._thread.start()
            return True

    def stop(self, seconds: float) -> None:
        """Run none any more; the one that runs has so long to end."""
        with self._lock:
            for wanted in (self._running, self._upcoming):
                if wanted is not None:
                    wanted.runtime.stop.set()
            thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def _work(self) -> None:
        while wanted := self._next():
            try:
                self._run(wanted)
            except BaseException:
                with self._lock:
                    self._running = None
                raise

    def _next(self) -> Wanted | None:
        with self._lock:
            self._running, self._upcoming = self._upcoming, None
            return self._running


class Reloads:
    """Runs reloads one at a time; all that are asked for meanwhile are one."""

    def __init__(self, reload: Callable[[], None]) -> None:
        self._reload = reload
        self._lock = Lock()
        self._busy = False
        self._upcoming: Future[None] | None = None

    def ask(self) -> Future[None]:
        """A reload that begins after this call, and what it came to."""
        with self._lock:
            if self._upcoming is None:
                self._upcoming = Future()
            if not self._busy:
                self._busy = True
                Thread(target=self._work, name="reload", daemon=True).start()
            return self._upcoming

    def _work(self) -> None:
        while upcoming := self._next():
            # From here on nobody can call it off: others may wait for the same one.
            upcoming.set_running_or_notify_cancel()
            try:
                self._reload()
            except BaseException as error:  # noqa: BLE001 - whoever asked gets it
                upcoming.set_exception(error)
            else:
                upcoming.set_result(None)

    def _next(self) -> Future[None] | None:
        with self._lock:
            upcoming, self._upcoming = self._upcoming, None
            self._busy = upcoming is not None
            return upcoming
