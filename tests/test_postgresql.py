"""The exporter over PostgreSQL shows what it shows over SQLite."""

import io
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from exporter.backfill import Backfill
from exporter.exposition import Format
from exporter.history import Asked, DatedSamples
from exporter.periods import beijing_day
from exporter.simulator import Fault, RunningSimulator
from tests.collect.world import World
from tests.conftest import CAFE, SHOP
from tests.logged import logged
from tests.postgresql_server import PostgreSQL
from tests.support import FakeClock
from tests.web.serving import Exporter, passes_end

WRITABLE = "wxa_exporter_archive_writable"
TREND, PAGE = "daily_visit_trend", "visit_page"


@pytest.fixture
def both(
    wechat: RunningSimulator, postgresql: PostgreSQL, clock: FakeClock, tmp_path: Path
) -> Iterator[tuple[Exporter, Exporter]]:
    """Two exporters on one archive."""
    url, folders = postgresql.new_database(), [tmp_path / "one", tmp_path / "other"]
    for folder in folders:
        folder.mkdir()
    with (
        Exporter(folders[0], wechat.url, clock, archive={"url": url}) as one,
        Exporter(folders[1], wechat.url, clock, archive={"url": url}) as other,
    ):
        yield one, other


def life(wechat: RunningSimulator, place: str, clock: FakeClock) -> tuple[list[str], str]:
    """/metrics and the export after ten days of passes, restarts and a backfill."""
    shown: list[str] = []
    for _ in range(3):
        with closing(World(wechat, place, clock, apps=[SHOP, CAFE])) as world:
            world.run()
        clock.advance(days=3)
    with closing(World(wechat, place, clock, apps=[SHOP, CAFE])) as world:
        last = beijing_day(clock.now()) - timedelta(days=1)
        filling = Backfill(world.runtime, last - timedelta(days=20), last)
        assert [step for step in filling.steps() if step.part.asked != step.part.answered] == []
        world.run()
        assert filling.missing() == 0
        asked = Asked.span(world.config, last - timedelta(days=60), last, (), ())
        written = io.BytesIO()
        DatedSamples(world.archive, asked, Format.OPENMETRICS).write(written)
        shown += world.metrics()
    return shown, written.getvalue().decode()


def test_both_databases_show_the_same_after_the_same_life(
    wechat: RunningSimulator, postgresql: PostgreSQL, clock: FakeClock, tmp_path: Path
) -> None:
    begin = clock.now()
    in_file = life(wechat, f"sqlite:///{tmp_path / 'archive.db'}", clock)
    clock.moment = begin
    in_postgresql = life(wechat, postgresql.new_database(), clock)
    assert in_postgresql == in_file
    assert len(in_file[0]) > 200
    assert len(in_file[1].splitlines()) > 10_000


def test_while_the_database_is_away_the_values_stay_and_work_resumes_by_itself(
    wechat: RunningSimulator, own_server: PostgreSQL, clock: FakeClock, tmp_path: Path
) -> None:
    url = own_server.new_database()
    with (
        logged("info") as log,
        Exporter(tmp_path, wechat.url, clock, archive={"url": url}) as exporter,
    ):
        before = values(exporter)
        own_server.stop()
        for _ in range(3):
            exporter.service.tick()
        exporter.service.start_pass()
        passes_end()
        assert values(exporter) == before != []
        assert exporter.series(WRITABLE)[WRITABLE] == {(): 0}
        calls = len(wechat.simulator.calls)
        clock.advance(days=1)
        exporter.service.tick()
        own_server.start()
        exporter.service.tick()
        passes_end()
        assert exporter.series(WRITABLE)[WRITABLE] == {(): 1}
        assert len(wechat.simulator.calls) > calls
        assert values(exporter) != before
    told = [line for line in log.getvalue().splitlines() if "level=info" not in line]
    assert [re.findall('event="?([a-z ]+)', line) for line in told] == [
        ["values not refreshed"], ["archive failed"],
    ]  # fmt: skip


