"""Rendering one app of a hundred again, beside rendering all of them."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import cycle
from pathlib import Path

from bench.material import REPORT, app_name, appid, rows, today
from bench.table import Row, times_cheaper
from bench.timing import Turn, in_turns
from exporter.exposition import Exposition
from exporter.periods import Window
from exporter.reports.vocabulary import ByMetric

APPS = 100
ROUNDS, TIMES = 7, 6
AIM = 20


def run(folder: Path) -> Iterator[Row]:  # noqa: ARG001 - needs no files
    """`show` and `publish` after one app changed, and after all did."""
    window = Window(REPORT.period, today() - timedelta(days=1))
    days = [[_values(app, day) for app in range(APPS)] for day in range(2)]
    shown = Exposition()
    day, app = cycle((0, 1)), cycle(range(APPS))

    def everything() -> None:
        for number, values in enumerate(days[next(day)]):
            shown.show_app(app_name(number), appid(number))
            shown.show(app_name(number), REPORT, window, values)
        shown.publish()

    def one() -> None:
        number = next(app)
        shown.show(app_name(number), REPORT, window, days[next(day)][number])
        shown.publish()

    times = in_turns(ROUNDS, [Turn("all", everything), Turn("one", one, TIMES)])
    ratio = times["all"].p50 / times["one"].p50
    yield times_cheaper(
        "render again, 1 of 100 apps changed", str(times["one"]), f"all 100 {times['all']}",
        ratio, AIM,
    )  # fmt: skip


def _values(app: int, day: int) -> ByMetric:
    found = rows(app, day)
    return {
        metric.name: {(row["page_path"],): float(row[metric.field]) for row in found}
        for metric in REPORT.metrics
    }
