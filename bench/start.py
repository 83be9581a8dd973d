"""How long somebody waits for the first sign of life."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.demo_archive import DAYS, DEMO_APPS, demo_config
from bench.material import SAMPLES_PER_APP, configuration, fill, made_up_apps, written
from bench.processes import EXPORTER
from bench.serving import serving
from bench.table import Row, below
from bench.timing import Times, Turn, in_turns, shown

HELP_ROUNDS, START_ROUNDS = 10, 5
HELP_SECONDS, START_SECONDS = 0.4, 2.0
MANY_APPS = 100
PYTHON, HELP, DEMO, MANY = "python -c pass", "--help", "demo", "many"


def run(folder: Path) -> Iterator[Row]:
    """`--help`, and `serve` until its first answered scrape."""
    times = in_turns(
        HELP_ROUNDS,
        [
            Turn(PYTHON, lambda: _run(sys.executable, "-c", "pass")),
            Turn(HELP, lambda: _run(EXPORTER, "--help")),
        ],
    )
    ours, base = times[HELP], times[PYTHON]
    against = f"{PYTHON} {base}"
    yield below("wxa-exporter --help", ours, HELP_SECONDS, against, ours.p50 / base.p50)

    places = {name: folder / name for name in (DEMO, MANY)}
    for place in places.values():
        place.mkdir()
    few = demo_config(places[DEMO])
    fill(places[MANY], MANY_APPS, days=3)
    many = written(places[MANY], configuration(places[MANY], made_up_apps(MANY_APPS)))
    found: dict[str, list[float]] = {DEMO: [], MANY: []}
    for _ in range(START_ROUNDS):
        found[DEMO].append(_seconds_to_scrape(places[DEMO], few))
        found[MANY].append(_seconds_to_scrape(places[MANY], many))
    first, large = Times(found[DEMO]), Times(found[MANY])
    against = f"{HELP} {shown(ours.p50)}"
    what = f"start to first scrape, {DEMO_APPS} apps, {DAYS} days"
    yield below(what, first, START_SECONDS, against, first.p50 / ours.p50)
    what = f"start to first scrape, {MANY_APPS * SAMPLES_PER_APP:,} samples"
    yield Row(what, str(large), against, f"{large.p50 / ours.p50:.2f}x")


def _run(*arguments: str) -> None:
    subprocess.run(arguments, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def _seconds_to_scrape(folder: Path, config: Path) -> float:
    begin = time.perf_counter()
    with serving(folder, config, pause=0.005):
        return time.perf_counter() - begin
