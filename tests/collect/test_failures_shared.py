"""How reports fail is the same on every process over one archive, and after a restart."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import datetime

import pytest

from exporter.backfill import Backfill
from exporter.periods import BEIJING
from exporter.simulator import Fault, RunningSimulator
from tests.collect.conftest import Log
from tests.collect.world import World, day
from tests.conftest import CAFE, SHOP
from tests.support import FakeClock

Open = Callable[..., World]
TREND = "getweanalysisappiddailyvisittrend"
TWO = ("daily_visit_trend", "daily_summary")


@pytest.fixture
def open_one(wechat: RunningSimulator, archive_url: str, clock: FakeClock) -> Iterator[Open]:
    """Opens exporters over one archive in either database, and closes them."""
    with ExitStack() as stack:
        yield lambda **given: stack.enter_context(
            closing(World(wechat, archive_url, clock, reports=TWO, **given))
        )


def failing(world: World) -> list[str]:
    """What is told of the reports that fail, as metrics and on the page for people."""
    told = [
        f"{each.app.name} {name}: {failure.message} at {moment(failure.at)}, paused until "
        f"{moment(failure.until)}"
        for each in world.runtime.collector.apps
        for name, status in each.statuses.items()
        if (failure := status.failure)
    ]
    return sorted(told + world.own(r"report_(error\{|success\{.* 0)"))


def moment(at: datetime | None) -> str:
    return f"{at.astimezone(BEIJING):%H:%M}" if at else "none"


@pytest.mark.parametrize(
    ("fault", "reports"),
    [
        (Fault("errcode", code=45009), 2),
        (Fault("errcode", call="stable_token", code=40164), 2),
        (Fault("errcode", call=TREND, code=48001), 1),
        (Fault("errcode", call=TREND, code=47001), 1),
        (Fault("errcode", call=TREND, code=-1), 1),
        (Fault("http", call=TREND, status=503), 1),
        (Fault("body", call=TREND, body='{"list":[{"ref_date":"20260101"}]}'), 1),
    ],
    ids=["quota", "operator", "permission", "refused", "busy", "http", "malformed"],
)
def test_what_fails_is_shown_by_all_at_the_next_tick_and_after_a_restart(
    open_one: Open, fault: Fault, reports: int
) -> None:
    one, other = open_one(), open_one()
    one.wechat.faults.add(fault)
    one.run()
    assert len(failing(one)) == reports * 3
    for world in (one, other):
        world.runtime.catch_up()
    assert failing(other) == failing(one)
    assert failing(open_one()) == failing(one)


def test_what_another_process_found_over_is_over_at_the_next_tick(open_one: Open) -> None:
    one, other = open_one(apps=[SHOP, CAFE]), open_one(apps=[SHOP, CAFE])
    one.wechat.faults.add(Fault("errcode", call=TREND, code=-1))
    one.run()
    one.wechat.faults.clear()
    assert other.run() != []
    assert len(failing(one)) == 2 * 3
    one.runtime.catch_up()
    assert failing(one) == failing(other) == []


def test_a_failure_that_came_between_is_not_told_as_over_by_who_did_not_hear_of_it(
    open_one: Open, clock: FakeClock
) -> None:
    one, other = open_one(), open_one()
    one.run()
    other.run()
    clock.advance(days=1)
    one.wechat.faults.add(Fault("errcode", call=TREND, code=48001))
    one.run()
    # No tick between: it knows of the pause by the archive alone, and asks for the rest.
    other.run()
    one.runtime.catch_up()
    other.runtime.catch_up()
    assert failing(one) == failing(other) != []


def test_pauses_that_a_person_ended_elsewhere_hold_up_nothing_here(
    open_one: Open, clock: FakeClock
) -> None:
    one, other = open_one(), open_one()
    one.wechat.faults.add(Fault("errcode", code=50002))
    one.run()
    other.runtime.catch_up()
    assert any("until 17:00" in line for line in failing(other))
    one.archive.end_pauses([SHOP.appid])
    other.runtime.catch_up()
    assert not any("until 17:00" in line for line in failing(other))
    one.wechat.faults.clear()
    clock.advance(minutes=5)
    assert other.run() != []


def test_a_failure_is_worth_a_line_again_when_another_process_found_it_over_between(
    open_one: Open, clock: FakeClock, log: Log
) -> None:
    one, other = open_one(), open_one()
    for lines in (1, 2):
        one.wechat.faults.add(Fault("errcode", call=TREND, code=-1))
        one.run()
        assert len(log.lines("look failed", "code=-1")) == lines
        one.wechat.faults.clear()
        other.run()
        one.runtime.catch_up()
        clock.advance(days=1)


def test_a_failure_that_nobody_came_to_tell_as_over_is_over_at_the_next_pass(
    open_one: Open, clock: FakeClock
) -> None:
    one = open_one()
    one.wechat.faults.add(Fault("errcode", call=TREND, code=-1))
    one.run()
    one.wechat.faults.clear()
    clock.advance(minutes=1)
    # As one that is killed before its part is over.
    assert one.runtime.collector.run(one.runtime.standing).complete
    restarted = open_one()
    restarted.runtime.catch_up()
    assert restarted.run() == []
    for world in (restarted, open_one()):
        world.runtime.catch_up()
        assert failing(world) == []


def test_what_a_backfill_meets_on_past_days_is_no_failure_of_the_report(open_one: Open) -> None:
    one, filling = open_one(), open_one()
    one.run()
    before = failing(one)
    one.wechat.faults.add(Fault("errcode", code=47001))
    steps = Backfill(filling.runtime, day("2026-02-20"), day("2026-02-21")).steps()
    assert [step for step in steps if step.part.asked] != []
    one.runtime.catch_up()
    assert failing(one) == before
