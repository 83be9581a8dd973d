"""Reports appear when they are due, and not before."""

import dataclasses
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import requests

from exporter.periods import BEIJING, Period, Window
from exporter.simulator import RunningSimulator, Simulator
from exporter.simulator.calls import DATACUBE_CALLS
from tests.support import FakeClock

from .conftest import NOON, SHOP, Client

RETENTION = "getweanalysisappiddailyretaininfo"
DAILY = "getweanalysisappiddailyvisittrend"


def keys(body: dict[str, Any]) -> list[int]:
    listed = [item["key"] for item in body["visit_uv"]]
    assert listed == [item["key"] for item in body["visit_uv_new"]]
    return listed


def known_keys(simulator: Simulator, call: str, window: Window, moment: datetime) -> list[int]:
    return keys(simulator.truth(SHOP.appid, call, window, moment))


def lists(body: object) -> Iterator[list[object]]:
    """Every list in a body that stands in no other list."""
    if isinstance(body, list):
        yield body
    elif isinstance(body, dict):
        for value in body.values():
            yield from lists(value)


@pytest.mark.parametrize("call", DATACUBE_CALLS)
def test_a_report_appears_at_its_hour_on_the_day_after_its_window(
    call: str, simulator: Simulator
) -> None:
    window = Window.newest_over(DATACUBE_CALLS[call].period, NOON.date())
    hour = timedelta(hours=SHOP.publishing_hour(call))
    moment = (
        datetime.combine(window.last_day, datetime.min.time(), BEIJING) + timedelta(days=1) + hour
    )
    before = simulator.truth(SHOP.appid, call, window, moment - timedelta(seconds=1))
    after = simulator.truth(SHOP.appid, call, window, moment)
    rows = list(lists(before))
    assert rows
    assert not any(rows)
    assert all(lists(after))


def test_reports_have_hours_of_their_own_that_an_app_can_change() -> None:
    hours = [SHOP.publishing_hour(call) for call in DATACUBE_CALLS]
    assert len(set(hours)) == len(hours)
    assert all(8 <= hour <= 13 for hour in hours)
    late = dataclasses.replace(SHOP, publishes={DAILY: 15.5})
    assert late.publishing_hour(DAILY) == 15.5
    assert late.publishing_hour(RETENTION) == SHOP.publishing_hour(RETENTION)


def test_an_unpublished_report_is_refused_or_empty_or_all_zero_and_then_there(
    client: Client, clock: FakeClock, simulator: Simulator
) -> None:
    shapes = set()
    clock.moment = datetime(2026, 1, 5, 6, 0, tzinfo=BEIJING)
    for _ in range(40):
        clock.advance(days=1)
        token = client.stable()["access_token"]
        window = Window(Period.DAY, clock.moment.date()).shifted(-1)
        reply = client.ask(RETENTION, window, token)
        assert reply == client.ask(RETENTION, window, token) or "errcode" in reply
        outcome = simulator.calls[-1].outcome
        if "errcode" in reply:
            assert (reply["errcode"], outcome) == (61503, "61503")
            shapes.add("refused")
        else:
            assert outcome == "empty"
            assert all(item["value"] == 0 for item in reply["visit_uv"] + reply["visit_uv_new"])
            shapes.add("zero" if reply["visit_uv"] else "empty")
        assert client.ask(DAILY, window, token).get("errcode", 61503) == 61503
    assert shapes == {"refused", "zero", "empty"}


@pytest.mark.parametrize("call", DATACUBE_CALLS)
def test_every_call_is_unready_in_both_ways(call: str, client: Client, clock: FakeClock) -> None:
    refused = set()
    period = DATACUBE_CALLS[call].period
    for step in range(20):
        window = Window(period, period.first_day(period.number(date(2026, 1, 1)))).shifted(step)
        clock.moment = datetime.combine(window.passed_on(0), datetime.min.time(), BEIJING)
        reply = client.ask(call, window, client.stable()["access_token"])
        refused.add("errcode" in reply)
    assert refused == {True, False}


