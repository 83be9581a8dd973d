"""The long-running process without signals: passes, reloads, midnight, its own metrics."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from io import StringIO
from pathlib import Path

import pytest

from exporter.errors import ArchiveError, ConfigError
from exporter.simulator import RunningSimulator
from tests.conftest import CAFE, SHOP
from tests.support import FakeClock, beijing
from tests.web.serving import (
    Exporter,
    Gate,
    content_of,
    entry,
    passes_end,
    threads_end,
)


@pytest.fixture
def exporter(
    tmp_path: Path,
    wechat: RunningSimulator,
    clock: FakeClock,
    log: StringIO,  # noqa: ARG001
) -> Iterator[Exporter]:
    with Exporter(tmp_path, wechat.url, clock) as running:
        yield running


@pytest.fixture
def gate() -> Iterator[Gate]:
    held = Gate()
    yield held
    held.open.set()
    held.close()


def day_shown(exporter: Exporter, app: str = "shop") -> float | None:
    """Start of the period that an app's daily trend shows."""
    name = "wxa_data_period_start_timestamp_seconds"
    return exporter.series(name)[name].get((app, "daily_visit_trend"))


def test_after_the_first_pass_every_app_shows_yesterday_and_the_own_metrics_live(
    exporter: Exporter, clock: FakeClock
) -> None:
    yesterday = beijing("2026-03-17 00:00").timestamp()
    assert (day_shown(exporter), day_shown(exporter, "cafe")) == (yesterday, yesterday)
    own = exporter.series(
        "wxa_exporter_report_success", "wxa_exporter_reports_due",
        "wxa_exporter_api_requests_total",
        "wxa_exporter_report_last_success_timestamp_seconds",
        "wxa_exporter_config_last_reload_successful", "wxa_exporter_archive_writable",
        "wxa_exporter_config_last_reload_success_timestamp_seconds",
    )  # fmt: skip
    reports = [("cafe", "daily_visit_trend"), ("cafe", "visit_page")]
    reports += [("shop", report) for _, report in reports]
    assert own["wxa_exporter_report_success"] == dict.fromkeys(reports, 1.0)
    now = pytest.approx(clock.now().timestamp(), abs=1)
    assert own["wxa_exporter_report_last_success_timestamp_seconds"] == dict.fromkeys(reports, now)
    assert own["wxa_exporter_reports_due"] == {("cafe",): 0.0, ("shop",): 0.0}
    assert own["wxa_exporter_api_requests_total"]["shop", "stable_token", "0"] == 1.0
    assert own["wxa_exporter_config_last_reload_successful"] == {(): 1.0}
    assert own["wxa_exporter_archive_writable"] == {(): 1.0}
    assert own["wxa_exporter_config_last_reload_success_timestamp_seconds"] == {(): now}


def test_during_the_first_pass_it_is_told_that_the_archive_can_be_written(
    tmp_path: Path, wechat: RunningSimulator, clock: FakeClock, gate: Gate
) -> None:
    gate.open.clear()
    exporter = Exporter(tmp_path, wechat.url, clock, gate.session).listen()
    with closing(exporter):
        exporter.service.start()
        assert gate.reached.wait(10)
        writable = "wxa_exporter_archive_writable"
        assert exporter.series(writable)[writable] == {(): 1.0}
        gate.open.set()
        passes_end()


def test_the_next_collection_is_told_and_follows_a_reloaded_schedule(exporter: Exporter) -> None:
    name = "wxa_exporter_next_collection_timestamp_seconds"
    seldom = exporter.series(name)[name][()]
    exporter.write(collect={"schedule": "*/5 * * * *", "reports": ["daily_visit_trend"]})
    assert exporter.reload().status_code == 200
    assert 0 < exporter.series(name)[name][()] < seldom


