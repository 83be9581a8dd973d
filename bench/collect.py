"""A pass over many apps while each call of WeChat takes its time."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.bare import asked
from bench.material import configuration, written
from bench.processes import EXPORTER, Run
from bench.processes import run as run_program
from bench.simulated import ALL, Wechat, simulated
from bench.table import Row, within
from bench.timing import shown

APPS, LATENCY_SECONDS = 100, 0.1
REPORTS = ("daily_visit_trend", "visit_distribution", "visit_page")
CONCURRENCIES = (8, 32)
AIM, AIM_SECONDS = 1.3, 0.0025


class Pass(NamedTuple):
    """The calls of a pass, what they took, and what the simulator took of the processors."""

    calls: int
    took: Run
    simulator_seconds: float
    concurrency: int

    @property
    def cpu_a_call(self) -> float:
        """Processor time of the process from its start to its end, by call."""
        return self.took.cpu_seconds / self.calls

    def row(self, what: str, aim: float | None = None) -> Row:
        """Beside what the calls take if everything else is free."""
        bound = self.calls * LATENCY_SECONDS / self.concurrency
        cpu, simulator = shown(self.took.cpu_seconds), shown(self.simulator_seconds)
        return within(
            f"{what}, {APPS} apps, {self.calls:,} calls of 100 ms, concurrency {self.concurrency}",
            f"{shown(self.took.seconds)} (CPU {cpu}, simulator {simulator})",
            f"calls x 0.1 s / concurrency {shown(bound)}",
            self.took.seconds / bound,
            aim,
        )


def run(folder: Path) -> Iterator[Row]:
    """`wxa-exporter collect` from an empty archive, start of the process included."""
    with simulated(folder, APPS, LATENCY_SECONDS, REPORTS, days=6) as wechat:
        for concurrency in CONCURRENCIES:
            place = folder / str(concurrency)
            place.mkdir()
            ours = _collect(place, wechat, concurrency)
            yield ours.row("a pass", AIM)
            bare = _bare(place, wechat, concurrency)
            yield bare.row("the same by bare urllib3")
        yield Row(
            f"processor time a call, concurrency {ours.concurrency}, start included",
            shown(ours.cpu_a_call),
            f"bare urllib3 {shown(bare.cpu_a_call)}",
            f"{ours.cpu_a_call / bare.cpu_a_call:.2f}x",
            f"<= {shown(AIM_SECONDS)}",
            ours.cpu_a_call <= AIM_SECONDS,
        )
        start = run_program(EXPORTER, "check-config", _option(place), log=place / "check.log")
        yield Row("processor time of its start alone, check-config", shown(start.cpu_seconds))


def _option(folder: Path) -> str:
    return f"--config.file={folder / 'config.yaml'}"


def _collect(folder: Path, wechat: Wechat, concurrency: int) -> Pass:
    content = configuration(
        folder, wechat.apps,
        api={"base_url": wechat.url, "requests_per_second": 10_000},
        collect={"reports": list(REPORTS), "catch_up_days": 1, "concurrency": concurrency},
    )  # fmt: skip
    written(folder, content)
    # 1: something is not published yet, in the morning in Beijing.
    return _measured(wechat, concurrency, folder, EXPORTER, "collect", _option(folder))


def _bare(folder: Path, wechat: Wechat, concurrency: int) -> Pass:
    apps = asked(folder / "archive.db", wechat.apps)
    told = folder / "asked.json"
    told.write_text(json.dumps({"url": wechat.url, "concurrency": concurrency, "apps": apps}))
    return _measured(wechat, concurrency, folder, sys.executable, "-m", "bench.bare", str(told))


def _measured(wechat: Wechat, concurrency: int, folder: Path, *arguments: str) -> Pass:
    calls, simulator = wechat.calls(ALL), wechat.cpu_seconds()
    took = run_program(*arguments, log=folder / "collect.log", good=(0, 1))
    return Pass(wechat.calls(ALL) - calls, took, wechat.cpu_seconds() - simulator, concurrency)
