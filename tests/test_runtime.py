"""A configuration at work: what one run leaves, the next one serves."""

from contextlib import closing
from pathlib import Path
from typing import Any

from exporter.simulator import Fault, RunningSimulator, Simulator
from tests.collect.world import World
from tests.conftest import CAFE, SHOP
from tests.support import FakeClock, beijing


def last_success(world: World) -> dict[str, int]:
    """By app and report, the second in which data last arrived."""
    found = [line.rpartition(" ") for line in world.own("last_success")]
    return {series: int(float(value)) for series, _, value in found}


def test_a_restart_shows_what_was_shown_without_any_call(
    wechat: RunningSimulator, simulator: Simulator, tmp_path: Path, clock: FakeClock
) -> None:
    arguments: dict[str, Any] = {"path": tmp_path / "archive.db", "clock": clock}
    with closing(World(wechat, **arguments, apps=[SHOP, CAFE])) as world:
        world.run()
        metrics = world.metrics()
        success = last_success(world)
        assert len(metrics) > 900
    before = len(simulator.calls)
    with closing(World(wechat, **arguments, apps=[SHOP, CAFE])) as world:
        assert world.metrics() == metrics
        assert last_success(world) == success
        assert len(success) == 24
        world.run()
    assert len(simulator.calls) == before


def test_after_a_crash_in_mid_pass_the_next_run_asks_for_the_rest_alone(
    wechat: RunningSimulator, simulator: Simulator, tmp_path: Path, clock: FakeClock
) -> None:
    arguments: dict[str, Any] = {"path": tmp_path / "archive.db", "clock": clock}
    simulator.faults.add(Fault("close", call="getweanalysisappidvisitpage"))
    simulator.faults.add(Fault("close", call="getweanalysisappidmonthlyretaininfo"))
    with closing(World(wechat, **arguments)) as world:
        first = [call for call, _ in world.run()]
        assert set(first) >= {"dailyvisittrend", "weeklyretaininfo", "visitpage"}
    simulator.faults.clear()
    with closing(World(wechat, **arguments)) as world:
        assert {call for call, _ in world.run()} == {
            "monthlyretaininfo", "visitpage", "dailysummarytrend", "userportrait",
        }  # fmt: skip
        assert world.result.complete


def test_a_start_long_after_the_last_run_shows_no_stale_value(
    wechat: RunningSimulator, tmp_path: Path, clock: FakeClock
) -> None:
    arguments: dict[str, Any] = {"path": tmp_path / "archive.db", "clock": clock}
    with closing(World(wechat, **arguments)) as world:
        world.run()
        success = last_success(world)
    clock.moment = beijing("2027-03-18 08:00")
    with closing(World(wechat, **arguments)) as world:
        assert last_success(world) == success
        assert world.metrics() == [f'wxa_app_info{{app="shop",appid="{SHOP.appid}"}} 1.0']


def test_an_app_is_known_by_its_appid_whatever_its_name(
    wechat: RunningSimulator, simulator: Simulator, tmp_path: Path, clock: FakeClock
) -> None:
    with closing(World(wechat, tmp_path / "archive.db", clock)) as world:
        world.run()
        metrics = world.metrics()
    before = len(simulator.calls)
    renamed = World(wechat, tmp_path / "archive.db", clock, names={SHOP.appid: "boutique"})
    with closing(renamed) as world:
        assert world.metrics() == [line.replace('"shop"', '"boutique"') for line in metrics]
        world.run()
    assert len(simulator.calls) == before
