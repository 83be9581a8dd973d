"""Ten thousand apps with 200 samples each, and how that grows from a hundred."""

import json
import math
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from bench import neighbours
from bench.apart import SELDOM, Apart, apart
from bench.material import configuration, fill, made_up_apps, repeat, written
from bench.processes import cpu_seconds, memory_mb
from bench.scraper import Scraper, fetch, page_samples
from bench.serving import gzipped, serving
from bench.table import BenchError, Row, within
from bench.timing import Times, Turn, in_turns, shown
from exporter.days import LOOK_BACK_WEEKS

SIZES = (100, 1_000, 10_000)
# Seven metrics of each page: with app_info and the day about 200 samples.
PAGES = 28
PATIENCE_SECONDS = 900
START_SECONDS, MEMORY_MB, TICK_SECONDS = 30, 1_000, 0.05
SCRAPES, ROUNDS, PASSES = 20, 5, 5
# As far back as comparable days are looked for.
A_WEEK, HISTORY_DAYS = 7, 7 * LOOK_BACK_WEEKS
NGINX_AIM, MIDNIGHT_AIM, LINEAR = 2, 3, 1.1


class Grown(NamedTuple):
    """What an exporter of some size takes."""

    start: float
    start_cpu: float
    memory: float
    tick: float
    pass_cpu: float


def run(folder: Path) -> Iterator[Row]:
    """Start, memory, tick, scrape and midnight at 10,000 apps; the same from 100 on."""
    found: dict[int, Grown] = {}
    for apps in SIZES:
        place = folder / str(apps)
        place.mkdir()
        config = _config(place, apps)
        start, start_cpu, memory, rows = _served(place, config, apps)
        with apart(place, config, PATIENCE_SECONDS) as exporter:
            exporter.do("pass")  # so that the one that a start begins is over
            spent = Times([exporter.do("pass")["cpu"] for _ in range(PASSES)]).p50
            ticks = Times(exporter.do("ticks")["seconds"])
            found[apps] = Grown(start, start_cpu, memory, ticks.p50, spent)
            if apps == SIZES[-1]:
                yield from rows
                yield Row(
                    f"tick, {apps:,} apps", str(ticks), "", "", f"<= {shown(TICK_SECONDS)}",
                    ticks.p50 <= TICK_SECONDS,
                )  # fmt: skip
                for what, days in (("an ordinary", 1), ("everything leaves at", 4)):
                    yield _midnight(exporter.port, exporter, what, days)
    yield from _growth(found)
    yield _with_history(folder / "history", SIZES[1], found[SIZES[1]].start_cpu)


def _with_history(folder: Path, apps: int, without: float) -> Row:
    """What is usual is worked out at a start, from up to twelve days of each app's pages."""
    folder.mkdir()
    config = _config(folder, apps, HISTORY_DAYS)
    start, cpu, _, _ = _served(folder, config, apps)
    return Row(
        f"start to first scrape, {apps:,} apps, {HISTORY_DAYS} days archived",
        f"{shown(start)} (CPU {shown(cpu)})", f"3 days archived CPU {shown(without)}",
        f"{cpu / without:.2f}x",
    )  # fmt: skip


def _config(folder: Path, apps: int, days: int = 3) -> Path:
    fill(folder, apps, days=min(days, A_WEEK), pages=PAGES)
    if days > A_WEEK:
        repeat(folder, A_WEEK, days)
    (folder / "apps.json").write_text(json.dumps(made_up_apps(apps)))
    more = {"app_files": ["apps.json"]}
    content = configuration(folder, [], **more)  # type: ignore[arg-type]
    content["collect"] |= {"schedule": SELDOM}
    return written(folder, content)