def test_a_server_that_lost_the_last_of_what_was_read_is_read_anew(
    wechat: RunningSimulator, own_server: PostgreSQL, clock: FakeClock, tmp_path: Path
) -> None:
    """As after a failover to one that was behind, between two ticks."""
    url, folders = own_server.new_database(), [tmp_path / str(number) for number in range(3)]
    for folder in folders:
        folder.mkdir()
    with (
        logged("info") as log,
        Exporter(folders[0], wechat.url, clock, archive={"url": url}) as one,
        Exporter(folders[1], wechat.url, clock, archive={"url": url}) as other,
    ):
        for exporter in (one, other):
            exporter.service.tick()
        # Fewer than were read, so that the next ones are numbered as those were.
        own_server.execute("UPDATE replies SET news = news / 3", url.rpartition("/")[2])
        own_server.stop()
        own_server.start()
        clock.advance(days=1)
        one.service.start_pass()
        passes_end()
        other.service.tick()
        with Exporter(folders[2], wechat.url, clock, archive={"url": url}) as fresh:
            assert numbers(one) == numbers(other) == numbers(fresh)
    assert log.getvalue().count("server was started anew, or is another one") == 2
    assert "level=error" not in log.getvalue()


def test_two_exporters_ask_once_for_each_quota_and_show_the_same(
    wechat: RunningSimulator, clock: FakeClock, both: tuple[Exporter, Exporter]
) -> None:
    one, other = both
    shown = [quotas(exporter) for exporter in both]
    assert shown[0] == shown[1]
    # Of two apps, of one call each.
    assert len(shown[0]) == 2 * 3
    for _ in range(3):
        clock.advance(minutes=30)
        for exporter in both:
            exporter.service.start_pass()
        passes_end()
    shown = [quotas(exporter) for exporter in both]
    assert shown[0] == shown[1]
    assert len(shown[0]) == 2 * 2 * 3
    assert values(one) == values(other)
    asked = [call.call for call in wechat.simulator.asides]
    assert asked.count("openapi_quota_get") == 2 * 2
    clock.advance(hours=8)
    assert [quotas(exporter) for exporter in both] == [[], []]


def test_two_exporters_show_the_same_failures_and_the_same_end_of_them(
    wechat: RunningSimulator, clock: FakeClock, both: tuple[Exporter, Exporter]
) -> None:
    one, other = both
    well = [failures(exporter) for exporter in both]
    assert well[0] == well[1] == {("cafe", TREND): 1, ("cafe", PAGE): 1} | {
        ("shop", TREND): 1, ("shop", PAGE): 1,
    }  # fmt: skip
    wechat.simulator.faults.add(
        Fault("errcode", call="getweanalysisappidvisitpage", code=47001),
        Fault("close", call="getweanalysisappiddailyvisittrend", appid=SHOP.appid),
    )
    clock.advance(days=1)
    one.service.start_pass()
    passes_end()
    fail = {("cafe", PAGE, "47001"): 1, ("shop", PAGE, "47001"): 1, ("cafe", PAGE): 0}
    fail |= {("shop", TREND, "connection"): 1, ("shop", PAGE): 0, ("shop", TREND): 0}
    assert [failures(each) for each in both] == [fail | {("cafe", TREND): 1}] * 2
    assert "please report it with this line" in other.get("/").text
    wechat.simulator.faults.clear()
    clock.advance(hours=7)
    other.service.start_pass()
    passes_end()
    assert [failures(exporter) for exporter in both] == well
    assert "All 4 reports are well" in one.get("/").text


def failures(exporter: Exporter) -> dict[tuple[str, ...], float]:
    """What is told of each report, well or failing, after a tick."""
    success, error = "wxa_exporter_report_success", "wxa_exporter_report_error"
    found = exporter.series(success, error)
    return found[success] | {(app, report, code): 1 for app, code, report in found[error]}


def quotas(exporter: Exporter) -> list[str]:
    """What is told of quotas after a tick."""
    exporter.service.tick()
    return [line for line in values(exporter) if line.startswith("wxa_api_quota_")]


def numbers(exporter: Exporter) -> list[str]:
    """The lines of /metrics that come from WeChat's reports."""
    return [line for line in values(exporter) if not line.startswith("wxa_api_quota_")]


def values(exporter: Exporter) -> list[str]:
    """The lines of /metrics that are not about the exporter itself."""
    lines = exporter.get("/metrics").text.splitlines()
    return [line for line in lines if re.match(r"wxa_(?!exporter_)", line)]
