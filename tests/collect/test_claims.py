"""Several processes on one PostgreSQL ask for everything once, whichever of them die."""

import select
import subprocess
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from exporter.archive import archive_at
from exporter.clock import SystemClock
from exporter.collect.app import AppCollector
from exporter.errors import ArchiveError
from exporter.periods import beijing_day
from exporter.simulator import Fault, RunningSimulator, Simulator
from tests.cli.running import BAKERY, WXA
from tests.collect.world import Watched, World
from tests.conftest import CAFE, SHOP
from tests.postgresql_server import PostgreSQL
from tests.support import FakeClock, eventually
from tests.web.serving import entry


def asked(simulator: Simulator) -> Counter[tuple[str, str, str]]:
    """How often each window was asked for: appid, call, first day."""
    return Counter(
        (call.appid, call.call, call.begin_date)
        for call in simulator.calls
        if "token" not in call.call
    )


def test_a_claim_holds_until_its_process_lets_go_or_its_session_ends(
    postgresql: PostgreSQL,
) -> None:
    url = postgresql.new_database()
    with closing(archive_at(url)) as one, closing(archive_at(url)) as other:
        assert one.claims.take("wx1")
        assert not other.claims.take("wx1")
        assert not one.claims.take("wx1")
        assert other.claims.take("wx2")
        one.claims.give_back("wx1")
        assert other.claims.take("wx1")
        other.claims.check("wx1")
        postgresql.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
        )
        for _ in range(2):
            with pytest.raises(ArchiveError, match="let go of the apps that this exporter was"):
                other.claims.check("wx1")
        assert one.claims.take("wx1")
        # A new session is no proof for what the old one had.
        assert other.claims.take("wx3")
        with pytest.raises(ArchiveError, match="let go of the apps"):
            other.claims.check("wx2")


def test_a_claim_outlives_the_time_after_which_idle_sessions_end(
    own_server: PostgreSQL,
) -> None:
    own_server.execute("ALTER ROLE wxa SET idle_session_timeout = '100ms'")
    url = own_server.new_database()
    with closing(archive_at(url)) as one, closing(archive_at(url)) as other:
        assert one.claims.take("wx1")
        with psycopg.connect(url) as idle:
            eventually(lambda: ended(idle), 20, "an idle session ends")
        one.claims.check("wx1")
        assert not other.claims.take("wx1")


def ended(session: psycopg.Connection[Any]) -> bool:
    """Whether the server has ended a session: asked without a word to it, which would wake it."""
    return bool(select.select([session.fileno()], [], [], 0)[0])


def test_what_one_process_asked_no_other_asks_again_in_the_same_pass(
    wechat: RunningSimulator, postgresql: PostgreSQL, clock: FakeClock
) -> None:
    clock.advance(hours=-6)  # 10 o'clock, when WeChat has published a part
    url = postgresql.new_database()
    with (
        closing(World(wechat, url, clock, apps=[SHOP, CAFE])) as one,
        closing(World(wechat, url, clock, apps=[SHOP, CAFE])) as other,
    ):
        assert one.run() != []
        clock.advance(seconds=100)
        assert other.run() == []
        assert other.metrics() == one.metrics() != []
        due = r"reports_due\{"
        assert sorted(other.own(due)) == sorted(one.own(due)) != []
        clock.advance(minutes=28)
        again = other.run()
        assert again != []
        clock.advance(seconds=10)
        assert one.run() == []
    assert set(asked(wechat.simulator).values()) <= {1, 2}


def test_what_a_process_asked_whose_clock_runs_a_day_ahead_is_asked_again(
    wechat: RunningSimulator, postgresql: PostgreSQL, clock: FakeClock
) -> None:
    url, late = postgresql.new_database(), "dailysummarytrend"
    wechat.simulator.faults.add(Fault("empty", call=f"getweanalysisappid{late}"))
    ahead = FakeClock(clock.now() + timedelta(days=1))
    yesterday = f"{beijing_day(clock.now()) - timedelta(days=1):%Y%m%d}"
    with closing(World(wechat, url, ahead)) as wrong, closing(World(wechat, url, clock)) as right:
        assert (late, yesterday) in wrong.run()
        wechat.simulator.faults.clear()
        clock.advance(minutes=30)
        assert (late, yesterday) in right.run()
        assert right.run() == []


def test_a_process_whose_claims_are_lost_stops_asking(
    wechat: RunningSimulator, postgresql: PostgreSQL, clock: FakeClock
) -> None:
    url, calls = postgresql.new_database(), iter(range(1000))

    def end_the_session(address: str) -> None:
        if "/datacube/" in address and next(calls) == 3:
            postgresql.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            )

    with closing(World(wechat, url, clock, session=Watched(end_the_session))) as world:
        assert len(world.run()) == 4
        assert "let go of the apps that this exporter was asking" in str(world.result.archive_error)
        rest = world.run()
        assert world.result.archive_error is None
        assert len(rest) > 20
    assert set(asked(wechat.simulator).values()) == {1}


APPS = [replace(BAKERY, appid=f"wx{number:016x}") for number in range(12)]


