"""The business alerts over simulated years, and those that went before them; the pipeline's."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from bench.alerts.bound import ALERT, Compared, Group, compared
from bench.alerts.holidays import holiday_rows
from bench.alerts.judge import WANTED, Judged, fired, judged
from bench.alerts.life import JUDGED_FROM, LAST, Life, days_between, live
from bench.alerts.pipeline import pipeline_rows
from bench.alerts.shown import agrees
from bench.table import BenchError, Row

APPS, PROCESSES = 112, 2
COMPARED_DAYS = 40
ROOT = Path(__file__).parent.parent.parent
RULES = tuple(ROOT / "prometheus" / name for name in ("wxa.rules.yml", "wxa.alerts.yml"))
WEEK_AGO = tuple(Path(__file__).parent / "week_ago" / path.name for path in RULES)
FOUND, FALSE = 0.95, 1.0


Sums = TypeVar("Sums", Judged, Compared)


class Part(NamedTuple):
    """What the alerts did about some apps."""

    alerts: Mapping[str, Judged]
    bounds: Mapping[Group, Compared]


def run(folder: Path) -> Iterator[Row]:
    """A row for each alert, of today's rules and of those that compared with a week before."""
    _compare(live(0), folder)
    years = APPS * ((LAST - JUDGED_FROM).days + 1) / 365
    for rules, whose in ((WEEK_AGO, "a week ago"), (RULES, "usual")):
        parts = _parts(rules, folder)
        alerts = {alert: _sum(Judged, (part.alerts[alert] for part in parts)) for alert in WANTED}
        yield from _rows(alerts, whose, years, aims=rules is RULES)
        groups = sorted({group for part in parts for group in part.bounds})
        for group in groups if rules is RULES else ():
            bounds = (part.bounds[group] for part in parts if group in part.bounds)
            yield _bound_row(group, _sum(Compared, bounds))
    yield from holiday_rows([live(number) for number in range(APPS)], years)
    yield from pipeline_rows(RULES, folder)


def _rows(sums: Mapping[str, Judged], whose: str, years: float, aims: bool) -> Iterator[Row]:
    for alert, sum_ in sums.items():
        found = sum_.found / sum_.wanted
        aimed = aims and alert == ALERT
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


def _bound_row(group: Group, sum_: Compared) -> Row:
    fall = "35 to 45" if group.small else "45 to 60"
    return Row(
        f"{ALERT}, {fall} % fewer, days that vary by {group.noise:.0%}: found at once",
        f"{sum_.found / sum_.wanted:.1%} of {sum_.wanted}",
        f"{sum_.known / sum_.wanted:.1%} by who knows the level",
    )


def _parts(rules: Sequence[Path], folder: Path) -> list[Part]:
    """What the alerts did about all apps."""
    parts = [range(first, APPS, PROCESSES) for first in range(PROCESSES)]
    with ProcessPoolExecutor(PROCESSES) as processes:
        return list(processes.map(partial(_part, tuple(rules), folder), parts))


def _part(rules: Sequence[Path], folder: Path, apps: range) -> Part:
    lives = [live(number) for number in apps]
    own = folder / f"part-{apps.start}"
    own.mkdir(exist_ok=True)
    by_day = fired(rules, lives, own)
    each = [judged(life, by_day) for life in lives]
    alerts = {alert: _sum(Judged, (life[alert] for life in each)) for alert in WANTED}
    return Part(alerts, dict(compared(lives, by_day)))


def _sum(kind: type[Sums], all_: Iterable[Sums]) -> Sums:
    return kind(*map(sum, zip(*all_, strict=True)))


def _compare(life: Life, folder: Path) -> None:
    """Refuse to measure numbers that the exporter would not show, or in parts that differ."""
    days: list[date] = [
        day for day in days_between(JUDGED_FROM, LAST)
        if not life.days[day].missing
    ]  # fmt: skip
    for day in days[:COMPARED_DAYS]:
        if not agrees(life, day):
            raise BenchError(f"the exporter shows other numbers of {day} than are judged here")
    if fired(RULES, [life], folder) != fired(RULES, [life], folder, days=len(life.days)):
        raise BenchError("judged in parts, the rules find something else than in one run")
