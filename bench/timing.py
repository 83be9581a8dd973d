"""Taking turns and medians: on a shared machine only what ran side by side can be compared."""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

FEWEST = 3


class Turn(NamedTuple):
    """Something to be measured, and how often before it is the next one's turn.

    `ready` is called before each turn, and not measured.
    """

    name: str
    call: Callable[[], object]
    times: int = 1
    ready: Callable[[], object] = lambda: None


class Times:
    """How long something took, again and again."""

    def __init__(self, seconds: Sequence[float]) -> None:
        self.seconds = sorted(seconds)
        self.p50 = statistics.median(self.seconds)

    @property
    def p99(self) -> float:
        """The time that one in a hundred exceeded; the longest one of fewer than a hundred."""
        return self.seconds[min(len(self.seconds) - 1, len(self.seconds) * 99 // 100)]

    def __str__(self) -> str:
        count, spread = len(self.seconds), f"p99 {shown(self.p99)}"
        if count < 100:
            spread = f"{shown(self.seconds[0])} to {shown(self.seconds[-1])}"
        return f"{shown(self.p50)} ({spread}, n {count})"


def shown(seconds: float) -> str:
    """A time in the unit that people read it in."""
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"


def timed(call: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def in_turns(rounds: int, turns: Sequence[Turn], budget: float = 20) -> dict[str, Times]:
    """Measure A B C, C B A, A B C ...: noise that comes and goes meets all of them.

    What has used up `budget` seconds and been measured often enough misses the other rounds.
    """
    found: dict[str, list[float]] = {turn.name: [] for turn in turns}
    for turn in turns:
        turn.call()  # connections, caches, lazy imports
    for number in range(rounds):
        for turn in turns if number % 2 == 0 else reversed(turns):
            times = found[turn.name]
            if sum(times) < budget or len(times) < FEWEST:
                turn.ready()
                times += [timed(turn.call) for _ in range(turn.times)]
    return {name: Times(seconds) for name, seconds in found.items()}
