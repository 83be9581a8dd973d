"""The long-running process at its edges: restarts, storms of reloads, midnight in between."""

import re
import sqlite3
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
import requests
import yaml

from exporter.errors import ConfigError
from exporter.exposition import Format
from exporter.simulator import Fault, RunningSimulator
from tests.conftest import SHOP
from tests.support import FakeClock, beijing, tool
from tests.web.serving import Exporter, Gate, entry, passes_end, threads_end

HALF_HOURLY = {"schedule": "*/30 8-23 * * *", "reports": ["daily_visit_trend", "daily_summary"]}
SUCCESS = "wxa_exporter_report_success"


@pytest.fixture
def open_exporter(
    tmp_path: Path,
    wechat: RunningSimulator,
    clock: FakeClock,
    log: StringIO,  # noqa: ARG001
) -> Callable[..., Exporter]:
    def made(*given: object, **changes: object) -> Exporter:
        return Exporter(tmp_path, wechat.url, clock, *given, **changes)  # type: ignore[arg-type]

    return made


def shown(exporter: Exporter) -> str:
    """The page as it is, without any housekeeping before."""
    return b"".join(exporter.service.page.plain[Format.CLASSIC].parts).decode()


def pass_again(exporter: Exporter) -> None:
    exporter.service.start_pass()
    passes_end()


def next_looks(exporter: Exporter) -> dict[str, str]:
    """By report of the shop, when the page says it is looked at next."""
    service = exporter.service
    found = {
        view.report: service.next_look(view.report, view.status)
        for view in service.overview()
        if view.app == "shop"
    }
    return {name: f"{moment:%d %H:%M}" for name, moment in found.items() if moment}


def test_a_restart_with_nothing_due_tells_what_is_well_before_any_look(
    open_exporter: Callable[..., Exporter], wechat: RunningSimulator
) -> None:
    with open_exporter() as exporter:
        before = exporter.series(SUCCESS, "wxa_exporter_reports_due")
    calls = len(wechat.simulator.calls)
    again = open_exporter().listen()
    try:
        again.service.runtime.recall()
        again.service.ready = True
        assert again.series(SUCCESS, "wxa_exporter_reports_due") == before
        assert set(before[SUCCESS].values()) == {1.0}
    finally:
        again.close()
    assert len(wechat.simulator.calls) == calls


def test_a_report_whose_last_look_failed_fails_after_a_restart_too(
    open_exporter: Callable[..., Exporter], wechat: RunningSimulator, clock: FakeClock
) -> None:
    with open_exporter() as exporter:
        clock.advance(days=1)
        wechat.simulator.faults.add(Fault("errcode", code=-1))
        pass_again(exporter)
        before = exporter.series(SUCCESS, "wxa_exporter_report_error")
    again = open_exporter().listen()
    try:
        again.service.runtime.recall()
        again.service.ready = True
        assert again.series(SUCCESS, "wxa_exporter_report_error") == before
        assert set(before[SUCCESS].values()) == {0.0}
    finally:
        again.close()


