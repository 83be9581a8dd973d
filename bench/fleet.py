"""What many apps cost: the calls of their mornings."""

from collections.abc import Iterator
from pathlib import Path

from bench.mornings import Mornings, mornings
from bench.table import Row, within

DAYS = 40
# An app that comes out at the same hour each day, early, in the middle and late; late reports
# come on top. 0: another hour each day.
HOURS = (8.25, 10.25, 12.5, 0.0)
CALLS_AIM, IN_TIME_AIM = 2.0, 0.95


def run(folder: Path) -> Iterator[Row]:
    """Calls per app and day, and what came later than by asking everything at each pass."""
    every = Mornings()
    for number, hour in enumerate(HOURS):
        found = mornings(folder, seed=number, days=DAYS, steady=hour)
        every.add(found)
        when = f"{int(hour)}:{hour % 1 * 60:02.0f}" if hour else "another hour each day"
        yield _calls(f"calls a day, 1 app, {DAYS} days, {when}", found, len(found.calls))
    yield _calls(f"calls a day and app, these {len(HOURS)}", every, len(HOURS) * DAYS)
    share, latest = every.in_time, max(every.delays)
    yield Row(
        "windows with the first pass that can bring them",
        f"{share:.1%} (the others {latest} passes later at most)",
        f"{every.delays.total():,} windows",
        aim=f">= {IN_TIME_AIM:.0%}, 1 pass",
        met=share >= IN_TIME_AIM and latest <= 1,
    )


def _calls(what: str, found: Mornings, days: int) -> Row:
    calls, bound = found.calls.total() / days, found.bound.total() / days
    return within(what, f"{calls:.1f}", f"each ask once {bound:.1f}", found.ratio, CALLS_AIM)
