"""What a scraper notices of 500 slow clients, and of somebody who tries passwords."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from bench.crowd import SLOW, WRONG
from bench.material import SAMPLES_PER_APP
from bench.processes import await_ready, memory_mb, running
from bench.scraper import OPEN, Access, Scraper, basic
from bench.secured import NEVER_ASKED, PASSWORD, secured
from bench.serving import Serving, serving_pages
from bench.table import Row, within
from bench.timing import Times, timed

APPS, SLOW_CLIENTS, GUESSERS = 100, 500, 8
SCRAPES, ROUNDS, PAUSE_SECONDS = 150, 4, 0.02
P99_AIM = 2


def run(folder: Path) -> Iterator[Row]:
    """Slow clients without and with TLS, then wrong passwords."""
    slow = f"{SLOW_CLIENTS} slow clients"
    clear = folder / "clear"
    clear.mkdir()
    with serving_pages(clear, APPS) as server:
        yield _row(f"{slow}: scrape p99", folder, server, OPEN, SLOW, SLOW_CLIENTS)
    files = secured(folder)
    with serving_pages(folder, APPS, secured=files) as server:
        what = f"{slow} over TLS: scrape p99"
        yield _row(what, folder, server, files.access, SLOW, SLOW_CLIENTS)
        what = f"{GUESSERS} clients with wrong passwords: scrape p99"
        yield _row(what, folder, server, files.access, WRONG, GUESSERS)
        yield _first(folder, server, files.access)


def _first(folder: Path, server: Serving, access: Access) -> Row:
    """A password is checked once: how long that takes beside others' checks."""
    scrapers = [
        Scraper(server.port, access=access._replace(authorization=basic(user, PASSWORD)))
        for user in NEVER_ASKED
    ]
    half = len(scrapers) // 2
    alone = Times([timed(scraper) for scraper in scrapers[:half]])
    with crowd(folder, WRONG, GUESSERS, server.port, access):
        beside = Times([timed(scraper) for scraper in scrapers[half:]])
    for scraper in scrapers:
        scraper.close()
    ratio = beside.p50 / alone.p50
    return within("  a scraper's first scrape", str(beside), f"alone {alone}", ratio)


def _row(what: str, folder: Path, server: Serving, access: Access, kind: str, size: int) -> Row:
    quiet: list[float] = []
    busy: list[float] = []
    for _ in range(ROUNDS):
        quiet += _scrapes(server, access)
        with crowd(folder, kind, size, server.port, access):
            busy += _scrapes(server, access)
    ours, alone = Times(busy), Times(quiet)
    samples = f"{APPS * SAMPLES_PER_APP:,} samples, {memory_mb(server.pid):.0f} MB"
    return within(
        f"{what}, {samples}", str(ours), f"while nobody else is there {alone}",
        ours.p99 / alone.p99, P99_AIM,
    )  # fmt: skip


def _scrapes(server: Serving, access: Access) -> Iterator[float]:
    scraper = Scraper(server.port, access=access)
    scraper()
    for _ in range(SCRAPES):
        Event().wait(PAUSE_SECONDS)
        yield timed(scraper)
    scraper.close()


@contextmanager
def crowd(folder: Path, kind: str, size: int, port: int, access: Access) -> Iterator[None]:
    """So many of a kind before the port, from the moment at which all have come."""
    log = folder / "crowd.log"
    words = [sys.executable, "-m", "bench.crowd", kind, str(size), str(port)]
    if access.context:
        words.append("tls")
    with running(*words, log=log) as process:
        await_ready(process, log, lambda: "here" in log.read_text())
        yield
