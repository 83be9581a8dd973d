"""How long a scrape takes, beside the ways in which others answer the same one."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from bench import neighbours
from bench.material import SAMPLES_PER_APP
from bench.scraper import Scraper
from bench.serving import check_shown, gzipped, serving_pages
from bench.table import Row, times_cheaper, within
from bench.timing import Times, Turn, in_turns

SMALL, LARGE = 1, 100
# The exporter, nginx; Pushgateway; prometheus_client: so often in each round.
TURNS = {SMALL: (25, 25, 5), LARGE: (25, 2, 1)}
ROUNDS = {True: 12, False: 5}
BUDGET_SECONDS = 12
# What is asked for, at LARGE over a kept connection.
PUSHGATEWAY_AIM, CLIENT_AIM, NGINX_AIM = 500, 1000, 2

OURS, CLIENT = "exporter", "prometheus_client"


def run(folder: Path) -> Iterator[Row]:
    """A gzip scrape, as Prometheus sends it, of one app and of a hundred."""
    for apps in (SMALL, LARGE):
        place = folder / str(apps)
        place.mkdir()
        yield from _run(place, apps)


def _run(folder: Path, apps: int) -> Iterator[Row]:
    with ExitStack() as stack:
        ours = stack.enter_context(serving_pages(folder, apps)).port
        client = stack.enter_context(neighbours.prometheus_client(folder, apps))
        ports = {OURS: ours, CLIENT: client}
        if program := neighbours.installed(neighbours.NGINX):
            server = neighbours.nginx(folder, program, gzipped(ours))
            ports[neighbours.NGINX] = stack.enter_context(server)
        if program := neighbours.installed(neighbours.PUSHGATEWAY):
            gateway = neighbours.pushgateway(folder, program, apps)
            ports[neighbours.PUSHGATEWAY] = stack.enter_context(gateway)
        for name, port in ports.items():
            check_shown(port, apps, name)
        for keep in (True, False):
            yield from _rows(apps, keep, _measured(apps, keep, ports))


def _measured(apps: int, keep: bool, ports: dict[str, int]) -> dict[str, Times]:
    fast, gateway, client = TURNS[apps]
    often = {OURS: fast, neighbours.NGINX: fast, neighbours.PUSHGATEWAY: gateway, CLIENT: client}
    # The two that are compared to within a factor of two stand next to each other.
    order = (neighbours.PUSHGATEWAY, OURS, neighbours.NGINX, CLIENT)
    scrapers = {name: Scraper(ports[name], keep=keep) for name in order if name in ports}
    turns = [Turn(name, scraper, often[name], scraper.ready) for name, scraper in scrapers.items()]
    try:
        return in_turns(ROUNDS[keep], turns, BUDGET_SECONDS)
    finally:
        for scraper in scrapers.values():
            scraper.close()


def _rows(apps: int, keep: bool, times: dict[str, Times]) -> Iterator[Row]:
    ours = times[OURS]
    connection = "kept" if keep else "fresh"
    what = f"scrape p50, {apps * SAMPLES_PER_APP:,} samples, {connection} connection"
    aims = apps == LARGE and keep
    for name, aim in ((CLIENT, CLIENT_AIM), (neighbours.PUSHGATEWAY, PUSHGATEWAY_AIM)):
        against = f"{name} {times[name]}" if name in times else f"{name}: not installed"
        if name not in times:
            yield Row(what, str(ours), against)
            continue
        ratio = times[name].p50 / ours.p50
        yield times_cheaper(what, str(ours), against, ratio, aim if aims else None)
    if neighbours.NGINX in times:
        file = times[neighbours.NGINX]
        limit = NGINX_AIM if aims else None
        yield within(what, str(ours), f"nginx, a file {file}", ours.p50 / file.p50, limit)
    else:
        yield Row(what, str(ours), "nginx: not installed")
