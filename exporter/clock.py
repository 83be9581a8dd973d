"""Time as an argument, so that tests pass in a clock of their own."""

import time
from datetime import UTC, datetime
from threading import Event
from typing import Protocol


class Clock(Protocol):
    """What the program asks of time."""

    def now(self) -> datetime:
        """The present moment, with its time zone."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back, for measuring and pacing."""
        ...

    def wait(self, seconds: float, stop: Event) -> bool:
        """Wait that long, or shorter when `stop` is set. True when it was set."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def wait(self, seconds: float, stop: Event) -> bool:
        return stop.wait(seconds)
