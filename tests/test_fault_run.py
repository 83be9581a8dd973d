"""A month with a bad WeChat: in the end nothing is missing, and nothing was asked in vain."""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

from bench.bad_year import open_wants, unexplained
from exporter.collect.due import standing_wants
from exporter.periods import Window, beijing_day
from exporter.reports.table import REPORTS as TABLE
from exporter.simulator import Fault, Faults, RunningSimulator, Simulator
from tests.collect.world import World
from tests.conftest import SHOP
from tests.support import FakeClock, beijing

DAYS, CATCH_UP = 30, 7
HOURS = (8, 11, 14, 18, 22)
# One request in five goes wrong. Two kinds cost real time, so their number is limited.
FAULTS = (
    Fault("errcode", code=-1, probability=0.03),
    Fault("errcode", code=61504, probability=0.03),
    Fault("errcode", code=61503, probability=0.03),
    Fault("errcode", code=40001, probability=0.01),
    Fault("errcode", code=45011, probability=0.002),
    Fault("http", status=500, probability=0.02),
    Fault("close", probability=0.02),
    Fault("cut", probability=0.02),
    Fault("cut", cut_json=True, probability=0.01),
    Fault("html", probability=0.01),
    Fault("empty", probability=0.03),
    Fault("slow", seconds=0.03, probability=0.01, times=20),
    Fault("slow", seconds=2.5, probability=0.01, times=2),
)
# Of the others WeChat itself loses what an outage covers.
REPORTS = [report for report in TABLE if report.answered_for is None and report.by_default]
ENOUGH_CHANCES = [date.min + timedelta(days=number) for number in range(4)]


def a_month(clock: FakeClock) -> Iterator[date]:
    """The hours of the passes, the clock moved to each; gives the day."""
    first = beijing_day(clock.now())
    for number in range(DAYS):
        today = first + timedelta(days=number)
        for hour in HOURS:
            clock.moment = beijing(f"{today} {hour:02}:00")
            yield today


def true_bodies(
    wechat: Simulator, wanted: set[tuple[str, Window]], now: datetime
) -> dict[tuple[str, Window], object]:
    """What WeChat has about the windows."""
    calls = {report.name: report.call for report in REPORTS}
    return {
        (name, window): wechat.truth(SHOP.appid, calls[name], window, now)
        for name, window in wanted
    }


def test_after_a_month_of_faults_the_archive_holds_what_wechat_has_and_no_call_was_needless(
    tmp_path: Path,
) -> None:
    clock = FakeClock(beijing("2026-02-17 07:00"))
    wechat = Simulator([SHOP], clock, faults=Faults(random.Random("a bad month")))  # noqa: S311
    wanted_on: dict[tuple[str, Window], set[date]] = defaultdict(set)
    with (
        RunningSimulator(wechat) as running,
        closing(
            World(
                running,
                tmp_path / "archive.db",
                clock,
                timeout_seconds=2,
                catch_up_days=CATCH_UP,
                reports=[report.name for report in REPORTS],
            )
        ) as world,
    ):
        wechat.faults.add(*FAULTS)
        for today in a_month(clock):
            for report in REPORTS:
                for want in standing_wants(report, today, CATCH_UP):
                    wanted_on[report.name, want.window].add(today)
            wanted = {
                asked
                for report in REPORTS
                for asked in open_wants(world.archive, SHOP.appid, report, today, CATCH_UP)
            }
            before = len(wechat.calls)
            world.runtime.run_pass()
            assert beijing_day(clock.now()) == today
            calls = [call for call in wechat.calls[before:] if call.call != "stable_token"]
            assert list(unexplained(calls, wanted)) == []
            assert {call.outcome for call in calls}.isdisjoint({"61500", "61501"})

        outcomes = Counter(call.outcome for call in wechat.calls)
        assert {fault.outcome for fault in FAULTS} <= outcomes.keys()
        assert sum(outcomes.values()) - outcomes["0"] > 0.2 * sum(outcomes.values())

        wechat.faults.clear()
        clock.moment = beijing("2026-03-19 16:00")
        assert world.runtime.run_pass().complete
        today, now = beijing_day(clock.now()), clock.now()
        for report in REPORTS:
            for want in standing_wants(report, today, CATCH_UP):
                wanted_on[report.name, want.window] |= {today, *ENOUGH_CHANCES}
        held = {
            (report.name, Window(report.period, first_day)): kept
            for report in REPORTS
            for first_day, kept in world.archive.bodies(SHOP.appid, report.name, date.min)
        }
        bodies = {key: json.loads(kept.body or "") for key, kept in held.items()}
        assert bodies == true_bodies(wechat, set(bodies), now)
        # What left catch_up_days soon after the start may have had nothing but bad luck.
        sure = {key for key, days in wanted_on.items() if len(days) >= len(ENOUGH_CHANCES)}
        assert sure <= bodies.keys() <= wanted_on.keys()
        assert len(sure) > len(wanted_on) - 20
        for report in REPORTS:
            for (name, window), kept in held.items():
                if name == report.name:
                    assert kept.answered_ask == report.newest_ask(window, today)

        # What is shown after all that is what an exporter shows that starts now.
        with closing(
            World(running, tmp_path / "new.db", clock, reports=world.config.collect.reports)
        ) as fresh:
            clock.moment = now
            fresh.run()
            # What is usual comes from the whole archive, which the new one does not have.
            told = "^wxa_(?!usual_)"
            assert world.metrics(told) == fresh.metrics(told)
            assert {line.split()[-1] for line in world.own("revisions_total")} == {"0.0"}