def test_days_before_the_first_day_are_empty_lists(client: Client, simulator: Simulator) -> None:
    token = client.stable()["access_token"]
    window = Window(Period.DAY, SHOP.first_day).shifted(-1)
    assert client.ask(DAILY, window, token) == {"list": []}
    assert simulator.calls[-1].outcome == "empty"
    assert client.ask(DAILY, window.shifted(1), token)["list"]


def test_a_day_of_retention_grows_key_by_key(simulator: Simulator) -> None:
    window = Window(Period.DAY, date(2026, 3, 2))
    hour = timedelta(hours=SHOP.publishing_hour(RETENTION))
    seen = []
    for age in range(32):
        moment = datetime(2026, 3, 3, tzinfo=BEIJING) + timedelta(days=age) + hour
        seen.append(known_keys(simulator, RETENTION, window, moment))
        earlier = known_keys(simulator, RETENTION, window, moment - timedelta(seconds=1))
        assert earlier == (seen[-2] if age else [])
    everything = [0, 1, 2, 3, 4, 5, 6, 7, 14, 30]
    assert seen == [[key for key in everything if key <= age] for age in range(32)]


def test_a_published_key_never_changes(simulator: Simulator) -> None:
    window = Window(Period.DAY, date(2026, 1, 12))
    last = simulator.truth(SHOP.appid, RETENTION, window, NOON)["visit_uv"]
    for age in range(31):
        moment = datetime(2026, 1, 13, 13, tzinfo=BEIJING) + timedelta(days=age)
        known = simulator.truth(SHOP.appid, RETENTION, window, moment)["visit_uv"]
        assert known == last[: len(known)]
        assert known


@pytest.mark.parametrize(
    ("call", "first_day", "days", "expected"),
    [
        ("getweanalysisappidweeklyretaininfo", date(2026, 1, 5), 6, []),
        ("getweanalysisappidweeklyretaininfo", date(2026, 1, 5), 7, [0]),
        ("getweanalysisappidweeklyretaininfo", date(2026, 1, 5), 20, [0, 1]),
        ("getweanalysisappidweeklyretaininfo", date(2026, 1, 5), 21, [0, 1, 2]),
        ("getweanalysisappidweeklyretaininfo", date(2026, 1, 5), 99, [0, 1, 2, 3, 4]),
        ("getweanalysisappidmonthlyretaininfo", date(2026, 1, 1), 30, []),
        ("getweanalysisappidmonthlyretaininfo", date(2026, 1, 1), 31, [0]),
        ("getweanalysisappidmonthlyretaininfo", date(2026, 1, 1), 58, [0]),
        ("getweanalysisappidmonthlyretaininfo", date(2026, 1, 1), 59, [0, 1]),
    ],
)
def test_weeks_and_months_of_retention_grow_with_their_periods(
    call: str, first_day: date, days: int, expected: list[int], simulator: Simulator
) -> None:
    window = Window(DATACUBE_CALLS[call].period, first_day)
    moment = datetime.combine(first_day, datetime.min.time(), BEIJING) + timedelta(
        days=days, hours=13
    )
    assert known_keys(simulator, call, window, moment) == expected


def test_the_calendar_is_chinas() -> None:
    clock = FakeClock(datetime.fromisoformat("2026-03-17T15:59:59+00:00"))
    with RunningSimulator(Simulator([SHOP], clock)) as running, requests.Session() as session:
        client = Client(running.url, session)
        token = client.stable()["access_token"]
        window = Window(Period.DAY, date(2026, 3, 17))
        assert client.ask(DAILY, window, token)["errcode"] == 61501
        clock.advance(seconds=1)
        assert client.ask(DAILY, window, token).get("errcode") != 61501
        clock.advance(hours=13)
        assert client.ask(DAILY, window, client.stable()["access_token"])["list"]