def test_a_pass_over_another_is_refused_with_advice(
    tmp_path: Path, wechat: RunningSimulator, clock: FakeClock, gate: Gate, log: StringIO
) -> None:
    with Exporter(tmp_path, wechat.url, clock, gate.session) as exporter:
        clock.advance(days=1)
        gate.open.clear()
        exporter.service.start_pass()
        assert gate.reached.wait(10)
        exporter.service.start_pass()
        assert log.getvalue().count("pass skipped") == 1
        assert 'advice="if this repeats, look at failing apps' in log.getvalue()
        gate.open.set()
        passes_end()
        assert day_shown(exporter) == beijing("2026-03-18 00:00").timestamp()


def test_stale_values_leave_at_midnight_and_not_before(
    exporter: Exporter, clock: FakeClock
) -> None:
    clock.advance(days=3)  # the 17th is now three days older than the newest complete day
    assert day_shown(exporter) == beijing("2026-03-17 00:00").timestamp()
    clock.advance(hours=7, minutes=59)
    assert day_shown(exporter) is not None
    clock.advance(minutes=1)
    assert day_shown(exporter) is None
    assert exporter.series("wxa_visit_pv", "wxa_app_info") == {
        "wxa_visit_pv": {},
        "wxa_app_info": {("shop", SHOP.appid): 1.0, ("cafe", CAFE.appid): 1.0},
    }


def test_a_quiet_pass_asks_nothing_and_says_nothing(
    exporter: Exporter, wechat: RunningSimulator, log: StringIO
) -> None:
    calls, said = len(wechat.simulator.calls), log.getvalue()
    exporter.service.start_pass()
    passes_end()
    assert len(wechat.simulator.calls) == calls
    assert log.getvalue() == said


def test_a_restart_shows_the_archive_at_once_and_asks_nothing(
    tmp_path: Path,
    wechat: RunningSimulator,
    clock: FakeClock,
    log: StringIO,  # noqa: ARG001
) -> None:
    with Exporter(tmp_path, wechat.url, clock) as exporter:
        before = exporter.series("wxa_visit_pv", "wxa_page_visit_pv")
    calls = len(wechat.simulator.calls)
    with Exporter(tmp_path, wechat.url, clock) as again:
        assert again.series("wxa_visit_pv", "wxa_page_visit_pv") == before
        success = again.series("wxa_exporter_report_last_success_timestamp_seconds")
    assert len(wechat.simulator.calls) == calls
    assert len(success["wxa_exporter_report_last_success_timestamp_seconds"]) == 4


def test_apps_and_reports_come_and_go_with_a_reload(exporter: Exporter) -> None:
    assert exporter.apps() == {"shop", "cafe"}
    exporter.write(apps=[entry("boutique", SHOP), entry("cafe", CAFE, reports=["visit_page"])])
    exporter.service.reload()
    passes_end()
    assert exporter.apps() == {"boutique", "cafe"}
    shown = exporter.series(
        "wxa_visit_pv", "wxa_page_visit_pv", "wxa_exporter_report_success",
        "wxa_exporter_pages_dropped",
    )  # fmt: skip
    assert set(shown["wxa_visit_pv"]) == {("boutique",)}
    assert {app for app, _ in shown["wxa_page_visit_pv"]} == {"boutique", "cafe"}
    assert set(shown["wxa_exporter_pages_dropped"]) == {("boutique",), ("cafe",)}
    assert ("cafe", "daily_visit_trend") not in shown["wxa_exporter_report_success"]


def test_a_renamed_app_keeps_its_archive_and_asks_nothing(
    exporter: Exporter, wechat: RunningSimulator
) -> None:
    calls, before = len(wechat.simulator.calls), exporter.series("wxa_visit_pv")["wxa_visit_pv"]
    exporter.write(apps=[entry("boutique", SHOP), entry("cafe", CAFE)])
    exporter.service.reload()
    passes_end()
    after = exporter.series("wxa_visit_pv")["wxa_visit_pv"]
    assert after == {("boutique",): before["shop",], ("cafe",): before["cafe",]}
    assert len(wechat.simulator.calls) == calls


