"""Judging lives by rule files: promtool runs them in Prometheus' own rule manager and engine."""

import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import yaml

from bench.alerts.life import FIRST, JUDGED_FROM, LAST, Life, days_between
from bench.alerts.shown import STEP_HOURS, STEPS
from bench.table import BenchError

FIRING = 'ALERTS{alertstate="firing", category="business"}'
TIME = re.compile(r"time: (?:(\d+)d)?(?:(\d+)h)?")
SERIES = re.compile(r"{[^}]*alertname=[^}]*}")
LABEL = re.compile(r'(\w+)="([^"]*)"')


class Fired(NamedTuple):
    """An alert on a day of an app; `of` is its source or page."""

    alert: str
    app: str
    of: str


def fired(
    rules: Sequence[Path], series: Sequence[tuple[str, str]], folder: Path
) -> dict[date, set[Fired]]:
    """By day shown, what fires in the night after it was shown first."""
    file = folder / "case.yml"
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
        for number, _ in _nights():
            written.write(f"  - expr: '{FIRING}'\n    eval_time: {number * STEP_HOURS}h\n")
    return dict(_parsed(_promtool(file)))


def _nights() -> Iterator[tuple[int, date]]:
    """The number of the last look at which a day is the newest one, and the day."""
    for number, day in enumerate(days_between(FIRST, LAST), 1):
        if day >= JUDGED_FROM:
            yield (number + 1) * STEPS - 1, day


def _promtool(file: Path) -> str:
    """What it says of expectations that are empty: everything that was found."""
    done = subprocess.run(
        ["promtool", "test", "rules", str(file)], capture_output=True, text=True, check=False
    )
    told = done.stdout + done.stderr
    if "FAILED" not in told or "got:" not in told:
        raise BenchError(f"promtool judged nothing: {told[:500]}")
    return told


def _parsed(told: str) -> Iterator[tuple[date, set[Fired]]]:
    days = {number * STEP_HOURS: day for number, day in _nights()}
    found: dict[date, set[Fired]] = defaultdict(set)
    day: date = FIRST
    for line in told.splitlines():
        time = TIME.search(line)
        if time:
            day = days[int(time[1] or 0) * 24 + int(time[2] or 0)]
        for series in SERIES.findall(line):
            labels = dict(LABEL.findall(series))
            of = labels.get("source") or labels.get("page") or ""
            found[day].add(Fired(labels["alertname"], labels["app"], of))
    yield from found.items()


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


def judged(life: Life, by_day: dict[date, set[Fired]]) -> dict[str, Judged]:
    """What each alert did about one app."""
    ours = {day: {each for each in all_ if each.app == life.name} for day, all_ in by_day.items()}
    return {alert: _judged(life, ours, alert, what) for alert, what in WANTED.items()}


def _judged(life: Life, by_day: dict[date, set[Fired]], alert: str, what: str) -> Judged:
    def names(day: date) -> set[str]:
        return {each.alert for each in by_day.get(day, set())}

    events = [
        event for event in life.events if event.what == what and _told(life, event.first, what)
    ]
    found = sum(alert in names(_shown_with(event.first, what)) for event in events)
    false = 0
    for day in days_between(JUDGED_FROM, LAST):
        before = _day_before(life, day)
        # An alert that goes on calls nobody again.
        new = {f for f in by_day.get(day, set()) - by_day.get(before, set()) if f.alert == alert}
        if new and not any(life.happening(day)) and not any(life.happening(before)):
            false += len(new)
    return Judged(len(events), found, false)


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
