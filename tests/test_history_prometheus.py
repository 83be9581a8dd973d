"""Prometheus scraping /history of a real exporter: what lands where, and what does not."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import requests

from exporter.clock import SystemClock
from tests.cli.running import BAKERY
from tests.history.servers import (
    TODAY,
    YESTERDAY,
    Database,
    exporter_of_today,
    midnight,
    prometheus,
)
from tests.http_server import serving
from tests.support import ROOT, eventually, tool
from tests.web.serving import Exporter

AGO_40 = YESTERDAY - timedelta(days=40)
# Prometheus 3 takes no samples without it.
TEXT = "text/plain; version=0.0.4"
PV = "wxa_history_visit_pv"


@pytest.fixture(scope="module")
def exporter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporter]:
    with exporter_of_today(tmp_path_factory.mktemp("exporter")) as running:
        yield running


@pytest.fixture(scope="module")
def scraping(tmp_path_factory: pytest.TempPathFactory, exporter: Exporter) -> Iterator[Database]:
    with prometheus(tmp_path_factory.mktemp("prometheus"), address(exporter)) as database:
        database.scraped_again()
        yield database


def address(exporter: Exporter) -> str:
    return exporter.url.removeprefix("http://")


def archived(exporter: Exporter, report: str, field: str) -> dict[object, float]:
    """What the archive says about each first day."""
    found = exporter.archive.bodies(BAKERY.appid, report, AGO_40)
    return {day: json.loads(kept.body or "")["list"][0][field] for day, kept in found}


def change(exporter: Exporter, day: object, field: str, more: int) -> None:
    """Let WeChat have said another number."""
    with exporter.archive.transaction() as transaction:
        kept = transaction.read(BAKERY.appid, "daily_visit_trend", day)  # type: ignore[arg-type]
        assert kept is not None
        body = json.loads(kept.body or "")
        body["list"][0][field] += more
        changed = replace(kept, body=json.dumps(body))
        transaction.write(BAKERY.appid, "daily_visit_trend", day, changed)  # type: ignore[arg-type]


def test_every_number_stands_at_midnight_of_its_own_day(
    exporter: Exporter, scraping: Database
) -> None:
    shown = scraping.days(PV, AGO_40, TODAY, "app")
    oldest = TODAY - timedelta(days=34)
    told = archived(exporter, "daily_visit_trend", "visit_pv")
    assert shown == {("bakery",): {day: pv for day, pv in told.items() if day >= oldest}}  # type: ignore[operator]
    assert len(shown["bakery",]) == 34


def test_a_retention_stands_on_the_day_of_its_cohort(
    exporter: Exporter, scraping: Database
) -> None:
    shown = scraping.days('wxa_history_retention_users{user="new"}', AGO_40, TODAY, "day")
    assert max(shown["30",]) == YESTERDAY - timedelta(days=30)
    assert max(shown["7",]) == YESTERDAY - timedelta(days=7)
    [(_, kept)] = [
        pair
        for pair in exporter.archive.bodies(BAKERY.appid, "daily_retention", AGO_40)
        if pair[0] == YESTERDAY - timedelta(days=30)
    ]
    told = {item["key"]: item["value"] for item in json.loads(kept.body or "")["visit_uv_new"]}
    assert shown["30",][YESTERDAY - timedelta(days=30)] == told[30]


def test_scraping_again_and_again_changes_nothing(scraping: Database) -> None:
    before = scraping.days(PV, AGO_40, TODAY, "app")
    scraping.scraped_again()
    assert scraping.target()["health"] == "up"
    assert scraping.target()["lastError"] == ""
    assert scraping.days(PV, AGO_40, TODAY, "app") == before


def test_without_the_window_the_samples_are_dropped_and_the_scrape_is_fine(
    tmp_path: Path, exporter: Exporter
) -> None:
    with prometheus(tmp_path, address(exporter), window="") as database:
        database.scraped_again()
        assert database.days(PV, AGO_40, TODAY) == {}
        assert database.target()["health"] == "up"
        assert database.own("prometheus_target_scrapes_sample_out_of_bounds_total") > 10_000
    assert "too old or are too far into the future" in (tmp_path / "log").read_text()


def test_one_sample_beyond_the_window_fails_the_whole_scrape(
    tmp_path: Path, exporter: Exporter
) -> None:
    with prometheus(tmp_path, address(exporter), window="30d") as database:
        database.scraped_again()
        assert database.target()["health"] == "down"
        assert database.target()["lastError"] == "too old sample"
        assert database.days(PV, AGO_40, TODAY) == {}


def tick(distance: timedelta) -> bytes:
    """A sample so far from now: with it Prometheus' head reaches from or to there."""
    at = SystemClock().now() + distance
    return f"tick 1 {int(at.timestamp() * 1000)}\n".encode()


