"""What /metrics shows of a life, look by look.

What is usual is computed from the life's days by the exporter's own `usual` and calendar, without
replies and an archive between: hundreds of times faster, and `agrees` compares the two.
"""

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import Any

from bench.alerts.life import CALENDAR, FIRST, LAST, Day, Life, comparable, days_between
from exporter.archive import Archive, Kept
from exporter.periods import Period, Window
from exporter.reports.codes import SOURCE_NAMES
from exporter.reports.report import Report
from exporter.reports.table import BY_NAME
from exporter.reports.vocabulary import Labels
from exporter.usual import DAYS, FEWEST, usual, usual_values

REPORTS = ("daily_visit_trend", "visit_distribution", "visit_page", "daily_retention")
RETURNED, NEW = 'day="1",user="new"', ("new", "1")
# A day begins at 10:00 with its first look; in the night, after its third, alerts are counted.
STEP_HOURS, STEPS = 8, 3
# By metric and labels (without those of the app), what is shown.
Shown = dict[tuple[str, str], float]
Span = tuple[Shown, int]


def series_of(life: Life, spans: Sequence[Span], looks: range) -> Iterator[tuple[str, str]]:
    """Every series of the app, with its values at these looks in the notation of promtool."""
    spans = list(_cut(spans, looks))
    for metric, labels in sorted({key for shown, _ in spans for key in shown}):
        # A span of n values is written value+0x(n-1), one of n without a sample _xn.
        values = (
            f"_x{looks}" if value is None else f"{value!r}+0x{looks - 1}"
            for value, looks in ((shown.get((metric, labels)), looks) for shown, looks in spans)
        )
        name = f'{metric}{{app="{life.name}",instance="e:10868",job="wxa",{labels}}}'
        yield name.replace(",}", "}"), " ".join(values)


def _cut(spans: Iterable[Span], looks: range) -> Iterator[Span]:
    begin = 0
    for shown, count in spans:
        first, last = max(begin, looks.start), min(begin + count, looks.stop)
        if first < last:
            yield shown, last - first
        begin += count


def spans_of(life: Life) -> Iterator[Span]:
    """What is shown, and for how many looks."""
    draw = random.Random(f"first {life.name}")  # noqa: S311 - numbers to measure with
    shown: Shown = {}
    looks = STEPS
    for day in days_between(FIRST, LAST):
        first, told = 1 + draw.gauss(0, 0.005), life.days[day]
        if not told.missing:
            yield shown, looks + told.late
            shown, looks = shown_of(life, day, first), -told.late
        looks += STEPS
    yield shown, looks


def shown_of(life: Life, day: date, first: float) -> Shown:
    """A day as it is shown first, `first` times what WeChat says once it has corrected it."""
    told = life.days[day].numbers
    shown = {key: float(round(value * first)) for key, value in told.items()}
    past = [life.days[other].numbers for other in _past(life, day)]
    for key in told:
        shown |= _beside(key, [numbers[key] for numbers in past])
    shown |= _retention(life, day - timedelta(days=1), first)
    begin = Window(Period.DAY, day).start_timestamp
    for report in REPORTS:
        behind = 86_400 if report == "daily_retention" else 0
        shown["wxa_data_period_start_timestamp_seconds", f'report="{report}"'] = begin - behind
    return shown


def _past(life: Life, day: date) -> Iterator[date]:
    """The last comparable days that WeChat told."""
    days = (other for other in comparable(day) if other in life.days)
    return islice((other for other in days if not life.days[other].missing), DAYS)


def _beside(key: tuple[str, str], past: Sequence[float], times: float = 1.0) -> Shown:
    if len(past) < FEWEST:
        return {}
    name, labels = key[0].replace("wxa_", "wxa_usual_", 1), key[1]
    middle, spread = usual([value * times for value in past])
    return {(name, labels): middle, (f"{name}_deviation", labels): spread}


def _retention(life: Life, cohort: date, first: float) -> Shown:
    told = life.days.get(cohort)
    if told is None or told.missing:
        return {}
    size = round(told.new * first)
    past = [life.days[other] for other in _past(life, cohort)]
    key = "wxa_retention_users", RETURNED
    rates = [day.returned / day.new for day in past if day.new]
    return {
        key: round(told.returned * first),
        ("wxa_retention_cohort_users", RETURNED): size,
        **_beside(key, rates, size),
    }


class Remembered(Archive):
    """A life's replies in memory, as the exporter reads them from the archive."""

    def __init__(self, life: Life) -> None:
        self._days = life.days

    def bodies_on(self, _: str, report: str, days: Sequence[date]) -> Iterator[tuple[date, Kept]]:
        """As the archive does; there is one app."""
        for day in days:
            if day in self._days and not self._days[day].missing:
                yield day, Kept(0, 2**32, 30, 0, 0, json.dumps(_body(report, self._days[day])))


def agrees(life: Life, day: date) -> bool:
    """Whether the exporter shows the same of a day that WeChat told, by way of its replies."""
    ours = {
        key: value for key, value in shown_of(life, day, 1.0).items() if "timestamp" not in key[0]
    }
    found: dict[tuple[str, str], float] = {}
    for name in REPORTS:
        found |= _by_replies(Remembered(life), life, BY_NAME[name], day)
    return {key: found.get(key) for key in ours} == ours and all(
        key in ours for key in found if "usual" in key[0] and "usual_sessions" not in key[0]
    )


def _by_replies(
    archive: Remembered, life: Life, report: Report, day: date
) -> Mapping[tuple[str, str], float]:
    window = Window(Period.DAY, day - timedelta(days=1) if report.grows else day)
    told = life.days.get(window.first_day)
    if told is None or told.missing:
        return {}
    reading = report.read(window, _body(report.name, told), 1 if report.grows else None)
    shown = {
        name: {each: value for each, value in values.items() if not report.grows or each == NEW}
        for name, values in reading.values.items()
    }
    windows = dict.fromkeys(set[Labels]().union(*shown.values()), window)
    computed = usual_values(archive, "", report, CALENDAR, windows, shown)
    names = {metric.name: metric.labels for metric in (*report.metrics, *report.usual)}
    return {
        (name, _labels(names[name], each)): value
        for name, values in (shown | computed).items()
        for each, value in values.items()
    }


def _labels(names: Sequence[str], values: Sequence[str]) -> str:
    return ",".join(sorted(f'{name}="{value}"' for name, value in zip(names, values, strict=True)))


def _body(report: str, day: Day) -> dict[str, Any]:
    """WeChat's reply about a day."""
    match report:
        case "daily_visit_trend":
            row = {"visit_uv": day.visitors, "visit_uv_new": day.new, "session_cnt": day.sessions}
            return {"list": [row]}
        case "visit_distribution":
            items = [
                {"key": key, "value": count}
                for key, count in zip(SOURCE_NAMES, day.sources, strict=False)
            ]
            return {"list": [{"index": "access_source_session_cnt", "item_list": items}]}
        case "visit_page":
            rows = [
                {"page_path": f"pages/{rank}", "page_visit_pv": views, "exitpage_pv": exits}
                for rank, (views, exits) in enumerate(day.pages)
            ]
            return {"list": rows}
        case _:
            items = [{"key": 0, "value": day.new}, {"key": 1, "value": day.returned}]
            return {"visit_uv_new": items, "visit_uv": []}
