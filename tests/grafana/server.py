"""A real Prometheus for the dashboards' queries."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from tests.support import eventually, free_port, program, tool

CONFIG = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
storage: {{tsdb: {{out_of_order_time_window: 100d}}}}
{scrapes}
"""
# `wxa` stands for every minute, `wxa-history` for once an hour.
SCRAPES = """
scrape_configs:
  - job_name: wxa
    static_configs: [{{targets: ["{exporter}"]}}]
  - job_name: wxa-history
    metrics_path: /history
    params: {{since: ["{since}"]}}
    honor_timestamps: true
    scrape_interval: 5s
    scrape_timeout: 5s
    static_configs: [{{targets: ["{exporter}"]}}]
"""
# Samples with timestamps and with the labels job and instance of their own.
GIVEN = """
scrape_configs:
  - job_name: given
    honor_labels: true
    honor_timestamps: true
    scrape_interval: 3s
    scrape_timeout: 3s
    static_configs: [{{targets: ["{target}"]}}]
"""
Series = dict[str, Any]


class Prometheus:
    """A running Prometheus that is asked over HTTP."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._session = requests.Session()

    def close(self) -> None:
        """Hang up."""
        self._session.close()

    def ready(self) -> bool:
        """True once it answers."""
        try:
            return self._session.get(f"{self._url}/-/ready", timeout=5).ok
        except requests.ConnectionError:
            return False

    def instant(self, expr: str, at: float | None = None) -> list[Series]:
        """The answer at a moment; now when none is given."""
        return self._ask("query", query=expr, **({} if at is None else {"time": at}))

    def over(self, expr: str, start: float, end: float, step: int) -> list[Series]:
        """The answers from start to end."""
        return self._ask("query_range", query=expr, start=start, end=end, step=step)

    def _ask(self, path: str, **form: str | float) -> list[Series]:
        reply = self._session.post(f"{self._url}/api/v1/{path}", data=form, timeout=30).json()
        assert reply["status"] == "success", f"{reply.get('error')}\n{form['query']}"
        result: list[Series] = reply["data"]["result"]
        return result


@contextmanager
def prometheus(folder: Path, scrapes: str) -> Iterator[Prometheus]:
    """A Prometheus with these scrape jobs."""
    data = folder / "data"
    config = folder / "prometheus.yml"
    config.write_text(CONFIG.format(scrapes=scrapes), encoding="utf-8")
    port = free_port()
    arguments = (
        tool("prometheus"),
        f"--config.file={config}",
        f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=400d",
        f"--web.listen-address=127.0.0.1:{port}",
    )
    with program(*arguments, log=folder / "prometheus.log"):
        server = Prometheus(port)
        try:
            eventually(server.ready, 20, "Prometheus answers")
            yield server
        finally:
            server.close()
