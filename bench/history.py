"""Dated samples: how fast they are written, and in how much memory."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event

from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bench.material import (
    REPORT,
    SAMPLES_PER_APP,
    app_name,
    configuration,
    fill,
    made_up_apps,
    repeat,
    samples,
    today,
    written,
)
from bench.processes import EXPORTER
from bench.processes import run as run_program
from bench.scraper import Scraper, fetch, reading_on
from bench.serving import Serving, serving_pages
from bench.table import BenchError, Row, below, memory, times_cheaper
from bench.timing import Times, Turn, in_turns, shown, timed
from exporter.archive import open_archive
from exporter.config import load
from exporter.exposition import Format
from exporter.history import Asked, DatedSamples

APPS, DISTINCT_DAYS, SHORT_DAYS, SPEED_DAYS, LONG_DAYS = 20, 3, 90, 30, 365
SPEED_ROUNDS, SPEED_AIM, MEMORY_MB, GROWTH_AIM = 5, 5, 200, 1.1
HISTORY_APPS, HISTORY_ROUNDS, HISTORY_SECONDS = 100, 8, 0.3
METRICS_SCRAPES, METRICS_PAUSE = 60, 0.02
OURS, THEIRS = "export", "prometheus_client"


def run(folder: Path) -> Iterator[Row]:
    """`export` of a year, and the default answer of /history."""
    fill(folder, APPS, DISTINCT_DAYS)
    repeat(folder, DISTINCT_DAYS, LONG_DAYS)
    config = written(folder, configuration(folder, made_up_apps(APPS)))
    client = _Dated()
    times = _speeds(config, client)
    count = APPS * SPEED_DAYS * SAMPLES_PER_APP
    ours, theirs = times[OURS].p50 / count, times[THEIRS].p50 / client.count
    yield times_cheaper(
        f"export, {count:,} samples, archive to text", _speed(ours, times[OURS]),
        f"generate_latest, {client.count:,} ready samples {_speed(theirs, times[THEIRS])}",
        theirs / ours, SPEED_AIM,
    )  # fmt: skip
    yield from _memory(config)
    yield from _answers(folder, theirs)


def _speed(seconds: float, times: Times) -> str:
    return f"{1 / seconds / 1e6:.2f} million/s (n {len(times.seconds)})"


class _Dated(Collector):
    """Families of dated samples as prometheus_client keeps them, made beforehand."""

    def __init__(self) -> None:
        families = {
            metric.name: GaugeMetricFamily(
                metric.history_name, metric.exposed_help, labels=metric.label_names
            )
            for metric in REPORT.metrics
        }
        for app in range(APPS):
            for name, page, value in samples(app):
                families[name].add_metric((app_name(app), page), value, timestamp=1.77e9)
        self._families = list(families.values())
        self.count = sum(len(family.samples) for family in self._families)

    def collect(self) -> Iterator[Metric]:
        yield from self._families


def _speeds(config: Path, client: _Dated) -> dict[str, Times]:
    loaded = load(config)
    archive = open_archive(loaded)
    last = today() - timedelta(days=1)
    asked = Asked.span(loaded, last - timedelta(days=SPEED_DAYS - 1), last, (), ())

    def write() -> None:
        with open(os.devnull, "wb") as target:
            DatedSamples(archive, asked, Format.OPENMETRICS).write(target)

    turns = [Turn(OURS, write), Turn(THEIRS, lambda: generate_latest(client))]
    try:
        return in_turns(SPEED_ROUNDS, turns)
    finally:
        archive.close()


def _memory(config: Path) -> Iterator[Row]:
    peaks = {}
    for days in (SHORT_DAYS, LONG_DAYS):
        first = f"--from={today() - timedelta(days=days)}"
        arguments = (EXPORTER, "export", f"--config.file={config}", first)
        done = run_program(*arguments, log=Path(os.devnull))
        peaks[days] = done.peak_mb
        count = days * APPS * SAMPLES_PER_APP
        note = f"peak; {count / 1e6:.1f} million samples in {shown(done.seconds)}"
        what = f"memory of export, {days} days, {APPS} apps"
        yield memory(what, done.peak_mb, note, MEMORY_MB)
    ratio = peaks[LONG_DAYS] / peaks[SHORT_DAYS]
    yield Row(
        "memory of export does not grow", f"{peaks[LONG_DAYS]:.0f} MB for {LONG_DAYS} days",
        f"{peaks[SHORT_DAYS]:.0f} MB for {SHORT_DAYS} days", f"{ratio:.2f}x",
        f"<= {GROWTH_AIM}x", ratio <= GROWTH_AIM,
    )  # fmt: skip


def _answers(folder: Path, client_seconds: float) -> Iterator[Row]:
    place = folder / "served"
    place.mkdir()
    with serving_pages(place, HISTORY_APPS) as server:
        two_days = f"/history?since={today() - timedelta(days=2)}"
        for path, days, limit in (("/history", 1, HISTORY_SECONDS), (two_days, 2, None)):
            count = days * HISTORY_APPS * SAMPLES_PER_APP
            found = fetch(server.port, path)[1].count(b"\nwxa_history_page_")
            if found != count:
                raise BenchError(f"{path} gives {found} samples, not {count}")
            whole, begun = _answer_times(server, path)
            what = f"/history, {HISTORY_APPS} apps, {days} day(s), {count:,} samples, gzip"
            base = client_seconds * count
            against = f"generate_latest of as many {shown(base)}"
            ratio = whole.p50 / base
            yield (
                below(what, whole, limit, against, ratio)
                if limit
                else Row(what, str(whole), against, f"{ratio:.2f}x")
            )
            if limit:
                yield Row("  its first byte", str(begun), f"the whole {shown(whole.p50)}")
        yield _undisturbed(server)


def _answer_times(server: Serving, path: str) -> tuple[Times, Times]:
    scraper = Scraper(server.port, path)
    scraper()
    whole, begun = [], []
    for _ in range(HISTORY_ROUNDS):
        whole.append(timed(scraper))
        begun.append(scraper.first_byte_seconds)
    scraper.close()
    return Times(whole), Times(begun)


def _undisturbed(server: Serving) -> Row:
    quiet = _spaced_scrapes(server)
    with reading_on(server.port, "/history"):
        busy = _spaced_scrapes(server)
    what = "scrape of /metrics while /history is read"
    return Row(what, str(busy), f"while it is not {quiet}", f"{busy.p50 / quiet.p50:.2f}x")


def _spaced_scrapes(server: Serving) -> Times:
    scraper, found = Scraper(server.port), []
    for _ in range(METRICS_SCRAPES):
        Event().wait(METRICS_PAUSE)
        found.append(timed(scraper))
    scraper.close()
    return Times(found)
