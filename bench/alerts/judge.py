"""Judging lives by rule files: promtool runs them in Prometheus' own rule manager and engine."""

import os
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import yaml

from bench.alerts.life import FIRST, JUDGED_FROM, LAST, Event, Life, days_between
from bench.alerts.shown import STEP_HOURS, STEPS, series_of, spans_of
from bench.table import BenchError

# Prometheus here becomes slower with every day it has seen. The rules look back 15 days at most.
PART_DAYS, WARM_UP_DAYS = 60, 16
FIRING = 'ALERTS{alertstate="firing", category="business"}'
METRIC = re.compile(r"\bwxa_\w+")
TIME = re.compile(r"time: (?:(\d+)d)?(?:(\d+)h)?")
SERIES = re.compile(r"{[^}]*alertname=[^}]*}")
LABEL = re.compile(r'(\w+)="([^"]*)"')


class Fired(NamedTuple):
    """An alert on a day of an app; `of` is its source or page."""

    alert: str
    app: str
    of: str


def fired(
    rules: Sequence[Path], lives: Sequence[Life], folder: Path, days: int = PART_DAYS
) -> dict[date, set[Fired]]:
    """By day shown, what fires in the night after it was shown first; so many days at a time."""
    read = _read_by(rules)
    spans = [list(spans_of(life)) for life in lives]
    first, last = ((day - FIRST).days for day in (JUDGED_FROM, LAST))
    found: dict[date, set[Fired]] = {}
    for begin in range(first, last + 1, days):
        part = range(begin, min(begin + days, last + 1))
        looks = range(max(0, part.start - WARM_UP_DAYS) * STEPS, (part.stop + 1) * STEPS)
        series = [
            each
            for life, shown in zip(lives, spans, strict=True)
            for each in series_of(life, shown, looks)
            if each[0].partition("{")[0] in read
        ]
        # The last look at which a day is the newest one.
        nights = {
            ((number + 2) * STEPS - 1 - looks.start) * STEP_HOURS: FIRST + timedelta(days=number)
            for number in part
        }
        file = folder / "case.yml"
        _write(file, rules, series, nights)
        found |= _parsed(_promtool(file), nights)
    if not found:
        raise BenchError(f"nothing fired in {len(lives)} lives by {rules[-1]}")
    return found


def _read_by(rules: Sequence[Path]) -> set[str]:
    """The metrics in their expressions."""
    expressions = [
        str(rule["expr"])
        for path in rules
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
    ]
    return set(METRIC.findall(" ".join(expressions)))


def _write(
    file: Path, rules: Sequence[Path], series: Iterable[tuple[str, str]], hours: Iterable[int]
) -> None:
    groups = [
        group["name"] for path in rules for group in yaml.safe_load(path.read_text())["groups"]
    ]
    # Thresholds come first, whichever file they stand in; alerts read what is recorded.
    groups.sort(key=lambda name: (name != "wxa-thresholds", name == "wxa-business"))
    with file.open("w") as written:
        written.write(f"rule_files: [{', '.join(map(str, rules))}]\n")
        written.write(f"evaluation_interval: {STEP_HOURS}h\n")
        written.write(f"group_eval_order: [{', '.join(groups)}]\n")
        written.write(f"tests:\n- interval: {STEP_HOURS}h\n  input_series:\n")
        for name, values in series:
            written.write(f"  - series: '{name}'\n    values: '{values}'\n")
        written.write("  promql_expr_test:\n")
        for hour in hours:
            written.write(f"  - expr: '{FIRING}'\n    eval_time: {hour}h\n")
        # Has an answer always: without it promtool judged nothing.
        written.write("  - expr: vector(1)\n    eval_time: 0h\n")


def _promtool(file: Path) -> str:
    """What it says of expectations that are empty: everything that was found."""
    done = subprocess.run(
        ["promtool", "test", "rules", str(file)],
        # It collects garbage for a quarter of its time otherwise.
        capture_output=True, text=True, check=False, env=os.environ | {"GOGC": "400"},
    )  # fmt: skip
    told = done.stdout + done.stderr
    if "vector(1)" not in told:
        raise BenchError(f"promtool judged nothing: {told[:500]}")
    return told


def _parsed(told: str, nights: Mapping[int, date]) -> dict[date, set[Fired]]:
    found: dict[date, set[Fired]] = defaultdict(set)
    day: date = FIRST
    for line in told.splitlines():
        time = TIME.search(line)
        if time:
            day = nights.get(int(time[1] or 0) * 24 + int(time[2] or 0), FIRST)
        for series in SERIES.findall(line):
            labels = dict(LABEL.findall(series))
            of = labels.get("source") or labels.get("page") or ""
            found[day].add(Fired(labels["alertname"], labels["app"], of))
    return found


class Judged(NamedTuple):
    """Of one alert: what it ought to find, what of that it found at once, and its false calls."""

    wanted: int
    found: int
    false: int


# Which event an alert ought to find.
WANTED = {
    "WxaVisitorsDown": "visitors",
    "WxaVisitorsUp": "launch",
    "WxaNewVisitorsDown": "new_visitors",
    "WxaRetentionDown": "retention",
    "WxaPageExitRateUp": "page",
    "WxaSourceDriedUp": "source",
}


def judged(life: Life, by_day: Mapping[date, set[Fired]]) -> dict[str, Judged]:
    """What each alert did about one app."""
    return {alert: _judged(life, by_day, alert) for alert in WANTED}


def _judged(life: Life, by_day: Mapping[date, set[Fired]], alert: str) -> Judged:
    events = to_be_found(life, WANTED[alert])
    found = sum(found_at_once(life, by_day, alert, event) for event in events)
    return Judged(len(events), found, false_calls(life, by_day, alert))


def to_be_found(life: Life, what: str) -> list[Event]:
    """The events whose first day WeChat told."""
    return [each for each in life.events if each.what == what and _told(life, each.first, what)]


def found_at_once(life: Life, by_day: Mapping[date, set[Fired]], alert: str, event: Event) -> bool:
    """Whether it fires while the first day of the event is the newest."""
    shown = by_day.get(_shown_with(event.first, event.what), set())
    return any(each.alert == alert and each.app == life.name for each in shown)


def false_calls(life: Life, by_day: Mapping[date, set[Fired]], alert: str) -> int:
    """How often it begins to fire on a day without an event."""
    false = 0
    for day in days_between(JUDGED_FROM, LAST):
        before = _day_before(life, day)
        # An alert that goes on calls nobody again.
        new = by_day.get(day, set()) - by_day.get(before, set())
        if not any(life.happening(day)) and not any(life.happening(before)):
            false += sum(each.alert == alert and each.app == life.name for each in new)
    return false


def _shown_with(day: date, what: str) -> date:
    """The day with which an event is shown: who came again is known a day later."""
    return day + timedelta(days=1) if what == "retention" else day


def _told(life: Life, first: date, what: str) -> bool:
    shown = _shown_with(first, what)
    return not life.days[first].missing and not life.days[shown].missing


def _day_before(life: Life, day: date) -> date:
    """The day that was shown before: in its place stays the one before, where one is missing."""
    other = day - timedelta(days=1)
    while other in life.days and life.days[other].missing:
        other -= timedelta(days=1)
    return other
