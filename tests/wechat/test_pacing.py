"""Requests are spaced evenly, over all threads, and a stop ends the waiting."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from exporter.wechat.pacing import Pacer
from tests.support import FakeClock


class StandingClock(FakeClock):
    """A clock that notes how long callers would wait, and stands still."""

    def wait(self, seconds: float, stop: Event) -> bool:
        self.waits.append(seconds)
        return stop.is_set()


def test_requests_are_sent_evenly_spaced(clock: FakeClock) -> None:
    pacer, begin = Pacer(20, clock, Event()), clock.monotonic()
    moments = []
    for _ in range(41):
        pacer.wait()
        moments.append(clock.monotonic() - begin)
    assert moments == pytest.approx([n / 20 for n in range(41)], abs=1e-4)


def test_the_first_request_waits_for_nothing(clock: FakeClock) -> None:
    Pacer(0.1, clock, Event()).wait()
    assert clock.waits == []


def test_time_without_requests_is_no_credit_for_a_burst(clock: FakeClock) -> None:
    pacer = Pacer(2, clock, Event())
    pacer.wait()
    clock.advance(hours=1)
    for _ in range(3):
        pacer.wait()
    assert clock.waits == pytest.approx([0.5, 0.5], abs=1e-4)


def test_threads_share_one_pace(clock: FakeClock) -> None:
    standing = StandingClock(clock.now())
    pacer = Pacer(10, standing, Event())
    with ThreadPoolExecutor(8) as threads:
        for future in [threads.submit(pacer.wait) for _ in range(24)]:
            future.result()
    assert sorted(standing.waits) == pytest.approx([n / 10 for n in range(1, 24)], abs=1e-4)


def test_a_stop_is_handed_to_the_wait_so_that_it_ends_at_once(clock: FakeClock) -> None:
    stop = Event()
    told: list[Event] = []

    class TellingClock(FakeClock):
        def wait(self, seconds: float, stop: Event) -> bool:
            told.append(stop)
            return super().wait(seconds, stop)

    pacer = Pacer(1, TellingClock(clock.now()), stop)
    pacer.wait()
    pacer.wait()
    assert told == [stop]
