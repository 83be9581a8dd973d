"""Day after day: what time alone takes off /metrics, without choosing everything anew."""

from contextlib import closing
from pathlib import Path
from typing import Any

from exporter.simulator import RunningSimulator
from tests.collect.world import World
from tests.conftest import CAFE, SHOP
from tests.support import FakeClock


def test_each_midnight_leaves_what_a_start_on_that_day_shows(
    wechat: RunningSimulator, tmp_path: Path, clock: FakeClock
) -> None:
    """Over all ages: days leave after 4, a retention after a month, the months' numbers last."""
    given: dict[str, Any] = {"path": tmp_path / "archive.db", "clock": clock, "apps": [SHOP, CAFE]}
    sizes: list[int] = []
    with closing(World(wechat, **given)) as world:
        for number in range(46):
            if number < 6:  # then WeChat falls silent
                world.run()
            clock.advance(days=3 if number > 18 else 1)
            world.runtime.publisher.catch_up()
            with closing(World(wechat, **given)) as started:
                assert world.metrics() == started.metrics()
            sizes.append(len(world.metrics()))
    assert sizes[6:] == sorted(sizes[6:], reverse=True)
    assert len(set(sizes)) > 5
    assert sizes[-1] < 50  # the months' numbers


def test_a_midnight_that_changes_nothing_renders_nothing(
    wechat: RunningSimulator, tmp_path: Path, clock: FakeClock
) -> None:
    with closing(World(wechat, tmp_path / "archive.db", clock)) as world:
        world.run()
        page = world.runtime.exposition.page
        clock.advance(hours=8)
        world.runtime.publisher.catch_up()
        assert world.runtime.exposition.page is page
