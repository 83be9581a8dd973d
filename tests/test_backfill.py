"""A backfill on a clock by hand: order, resuming, and when it gives up."""

import itertools
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from exporter.backfill import Backfill, narrowed
from exporter.history import Asked, BadQuestion
from exporter.simulator import Fault, RunningSimulator
from tests.collect.world import World
from tests.conftest import CAFE, SHOP
from tests.support import FakeClock

LAST = date(2026, 3, 17)
FIRST = LAST - timedelta(days=13)
DAILY = ("daily_visit_trend", "daily_summary")


@pytest.fixture
def world(wechat: RunningSimulator, tmp_path: Path, clock: FakeClock) -> Iterator[World]:
    with closing(World(wechat, tmp_path / "a.db", clock, (SHOP, CAFE), DAILY)) as world:
        yield world


def dates(world: World) -> list[str]:
    return [call.begin_date for call in world.wechat.calls if "token" not in call.call]


def run(world: World, first: date = FIRST, last: date = LAST) -> Backfill:
    filling = Backfill(world.runtime, first, last)
    for _ in filling.days():
        pass
    return filling


def test_the_newest_day_is_asked_first_and_every_day_once(world: World) -> None:
    filling = run(world)
    asked = dates(world)
    assert asked == sorted(asked, reverse=True)
    assert len(asked) == 14 * 2 * 2
    assert filling.missing() == 0
    run(world)
    assert len(dates(world)) == len(asked)


def test_weeks_and_months_are_asked_on_their_first_day(
    wechat: RunningSimulator, tmp_path: Path, clock: FakeClock
) -> None:
    reports = ("weekly_visit_trend", "monthly_visit_trend", "monthly_retention")
    with closing(World(wechat, tmp_path / "a.db", clock, reports=reports)) as world:
        run(world, date(2026, 1, 1))
        weeks = [c.begin_date for c in world.wechat.calls if "weekly" in c.call]
        assert weeks[0] == "20260309"
        assert len(weeks) == 10
        months = [c.begin_date for c in world.wechat.calls if "monthlyvisit" in c.call]
        assert months == ["20260201", "20260101"]


def test_a_stop_in_between_is_resumed_without_asking_twice(world: World) -> None:
    filling = Backfill(world.runtime, FIRST, LAST)
    for number, _ in enumerate(filling.days()):
        if number == 4:
            filling.stop()
    assert filling.stopped
    assert len(dates(world)) == 5 * 4
    world.runtime.stop.clear()
    run(world)
    calls = [(c.appid, c.call, c.begin_date) for c in world.wechat.calls if "token" not in c.call]
    assert len(calls) == len(set(calls)) == 14 * 4


def test_old_days_without_data_are_settled_after_one_look(world: World, clock: FakeClock) -> None:
    before_the_app = date(2025, 5, 1)
    run(world, before_the_app, before_the_app + timedelta(days=3))
    asked = len(dates(world))
    assert asked == 4 * 4
    clock.advance(days=1)
    assert run(world, before_the_app, before_the_app + timedelta(days=3)).missing() == 0
    assert len(dates(world)) == asked


def test_a_recent_empty_day_is_looked_at_again_on_another_day(
    world: World, clock: FakeClock
) -> None:
    world.wechat.faults.add(Fault("empty", begin_date="20260310", times=4))
    run(world)
    asked = len(dates(world))
    run(world)
    assert len(dates(world)) == asked
    clock.advance(days=1)
    run(world)
    assert dates(world)[asked:] == ["20260317"] * 4 + ["20260310"] * 4


def test_a_spent_quota_ends_it_when_all_apps_are_hit(world: World) -> None:
    world.wechat.faults.add(Fault("errcode", code=45009, begin_date="20260315"))
    filling = run(world)
    assert filling.hopeless
    assert min(dates(world)) == "20260315"
    assert len([day for day in dates(world) if day == "20260315"]) == 2
    assert [each.code for each in filling.failures()["shop"]] == ["45009"]


def test_a_spent_quota_of_one_app_leaves_the_other_going(world: World) -> None:
    world.wechat.faults.add(Fault("errcode", code=45009, appid=SHOP.appid))
    filling = run(world)
    assert filling.missing() == 14 * 2
    assert (
        len([c for c in world.wechat.calls if c.appid == SHOP.appid and c.outcome == "45009"]) == 1
    )


@pytest.mark.parametrize("reports", [DAILY, DAILY[:1]])
def test_without_any_answer_it_ends_after_two_days_at_most(
    wechat: RunningSimulator, tmp_path: Path, clock: FakeClock, reports: tuple[str, ...]
) -> None:
    with closing(World(wechat, tmp_path / "a.db", clock, reports=reports)) as world:
        world.wechat.faults.add(Fault("close"))
        filling = run(world)
        assert filling.hopeless
        assert len(dates(world)) <= 6
        assert len(set(dates(world))) <= 2


def test_one_report_that_fails_does_not_end_the_others(world: World) -> None:
    world.wechat.faults.add(Fault("errcode", code=-1, call="getweanalysisappiddailysummarytrend"))
    filling = run(world)
    assert filling.missing() == 14 * 2
    got = {c.begin_date for c in world.wechat.calls if c.outcome == "0" and "visit" in c.call}
    assert len(got) == 14


def test_an_archive_that_fails_ends_it(world: World) -> None:
    filling = Backfill(world.runtime, FIRST, LAST)
    days = filling.days()
    next(days)
    world.disk.state = world.disk.READ_ONLY
    assert len(list(days)) == 1
    assert "cannot be written" in (filling.archive_error or "")


def test_apps_and_reports_are_narrowed(world: World) -> None:
    asked = Asked.span(world.config, FIRST, LAST, ["cafe"], ["daily_summary"])
    config = narrowed(world.config, asked)
    assert [(app.name, config.reports_of(app)) for app in config.apps] == [
        ("cafe", ("daily_summary",))
    ]


def test_a_report_that_nobody_collects_is_refused(world: World) -> None:
    asked = Asked.span(world.config, FIRST, LAST, [], ["visit_page"])
    with pytest.raises(BadQuestion, match="none of the apps named collects a report named"):
        narrowed(world.config, asked)


def test_days_are_told_one_by_one(world: World) -> None:
    told = list(Backfill(world.runtime, FIRST, LAST).days())
    assert [(day.asked, day.arrived, day.faults) for day in told] == [(4, 4, 0)] * 14
    assert all(a.day > b.day for a, b in itertools.pairwise(told))
