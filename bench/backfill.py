"""Filling three months while each call of WeChat takes its time."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from bench.material import configuration, today, written
from bench.processes import EXPORTER
from bench.processes import run as run_program
from bench.simulated import Wechat, simulated
from bench.table import Row, within
from bench.timing import shown

DAYS, LATENCY_SECONDS, CONCURRENCY = 90, 0.05, 8
REPORTS = ("daily_visit_trend", "visit_page")
# Apps and requests per second: bound by the default pacing, and by concurrency alone.
CASES = ((3, 20), (8, 10_000))
AIM = 1.3


def run(folder: Path) -> Iterator[Row]:
    """`wxa-exporter backfill` of an empty archive, start of the process included."""
    for apps, pace in CASES:
        place = folder / str(apps)
        place.mkdir()
        with simulated(place, apps, LATENCY_SECONDS, REPORTS, DAYS + 1) as wechat:
            yield _filled(place, wechat, pace)


def _filled(folder: Path, wechat: Wechat, pace: int) -> Row:
    content = configuration(
        folder, wechat.apps,
        api={"base_url": wechat.url, "requests_per_second": pace},
        collect={"reports": list(REPORTS), "concurrency": CONCURRENCY},
    )  # fmt: skip
    option = f"--config.file={written(folder, content)}"
    first = f"--from={today() - timedelta(days=DAYS)}"
    before = wechat.calls()
    log = folder / "backfill.log"
    # 1: something is not published yet, in the morning in Beijing.
    done = run_program(EXPORTER, "backfill", option, first, log=log, good=(0, 1))
    calls = wechat.calls() - before
    bound = max(calls / pace, calls * LATENCY_SECONDS / CONCURRENCY)
    by = f"{pace}/s" if bound == calls / pace else f"concurrency {CONCURRENCY}"
    return within(
        f"backfill, {DAYS} days, {len(wechat.apps)} apps, {calls:,} calls of 50 ms, {pace}/s",
        f"{shown(done.seconds)} (CPU {shown(done.cpu_seconds)})",
        f"bound by {by} {shown(bound)}",
        done.seconds / bound,
        AIM,
    )