def test_the_first_revision_after_a_start_is_one_that_increase_sees(
    open_exporter: Callable[..., Exporter], clock: FakeClock, tmp_path: Path
) -> None:
    promtool, series = tool("promtool"), "wxa_exporter_report_revisions_total"
    with open_exporter() as exporter:
        scrapes = [exporter.series(series)[series]]
        trend = "daily_visit_trend"
        day, kept = next(exporter.archive.bodies(SHOP.appid, trend, date.min))
        other = re.sub(r'("visit_pv"): ?\d+', r"\1: 1", str(kept.body))
        with exporter.archive.transaction() as transaction:
            transaction.write(SHOP.appid, trend, day, replace(kept, body=other))
        clock.advance(days=1)
        pass_again(exporter)
        scrapes.append(exporter.series(series)[series])
    values = " ".join(f"{scrape.get(('shop', trend), '_')}" for scrape in scrapes)
    test = {
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": series, "values": values}],
                "promql_expr_test": [
                    {
                        "expr": f"increase({series}[2m])",
                        "eval_time": "1m",
                        "exp_samples": [{"labels": "{}", "value": 1}],
                    }
                ],
            }
        ]
    }
    (tmp_path / "test.yml").write_text(yaml.safe_dump(test))
    done = subprocess.run(
        [promtool, "test", "rules", str(tmp_path / "test.yml")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, values + done.stdout + done.stderr


def test_the_page_says_when_each_report_is_really_looked_at_next(
    open_exporter: Callable[..., Exporter], wechat: RunningSimulator, clock: FakeClock
) -> None:
    clock.moment = beijing("2026-03-18 15:02")
    with open_exporter(collect=HALF_HOURLY) as exporter:
        # All is there: the next window is over at midnight, and passes begin at 8.
        assert next_looks(exporter) == {
            "daily_visit_trend": "19 08:00",
            "daily_summary": "19 08:00",
        }
        # In the night it is over, and the pass of this morning is still to come.
        clock.moment = beijing("2026-03-19 00:10")
        exporter.service.schedule.follow(str(HALF_HOURLY["schedule"]))
        exporter.service.tick()
        assert set(next_looks(exporter).values()) == {"19 08:00"}
        clock.moment = beijing("2026-03-19 15:02")
        wechat.simulator.faults.add(Fault("errcode", code=45009))
        pass_again(exporter)
        assert set(next_looks(exporter).values()) == {"20 08:00"}
        wechat.simulator.faults.clear()
        wechat.simulator.faults.add(Fault("errcode", code=48001))
        clock.moment = beijing("2026-03-20 09:10")
        exporter.service.schedule.follow(str(HALF_HOURLY["schedule"]))
        pass_again(exporter)
        # An hour later is 10:10: the pass of 10:00 passes it over.
        assert set(next_looks(exporter).values()) == {"20 10:30"}
        wechat.simulator.faults.clear()
        wechat.simulator.faults.add(Fault("errcode", code=61501))
        clock.moment = beijing("2026-03-20 11:40")
        exporter.service.schedule.follow(str(HALF_HOURLY["schedule"]))
        pass_again(exporter)
        assert set(next_looks(exporter).values()) == {"20 18:00"}


def test_a_refused_reload_is_on_the_page_when_it_is_refused(
    open_exporter: Callable[..., Exporter],
) -> None:
    with open_exporter() as exporter:
        exporter.write(apps=[])
        with pytest.raises(ConfigError):
            exporter.service.reload()
        assert "wxa_exporter_config_last_reload_successful 0.0" in shown(exporter)
        exporter.write(apps=[entry("shop", SHOP)])
        exporter.service.reload()
        assert "wxa_exporter_config_last_reload_successful 1.0" in shown(exporter)


def test_a_reload_across_midnight_leaves_no_stale_value_for_a_day(
    open_exporter: Callable[..., Exporter], wechat: RunningSimulator, clock: FakeClock
) -> None:
    """The new one chooses at 23:59:59, the old one ticks after midnight, then comes the swap."""
    with open_exporter() as exporter:
        wechat.simulator.faults.add(Fault("errcode", code=61503))
        clock.moment = beijing("2026-03-21 23:59:59")
        exporter.service.tick()
        assert 'wxa_visit_pv{app="shop"}' in shown(exporter)
        follow = exporter.service.schedule.follow

        def midnight(crontab: str) -> None:
            clock.moment = beijing("2026-03-22 00:00:01")
            exporter.service.tick()
            follow(crontab)

        exporter.service.schedule.follow = midnight  # type: ignore[method-assign]
        exporter.service.reload()
        passes_end()
        exporter.service.tick()
        assert 'wxa_visit_pv{app="shop"}' not in shown(exporter)


def test_a_storm_of_reloads_makes_few_threads_one_pace_and_no_second_call(
    open_exporter: Callable[..., Exporter], wechat: RunningSimulator, clock: FakeClock
) -> None:
    gate = Gate()
    with open_exporter(gate.session) as exporter:
        clock.advance(days=1)
        before, threads = len(wechat.simulator.calls), threading.active_count()
        gate.open.clear()
        exporter.service.start_pass()
        assert gate.reached.wait(10)
        with ThreadPoolExecutor(50) as clients:
            posts = [
                clients.submit(requests.post, f"{exporter.url}/-/reload", timeout=60)
                for _ in range(300)
            ]
            answers = [post.result() for post in posts]
            most = threading.active_count() - 50
        assert {answer.status_code for answer in answers} == {200}
        # The pass that hangs and its workers, one reload, the web server's own.
        assert most - threads < 20
        gate.open.set()
        passes_end()
        threads_end("reload")
        asked = [
            (call.appid, call.call, call.begin_date)
            for call in wechat.simulator.calls[before:]
            if call.begin_date
        ]
        assert len(asked) == len(set(asked)) > 0
    gate.close()


def test_a_failure_that_lasts_is_told_once_and_its_end_too(
    open_exporter: Callable[..., Exporter],
    wechat: RunningSimulator,
    clock: FakeClock,
    log: StringIO,
) -> None:
    only = {"schedule": "0 0 29 2 *", "reports": ["daily_visit_trend"]}
    with open_exporter(collect=only, apps=[entry("shop", SHOP)]) as exporter:
        wechat.simulator.faults.add(Fault("errcode", code=-1))
        clock.advance(days=1)
        for _ in range(5):
            pass_again(exporter)
        assert log.getvalue().count("failing=1") == 1
        wechat.simulator.faults.clear()
        pass_again(exporter)
        assert log.getvalue().count("failing=0") == 2  # the first pass, and that it is over


def test_a_reply_that_says_less_is_told_as_kept_out_and_not_as_waited_for(
    open_exporter: Callable[..., Exporter], wechat: RunningSimulator, clock: FakeClock
) -> None:
    only = {"schedule": "0 0 29 2 *", "reports": ["visit_page"]}
    with open_exporter(collect=only, apps=[entry("shop", SHOP)]) as exporter:
        pages = exporter.series("wxa_page_visit_pv")["wxa_page_visit_pv"]
        clock.advance(days=1)
        wechat.simulator.faults.add(
            Fault("partial", call="getweanalysisappidvisitpage", begin_date="20260317"),
            Fault("errcode", code=61503, begin_date="20260318"),
        )
        pass_again(exporter)
        page = exporter.get("/").text
        assert "kept: the last reply said less" in page
        assert "waiting for WeChat" not in page
        assert exporter.series("wxa_page_visit_pv")["wxa_page_visit_pv"] == pages
        wechat.simulator.faults.clear()
        pass_again(exporter)
        assert "kept: the last reply said less" not in exporter.get("/").text


def statement(tmp_path: Path, text: str) -> None:
    with closing(sqlite3.connect(tmp_path / "archive.db")) as connection, connection:
        connection.execute(text)


def test_after_a_pass_that_could_not_write_another_begins_as_soon_as_it_can(
    open_exporter: Callable[..., Exporter], wechat: RunningSimulator, clock: FakeClock,
    tmp_path: Path,
) -> None:  # fmt: skip
    writable = "wxa_exporter_archive_writable"
    with open_exporter(collect=HALF_HOURLY) as exporter:
        statement(tmp_path, "UPDATE schema_version SET version = version + 100")
        clock.advance(days=1)
        calls = len(wechat.simulator.calls)
        pass_again(exporter)
        exporter.service.tick()
        passes_end()
        assert exporter.series(writable)[writable] == {(): 0}
        assert len(wechat.simulator.calls) == calls
        statement(tmp_path, "UPDATE schema_version SET version = version - 100")
        exporter.service.tick()
        passes_end()
        assert exporter.series(writable)[writable] == {(): 1}
        assert len(wechat.simulator.calls) > calls


def test_where_that_pass_cannot_write_either_the_next_one_waits_for_its_time(
    open_exporter: Callable[..., Exporter], wechat: RunningSimulator, clock: FakeClock,
    tmp_path: Path,
) -> None:  # fmt: skip
    asked = []
    with open_exporter(collect=HALF_HOURLY) as exporter:
        full = "BEGIN SELECT RAISE(ABORT, 'almost full'); END"
        statement(tmp_path, f"CREATE TRIGGER full BEFORE INSERT ON replies {full}")
        clock.advance(days=1)
        pass_again(exporter)
        for _ in range(4):
            asked.append(len(wechat.simulator.calls))
            exporter.service.tick()
            passes_end()
        statement(tmp_path, "DROP TRIGGER full")
        pass_again(exporter)
        assert exporter.service.archive_state.failure == ""
    assert asked[0] < asked[1] == asked[2] == asked[3]


def test_another_archive_in_its_place_is_what_is_shown(
    open_exporter: Callable[..., Exporter], tmp_path: Path, log: StringIO
) -> None:
    with open_exporter() as exporter:
        assert 'wxa_visit_pv{app="shop"}' in shown(exporter)
        (tmp_path / "archive.db").unlink()
        exporter.service.tick()
        assert 'wxa_visit_pv{app="shop"}' not in shown(exporter)
        pass_again(exporter)
        assert 'wxa_visit_pv{app="shop"}' in shown(exporter)
    assert log.getvalue().count("archive replaced") == 1
