"""An archive in PostgreSQL: a pass against one on SQLite, and passes that several share."""

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.material import configuration, written
from bench.processes import EXPORTER, running
from bench.simulated import Wechat, simulated
from bench.table import BenchError, Row, within
from bench.timing import shown
from tests.postgresql_server import PLACES, PostgreSQL

REPORTS = ("daily_visit_trend", "visit_distribution", "visit_page")
APPS, LATENCY_SECONDS, ON_POSTGRESQL = 100, 0.1, 1.5
# A call takes so long that two cores can keep up with what three processes ask.
MANY_APPS, MANY_LATENCY_SECONDS, REPLICAS, FASTER = 1_000, 0.5, 3, 2.5
CONCURRENCY = 8
LONGEST_SECONDS = 600


def run(folder: Path) -> Iterator[Row]:
    """Passes by `wxa-exporter collect` from empty archives, start of the processes included."""
    if not (shutil.which("postgres") or list(Path("/").glob(f"{PLACES[1:]}/postgres"))):
        yield Row("passes on PostgreSQL", "", "its server is not installed")
        return
    with ExitStack() as stack:
        server = PostgreSQL()
        stack.callback(server.remove)
        yield _on_both(folder, server)
        yield _shared(folder, server)


def _on_both(folder: Path, server: PostgreSQL) -> Row:
    with simulated(folder, APPS, LATENCY_SECONDS, REPORTS, days=6) as wechat:
        in_file, calls = _pass(folder, wechat, [f"sqlite:///{folder / 'archive.db'}"], REPORTS)
        there, as_many = _pass(folder, wechat, [server.new_database()], REPORTS)
    if calls != as_many:
        raise BenchError(f"{calls} calls with SQLite, {as_many} with PostgreSQL")
    return within(
        f"a pass on PostgreSQL, {APPS} apps, {calls:,} calls, concurrency {CONCURRENCY}",
        shown(there), f"SQLite {shown(in_file)}", there / in_file, ON_POSTGRESQL,
    )  # fmt: skip


def _shared(folder: Path, server: PostgreSQL) -> Row:
    reports = REPORTS[:1]
    with simulated(folder, MANY_APPS, MANY_LATENCY_SECONDS, reports, days=6) as wechat:
        alone, calls = _pass(folder, wechat, [server.new_database()], reports)
        together, theirs = _pass(folder, wechat, [server.new_database()] * REPLICAS, reports)
    ratio = alone / together
    return Row(
        f"a pass of {REPLICAS} replicas, {MANY_APPS:,} apps, concurrency {CONCURRENCY} each",
        f"{shown(together)}, {theirs:,} calls", f"one {shown(alone)}, {calls:,} calls",
        f"{ratio:.2f}x as fast", f">= {FASTER:g}x", ratio >= FASTER and theirs == calls,
    )  # fmt: skip


def _pass(
    folder: Path, wechat: Wechat, archives: Sequence[str], reports: Sequence[str]
) -> tuple[float, int]:
    """Seconds until as many processes as there are archives have ended; and WeChat's calls."""
    before, begin = wechat.calls(), time.perf_counter()
    with ExitStack() as stack:
        processes = []
        for number, url in enumerate(archives):
            content = configuration(
                folder, wechat.apps,
                api={"base_url": wechat.url, "requests_per_second": 10_000},
                archive={"url": url},
                collect={
                    "reports": list(reports), "catch_up_days": 1, "concurrency": CONCURRENCY,
                },
            )  # fmt: skip
            option = f"--config.file={written(folder, content)}"
            log = folder / f"collect-{number}.log"
            processes.append(stack.enter_context(running(EXPORTER, "collect", option, log=log)))
        # 1: something is not published yet, in the morning in Beijing.
        for process in processes:
            if process.wait(LONGEST_SECONDS) not in (0, 1):
                raise BenchError(
                    f"collect ended with {process.returncode}: {log.read_text()[-500:]}"
                )
    return time.perf_counter() - begin, wechat.calls() - before