def test_a_bad_file_is_refused_with_its_faults_and_the_running_configuration_stays(
    exporter: Exporter, log: StringIO
) -> None:
    before = exporter.series("wxa_visit_pv")
    exporter.write(apps=[entry("a/b", SHOP), entry("cafe", CAFE, report=[])])
    with pytest.raises(ConfigError) as refused:
        exporter.service.reload()
    assert len(refused.value.faults) == 2
    assert "reload refused" in log.getvalue()
    assert "apps[0].name: may have A-Z" in log.getvalue()
    assert "apps[1].report: unknown key; did you mean 'reports'?" in log.getvalue()
    assert exporter.series("wxa_visit_pv") == before
    name = "wxa_exporter_config_last_reload_successful"
    assert exporter.series(name)[name] == {(): 0.0}
    exporter.write(apps=[entry("shop", SHOP), entry("cafe", CAFE)])
    exporter.service.reload()
    assert exporter.series(name)[name] == {(): 1.0}


def test_keys_that_need_a_restart_are_named(
    exporter: Exporter, tmp_path: Path, log: StringIO
) -> None:
    exporter.write(archive=content_of("http://x", tmp_path / "other.db")["archive"])
    answer = exporter.reload()
    assert answer.text == "reloaded; a restart is needed for: archive.url\n"
    assert 'restart needed" key=archive.url' in log.getvalue()
    assert not (tmp_path / "other.db").exists()


def test_a_reply_in_flight_during_a_reload_is_shown_by_the_new_configuration(
    tmp_path: Path,
    wechat: RunningSimulator,
    clock: FakeClock,
    gate: Gate,
    log: StringIO,  # noqa: ARG001
) -> None:
    """The old configuration's last call ends after the new one has read the archive."""
    only = [entry("shop", SHOP, reports=["daily_visit_trend"])]
    free = Gate()
    sessions = iter([gate.session(1), free.session(1)])
    with Exporter(tmp_path, wechat.url, clock, lambda _: next(sessions), apps=only) as exporter:
        clock.advance(days=1)
        gate.open.clear()
        exporter.service.start_pass()
        assert gate.reached.wait(10)
        free.open.clear()  # the new configuration gets no answer of its own
        exporter.write(pages={"limit": 3})  # everything is shown anew
        exporter.service.reload()
        gate.open.set()
        assert free.reached.wait(10)
        threads_end("settle")
        assert day_shown(exporter) == beijing("2026-03-18 00:00").timestamp()
        free.open.set()
        passes_end()
    free.close()


class WatchingClock(FakeClock):
    """Looks at something whenever somebody asks for the time."""

    def __init__(self, moment: datetime) -> None:
        super().__init__(moment)
        self.look: Callable[[], object] = lambda: None

    def now(self) -> datetime:
        self.look()
        return super().now()


def test_a_scrape_during_a_reload_never_misses_the_own_metrics(
    tmp_path: Path,
    wechat: RunningSimulator,
    clock: FakeClock,
    log: StringIO,  # noqa: ARG001
) -> None:
    watching, seen = WatchingClock(clock.now()), list[bool]()
    with Exporter(tmp_path, wechat.url, watching) as exporter:

        def look() -> None:
            parts = [part for body in exporter.service.page.plain.values() for part in body.parts]
            seen.append(b"".join(parts).count(b"\nwxa_exporter_build_info{") == 2)

        watching.look = look
        exporter.service.reload()
        passes_end()
    assert len(seen) > 3
    assert all(seen)


def test_an_archive_that_cannot_be_read_at_the_start_is_told_and_stops_cleanly(
    tmp_path: Path, wechat: RunningSimulator, clock: FakeClock
) -> None:
    exporter = Exporter(tmp_path, wechat.url, clock).listen()
    with closing(sqlite3.connect(tmp_path / "archive.db")) as database:
        database.execute("DROP TABLE replies")
    try:
        with pytest.raises(ArchiveError, match="cannot be read"):
            exporter.service.start()
        assert exporter.get("/-/ready").status_code == 503
    finally:
        exporter.close()
