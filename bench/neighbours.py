"""What else could answer the same scrapes: prometheus_client, Pushgateway, nginx.

Run as a module, it is the process that serves with prometheus_client.
"""

import http.client
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, start_http_server

from bench.material import REPORT, app_name, samples
from bench.processes import await_ready, free_port, running
from bench.scraper import OPEN, fetch
from bench.secured import Secured
from bench.table import BenchError

PUSHGATEWAY, NGINX = "prometheus-pushgateway", "nginx"
# nginx stands outside the PATH of ordinary users.
PLACES = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"


def installed(name: str) -> str | None:
    """The path of a program, or None."""
    return shutil.which(name) or shutil.which(name, path=PLACES)


@contextmanager
def prometheus_client(folder: Path, apps: int) -> Iterator[int]:
    """prometheus_client's own server with the samples of some apps; gives its port."""
    port, log = free_port(), folder / "prometheus_client.log"
    with running(sys.executable, "-m", "bench.neighbours", str(port), str(apps), log=log) as child:
        await_ready(child, log, lambda: fetch(port)[0] == 200, pause=0.2)
        yield port


@contextmanager
def pushgateway(folder: Path, program: str, apps: int) -> Iterator[int]:
    """A Pushgateway that holds the samples of some apps, a group for each; gives its port."""
    port, log = free_port(), folder / "pushgateway.log"
    # The check compares every push with all others: filling would take minutes, scrapes the same.
    options = ("--push.disable-consistency-check", "--persistence.file=", "--log.level=error")
    with running(program, f"--web.listen-address=127.0.0.1:{port}", *options, log=log) as child:
        await_ready(child, log, lambda: fetch(port, "/-/ready")[0] == 200)
        for app in range(apps):
            _push(port, app)
        yield port


def _push(port: int, app: int) -> None:
    lines, begun = [], ""
    for name, page, value in samples(app):
        if name != begun:
            begun = name
            lines.append(f"# HELP {name} The same text for everybody.\n# TYPE {name} gauge\n")
        lines.append(f'{name}{{page="{page}"}} {value!r}\n')
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    path = f"/metrics/job/wxa/app/{app_name(app)}"
    connection.request("PUT", path, "".join(lines).encode())
    status = connection.getresponse().status
    connection.close()
    if status != 202:
        raise BenchError(f"Pushgateway answered a push with {status}")


@contextmanager
def nginx(
    folder: Path, program: str, gzipped: bytes, secured: Secured | None = None
) -> Iterator[int]:
    """nginx that sends these gzipped bytes as a file; gives its port."""
    home = folder / "nginx"
    home.mkdir()
    port, log = free_port(), folder / "nginx.log"
    (home / "metrics").write_bytes(gzipped)
    temporary = "".join(
        f"{kind}_temp_path {home}/{kind}; "
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # Else root's worker becomes another user, who may not read temporary folders.
    user = "user root; " if os.geteuid() == 0 else ""
    (home / "nginx.conf").write_text(
        f"{user}daemon off; pid {home}/pid; error_log stderr crit; events {{}}\n"
        f"http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000;\n"
        f"{temporary}\n"
        f"server {{ listen 127.0.0.1:{port}{' ssl' if secured else ''}; root {home};\n"
        f"{_secured(secured) if secured else ''} default_type text/plain;\n"
        f"add_header Content-Encoding gzip; }} }}\n"
    )
    configuration = str(home / "nginx.conf")
    with running(program, "-e", "stderr", "-p", str(home), "-c", configuration, log=log) as child:
        access = secured.access if secured else OPEN
        await_ready(child, log, lambda: fetch(port, access=access)[0] == 200)
        yield port


def _secured(secured: Secured) -> str:
    return (
        f"ssl_certificate {secured.certificate}; ssl_certificate_key {secured.key};\n"
        f"ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:s:1m;\n"
        f"auth_basic scrapers; auth_basic_user_file {secured.password_file};\n"
    )


def serve_with_prometheus_client(port: int, apps: int) -> None:
    """Serve the samples of some apps until a signal."""
    registry = CollectorRegistry()
    gauges = {
        metric.name: Gauge(metric.name, metric.exposed_help, metric.label_names, registry=registry)
        for metric in REPORT.metrics
    }
    for app in range(apps):
        for name, page, value in samples(app):
            gauges[name].labels(app_name(app), page).set(value)
    start_http_server(port, "127.0.0.1", registry)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    serve_with_prometheus_client(int(sys.argv[1]), int(sys.argv[2]))