def _served(folder: Path, config: Path, apps: int) -> tuple[float, float, float, list[Row]]:
    """Seconds and processor time to the first scrape, megabytes; rows of the largest size."""
    begin = time.perf_counter()
    with serving(
        folder, config, 0.05, path="/-/ready", ready_seconds=PATIENCE_SECONDS
    ) as server, ExitStack() as stack:  # fmt: skip
        scraper = Scraper(server.port)
        scraper()
        start, spent = time.perf_counter() - begin, cpu_seconds(server.pid)
        rows: list[Row] = []
        if apps == SIZES[-1]:
            samples = page_samples(fetch(server.port)[1])
            if samples != apps * PAGES * 7:
                raise BenchError(f"the exporter shows {samples} samples of pages")
            what = f"start to first scrape, {apps:,} apps"
            told, limit = f"{shown(start)} (CPU {shown(spent)})", f"<= {START_SECONDS} s"
            rows.append(Row(what, told, f"{samples:,} samples", "", limit, start <= START_SECONDS))
            rows.append(_against_nginx(folder, server.port, stack))
        for _ in range(SCRAPES):
            scraper()
        scraper.close()
        held, peak = memory_mb(server.pid), memory_mb(server.pid, "VmHWM")
    if rows:
        rows.insert(
            1, Row(f"memory of serve, {apps:,} apps", f"{held:.0f} MB (peak {peak:.0f})", "", "",
                   f"<= {MEMORY_MB} MB", peak <= MEMORY_MB),
        )  # fmt: skip
    return start, spent, held, rows


def _against_nginx(folder: Path, port: int, stack: ExitStack) -> Row:
    what = f"scrape p50, {SIZES[-1]:,} apps, kept connection"
    program = neighbours.installed(neighbours.NGINX)
    if program is None:
        return Row(what, "", "nginx: not installed")
    body = gzipped(port)
    file = stack.enter_context(neighbours.nginx(folder, program, body))
    ours, theirs = Scraper(port), Scraper(file)
    turns = [Turn("ours", ours, SCRAPES, ours.ready), Turn("nginx", theirs, SCRAPES, theirs.ready)]
    times = in_turns(ROUNDS, turns, 60)
    for scraper in (ours, theirs):
        scraper.close()
    against = f"nginx, a file of {len(body) / 1e6:.0f} MB {times['nginx']}"
    ratio = times["ours"].p50 / times["nginx"].p50
    return within(what, str(times["ours"]), against, ratio, NGINX_AIM)


def _midnight(port: int, exporter: Apart, what: str, days: int) -> Row:
    scraper = Scraper(port)
    quiet = Times([_scrape(scraper) for _ in range(SCRAPES * ROUNDS)])
    answer = exporter.begin(f"day {days}")
    during = [_scrape(scraper)]
    while not exporter.answered(answer):
        during.append(_scrape(scraper))
    during += [_scrape(scraper) for _ in range(3)]
    scraper.close()
    took, times = exporter.result(answer)["seconds"], Times(during)
    return within(
        f"scrape p99, {what} midnight, which takes {shown(took)}", str(times), f"before {quiet}",
        times.p99 / quiet.p99, MIDNIGHT_AIM,
    )  # fmt: skip


def _scrape(scraper: Scraper) -> float:
    begin = time.perf_counter()
    scraper()
    return time.perf_counter() - begin


def _growth(found: dict[int, Grown]) -> Iterator[Row]:
    """The exponent from the middle to the largest size: 1 is linear."""
    smallest, middle, largest = SIZES
    for name in Grown._fields:
        small, some, many = (getattr(found[size], name) for size in SIZES)
        exponent = math.log(many / some) / math.log(largest / middle)
        unit = (lambda value: f"{value:.0f} MB") if name == "memory" else shown
        yield Row(
            f"{name.replace('_', ' ')}, {smallest:,}, {middle:,}, {largest:,} apps",
            ", ".join(map(unit, (small, some, many))), "linear 1", f"exponent {exponent:.2f}",
            f"<= {LINEAR}", exponent <= LINEAR,
        )  # fmt: skip
