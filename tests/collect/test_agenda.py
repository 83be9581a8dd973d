"""What is due of an app when the archive loses what it said earlier."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.collect.world import World
from tests.support import FakeClock, beijing

Open = Callable[..., World]
ASKED = [("dailyvisittrend", f"202603{day}") for day in (17, 16, 15)]


def lose(path: Path) -> None:
    """Take out of a database what it learned, as whoever puts an older copy back into it."""
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute("DELETE FROM replies").rowcount == len(ASKED)


def test_what_a_database_loses_is_asked_for_again_at_a_reload(
    open_world: Open, tmp_path: Path
) -> None:
    world = open_world(reports=["daily_visit_trend"], catch_up_days=1)
    assert (world.run(), world.run()) == (ASKED, [])
    lose(tmp_path / "archive.db")
    # It is not read again for that: nothing was due any more.
    assert world.run() == []
    for collector in world.runtime.collector.apps:
        collector.look_again()
    assert world.run() == ASKED
    assert world.run() == []


def test_what_a_database_loses_is_asked_for_again_on_the_next_day(
    open_world: Open, tmp_path: Path, clock: FakeClock
) -> None:
    world = open_world(reports=["daily_visit_trend"], catch_up_days=1)
    assert (world.run(), world.run()) == (ASKED, [])
    lose(tmp_path / "archive.db")
    clock.moment = beijing("2026-03-19 16:00")
    assert world.run() == [("dailyvisittrend", "20260318"), *ASKED[:2]]
