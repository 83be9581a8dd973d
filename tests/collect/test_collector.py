"""A pass over several apps: side by side, apart from each other, and without an archive."""

from collections.abc import Callable
from datetime import date
from threading import Thread

import pytest

from exporter.simulator import Fault, RunningSimulator, SimulatedApp, Simulator
from tests.collect.conftest import Log
from tests.collect.world import Disk, Watched, World
from tests.conftest import CAFE, SHOP
from tests.support import FakeClock

Open = Callable[..., World]
TWO = ("daily_visit_trend", "daily_summary")


@pytest.mark.parametrize(("concurrency", "most"), [(1, 1), (3, 3), (64, 6)])
def test_as_many_apps_as_configured_are_asked_at_once(
    clock: FakeClock, open_world: Open, concurrency: int, most: int
) -> None:
    apps = [
        SimulatedApp(f"wx{n:016}", f"secret-{n}", 100, date(2025, 6, 2), name=f"app-{n}")
        for n in range(6)
    ]
    with RunningSimulator(Simulator(apps, clock, latency_seconds=0.03)) as wechat:
        session = Watched()
        world = open_world(
            wechat=wechat, apps=apps, reports=["daily_summary"], catch_up_days=1,
            concurrency=concurrency, session=session,
        )  # fmt: skip
        world.run()
        assert world.result.arrived == 18
        assert session.most == most


def test_the_calls_of_one_app_follow_one_another(open_world: Open) -> None:
    session = Watched()
    open_world(session=session).run()
    assert session.most == 1


def test_a_stop_ends_the_pass_after_the_call_in_flight(open_world: Open, log: Log) -> None:
    def stop(url: str) -> None:
        if "datacube" in url:
            world.runtime.stop.set()

    world = open_world(apps=[SHOP, CAFE], concurrency=1, session=Watched(stop))
    assert world.run() == [("dailyvisittrend", "20260317")]
    assert world.run(CAFE) == []
    assert world.metrics('wxa_sessions{app="shop"}') != []
    assert log.lines("level=error") == []


def test_a_stop_ends_the_waiting_between_retries(open_world: Open, clock: FakeClock) -> None:
    world = open_world(session=Watched(lambda _: world.runtime.stop.set()))
    world.wechat.faults.add(Fault("http", call="stable_token"))
    world.run()
    assert [call.call for call in world.wechat.calls] == ["stable_token"]
    assert sum(clock.waits) < 1


def test_an_archive_that_cannot_be_written_stops_all_asking_and_is_told_once(
    open_world: Open, log: Log
) -> None:
    world = open_world(apps=[SHOP, CAFE], reports=TWO)
    world.disk.state = Disk.READ_ONLY
    for _ in range(3):
        assert world.run() == world.run(CAFE) == []
        assert not world.result.complete
    assert world.wechat.calls == []
    assert world.own("archive_writable") == ["wxa_exporter_archive_writable 0.0"]
    (line,) = log.lines()
    assert 'level=error event="archive failed"' in line
    assert "cannot be written: attempt to write a readonly database" in line
    assert "nothing is asked until it works again; /metrics keeps its values" in line
    world.disk.state = Disk.GOOD
    assert len(world.run()) == 18
    assert world.own("archive_writable") == ["wxa_exporter_archive_writable 1.0"]
    assert log.lines("archive")[1:] == ['level=info event="archive works again"']


def test_an_archive_that_is_full_in_mid_pass_ends_the_pass_and_keeps_what_is_shown(
    open_world: Open, log: Log
) -> None:
    def fill(url: str) -> None:
        if "visitpage" in url:
            world.disk.state = Disk.FULL

    session = Watched(fill)
    world = open_world(
        apps=[SHOP, CAFE], reports=["daily_visit_trend", "visit_page"], concurrency=1,
        session=session,
    )  # fmt: skip
    calls = world.run()
    assert calls[:9] == [("dailyvisittrend", f"202603{day:02}") for day in range(17, 8, -1)]
    assert {call for call, _ in calls[9:]} == {"visitpage"}
    assert len(calls) < 18
    assert not [call for call in world.wechat.calls if call.appid == CAFE.appid]
    assert "database or disk is full" in str(world.result.archive_error)
    shown = world.metrics()
    assert any(line.startswith('wxa_sessions{app="shop"}') for line in shown)
    # What is asked while the disk is full is lost: the pass ends with the first reply.
    assert len(world.run()) <= 1
    assert world.metrics() == shown
    assert len(log.lines("archive failed")) == 1
    session.before = None
    world.disk.state = Disk.GOOD
    world.run()
    assert world.result.complete
    assert log.lines("archive works again") == ['level=info event="archive works again"']
    assert len(world.metrics("wxa_page_visit_pv")) == 80


def test_a_pass_waits_for_the_one_before_it(open_world: Open) -> None:
    second: list[Thread] = []

    def once(_: str) -> None:
        if not second:
            second.append(Thread(target=world.runtime.run_pass))
            second[0].start()

    session = Watched(once)
    world = open_world(session=session)
    first = world.run()
    second[0].join()
    assert len(first) == 87
    assert session.most == 1
    assert sum("token" not in call.call for call in world.wechat.calls) == 87
