"""The bodies are of WeChat's shapes and agree with one another."""

import dataclasses
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from exporter.periods import Period, Window
from exporter.simulator import SimulatedApp, Simulator, demo_apps
from exporter.simulator.replies import revised
from tests.support import FakeClock

from .conftest import NOON

TINY = SimulatedApp("wx00000000000000c3", "s", visitors=2, first_day=date(2025, 6, 2))
APPS = [*demo_apps(3, NOON.date()), TINY]
SIMULATOR = Simulator(APPS, FakeClock(NOON))
LATER = NOON + timedelta(days=90)
every_app = pytest.mark.parametrize("app", APPS, ids=lambda app: app.name or "tiny")


def truth(app: SimulatedApp, call: str, window: Window) -> dict[str, Any]:
    return SIMULATOR.truth(app.appid, call, window, LATER)


def trend(app: SimulatedApp, window: Window) -> dict[str, Any]:
    call = f"getweanalysisappid{ADVERBS[window.period]}visittrend"
    (row,) = truth(app, call, window)["list"]
    assert isinstance(row, dict)
    return row


ADVERBS = {Period.DAY: "daily", Period.WEEK: "weekly", Period.MONTH: "monthly"}


def windows(period: Period, count: int) -> Iterator[Window]:
    newest = Window.newest_over(period, NOON.date())
    return (newest.shifted(-age) for age in range(count))


@every_app
@pytest.mark.parametrize("period", Period)
def test_a_visit_trend_has_wechats_fields_and_tells_one_duration_in_two_ways(
    app: SimulatedApp, period: Period
) -> None:
    for window in windows(period, 6):
        row = trend(app, window)
        assert row["ref_date"] == window.ref_date
        assert set(row) == {
            *("ref_date", "session_cnt", "visit_pv", "visit_uv", "visit_uv_new"),
            *("stay_time_uv", "stay_time_session", "visit_depth"),
        }
        by_visitors = row["visit_uv"] * row["stay_time_uv"]
        by_sessions = row["session_cnt"] * row["stay_time_session"]
        assert abs(by_visitors - by_sessions) <= 5.1e-5 * (row["visit_uv"] + row["session_cnt"])
        assert row["stay_time_uv"] > 0
        assert 1 <= row["visit_depth"] <= 20


@every_app
def test_every_way_to_divide_the_sessions_sums_to_all_sessions(app: SimulatedApp) -> None:
    for window in windows(Period.DAY, 60):
        body = truth(app, "getweanalysisappidvisitdistribution", window)
        indexes = {part["index"]: part["item_list"] for part in body["list"]}
        assert set(indexes) == {
            *("access_source_session_cnt", "access_source_visit_uv"),
            *("access_staytime_info", "access_depth_info"),
        }
        sums = {
            index: sum(item["value"] for item in items)
            for index, items in indexes.items()
            if index != "access_source_visit_uv"
        }
        assert set(sums.values()) == {trend(app, window)["session_cnt"]}
        assert all(item["value"] > 0 for items in indexes.values() for item in items)
        assert {item["key"] for item in indexes["access_staytime_info"]} <= set(range(1, 9))
        assert {item["key"] for item in indexes["access_depth_info"]} <= set(range(1, 8))


@every_app
def test_the_users_of_a_source_are_no_more_than_its_sessions(app: SimulatedApp) -> None:
    for window in windows(Period.DAY, 60):
        parts = truth(app, "getweanalysisappidvisitdistribution", window)["list"]
        sessions, users = (
            {item["key"]: item["value"] for item in part["item_list"]} for part in parts[:2]
        )
        assert sessions.keys() == users.keys()
        assert all(users[key] <= sessions[key] for key in users)
        assert sum(users.values()) >= trend(app, window)["visit_uv"]
        assert max(users.values()) <= trend(app, window)["visit_uv"]


def test_a_source_without_sessions_is_absent() -> None:
    body = truth(TINY, "getweanalysisappidvisitdistribution", next(windows(Period.DAY, 1)))
    assert 0 < len(body["list"][0]["item_list"]) <= 6


@every_app
def test_the_pages_are_the_most_viewed_and_add_up_when_all_of_them_fit(app: SimulatedApp) -> None:
    for window in windows(Period.DAY, 20):
        day = trend(app, window)
        rows = truth(app, "getweanalysisappidvisitpage", window)["list"]
        views = [row["page_visit_pv"] for row in rows]
        sums = [sum(row[name] for row in rows) for name in ("entrypage_pv", "exitpage_pv")]
        assert views == sorted(views, reverse=True)
        assert views[-1] > 0
        assert (
            len({row["page_path"] for row in rows}) == len(rows) == min(app.pages, len(rows), 200)
        )
        if app.pages <= 200:
            assert (sum(views), *sums) == (day["visit_pv"], day["session_cnt"], day["session_cnt"])
        else:
            assert len(rows) == 200
            assert 0.8 * day["visit_pv"] < sum(views) < day["visit_pv"]
        for row in rows:
            assert 1 <= row["page_visit_uv"] <= min(row["page_visit_pv"], day["visit_uv"])
            assert max(row["entrypage_pv"], row["exitpage_pv"]) <= row["page_visit_pv"]
            assert row["page_share_uv"] <= row["page_share_pv"] <= row["page_visit_pv"]
            assert row["page_staytime_pv"] > 0


