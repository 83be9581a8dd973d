"""A year with a bad WeChat: does the archive end with the truth, and was every call needed?"""

import io
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from bench.bad_year import BadYear
from bench.table import Row
from exporter import logs
from exporter.reports.table import REPORTS
from exporter.simulator import Fault, SimulatedApp

DAYS, SETTLING_DAYS, KILL_EVERY = 365, 40, 14
LEAST_FAULTS = 10_000
SEEDS = (1, 2)
# Of what WeChat tells for two days only it loses itself what an outage covers.
LASTING = tuple(report for report in REPORTS if report.answered_for is None and report.by_default)
# Two kinds cost real time, so their number is limited. The last ones stop an app or a report.
FAULTS = (
    Fault("errcode", code=-1, probability=0.05),
    Fault("errcode", code=61504, probability=0.04),
    Fault("errcode", code=61503, probability=0.05),
    Fault("errcode", code=40001, probability=0.02),
    Fault("errcode", code=45011, probability=0.005),
    Fault("errcode", code=61501, probability=0.005),
    Fault("http", status=500, probability=0.03),
    Fault("redirect", probability=0.01),
    Fault("close", probability=0.03),
    Fault("cut", probability=0.03),
    Fault("cut", cut_json=True, probability=0.02),
    Fault("html", probability=0.02),
    Fault("body", body="[]", probability=0.01),
    Fault("empty", probability=0.04),
    Fault("gap", probability=0.05),
    Fault("other_period", probability=0.03),
    Fault("huge", size=4_100_000, probability=0.002),
    Fault("slow", seconds=0.02, probability=0.01, times=1),
    Fault("slow", seconds=3.0, probability=0.001, times=1),
    Fault("drip", seconds=0.05, probability=0.001, times=1),
    Fault("errcode", code=45009, probability=0.001, times=1),
    Fault("errcode", code=40164, probability=0.001, times=1),
    Fault("errcode", code=48001, probability=0.002, times=1),
)


def run(folder: Path) -> Iterator[Row]:
    """Years of faults, restarts, reloads and kills, and what they ended with."""
    logs.configure("error", to=io.StringIO())  # thousands of faults are told, each once
    faults, calls, wrong, needless, happened = 0, 0, 0, 0, ""
    for seed in SEEDS:
        app = SimulatedApp(f"wx{seed:016}", "secret", 300, date(2024, 1, 1), pages=12)
        year = BadYear(folder, app, LASTING, date(2025, 11, 3), seed)
        try:
            year.live(DAYS, FAULTS, KILL_EVERY)
            year.settle(SETTLING_DAYS)
            differences = list(year.differences())
        finally:
            year.close()
        for fault in (*differences, *year.unexplained)[:20]:
            print(f"year {seed}: {fault}", file=sys.stderr)
        faults, calls = faults + year.faults, calls + year.outcomes.total()
        wrong, needless = wrong + len(differences), needless + len(year.unexplained)
        happened += f"; {dict(year.happened)}"
    what = f"{len(SEEDS)} apps, {DAYS} days of faults each"
    yield Row(
        f"faults met by calls, {what}", f"{faults:,}", f"{calls:,} calls{happened}",
        aim=f">= {LEAST_FAULTS:,}", met=faults >= LEAST_FAULTS,
    )  # fmt: skip
    yield Row(
        "windows of the archive that differ from WeChat's", f"{wrong}", aim="0", met=not wrong
    )
    yield Row("calls the due rule does not explain", f"{needless}", aim="0", met=not needless)
