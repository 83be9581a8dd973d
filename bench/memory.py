"""Memory of the serving process."""

from collections.abc import Iterator
from pathlib import Path

from bench.demo_archive import DEMO_APPS, demo_config
from bench.material import SAMPLES_PER_APP
from bench.processes import memory_mb
from bench.scraper import Scraper
from bench.serving import Serving, serving, serving_pages
from bench.table import Row, memory

APPS, SCRAPES = 100, 200
LARGE_MB, DEMO_MB = 150, 80


def run(folder: Path) -> Iterator[Row]:
    """What /proc says of it after scrapes, half of them over fresh connections."""
    with serving_pages(folder, APPS) as server:
        samples = APPS * SAMPLES_PER_APP
        yield _row(f"memory of serve, {samples:,} samples", server, LARGE_MB)
    place = folder / "demo"
    place.mkdir()
    with serving(place, demo_config(place)) as server:
        yield _row(f"memory of serve, {DEMO_APPS} demo apps", server, DEMO_MB)


def _row(what: str, server: Serving, limit: float) -> Row:
    for keep in (True, False):
        scraper = Scraper(server.port, keep=keep)
        for _ in range(SCRAPES // 2):
            scraper()
        scraper.close()
    peak = memory_mb(server.pid, "VmHWM")
    note = f"peak {peak:.0f}; after {SCRAPES} scrapes"
    return memory(what, memory_mb(server.pid), note, limit)
