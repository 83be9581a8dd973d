"""A backfill on a clock by hand: order, resuming, and when it gives up."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from threading import Event

import pytest

from exporter.backfill import Backfill, DayCount, narrowed
from exporter.history import Asked, BadQuestion
from exporter.reports.table import BY_NAME
from exporter.simulator import Fault, RunningSimulator
from tests.collect.world import Watched, World
from tests.conftest import CAFE, SHOP
from tests.support import FakeClock

LAST = date(2026, 3, 17)
FIRST = LAST - timedelta(days=13)
DAILY = ("daily_visit_trend", "daily_summary")


@pytest.fixture
def world(wechat: RunningSimulator, tmp_path: Path, clock: FakeClock) -> Iterator[World]:
    with closing(World(wechat, tmp_path / "a.db", clock, (SHOP, CAFE), DAILY)) as world:
        yield world


@pytest.fixture
def one_by_one(wechat: RunningSimulator, tmp_path: Path, clock: FakeClock) -> Iterator[World]:
    with closing(
        World(wechat, tmp_path / "a.db", clock, (SHOP, CAFE), DAILY, concurrency=1)
    ) as world:
        yield world


def dates(world: World, appid: str = "") -> list[str]:
    return [
        call.begin_date for call in world.wechat.calls
        if "token" not in call.call and appid in (call.appid, "")
    ]  # fmt: skip


def run(
    world: World,
    first: date = FIRST,
    last: date = LAST,
    told: Callable[[DayCount], None] = lambda _: None,
) -> Backfill:
    filling = Backfill(world.runtime, first, last)
    for step in filling.steps():
        for day in step.over:
            told(day)
    return filling


def test_the_newest_day_is_asked_first_and_every_day_once(world: World) -> None:
    filling = run(world)
    asked = dates(world)
    for app in (SHOP, CAFE):
        assert dates(world, app.appid) == sorted(dates(world, app.appid), reverse=True)
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


def test_more_apps_than_workers_take_turns_day_by_day(one_by_one: World) -> None:
    run(one_by_one)
    assert dates(one_by_one) == sorted(dates(one_by_one), reverse=True)
    assert len(dates(one_by_one)) == 14 * 2 * 2


def test_a_stop_in_between_is_resumed_without_asking_twice(world: World) -> None:
    first = LAST - timedelta(days=59)
    filling = Backfill(world.runtime, first, LAST)
    for step in filling.steps():
        if [day.day for day in step.over] == [LAST - timedelta(days=4)]:
            filling.stop()
    assert filling.stopped
    assert 5 * 4 <= len(dates(world)) < 60 * 4
    world.runtime.stop.clear()
    run(world, first)
    calls = [(c.appid, c.call, c.begin_date) for c in world.wechat.calls if "token" not in c.call]
    assert len(calls) == len(set(calls)) == 60 * 4


def test_an_app_that_waits_for_an_answer_keeps_no_other_waiting(
    wechat: RunningSimulator, tmp_path: Path, clock: FakeClock
) -> None:
    calls, other_is_through, waited = itertools.count(), Event(), []

    def hold_the_first(url: str) -> None:
        if "/datacube/" not in url:
            return
        number = next(calls)
        if number == 0:
            waited.append(other_is_through.wait(20))
        elif number == 14 * 2:
            other_is_through.set()

    session = Watched(hold_the_first)
    with closing(World(wechat, tmp_path / "a.db", clock, (SHOP, CAFE), DAILY, session)) as world:
        assert run(world).missing() == 0
    assert waited == [True]


def test_an_app_that_does_not_answer_is_left_after_two_days(world: World) -> None:
    world.wechat.faults.add(Fault("close", appid=SHOP.appid))
    filling = run(world)
    assert filling.missing() == 14 * 2
    assert len(set(dates(world, SHOP.appid))) == 2
    assert [each.code for each in filling.failures()["shop"]] == ["connection"]


def test_what_failed_is_asked_again_when_the_rest_is_there(
    wechat: RunningSimulator, tmp_path: Path, clock: FakeClock
) -> None:
    with closing(World(wechat, tmp_path / "a.db", clock, reports=DAILY)) as world:
        for day in ("20260316", "20260315"):
            # Two reports, each tried three times.
            world.wechat.faults.add(Fault("close", begin_date=day, times=6))
        told: list[DayCount] = []
        filling = run(world, told=told.append)
        assert filling.missing() == 0
        assert not any(filling.failures().values())
        assert sum(day.asked - day.answered for day in told) == 4
        assert sum(day.arrived for day in told) == 14 * 2


def test_days_without_an_answer_end_an_app_only_in_a_row(
    wechat: RunningSimulator, tmp_path: Path, clock: FakeClock
) -> None:
    with closing(World(wechat, tmp_path / "a.db", clock, reports=DAILY[:1])) as world:
        for day in ("20260317", "20260315", "20260313"):
            world.wechat.faults.add(Fault("close", begin_date=day))
        assert run(world).missing() == 3


def test_a_day_that_is_archived_is_neither_told_nor_counted_as_unanswered(
    wechat: RunningSimulator, tmp_path: Path, clock: FakeClock
) -> None:
    with closing(World(wechat, tmp_path / "a.db", clock, reports=DAILY[:1])) as world:
        run(world, LAST, LAST)
        world.wechat.faults.add(Fault("close", begin_date="20260316"))
        told: list[DayCount] = []
        assert run(world, told=told.append).missing() == 1
        assert LAST not in [day.day for day in told]


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
    again = sorted(dates(world)[asked:], reverse=True)
    assert again == ["20260317"] * 4 + ["20260310"] * 4


def test_a_spent_quota_ends_it_when_all_apps_are_hit(world: World) -> None:
    world.wechat.faults.add(Fault("errcode", code=45009, begin_date="20260315"))
    filling = run(world)
    assert filling.missing() == 12 * 2 * 2
    assert min(dates(world)) == "20260315"
    assert len([day for day in dates(world) if day == "20260315"]) == 2
    assert [each.code for each in filling.failures()["shop"]] == ["45009"]


def test_a_spent_quota_of_one_app_leaves_the_other_going(world: World) -> None:
    world.wechat.faults.add(Fault("errcode", code=45009, appid=SHOP.appid))
    filling = Backfill(world.runtime, FIRST, LAST)
    steps = list(filling.steps())
    assert filling.missing() == 14 * 2
    # Another round looks once whether either has something due, and not at every day.
    assert len([step for step in steps if not step.part.asked]) == 2
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
        assert filling.missing() == 14 * len(reports)
        assert len(dates(world)) <= 6 * len(reports)
        assert len(set(dates(world))) <= 2


@pytest.mark.parametrize(("code", "days"), [(-1, 2), (48001, 1), (61501, 14)])
def test_one_report_that_fails_ends_no_other_one_in_any_run(
    world: World, code: int, days: int
) -> None:
    call = "getweanalysisappiddailysummarytrend"
    world.wechat.faults.add(Fault("errcode", code=code, call=call))
    run(world, LAST - timedelta(days=4))
    run(world)
    got = {c.begin_date for c in world.wechat.calls if c.outcome == "0" and "visit" in c.call}
    assert len(got) == 14
    assert len({c.begin_date for c in world.wechat.calls if c.call == call}) == days


def test_a_fault_of_ours_ends_it_after_two_days(
    wechat: RunningSimulator, tmp_path: Path, clock: FakeClock
) -> None:
    asked: list[str] = []

    def fail(url: str) -> None:
        if "/datacube/" in url:
            asked.append(url)
            raise ZeroDivisionError

    session = Watched(fail)
    with closing(
        World(wechat, tmp_path / "a.db", clock, reports=DAILY[:1], session=session)
    ) as world:
        assert run(world).missing() == 14
        assert len(asked) == 2


def test_a_fault_between_days_without_data_is_asked_about_again(
    wechat: RunningSimulator, tmp_path: Path, clock: FakeClock
) -> None:
    with closing(World(wechat, tmp_path / "a.db", clock, reports=DAILY[:1])) as world:
        world.wechat.faults.add(Fault("close", begin_date="20260312", times=3), Fault("empty"))
        assert run(world).missing() == 0


def test_an_archive_that_fails_ends_it(one_by_one: World) -> None:
    def break_it(_: DayCount) -> None:
        one_by_one.disk.state = one_by_one.disk.READ_ONLY

    filling = run(one_by_one, LAST - timedelta(days=59), told=break_it)
    assert "cannot be written" in (filling.archive_error or "")
    assert len(dates(one_by_one)) < 60 * 4


def test_apps_and_reports_are_narrowed(world: World) -> None:
    asked = Asked.span(world.config, FIRST, LAST, ["cafe"], ["daily_summary"])
    config = narrowed(world.config, asked)
    assert [(app.name, config.reports_of(app)) for app in config.apps] == [
        ("cafe", (BY_NAME["daily_summary"],))
    ]


def test_a_report_that_nobody_collects_is_refused(world: World) -> None:
    asked = Asked.span(world.config, FIRST, LAST, [], ["visit_page"])
    with pytest.raises(BadQuestion, match="none of the apps named collects a report named"):
        narrowed(world.config, asked)


def test_days_are_told_one_by_one(world: World) -> None:
    told: list[DayCount] = []
    run(world, told=told.append)
    assert told == [DayCount(LAST - timedelta(days=back), 4, 4, 4) for back in range(14)]


def test_a_day_is_told_when_the_slowest_app_is_through_with_it(world: World) -> None:
    world.wechat.faults.add(Fault("errcode", code=45009, appid=SHOP.appid, begin_date="20260315"))
    told: list[DayCount] = []
    run(world, told=told.append)
    days = [LAST - timedelta(days=back) for back in range(14)]
    assert [done.day for done in told] == days
    assert [(done.asked, done.arrived) for done in told] == [(4, 4)] * 2 + [(3, 2)] + [(2, 2)] * 11
