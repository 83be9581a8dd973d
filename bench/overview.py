"""The page for people of ten thousand apps, and what a scraper notices of somebody who reads it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

from bench.material import appid, configuration, made_up_apps, today, written
from bench.processes import memory_mb
from bench.scraper import Scraper, fetch, reading_on
from bench.serving import Serving, serving
from bench.table import BenchError, Row, below, within
from bench.timing import Times, timed
from exporter.archive import Archive, Kept, engine_of
from exporter.reports.table import BY_NAME

APPS, DAYS, REPORT = 10_000, 38, BY_NAME["daily_visit_trend"]
PAGES, SCRAPES, PAUSE_SECONDS = 40, 150, 0.02
PAGE_SECONDS, READY_SECONDS, P99_AIM = 0.2, 300, 2
ASKED = ("/", "/?page=250", "/?q=app-77")


def run(folder: Path) -> Iterator[Row]:
    """Each kind of page alone, then scrapes while one page after the other is read."""
    _fill(folder)
    collect = {"reports": [REPORT.name], "catch_up_days": 1}
    config = written(folder, configuration(folder, made_up_apps(APPS), collect=collect))
    with serving(folder, config, ready_seconds=READY_SECONDS) as server:
        _first_pass_over(server)
        for path in ASKED:
            status, page = fetch(server.port, path)
            if status != 200 or page.count(b"<svg") != 20:
                raise BenchError(f"{path} answers {status} with {page.count(b'<svg')} lines")
            scraper = Scraper(server.port, path)
            times = Times([timed(scraper) for _ in range(PAGES)])
            scraper.close()
            what = f"page for people, {APPS:,} apps, {path}, {len(page) / 1000:.0f} kB"
            yield below(what, times, PAGE_SECONDS, "", 1)
        yield _undisturbed(server)


def _first_pass_over(server: Serving) -> None:
    """It looks at every app, and would be measured with the page."""
    while b"\nwxa_exporter_last_collection_timestamp_seconds " not in fetch(server.port)[1]:
        Event().wait(1)


def _fill(folder: Path) -> None:
    archive = Archive(engine_of(f"sqlite:///{folder / 'archive.db'}"))
    archive.open()
    now, last = int(datetime.now().astimezone().timestamp()), today() - timedelta(days=1)
    with archive.transaction() as transaction:
        for app in range(APPS):
            by_day = {}
            for age in range(DAYS):
                body = f'{{"list":[{{"visit_uv":{1000 + (app * 7 + age * 13) % 500}}}]}}'
                kept = Kept(now, now, REPORT.asks[-1], now, app * DAYS + age + 1, body)
                by_day[last - timedelta(days=age)] = kept
            transaction.write_all(appid(app), REPORT.name, by_day)
    archive.close()


def _undisturbed(server: Serving) -> Row:
    alone = _scrapes(server)
    with reading_on(server.port, "/"):
        beside = _scrapes(server)
    return within(
        f"  scrape p99 while one page after the other is read, {memory_mb(server.pid):.0f} MB",
        str(beside), f"while none is {alone}", beside.p99 / alone.p99, P99_AIM,
    )  # fmt: skip


def _scrapes(server: Serving) -> Times:
    scraper, found = Scraper(server.port), []
    scraper()
    for _ in range(SCRAPES):
        Event().wait(PAUSE_SECONDS)
        found.append(timed(scraper))
    scraper.close()
    return Times(found)
