"""No more requests a second than configured, over all apps and threads."""

from threading import Event, Lock

from exporter.clock import Clock


class Line:
    """Where everybody stands who sends requests, whatever configuration they belong to."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._next: float | None = None

    def moment(self, now: float, seconds_apart: float) -> float:
        """When the caller may send, at the earliest `now`; the next one that much later."""
        with self._lock:
            mine = now if self._next is None else max(self._next, now)
            self._next = mine + seconds_apart
            return mine


class Pacer:
    """Gives every caller the next free moment, evenly spaced."""

    def __init__(
        self, requests_per_second: float, clock: Clock, stop: Event, line: Line | None = None
    ) -> None:
        self._interval = 1 / requests_per_second
        self._clock = clock
        self._stop = stop
        self._line = line or Line()

    def wait(self) -> None:
        """Return when the caller may send one request, or as soon as the pass is stopped."""
        now = self._clock.monotonic()
        mine = self._line.moment(now, self._interval)
        if mine > now:
            self._clock.wait(mine - now, self._stop)
