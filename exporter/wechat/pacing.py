"""No more requests a second than configured, over all apps and threads."""

from threading import Event, Lock

from exporter.clock import Clock


class Pacer:
    """Gives every caller the next free moment, evenly spaced."""

    def __init__(self, requests_per_second: float, clock: Clock, stop: Event) -> None:
        self._interval = 1 / requests_per_second
        self._clock = clock
        self._stop = stop
        self._lock = Lock()
        self._next = clock.monotonic()

    def wait(self) -> None:
        """Return when the caller may send one request, or as soon as the pass is stopped."""
        with self._lock:
            now = self._clock.monotonic()
            mine = max(self._next, now)
            self._next = mine + self._interval
        if mine > now:
            self._clock.wait(mine - now, self._stop)
