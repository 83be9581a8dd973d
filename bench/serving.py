"""The real exporter, `wxa-exporter serve`, in a process of its own."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.material import REPORT, SAMPLES_PER_APP, configuration, fill, made_up_apps, written
from bench.processes import EXPORTER, READY_SECONDS, await_ready, free_port, running
from bench.scraper import OPEN, Access, fetch, page_samples
from bench.secured import Secured
from bench.table import BenchError


class Serving(NamedTuple):
    """A process that serves."""

    pid: int
    port: int


@contextmanager
def serving(
    folder: Path,
    config: Path,
    pause: float = 0.05,
    *,
    access: Access = OPEN,
    path: str = "/metrics",
    ready_seconds: float = READY_SECONDS,
) -> Iterator[Serving]:
    """The exporter with a configuration, from its first answered scrape (or other path) on."""
    port, log = free_port(), folder / "serve.log"
    address = f"--web.listen-address=127.0.0.1:{port}"
    with running(EXPORTER, "serve", f"--config.file={config}", address, log=log) as child:
        await_ready(child, log, lambda: fetch(port, path, access)[0] == 200, pause, ready_seconds)
        yield Serving(child.pid, port)


@contextmanager
def serving_pages(
    folder: Path, apps: int, days: int = 3, fresh_days: int = 1, secured: Secured | None = None
) -> Iterator[Serving]:
    """The exporter with some apps' pages in its archive. Checked: it shows all of them."""
    fill(folder, apps, days, fresh_days)
    web = {"web": {"config_file": str(secured.web_config)}} if secured else {}
    access = secured.access if secured else OPEN
    config = written(folder, configuration(folder, made_up_apps(apps), **web))
    with serving(folder, config, access=access) as server:
        check_shown(server.port, apps, "the exporter", access)
        yield server


def check_shown(port: int, apps: int, who: str, access: Access = OPEN) -> None:
    """Raises BenchError unless every sample of every page is in the answer."""
    found, wanted = page_samples(fetch(port, access=access)[1]), apps * SAMPLES_PER_APP
    if found != wanted:
        raise BenchError(f"{who} shows {found} samples of {REPORT.name}, not {wanted}")


def gzipped(port: int, access: Access = OPEN) -> bytes:
    """The very bytes that the exporter sends."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.sock = access.connected(port)
    asked = {"Accept-Encoding": "gzip", **access.headers}
    connection.request("GET", "/metrics", headers=asked)
    sent = connection.getresponse().read()
    connection.close()
    return sent
