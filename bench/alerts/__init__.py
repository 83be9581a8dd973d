"""The business alerts over simulated years, and those that went before them; the pipeline's."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path

from bench.alerts.judge import WANTED, Judged, fired, judged
from bench.alerts.life import JUDGED_FROM, LAST, Life, days_between, live
from bench.alerts.pipeline import pipeline_rows
from bench.alerts.shown import agrees, series_of
from bench.table import BenchError, Row

APPS, PROCESSES = 112, 2
COMPARED_DAYS = 40
ROOT = Path(__file__).parent.parent.parent
RULES = tuple(ROOT / "prometheus" / name for name in ("wxa.rules.yml", "wxa.alerts.yml"))
WEEK_AGO = tuple(Path(__file__).parent / "week_ago" / path.name for path in RULES)
FOUND, FALSE = 0.95, 1.0


def run(folder: Path) -> Iterator[Row]:
    """A row for each alert, of today's rules and of those that compared with a week before."""
    _compare(live(0))
    years = APPS * ((LAST - JUDGED_FROM).days + 1) / 365
    for rules, whose in ((WEEK_AGO, "a week ago"), (RULES, "usual")):
        yield from _rows(_sums(rules, folder), whose, years, aims=rules is RULES)
    yield from pipeline_rows(RULES, folder)


def _rows(sums: dict[str, Judged], whose: str, years: float, aims: bool) -> Iterator[Row]:
    for alert, sum_ in sums.items():
        found = sum_.found / sum_.wanted
        aimed = aims and alert == "WxaVisitorsDown"
        yield Row(
            f"{alert}, against {whose}: found at once",
            f"{found:.1%} of {sum_.wanted}",
            f"{sum_.false / years:.2f} false a year",
            aim=f">= {FOUND:.0%}" if aimed else "",
            met=found >= FOUND if aimed else None,
        )
    false = sum(each.false for each in sums.values()) / years
    yield Row(
        f"all business alerts, against {whose}: false a year and app",
        f"{false:.2f}",
        f"{years:.0f} app-years",
        aim=f"<= {FALSE:g}" if aims else "",
        met=false <= FALSE if aims else None,
    )


def _sums(rules: Sequence[Path], folder: Path) -> dict[str, Judged]:
    """What each alert did about all apps."""
    parts = [range(first, APPS, PROCESSES) for first in range(PROCESSES)]
    with ProcessPoolExecutor(PROCESSES) as processes:
        done = list(processes.map(partial(_part, tuple(rules), folder), parts))
    return {
        alert: Judged(*(sum(part[alert][n] for part in done) for n in range(3))) for alert in WANTED
    }


def _part(rules: Sequence[Path], folder: Path, apps: range) -> dict[str, Judged]:
    lives = [live(number) for number in apps]
    own = folder / f"part-{apps.start}"
    own.mkdir(exist_ok=True)
    series = [each for life in lives for each in series_of(life)]
    by_day = fired(rules, series, own)
    each = [judged(life, by_day) for life in lives]
    return {
        alert: Judged(*(sum(life[alert][n] for life in each) for n in range(3))) for alert in WANTED
    }


def _compare(life: Life) -> None:
    """Refuse to measure numbers that the exporter would not show."""
    days: list[date] = [
        day for day in days_between(JUDGED_FROM, LAST)
        if not life.days[day].missing
    ]  # fmt: skip
    for day in days[:COMPARED_DAYS]:
        if not agrees(life, day):
            raise BenchError(f"the exporter shows other numbers of {day} than are judged here")