def config_of(folder: Path, wechat_url: str, archive_url: str) -> Path:
    """One replica's configuration file."""
    path = folder / "config.yaml"
    content = {
        "apps": [entry(f"bakery-{number}", app) for number, app in enumerate(APPS)],
        "collect": {"reports": ["daily_visit_trend", "visit_page"], "concurrency": 2},
        "api": {"base_url": wechat_url, "requests_per_second": 10_000},
        "archive": {"url": archive_url},
    }
    path.write_text(yaml.safe_dump(content))
    return path


def test_three_processes_one_of_them_killed_ask_for_every_window_once(
    postgresql: PostgreSQL, tmp_path: Path
) -> None:
    simulator = Simulator(APPS, SystemClock(), latency_seconds=0.05)
    with RunningSimulator(simulator) as wechat:
        path = config_of(tmp_path, wechat.url, postgresql.new_database())
        command = [WXA, "collect", f"--config.file={path}", "--log.level=warning"]

        def begin() -> "subprocess.Popen[str]":
            return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

        running = [begin() for _ in range(3)]
        eventually(lambda: len(asked(simulator)) > 40, 60, "the pass is in its middle")
        running[0].kill()
        running[0].communicate()
        running[0] = begin()
        shown = [values_of(process.communicate(timeout=120)[0]) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert shown[0] == shown[1] == shown[2]
    assert len(shown[0]) > 12 * 8
    counts = asked(simulator)
    assert {appid for appid, _, _ in counts} == {app.appid for app in APPS}
    assert len(counts) == 12 * 18
    # The killed one had a call of each of its two workers in flight.
    assert sum(counts.values()) - len(counts) <= 2


def values_of(text: str) -> list[str]:
    """The lines of /metrics that all processes share."""
    lines = text.splitlines()
    return [line for line in lines if not line.startswith(("#", "wxa_exporter_"))]


def test_quotas_are_asked_for_under_the_apps_claim(
    wechat: RunningSimulator, postgresql: PostgreSQL, clock: FakeClock
) -> None:
    url, taken = postgresql.new_database(), []

    def take(address: str) -> None:
        if "quota/get" in address:
            taken.append(other.claims.take(SHOP.appid))

    with (
        closing(World(wechat, url, clock, session=Watched(take))) as world,
        closing(archive_at(url)) as other,
    ):
        world.run()
        assert taken == [False]
        assert other.claims.take(SHOP.appid)


def test_a_claim_is_given_back_also_where_what_follows_the_part_fails(
    wechat: RunningSimulator, postgresql: PostgreSQL, clock: FakeClock
) -> None:
    def fail(_: AppCollector) -> None:
        raise ArchiveError("the disk is full")

    url = postgresql.new_database()
    with closing(World(wechat, url, clock)) as world, closing(archive_at(url)) as other:
        result = world.runtime.collector.run(world.runtime.standing, fail)
        assert result.archive_error == "the disk is full"
        assert other.claims.take(SHOP.appid)


def test_a_process_whose_claims_are_lost_asks_for_no_quotas(
    wechat: RunningSimulator, postgresql: PostgreSQL, clock: FakeClock
) -> None:
    def end_the_session(address: str) -> None:
        if "get_scene" in address:
            postgresql.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            )

    url, session = postgresql.new_database(), Watched(end_the_session)
    with closing(World(wechat, url, clock, session=session)) as world:
        world.run()
        assert "let go of the apps that this exporter was asking" in str(world.result.archive_error)
        assert [call.call for call in wechat.simulator.asides] == ["get_scene"]
        world.run()
        assert len(wechat.simulator.asides) == 2


def test_a_pause_holds_for_every_process_and_after_a_restart_until_it_is_ended(
    wechat: RunningSimulator, postgresql: PostgreSQL, clock: FakeClock
) -> None:
    url = postgresql.new_database()
    wechat.simulator.faults.add(Fault("errcode", code=45009))
    with (
        closing(World(wechat, url, clock)) as one,
        closing(World(wechat, url, clock)) as other,
    ):
        assert len(one.run()) == 1
        clock.advance(minutes=30)
        assert other.run() == []
        failing = r"report_success\{"
        assert sorted(other.own(failing)) == sorted(one.own(failing)) != []
    with closing(World(wechat, url, clock)) as restarted:
        assert restarted.run() == []
        restarted.archive.end_pauses([SHOP.appid])
        clock.advance(minutes=30)
        assert len(restarted.run()) == 1
        clock.advance(hours=9)
        assert len(restarted.run()) == 1


def test_a_request_that_wechat_called_wrong_is_left_alone_by_every_process(
    wechat: RunningSimulator, postgresql: PostgreSQL, clock: FakeClock
) -> None:
    url = postgresql.new_database()
    wechat.simulator.faults.add(Fault("errcode", call="getweanalysisappidvisitpage", code=47001))
    with (
        closing(World(wechat, url, clock)) as one,
        closing(World(wechat, url, clock)) as other,
    ):
        assert one.run() != []
        wechat.simulator.faults.clear()
        for hours in (1, 4):
            clock.advance(hours=hours)
            assert other.run() == []
        clock.advance(hours=1)
        assert {call for call, _ in other.run()} == {"visitpage"}