@every_app
@pytest.mark.parametrize("period", Period)
def test_retention_starts_with_the_cohort_of_the_trend(app: SimulatedApp, period: Period) -> None:
    for window in windows(period, 6):
        body = truth(app, f"getweanalysisappid{ADVERBS[period]}retaininfo", window)
        row = trend(app, window)
        assert body["ref_date"] == window.ref_date
        assert body["visit_uv_new"][0] == {"key": 0, "value": row["visit_uv_new"]}
        assert body["visit_uv"][0] == {"key": 0, "value": row["visit_uv"]}


@every_app
def test_fewer_come_back_the_later_it_is_and_fewer_of_the_new_than_of_all(
    app: SimulatedApp,
) -> None:
    sums = {(user, key): 0 for user in ("visit_uv_new", "visit_uv") for key in (0, 1, 7, 30)}
    for window in windows(Period.DAY, 60):
        body = truth(app, "getweanalysisappiddailyretaininfo", window)
        for user in ("visit_uv_new", "visit_uv"):
            values = {item["key"]: item["value"] for item in body[user]}
            assert list(values) == [0, 1, 2, 3, 4, 5, 6, 7, 14, 30]
            assert all(0 <= value <= values[0] for value in values.values())
            for key in (0, 1, 7, 30):
                sums[user, key] += values[key]
    new, active = (
        [sums[user, key] for key in (0, 1, 7, 30)] for user in ("visit_uv_new", "visit_uv")
    )
    assert active == sorted(active, reverse=True)
    assert new == sorted(new, reverse=True)
    if app is not TINY:
        assert 0.01 < new[1] / new[0] < active[1] / active[0] < 0.6
        assert new[3] > 0


@pytest.mark.parametrize("visitors", [2, 30, 300])
def test_nobody_returns_on_a_day_who_was_not_there_and_the_new_return_least(
    visitors: int,
) -> None:
    incident = NOON.date() - timedelta(days=9)
    for number in range(20):
        app = SimulatedApp(f"wx{number:016x}", "s", visitors, TINY.first_day, incident=incident)
        simulator = Simulator([app], FakeClock(NOON))
        for window in windows(Period.DAY, 15):
            call = "getweanalysisappiddailyretaininfo"
            body = simulator.truth(app.appid, call, window, LATER)
            new, active = (
                {item["key"]: item["value"] for item in body[user]}
                for user in ("visit_uv_new", "visit_uv")
            )
            for key in (1, 2, 7):
                later = simulator.truth(app.appid, call, window.shifted(key), LATER)
                everyone, newcomers = later["visit_uv"][0], later["visit_uv_new"][0]
                assert active[key] <= everyone["value"] - newcomers["value"]
                assert new[key] * active[0] <= active[key] * new[0]


@every_app
def test_the_summary_counts_all_users_so_far(app: SimulatedApp) -> None:
    for window in windows(Period.DAY, 30):
        call = "getweanalysisappiddailysummarytrend"
        (before,) = truth(app, call, window.shifted(-1))["list"]
        (row,) = truth(app, call, window)["list"]
        assert row["visit_total"] - before["visit_total"] == trend(app, window)["visit_uv_new"]
        assert row["share_pv"] >= row["share_uv"] >= 0


def test_an_app_without_visitors_has_empty_bodies_for_ever() -> None:
    app = dataclasses.replace(TINY, visitors=0)
    window = Window(Period.DAY, date(2026, 3, 1))
    silent = Simulator([app], FakeClock(NOON))
    assert silent.truth(app.appid, "getweanalysisappiddailyvisittrend", window, LATER) == {
        "list": []
    }
    assert silent.truth(app.appid, "getweanalysisappiddailyretaininfo", window, LATER) == {
        "ref_date": "20260301",
        "visit_uv_new": [],
        "visit_uv": [],
    }


def test_a_revision_changes_every_count_and_nothing_else() -> None:
    window = next(windows(Period.DAY, 1))
    row = trend(APPS[0], window)
    changed = revised({"list": [row]})["list"][0]
    counts = {"session_cnt", "visit_pv", "visit_uv", "visit_uv_new"}
    assert {name for name in row if row[name] != changed[name]} == counts
    retention = truth(APPS[0], "getweanalysisappiddailyretaininfo", window)
    keys = [item["key"] for item in revised(retention)["visit_uv"]]
    assert keys == [item["key"] for item in retention["visit_uv"]]


@every_app
@pytest.mark.parametrize("days", [1, 7, 30])
def test_a_portrait_sums_to_the_visitors_of_its_span_as_far_as_wechat_knows_them(
    app: SimulatedApp, days: int
) -> None:
    window = next(windows(Period.DAY, 1))
    body = SIMULATOR.truth(app.appid, "getweanalysisappiduserportrait", window, LATER, days)
    span = [trend(app, window.shifted(-back)) for back in range(days)]
    total = {
        trait: sum(item["value"] for item in items) for trait, items in body["visit_uv"].items()
    }
    assert total["genders"] == total["platforms"] == total["ages"]
    most, least = sum(row["visit_uv"] for row in span), max(row["visit_uv"] for row in span)
    assert least <= total["genders"] <= most
    assert total["city"] <= total["province"] <= total["genders"]
    assert total["devices"] <= total["genders"]
    new = sum(item["value"] for item in body["visit_uv_new"]["genders"])
    assert new == sum(row["visit_uv_new"] for row in span)
    assert all("id" not in item for item in body["visit_uv"]["devices"])


def test_the_portrait_of_a_week_is_named_by_its_days() -> None:
    window = Window(Period.DAY, date(2026, 3, 17))
    call = "getweanalysisappiduserportrait"
    named = [
        SIMULATOR.truth(APPS[0].appid, call, window, LATER, days)["ref_date"] for days in (1, 7)
    ]
    assert named == ["20260317", "20260311-20260317"]
