"""How much is due is told when a day begins, hours before its first pass asks for it."""

from collections.abc import Callable

import pytest
from sqlalchemy import event

from exporter.config import Config
from exporter.runtime import Occasion
from exporter.simulator import Fault
from tests.collect.world import Watched, World
from tests.conftest import CAFE, SHOP
from tests.support import FakeClock, beijing

Open = Callable[..., World]
TWO = ("daily_visit_trend", "daily_summary")
DUE = "wxa_exporter_reports_due"


def due(world: World) -> list[str]:
    return sorted(line.removeprefix(DUE) for line in world.own(rf"{DUE}\{{"))


def test_at_midnight_all_is_due_that_the_day_wants_anew(open_world: Open, clock: FakeClock) -> None:
    world = open_world(apps=[SHOP, CAFE], reports=TWO)
    world.run()
    clock.moment = beijing("2026-03-18 23:59:55")
    world.runtime.catch_up()
    assert due(world) == ['{app="cafe"} 0.0', '{app="shop"} 0.0']
    clock.moment = beijing("2026-03-19 00:00")
    world.runtime.catch_up()
    # Of each report the day that is over, and the one before once more.
    assert due(world) == ['{app="cafe"} 4.0', '{app="shop"} 4.0']
    clock.moment = beijing("2026-03-19 16:00")
    world.run()
    world.runtime.catch_up()
    assert due(world) == ['{app="cafe"} 0.0', '{app="shop"} 0.0']


@pytest.mark.parametrize("begins", ["2026-03-16 16:00", "2026-03-31 16:00"])
def test_through_days_with_gaps_it_is_what_the_archive_says(
    open_world: Open, clock: FakeClock, begins: str
) -> None:
    clock.moment = beijing(begins)
    world = open_world(catch_up_days=3)
    empty = Fault("errcode", call="getweanalysisappidvisitpage", code=61503)
    late = Fault("errcode", call="getweanalysisappiddailyretaininfo", code=61503, times=9)
    failing = Fault("errcode", call="getweanalysisappidvisitdistribution", code=-1, times=7)
    world.wechat.faults.add(empty, late, failing)
    told = []
    for day in range(1, 6):
        # On the fourth day no pass comes.
        if day != 4:
            world.run()
        clock.moment = beijing(begins).replace(hour=0)
        clock.advance(days=day, minutes=1)
        world.runtime.catch_up()
        told.append(due(world))
        assert told[-1] == due(open_world(catch_up_days=3)), f"day {day}"
        clock.advance(hours=16)
    assert len({line for lines in told for line in lines}) > 2


def test_a_new_day_reads_no_looks(open_world: Open, clock: FakeClock) -> None:
    world = open_world(reports=TWO)
    world.run()
    clock.moment = beijing("2026-03-19 00:00")
    world.runtime.publisher.catch_up()
    statements: list[str] = []
    event.listen(world.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    world.runtime.catch_up()
    assert due(world) == ['{app="shop"} 4.0']
    assert len(statements) == 2
    assert all(".news >" in statement for statement in statements)


def test_a_part_that_ends_after_a_reload_leaves_what_the_new_configuration_told(
    open_world: Open,
) -> None:
    config: list[Config] = []

    def reload(url: str) -> None:
        if config and "datacube" in url:
            world.runtime.follow(config.pop(), Occasion.CHANGED)

    world = open_world(reports=TWO, session=Watched(reload))
    config.append(
        world.config.model_copy(
            update={
                "collect": world.config.collect.model_copy(update={"reports": ("daily_summary",)})
            }
        )
    )
    assert due(world) == ['{app="shop"} 18.0']
    world.run()
    assert due(world) == ['{app="shop"} 9.0']
