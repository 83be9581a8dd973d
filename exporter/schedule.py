"""When things happen: passes by crontab, housekeeping every few seconds, by the clock as it is."""

import random
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event, Lock, Thread

import structlog

from exporter.clock import Clock
from exporter.config.crontab import firings

# Not everybody's exporter shall knock at the same second of the half hour.
JITTER_SECONDS = 60

log = structlog.get_logger()


def jitter() -> float:
    """How many seconds a pass begins late."""
    return random.uniform(0, JITTER_SECONDS)  # noqa: S311 - spreads load, protects nothing


class Schedule:
    """Looks every few seconds whether a pass is to begin.

    It compares moments instead of waiting for one: a clock that is set, or a machine that slept,
    neither holds up nor repeats a pass.
    """

    def __init__(
        self,
        clock: Clock,
        start_pass: Callable[[], None],
        tick: Callable[[], None],
        late: Callable[[], float] = jitter,
    ) -> None:
        self._clock = clock
        self._start_pass = start_pass
        self._tick = tick
        self._late = late
        self._lock = Lock()
        self._over = Event()
        self._crontab = ""
        self._seen: datetime | None = None
        self.next_pass: datetime | None = None

    def start(self, crontab: str, seconds: float) -> None:
        """Look every so many seconds from now on, for passes by that crontab."""
        self.follow(crontab)
        self.every(seconds, self.look)

    def every(self, seconds: float, job: Callable[[], None]) -> None:
        """Run something again and again, that many seconds apart."""
        Thread(target=self._run, args=(seconds, job), name="schedule", daemon=True).start()

    def follow(self, crontab: str) -> None:
        """Run passes by that crontab from now on."""
        with self._lock:
            self._crontab = crontab
            self._draw(self._clock.now())

    def pass_after(self, moment: datetime) -> datetime | None:
        """The first pass that begins at a moment or later; up to JITTER_SECONDS later still."""
        upcoming = self.next_pass
        if upcoming is None or upcoming >= moment:
            return upcoming
        return next(firings(self._crontab, moment - timedelta(seconds=1)), None)

    def stop(self) -> None:
        """Run nothing any more."""
        self._over.set()

    def look(self) -> None:
        """Begin a pass when its time has come, then keep house."""
        if self._is_time():
            self._start_pass()
        self._tick()

    def _is_time(self) -> bool:
        with self._lock:
            now, seen = self._clock.now(), self._seen
            self._seen = now
            if seen is not None and now < seen:  # the clock was set back
                self._draw(now)
            if self.next_pass is None or now < self.next_pass:
                return False
            self._draw(now)
            return True

    def _draw(self, now: datetime) -> None:
        fires = next(firings(self._crontab, now), None)
        self.next_pass = fires and fires + timedelta(seconds=self._late())

    def _run(self, seconds: float, job: Callable[[], None]) -> None:
        while not self._over.wait(seconds):
            try:
                job()
            except Exception:  # noqa: BLE001 - whatever it is, the next look is due all the same
                log.error("housekeeping failed", trace=traceback.format_exc())