def in_blocks(folder: Path, day: date) -> list[float] | None:
    """The values that Prometheus has written to blocks for a day; None while it merges some."""
    with TemporaryDirectory() as blocks:
        (Path(blocks) / "wal").mkdir()  # promtool insists
        command = (tool("promtool"), "tsdb", "dump", f"--match={PV}", blocks)
        try:
            for meta in (folder / "data").glob("*/meta.json"):
                shutil.copytree(meta.parent, Path(blocks) / meta.parent.name)
            told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):
            return None
    samples = [line.rsplit(" ", 2)[1:] for line in told.splitlines()]
    return [float(value) for value, at in samples if int(at) == midnight(day) * 1000]


def test_of_a_revised_value_the_first_stays_until_it_is_deleted_as_the_page_says(
    tmp_path: Path, exporter: Exporter
) -> None:
    day = YESTERDAY - timedelta(days=3)
    query = {"since": [f"{TODAY - timedelta(days=20)}"], "report": ["daily_visit_trend"]}
    # Prometheus writes its head to blocks when it spans three hours.
    with (
        serving(tick(timedelta(hours=-2, minutes=-55)), content_type=TEXT) as ticks,
        prometheus(tmp_path, address(exporter), query=query, before=ticks.host) as database,
    ):
        database.scraped_again()
        first, shown = database.value(PV, midnight(day)), database.days(PV, AGO_40, TODAY)
        assert first is not None
        change(exporter, day, "visit_pv", 1000)
        try:
            database.scraped_again()
            assert f"{first + 1000}" in exporter.get("/history?report=daily_visit_trend").text
            assert database.days(PV, AGO_40, TODAY) == shown
            assert database.target()["health"] == "up"
            assert database.own("prometheus_target_scrapes_sample_duplicate_timestamp_total") == 0
            ticks.body = tick(timedelta(minutes=8))
            eventually(lambda: in_blocks(tmp_path, day) == [first], 60, "the head is written")
            delete_as_the_page_says(database, day)
            database.scraped_again()
            eventually(lambda: in_blocks(tmp_path, day) == [], 20, "the first is gone")
            shown[()][day] += 1000
            assert database.days(PV, AGO_40, TODAY) == shown
        finally:
            change(exporter, day, "visit_pv", -1000)


def delete_as_the_page_says(database: Database, day: date) -> None:
    """Run the page's command for the bakery and this Prometheus."""
    page = (ROOT / "docs" / "history.md").read_text("utf-8")
    [url] = re.findall(r"curl -X POST -g '(http://127\.0\.0\.1:9090/[^']+)'", page)
    url = url.replace("http://127.0.0.1:9090", database.url).replace("shop", "bakery")
    before = datetime.combine(day - timedelta(days=1), time(15), UTC)
    for told, own in (("start", before), ("end", before + timedelta(hours=2))):
        url = re.sub(f"{told}=[^&]+", f"{told}={own:%Y-%m-%dT%H:%M:%SZ}", url)
    assert requests.post(url, timeout=20).status_code == 204


def test_a_number_learned_later_lands_on_its_day(tmp_path: Path, exporter: Exporter) -> None:
    day = TODAY - timedelta(days=25)
    with prometheus(tmp_path / "p", address(exporter)) as database:
        with exporter.archive.transaction() as transaction:
            kept = transaction.read(BAKERY.appid, "daily_retention", day)
            assert kept is not None
            body = json.loads(kept.body or "")
            less = {
                name: [item for item in items if item["key"] < 14] if isinstance(items, list)
                else items
                for name, items in body.items()
            }  # fmt: skip
            early = replace(kept, body=json.dumps(less))
            transaction.write(BAKERY.appid, "daily_retention", day, early)
        database.scraped_again()
        query = 'wxa_history_retention_users{user="new",day="14"}'
        assert database.value(query, midnight(day)) is None
        with exporter.archive.transaction() as transaction:
            transaction.write(BAKERY.appid, "daily_retention", day, kept)
        eventually(lambda: database.value(query, midnight(day)) is not None, 20, "key 14")
        told = {item["key"]: item["value"] for item in body["visit_uv_new"]}
        assert database.value(query, midnight(day)) == told[14]
