"""When passes and housekeeping are triggered, on a clock that the test moves."""

import itertools
from datetime import timedelta
from threading import Event

import pytest

from exporter.schedule import JITTER_SECONDS, Schedule, jitter
from tests.logged import logged
from tests.support import FakeClock, beijing

HALF_HOURLY = "*/30 8-23 * * *"
HOUR = 3600.0


class Diary:
    """A schedule that looks every minute of a clock, and at which of them passes began."""

    def __init__(self, start: str, crontab: str = HALF_HOURLY, late: float = 0) -> None:
        self.clock = FakeClock(beijing(start))
        self.passes: list[str] = []
        self.ticks = 0
        self.schedule = Schedule(self.clock, self._pass, self._tick, lambda: late)
        self.schedule.follow(crontab)

    def _pass(self) -> None:
        self.passes.append(f"{self.clock.moment:%d %H:%M}")

    def _tick(self) -> None:
        self.ticks += 1

    def go_on(self, **span: float) -> list[str]:
        """The passes that begin within a span, by day and time."""
        seen = len(self.passes)
        for _ in range(int(timedelta(**span).total_seconds() // 60)):
            self.clock.advance(minutes=1)
            self.schedule.look()
        return self.passes[seen:]


def test_passes_begin_at_the_moments_of_the_crontab_and_each_once() -> None:
    diary = Diary("2026-03-18 07:50")
    found = diary.go_on(days=1)
    assert found[:3] == ["18 08:00", "18 08:30", "18 09:00"]
    assert len(found) == len(set(found)) == 32
    assert diary.ticks == 24 * 60


def test_a_pass_begins_a_little_late_and_never_early() -> None:
    diary = Diary("2026-03-18 07:50", late=45)
    assert diary.schedule.next_pass == beijing("2026-03-18 08:00") + timedelta(seconds=45)
    assert diary.go_on(minutes=60)[0] == "18 08:01"
    drawn = {round(jitter()) for _ in range(500)}
    assert min(drawn) >= 0
    assert max(drawn) <= JITTER_SECONDS
    assert len(drawn) > 10


def test_there_is_no_next_pass_before_the_start() -> None:
    assert (
        Schedule(FakeClock(beijing("2026-03-18 07:50")), lambda: None, lambda: None).next_pass
        is None
    )


def test_another_crontab_replaces_the_first() -> None:
    diary = Diary("2026-03-18 07:50", "0 0 29 2 *")
    diary.schedule.follow("*/5 * * * *")
    assert diary.schedule.next_pass == beijing("2026-03-18 07:55")


def test_a_machine_that_slept_runs_one_pass_for_those_it_missed() -> None:
    diary = Diary("2026-03-18 09:10")
    diary.clock.advance(hours=5)
    assert diary.go_on(minutes=45) == ["18 14:11", "18 14:30"]


def test_a_clock_that_goes_back_a_day_holds_up_no_pass() -> None:
    diary = Diary("2026-03-18 09:10")
    diary.go_on(minutes=10)
    diary.clock.advance(days=-1)
    assert diary.go_on(hours=1) == ["17 09:30", "17 10:00"]
    diary.clock.advance(days=1)  # right again, past a day of passes: one for all of them
    assert diary.go_on(hours=1) == ["18 10:21", "18 10:30", "18 11:00"]


def test_the_first_pass_after_a_moment_is_the_next_one_or_one_of_the_crontab() -> None:
    diary = Diary("2026-03-18 15:02", late=30)
    at = {
        text: f"{diary.schedule.pass_after(beijing(text)):%d %H:%M:%S}"
        for text in ("2026-03-18 15:10", "2026-03-18 16:00", "2026-03-18 16:01", "2026-03-19 00:00")
    }
    assert at == {
        "2026-03-18 15:10": "18 15:30:30",
        "2026-03-18 16:00": "18 16:00:00",
        "2026-03-18 16:01": "18 16:30:00",
        "2026-03-19 00:00": "19 08:00:00",
    }


def test_housekeeping_runs_again_and_again_though_it_fails_and_ends() -> None:
    count, thrice = itertools.count(1), Event()

    def tick() -> None:
        if next(count) == 3:
            thrice.set()
        raise RuntimeError("a fault of ours")

    schedule = Schedule(FakeClock(beijing("2026-03-18 09:10")), lambda: None, tick)
    with logged("info") as log:
        schedule.start("0 0 29 2 *", 0.01)
        assert thrice.wait(10)
        schedule.stop()
    assert "housekeeping failed" in log.getvalue()
    assert "a fault of ours" in log.getvalue()


def test_stopping_what_never_started_is_fine() -> None:
    Schedule(FakeClock(beijing("2026-03-18 09:10")), lambda: None, lambda: None).stop()


@pytest.mark.parametrize("crontab", ["61 * * * *", "* * * *"])
def test_a_line_that_is_none_is_refused(crontab: str) -> None:
    with pytest.raises(ValueError, match=r"crontab line|nothing that cron knows"):
        Diary("2026-03-18 09:10", crontab)
