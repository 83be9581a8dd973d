"""How long a scrape takes over TLS and with a password, beside nginx with both."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from bench import neighbours
from bench.material import SAMPLES_PER_APP
from bench.scraper import Access, Scraper
from bench.secured import secured
from bench.serving import check_shown, gzipped, serving_pages
from bench.table import Row, within
from bench.timing import Times, Turn, in_turns

APPS, TURNS, ROUNDS, NGINX_AIM = 100, 25, 12, 2
OURS, THEIRS = "exporter", neighbours.NGINX


def run(folder: Path) -> Iterator[Row]:
    """A gzip scrape of a hundred apps over kept and over fresh connections."""
    files = secured(folder)
    with ExitStack() as stack:
        ports = {OURS: stack.enter_context(serving_pages(folder, APPS, secured=files)).port}
        if program := neighbours.installed(THEIRS):
            sent = gzipped(ports[OURS], files.access)
            server = neighbours.nginx(folder, program, sent, files)
            ports[THEIRS] = stack.enter_context(server)
            check_shown(ports[THEIRS], APPS, THEIRS, files.access)
        for keep in (True, False):
            yield _row(keep, _measured(ports, keep, files.access))


def _measured(ports: dict[str, int], keep: bool, access: Access) -> dict[str, Times]:
    scrapers = {name: Scraper(port, keep=keep, access=access) for name, port in ports.items()}
    turns = [Turn(name, scraper, TURNS, scraper.ready) for name, scraper in scrapers.items()]
    try:
        return in_turns(ROUNDS, turns)
    finally:
        for scraper in scrapers.values():
            scraper.close()


def _row(keep: bool, times: dict[str, Times]) -> Row:
    connection = "kept" if keep else "fresh"
    what = f"TLS and password, scrape p50, {APPS * SAMPLES_PER_APP:,} samples, {connection}"
    ours = times[OURS]
    if THEIRS not in times:
        return Row(what, str(ours), f"{THEIRS}: not installed")
    against = f"nginx, TLS, auth_basic {times[THEIRS]}"
    return within(
        what, str(ours), against, ours.p50 / times[THEIRS].p50, NGINX_AIM if keep else None
    )
