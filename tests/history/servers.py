"""Real databases for dated samples: Prometheus and VictoriaMetrics, on data of the test's own."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import requests
import yaml

from exporter import demo
from exporter.clock import SystemClock
from exporter.periods import Period, Window, beijing_day
from exporter.simulator import RunningSimulator
from tests.cli.running import BAKERY, todays_wechat
from tests.logged import logged
from tests.support import eventually, free_port, program, tool
from tests.web.serving import SELDOM, Exporter, entry, passes_end

NOW = SystemClock().now()
TODAY = beijing_day(NOW)
YESTERDAY = TODAY - timedelta(days=1)
NEVER_SCRAPED = "0001-01-01T00:00:00Z"
Series = dict[tuple[str, ...], dict[date, float]]


def midnight(day: date) -> int:
    """00:00 Asia/Shanghai in Unix seconds."""
    return Window(Period.DAY, day).start_timestamp


@contextmanager
def exporter_of_today(
    folder: Path,
    days: int = 35,
) -> Iterator[Exporter]:
    """The bakery's exporter with so many days behind it, and a WeChat that stays for it."""
    with logged("info"), RunningSimulator(todays_wechat()) as wechat, Exporter(
        folder, wechat.url, SystemClock(), apps=[entry("bakery", BAKERY)],
        collect={"schedule": SELDOM},
    ) as exporter:  # fmt: skip
        demo.fill(exporter.service, days)
        passes_end()
        yield exporter


@dataclass
class Database:
    """Something that answers PromQL at `url`."""

    url: str
    log: Path

    def get(self, path: str, **parameters: object) -> Any:  # noqa: ANN401 - JSON
        answer = requests.get(
            self.url + path, params={k: str(v) for k, v in parameters.items()}, timeout=20
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/api/v1/query?query=1", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def value(self, query: str, at: float | None = None) -> float | None:
        """The value of the only series, None where there is none."""
        result = self.get("/api/v1/query", query=query, **({} if at is None else {"time": at}))
        assert len(result["result"]) <= 1, result
        return float(result["result"][0]["value"][1]) if result["result"] else None

    def days(self, query: str, first: date, last: date, *labels: str) -> Series:
        """By label values, the value at each midnight of the span: a chart with a step of a day."""
        result = self.get(
            "/api/v1/query_range", query=query, start=midnight(first), end=midnight(last),
            step=86400,
            nocache=1,  # or VictoriaMetrics moves the steps to midnights in UTC
        )  # fmt: skip
        return {
            tuple(series["metric"].get(label, "") for label in labels): {
                beijing_day(datetime.fromtimestamp(at).astimezone()): float(value)
                for at, value in series["values"]
            }
            for series in result["result"]
        }

    def own(self, name: str) -> float:
        """A number that Prometheus tells about itself, over all its labels."""
        text = requests.get(f"{self.url}/metrics", timeout=10).text
        return sum(float(v) for v in re.findall(rf"^{name}(?:\{{.*\}})? (\S+)$", text, re.M))

    def target(self) -> dict[str, Any]:
        """How the last scrape of the history job went."""
        targets: list[dict[str, Any]] = self.get("/api/v1/targets")["activeTargets"]
        found = [each for each in targets if each["labels"]["job"] == "wxa-history"]
        return found[0] if found else {"lastScrape": ""}

    def scraped_again(self) -> None:
        """Wait until the samples of a scrape that begins from now on are there.

        A scrape is told when it is over but not stored yet: the one after it proves both.
        """
        for _ in range(3):
            known = {self.target()["lastScrape"], "", NEVER_SCRAPED}
            eventually(partial(self._scraped_after, known), 30, "a scrape")

    def _scraped_after(self, known: set[str]) -> bool:
        return self.target()["lastScrape"] not in known


@contextmanager
def prometheus(
    folder: Path,
    target: str = "",
    window: str = "40d",
    query: dict[str, list[str]] | None = None,
    before: str = "",
) -> Iterator[Database]:
    """Prometheus with its data in `folder`, scraping the target every second, if there is one.

    It has scraped itself, or the target `before`, first: an empty one takes the first samples it
    meets, however old.
    """
    folder.mkdir(exist_ok=True)
    address = f"127.0.0.1:{free_port()}"
    jobs: list[dict[str, Any]] = [
        {
            "job_name": "before", "scrape_interval": "1s",
            "static_configs": [{"targets": [before or address]}],
        }
    ]  # fmt: skip
    content: dict[str, Any] = {"scrape_configs": jobs}
    if window:
        content["storage"] = {"tsdb": {"out_of_order_time_window": window}}
    config = folder / "prometheus.yml"
    config.write_text(yaml.safe_dump(content))
    arguments = (
        tool("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=2y", f"--web.listen-address={address}",
        "--web.enable-admin-api", "--web.enable-lifecycle", "--log.level=debug",
    )  # fmt: skip
    with program(*arguments, log=folder / "log"):
        database = Database(f"http://{address}", folder / "log")
        eventually(database.ready, 30, "Prometheus answers")
        eventually(lambda: database.value("up") == 1, 30, "Prometheus has scraped")
        if target:
            jobs.append(
                {
                    "job_name": "wxa-history", "metrics_path": "/history", "params": query or {},
                    "honor_timestamps": True, "scrape_interval": "1s",
                    "static_configs": [{"targets": [target]}],
                }
            )  # fmt: skip
            config.write_text(yaml.safe_dump(content))
            requests.post(f"{database.url}/-/reload", timeout=20).raise_for_status()
        yield database


@contextmanager
def victoria_metrics(folder: Path) -> Iterator[Database]:
    """VictoriaMetrics with its data in `folder`."""
    address = f"127.0.0.1:{free_port()}"
    arguments = (
        tool("victoria-metrics"), f"-storageDataPath={folder / 'data'}",
        f"-httpListenAddr={address}", "-retentionPeriod=2y", "-dedup.minScrapeInterval=1ms",
        "-search.latencyOffset=0s",
    )  # fmt: skip
    with program(*arguments, log=folder / "log"):
        database = Database(f"http://{address}", folder / "log")
        eventually(database.ready, 30, "VictoriaMetrics answers")
        yield database
