"""A pass over many apps while each call of WeChat takes its time."""

from collections.abc import Iterator
from pathlib import Path

from bench.material import configuration, written
from bench.processes import EXPORTER
from bench.processes import run as run_program
from bench.simulated import Wechat, simulated
from bench.table import Row, within
from bench.timing import shown

APPS, LATENCY_SECONDS = 100, 0.1
REPORTS = ("daily_visit_trend", "visit_distribution", "visit_page")
CONCURRENCIES = (8, 32)
AIM = 1.3


def run(folder: Path) -> Iterator[Row]:
    """`wxa-exporter collect` from an empty archive, start of the process included."""
    with simulated(folder, APPS, LATENCY_SECONDS, REPORTS, days=6) as wechat:
        for concurrency in CONCURRENCIES:
            place = folder / str(concurrency)
            place.mkdir()
            yield _pass(place, wechat, concurrency)


def _pass(folder: Path, wechat: Wechat, concurrency: int) -> Row:
    content = configuration(
        folder, wechat.apps,
        api={"base_url": wechat.url, "requests_per_second": 10_000},
        collect={"reports": list(REPORTS), "catch_up_days": 1, "concurrency": concurrency},
    )  # fmt: skip
    option = f"--config.file={written(folder, content)}"
    before, simulator_cpu = wechat.calls(), wechat.cpu_seconds()
    # 1: something is not published yet, in the morning in Beijing.
    done = run_program(EXPORTER, "collect", option, log=folder / "collect.log", good=(0, 1))
    calls, simulator_cpu = wechat.calls() - before, wechat.cpu_seconds() - simulator_cpu
    bound = calls * LATENCY_SECONDS / concurrency
    return within(
        f"a pass, {APPS} apps, {calls:,} calls of 100 ms, concurrency {concurrency}",
        f"{shown(done.seconds)} (CPU {shown(done.cpu_seconds)}, simulator {shown(simulator_cpu)})",
        f"calls x 0.1 s / concurrency {shown(bound)}",
        done.seconds / bound,
        AIM,
    )
