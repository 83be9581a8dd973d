"""A real Prometheus, and the demo it scrapes, for tests."""

import json
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.support import eventually, free_port, program, tool

EXPORTER = str(Path(sys.executable).with_name("wxa-exporter"))


class Prometheus:
    """Queries of a running Prometheus."""

    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, path: str, **parameters: str) -> Any:  # noqa: ANN401 - JSON of any shape
        """The `data` of an answer of the HTTP API."""
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=10) as reply:
            return json.load(reply)["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series of an instant query."""
        found: list[dict[str, Any]] = self.get("query", query=expression)["result"]
        return found

    def ready(self) -> bool:
        """Whether it answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=2) as reply:
                return bool(reply.status == 200)
        except OSError:
            return False


@contextmanager
def prometheus(folder: Path, config: dict[str, Any]) -> Iterator[Prometheus]:
    """Debian's Prometheus with that configuration, its data in `folder`."""
    binary, port = tool("prometheus"), free_port()
    path = folder / "prometheus.yml"
    path.write_text(yaml.safe_dump(config))
    arguments = (
        f"--config.file={path}", f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn",
    )  # fmt: skip
    server = Prometheus(f"http://127.0.0.1:{port}")
    with program(binary, *arguments, log=folder / "prometheus.log"):
        eventually(server.ready, 20, "Prometheus is ready")
        yield server


def answers(url: str) -> bool:
    """Whether a URL is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


@contextmanager
def demo(folder: Path, *arguments: str) -> Iterator[str]:
    """A running `wxa-exporter demo`; gives its host and port, once it is ready."""
    address = f"127.0.0.1:{free_port()}"
    command = (EXPORTER, "demo", f"--web.listen-address={address}", *arguments)
    with program(*command, log=folder / "demo.log"):
        eventually(lambda: answers(f"http://{address}/-/ready"), 20, "the demo is ready")
        yield address
