"""The simulated WeChat API in a process of its own, slow on purpose.

Run as a module, it is that process: it makes all replies beforehand, prints where it listens,
and for each line on its standard input how many calls it has answered: those for data, all of them,
or those of strangers.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from bench.material import today
from bench.processes import await_ready, cpu_seconds, running
from exporter.clock import SystemClock
from exporter.periods import Window
from exporter.reports.report import Report
from exporter.reports.table import BY_NAME
from exporter.simulator import RunningSimulator, Simulator, demo_apps

DATA, ALL, STRANGERS = "data", "all", "strangers"


class Wechat(NamedTuple):
    """A simulated API that runs."""

    process: subprocess.Popen[bytes]
    log: Path
    url: str
    apps: list[dict[str, str]]

    def calls(self, of: str = DATA) -> int:
        """How many calls it has answered: those for data, all, or those of apps it does not know.

        From noon in Beijing quotas are asked for too.
        """
        known = len(self.log.read_text().splitlines())
        if self.process.stdin:
            self.process.stdin.write(f"{of}\n".encode())
            self.process.stdin.flush()
        await_ready(self.process, self.log, lambda: self.log.read_text().count("\n") > known)
        return int(self.log.read_text().splitlines()[-1])

    def cpu_seconds(self) -> float:
        """Processor time that it has used."""
        return cpu_seconds(self.process.pid)


@contextmanager
def simulated(
    folder: Path, apps: int, latency_seconds: float, reports: tuple[str, ...], days: int
) -> Iterator[Wechat]:
    """A simulator of some apps that takes so long for each call, with its replies made."""
    log = folder / "simulator.log"
    arguments = (str(apps), str(latency_seconds), str(days), *reports)
    with running(sys.executable, "-m", "bench.simulated", *arguments, log=log) as child:
        await_ready(child, log, lambda: log.read_text().endswith("\n"))
        told = json.loads(log.read_text().splitlines()[0])
        yield Wechat(child, log, told["url"], told["apps"])


def _warm(simulator: Simulator, reports: list[Report], days: int) -> None:
    """Ask for everything once without HTTP, so that its replies are in the cache."""
    for app in simulator.apps.values():
        asked = {"grant_type": "client_credential", "appid": app.appid, "secret": app.secret}
        reply = simulator.answer_stable_token("POST", json.dumps(asked).encode())
        token = json.loads(reply.content)["access_token"]
        for report in reports:
            for window in _windows(report, days):
                dates = {"begin_date": window.begin_date, "end_date": window.end_date}
                payload = json.dumps(dates).encode()
                simulator.answer_datacube("POST", report.call, token, payload)


def _windows(report: Report, days: int) -> Iterator[Window]:
    window = Window.newest_over(report.period, today())
    while window.first_day >= today() - timedelta(days=days):
        yield window
        window = window.shifted(-1)


def simulate(apps: int, latency_seconds: float, days: int, reports: list[str]) -> None:
    """Answer until standard input ends."""
    simulator = Simulator(demo_apps(apps, today()), SystemClock(), latency_seconds)
    _warm(simulator, [BY_NAME[name] for name in reports], days)
    simulator.calls.clear()
    with RunningSimulator(simulator) as server:
        told: dict[str, Any] = {
            "url": server.url,
            "apps": [
                {"name": f"app-{number}", "appid": app.appid, "secret": app.secret}
                for number, app in enumerate(simulator.apps.values())
            ],
        }
        print(json.dumps(told), flush=True)
        for wanted in sys.stdin:
            print(_answered(simulator, wanted.strip()), flush=True)


def _answered(simulator: Simulator, of: str) -> int:
    if of == STRANGERS:
        return sum(call.appid not in simulator.apps for call in simulator.calls)
    return len(simulator.calls) + (len(simulator.asides) if of == ALL else 0)


if __name__ == "__main__":
    simulate(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
