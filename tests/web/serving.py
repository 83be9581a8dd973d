"""The serving process in the test's own: a service and its web server, on a clock of the test."""

import threading
from collections.abc import Callable
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Any, Self

import requests
import yaml
from prometheus_client.parser import text_string_to_metric_families
from urllib3 import BaseHTTPResponse

from exporter.archive import open_archive
from exporter.clock import Clock
from exporter.config import load
from exporter.discovery import Discovery
from exporter.service import Service
from exporter.simulator import SimulatedApp
from exporter.telemetry import new_telemetry
from exporter.web.connections import Limits
from exporter.web.routes import create_app
from exporter.web.server import Server, bind
from exporter.wechat.session import Session
from tests.conftest import CAFE, SHOP

# 29 February: passes happen when a test asks for them.
SELDOM = "0 0 29 2 *"


def entry(name: str, app: SimulatedApp, **more: object) -> dict[str, Any]:
    """An app of the configuration file."""
    return {"name": name, "appid": app.appid, "secret": app.secret, **more}


def content_of(url: str, archive: Path) -> dict[str, Any]:
    """A configuration with two apps that asks the WeChat at `url`."""
    return {
        "apps": [entry("shop", SHOP), entry("cafe", CAFE)],
        "collect": {"schedule": SELDOM, "reports": ["daily_visit_trend", "visit_page"]},
        "api": {"base_url": url, "requests_per_second": 10_000},
        "archive": {"url": f"sqlite:///{archive}"},
    }


def passes_end() -> None:
    """Wait until no pass runs, and nothing that follows one."""
    threads_end("pass", "settle")


def threads_end(*names: str) -> None:
    """Wait until the threads of those names are through."""
    for thread in threading.enumerate():
        if thread.name in names:
            thread.join(20)


class Gate(Session):
    """Lets the calls through, or holds the analytics calls until it is opened."""

    def __init__(self) -> None:
        super().__init__(8)
        self.open, self.reached = Event(), Event()
        self.open.set()

    def ask(self, method: str, url: str, *args: Any, **more: Any) -> BaseHTTPResponse:  # noqa: ANN401
        if "/datacube/" in url and not self.open.is_set():
            self.reached.set()
            self.open.wait(20)
        return super().ask(method, url, *args, **more)

    def session(self, _: int) -> Session:
        """What a service takes for the session of any concurrency."""
        return self


class Exporter:
    """An exporter on a port between `with` and its end. The first pass is over when it begins."""

    def __init__(
        self,
        folder: Path,
        wechat_url: str,
        clock: Clock,
        new_session: Callable[[int], Session] = Session,
        limits: Limits | None = None,
        **changes: object,
    ) -> None:
        self.config_file = folder / "config.yaml"
        self.content = content_of(wechat_url, folder / "archive.db")
        self.write(**changes)
        config = load(self.config_file)
        self.archive = open_archive(config)
        telemetry = new_telemetry()
        self.service = Service(
            config, lambda: load(self.config_file), self.archive, telemetry, clock, new_session,
            Discovery(Session(1), clock, telemetry),
        )  # fmt: skip
        self._socket = bind("127.0.0.1", 0)
        app = create_app(self.service, may_reload=lambda: True)
        self._server = Server(app, [self._socket], limits=limits)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def write(self, **changes: object) -> None:
        """Write the configuration file anew, with other values for some keys."""
        self.content |= changes
        self.config_file.write_text(yaml.safe_dump(self.content), encoding="utf-8")

    def listen(self) -> Self:
        """Answer HTTP; the archive is not read yet."""
        self._server.start()
        return self

    def close(self) -> None:
        """End everything that `listen` and the service started."""
        self.service.stop()
        self._server.stop()
        self.archive.close()

    def __enter__(self) -> Self:
        self.listen()
        self.service.start()
        passes_end()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def get(self, path: str, **headers: str) -> requests.Response:
        """The answer to a GET; headers with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.get(self.url + path, headers=named, timeout=10, allow_redirects=False)

    def reload(self) -> requests.Response:
        """The answer to a reload, when the pass it begins is over."""
        answer = requests.post(f"{self.url}/-/reload", timeout=10)
        passes_end()
        return answer

    def series(self, *names: str) -> dict[str, dict[tuple[str, ...], float]]:
        """By metric name: label values, in the order of their names, -> value on /metrics now."""
        self.service.tick()
        found: dict[str, dict[tuple[str, ...], float]] = {name: {} for name in names}
        for family in text_string_to_metric_families(self.get("/metrics").text):
            for sample in family.samples:
                if sample.name in found:
                    labels = tuple(value for _, value in sorted(sample.labels.items()))
                    found[sample.name][labels] = sample.value
        return found

    def apps(self) -> set[str]:
        """The values of the label app anywhere on /metrics."""
        self.service.tick()
        families = text_string_to_metric_families(self.get("/metrics").text)
        return {s.labels["app"] for family in families for s in family.samples if "app" in s.labels}
