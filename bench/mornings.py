"""Forty simulated mornings of an app: how many calls they cost, and what the savings delay."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from threading import Event
from typing import cast

from exporter.archive import Archive, archive_at
from exporter.collect.app import AppCollector
from exporter.collect.due import Want, standing_wants
from exporter.config import App
from exporter.config.models import DEFAULT_REPORTS
from exporter.periods import BEIJING, Window
from exporter.reports.calls import Datacube
from exporter.reports.report import Report
from exporter.reports.table import BY_NAME
from exporter.simulator import SimulatedApp, Simulator
from exporter.telemetry import new_telemetry
from exporter.wechat.client import Client
from exporter.wechat.transport import Reply

CATCH_UP_DAYS = 7
EARLIEST, LATEST = 8.25, 12.5
# How often a report is late, and by how many hours at most.
LATE, LATE_BY = 0.1, 4.0
# Before these mornings the exporter runs for as long as it looks back.
WARM_UP = 15


def passes(day: date) -> Iterator[datetime]:
    """When passes begin on a day: by the default schedule, within its minute of jitter."""
    first = datetime.combine(day, time(8), BEIJING)
    jitter = random.Random(day.toordinal())  # noqa: S311 - no secret
    for half_hours in range(32):
        yield first + timedelta(minutes=30 * half_hours, seconds=jitter.uniform(0, 60))


@dataclass
class Clock:
    """The moment of the pass that runs."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    def wait(self, _seconds: float, stop: Event) -> bool:
        return stop.is_set()


@dataclass
class Asking:
    """WeChat without HTTP: what the simulator says to an app, and when it was asked."""

    simulator: Simulator
    appid: str
    clock: Clock
    asked: list[tuple[datetime, str, Window]] = field(default_factory=list)

    def ask(self, report: Report, window: Window) -> Reply:
        """As Client.ask, without its errors."""
        self.asked.append((self.clock.moment, report.name, window))
        days = report.request.days or 1 if isinstance(report.request, Datacube) else 1
        body = self.simulator.truth(self.appid, report.call, window, self.clock.moment, days)
        text = json.dumps(body)
        return Reply(text, json.loads(text))


@dataclass
class Mornings:
    """What the days came to."""

    calls: Counter[date] = field(default_factory=Counter)
    bound: Counter[date] = field(default_factory=Counter)
    # By how many passes what a morning brought came later than asking everything brings it.
    delays: Counter[int] = field(default_factory=Counter)

    @property
    def ratio(self) -> float:
        """Calls by the bound: each window once at each of its asks."""
        return self.calls.total() / self.bound.total()

    @property
    def in_time(self) -> float:
        """The share of windows that came with the first pass that could bring them."""
        return self.delays[0] / self.delays.total()

    def add(self, other: "Mornings") -> None:
        """Sum up with another app's."""
        self.calls += other.calls
        self.bound += other.bound
        self.delays += other.delays


def mornings(folder: Path, seed: int, days: int, steady: float = 0.0) -> Mornings:
    """An app collected for some days. Its hour is drawn each day, or is `steady`."""
    reports = tuple(BY_NAME[name] for name in DEFAULT_REPORTS)
    hours: dict[str, float] = {}
    first = date(2026, 1, 5) + timedelta(days=seed)
    simulated = SimulatedApp("wx0123456789abcdef", "", 300, first - timedelta(days=100),
        pages=3, publishes=hours)  # fmt: skip
    clock = Clock(datetime.combine(first, time(8), BEIJING))
    asking = Asking(Simulator([simulated], clock), simulated.appid, clock)
    found, rng = Mornings(), random.Random(seed)  # noqa: S311 - no secret
    with closing(archive_at(f"sqlite:///{folder / f'{seed}-{steady}.db'}")) as archive:
        app = App.model_validate({"name": "app", "appid": simulated.appid, "secret": "s"})
        client, telemetry = cast("Client", asking), new_telemetry()
        collector = AppCollector(app, reports, client, archive, telemetry, clock, Event())
        for number in range(-WARM_UP, days):
            today = first + timedelta(days=number + WARM_UP)
            hours.update(_hours(rng, reports, steady))
            asking.asked.clear()
            came = _day(collector, archive, clock, today)
            if number >= 0:
                found.calls[today] = len(asking.asked)
                found.bound[today] = sum(1 for report in reports for _ in _passed(report, today))
                found.delays.update(_delays(came, hours, reports, today))
    return found


def _hours(rng: random.Random, reports: tuple[Report, ...], steady: float) -> dict[str, float]:
    hour = steady or rng.uniform(EARLIEST, LATEST)
    late = (rng.uniform(0, LATE_BY) if rng.random() < LATE else 0 for _ in reports)
    return {report.call: hour + by for report, by in zip(reports, late, strict=True)}


def _passed(report: Report, today: date) -> Iterator[Want]:
    """The wants whose ask passed this morning."""
    wants = standing_wants(report, today, CATCH_UP_DAYS)
    return (want for want in wants if want.newest and want.window.passed_on(want.ask) == today)


def _day(
    collector: AppCollector, archive: Archive, clock: Clock, today: date
) -> dict[tuple[str, Window], datetime]:
    """Run a day's passes; when the report's window was answered for the ask of this morning."""
    wanted = [(report, want) for report in collector.reports for want in _passed(report, today)]
    came: dict[tuple[str, Window], datetime] = {}
    for clock.moment in passes(today):
        collector.run(lambda report, day: standing_wants(report, day, CATCH_UP_DAYS))
        if not collector.arrived:
            continue
        for report, want in wanted:
            window = want.window
            if (report.name, window) not in came:
                looks = archive.looks(
                    collector.app.appid, report.name, window.first_day, window.first_day
                )
                look = looks.get(window.first_day)
                if look and look.answered_ask is not None and look.answered_ask >= want.ask:
                    came[report.name, window] = clock.moment
    return came


def _delays(
    came: dict[tuple[str, Window], datetime],
    hours: dict[str, float],
    reports: tuple[Report, ...],
    today: date,
) -> Iterator[int]:
    midnight = datetime.combine(today, time(), BEIJING)
    for report in reports:
        published = midnight + timedelta(hours=hours[report.call])
        possible = [moment for moment in passes(today) if moment >= published]
        for want in _passed(report, today):
            moment = came.get((report.name, want.window))
            yield len(possible) if moment is None else sum(earlier < moment for earlier in possible)
