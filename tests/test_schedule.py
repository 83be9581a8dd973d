"""When passes and housekeeping are triggered."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from exporter.periods import BEIJING
from exporter.schedule import JITTER_SECONDS, Schedule

SELDOM = "0 0 29 2 *"


@pytest.fixture
def schedule() -> Iterator[Schedule]:
    made = Schedule(lambda: None, lambda: None, tick_seconds=3600)
    yield made
    made.stop()


def test_there_is_no_next_pass_before_the_start(schedule: Schedule) -> None:
    assert schedule.next_pass is None


def test_the_next_pass_is_the_crontabs_in_beijing_and_a_little_aside(schedule: Schedule) -> None:
    schedule.start("30 9 * * *")
    upcoming = schedule.next_pass
    assert upcoming is not None
    assert upcoming > datetime.now(UTC) - timedelta(seconds=JITTER_SECONDS)
    wanted = upcoming.astimezone(BEIJING).replace(hour=9, minute=30, second=0, microsecond=0)
    assert abs((upcoming - wanted).total_seconds()) <= JITTER_SECONDS


def test_another_crontab_replaces_the_first(schedule: Schedule) -> None:
    schedule.start(SELDOM)
    seldom = schedule.next_pass
    schedule.follow("*/5 * * * *")
    often = schedule.next_pass
    assert seldom is not None
    assert often is not None
    assert often < seldom
    assert often - datetime.now(UTC) < timedelta(minutes=5, seconds=2 * JITTER_SECONDS)


def test_housekeeping_runs_again_and_again_and_ends() -> None:
    ticks, thrice = 0, Event()

    def tick() -> None:
        nonlocal ticks
        ticks += 1
        if ticks == 3:
            thrice.set()

    schedule = Schedule(lambda: None, tick, tick_seconds=0.01)
    schedule.start(SELDOM)
    assert thrice.wait(10)
    schedule.stop()


def test_stopping_what_never_started_is_fine() -> None:
    Schedule(lambda: None, lambda: None, tick_seconds=3600).stop()
