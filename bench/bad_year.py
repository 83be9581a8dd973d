"""An app's life with a bad WeChat, on a clock of its own: what it asked, and what it ended with."""

import json
import random
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.mornings import Clock
from exporter.archive import Archive, archive_at
from exporter.collect.due import due_windows, standing_wants
from exporter.config import Config
from exporter.periods import BEIJING, Window, beijing_day
from exporter.reports.report import Report
from exporter.runtime import Runtime
from exporter.simulator import Fault, RunningSimulator, SimulatedApp, Simulator
from exporter.simulator.simulator import Call
from exporter.telemetry import new_telemetry
from exporter.wechat.session import Session

HOURS = (8, 10, 11, 14, 18, 22)
# A call gives up after this many real seconds: more than a busy machine takes for an answer, which
# would look like a repetition without reason.
PATIENCE = 2.0
# What a client repeats at once: the faults of which the next try may know nothing.
REPEATED_AT_ONCE = {
    *("-1", "61504", "45011", "http", "close", "cut", "html", "slow", "drip", "huge", "redirect"),
    *("40001", "40014", "42001", "other_period", "body"),
}
REJECTED = {"40001", "40014", "42001"}
ATTEMPTS, WITH_A_NEW_TOKEN = 3, 2
# A window that was wanted on fewer days than this may have met nothing but faults.
ENOUGH_DAYS = 4

Asked = tuple[str, str]


def unexplained(calls: Sequence[Call], wanted: set[Asked]) -> Iterator[str]:
    """Calls of a pass that the due rule did not want, or that were repeated without reason."""
    attempts = Counter((call.call, call.begin_date) for call in calls)
    for asked in attempts.keys() - wanted:
        yield f"{asked} was asked without being due"
    tries = Counter((c.call, c.begin_date) for c in calls if c.outcome not in REJECTED)
    for asked, times in attempts.items():
        if times > ATTEMPTS * WITH_A_NEW_TOKEN or tries[asked] > ATTEMPTS:
            yield f"{asked} was asked {times} times"
    for before, after in pairwise(calls):
        same = (before.call, before.begin_date) == (after.call, after.begin_date)
        if same and before.outcome not in REPEATED_AT_ONCE:
            yield f"{before.call} {before.begin_date} was repeated after {before.outcome}"


def open_wants(
    archive: Archive, appid: str, report: Report, today: date, catch_up_days: int
) -> set[Asked]:
    """What the due rule wants asked, from what the archive says before a pass."""
    wants = list(standing_wants(report, today, catch_up_days))
    since = min(want.window.first_day for want in wants)
    looks = archive.looks(appid, report.name, since, today)
    return {(report.call, w.begin_date) for w in due_windows(iter(wants), looks, today)}


@dataclass
class BadYear:
    """Runs passes through days of faults, restarts, reloads and kills. Close it."""

    folder: Path
    app: SimulatedApp
    reports: tuple[Report, ...]
    first: date
    seed: int
    catch_up_days: int = 7
    unexplained: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    happened: Counter[str] = field(default_factory=Counter)
    _wanted_on: dict[tuple[str, Window], set[date]] = field(
        default_factory=lambda: defaultdict(set)
    )

    def __post_init__(self) -> None:
        self.clock = Clock(datetime.combine(self.first, datetime.min.time(), BEIJING))
        self.wechat = Simulator([self.app], self.clock)
        self._random = random.Random(self.seed)  # noqa: S311 - no secret
        self._url = f"sqlite:///{self.folder / f'{self.seed}.db'}"
        self._running = RunningSimulator(self.wechat)
        self._running.__enter__()
        self._session = Session(1)
        self._start()

    def _start(self) -> None:
        self.archive = archive_at(self._url)
        self._new_runtime()
        self._runtime.begin()
        self._runtime.recall()

    def _new_runtime(self) -> None:
        self._runtime = Runtime(
            Config.model_validate(self._content()), self.archive, new_telemetry(), self.clock,
            self._session,
        )  # fmt: skip

    def _content(self) -> dict[str, Any]:
        """The configuration of a process that collects for the app."""
        return {
            "apps": [{"name": "app", "appid": self.app.appid, "secret": self.app.secret}],
            "api": {
                "base_url": self._running.url,
                "timeout_seconds": PATIENCE,
                "requests_per_second": 10_000,
            },
            "collect": {
                "reports": [report.name for report in self.reports],
                "catch_up_days": self.catch_up_days,
                "concurrency": 1,
            },
            "archive": {"url": self._url},
        }

    def close(self) -> None:
        self.archive.close()
        self._session.close()
        self._running.__exit__(None, None, None)

    def live(self, days: int, faults: Sequence[Fault], kill_every: int = 0) -> None:
        """Run the passes of some days; each may meet faults, and what happens to a process."""
        for number in range(days):
            today = beijing_day(self.clock.now()) + timedelta(days=number > 0)
            self.wechat.faults.clear()
            self.wechat.faults.add(*self._of_the_day(today), *faults)
            for hour in HOURS:
                self.clock.moment = datetime(
                    today.year, today.month, today.day, hour, tzinfo=BEIJING
                )
                if kill_every and number % kill_every == 1 and hour == HOURS[1]:
                    self._pass(today, killed=True)
                self._happen()
                self._pass(today)

    def settle(self, days: int) -> None:
        """Run the passes of some days on which all goes well."""
        self.clock.moment += timedelta(days=1)
        self.live(days, ())

    def _of_the_day(self, today: date) -> Iterator[Fault]:
        """Half-computed bodies as WeChat may give them: what is asked again later gets better."""
        if not self.happened:
            self.happened["start"] += 1
            return
        yesterday = f"{today - timedelta(days=1):%Y%m%d}"
        yield Fault("partial", begin_date=yesterday, probability=0.1)
        yield Fault("revised", begin_date=yesterday, probability=0.05)
        before = today - timedelta(days=2)
        for report in self.reports:
            window = Window.containing(report.period, before)
            if report.shape.rank and self._difference(report, window) is None:
                yield Fault("partial", call=report.call, begin_date=f"{before:%Y%m%d}", times=2)

    def _happen(self) -> None:
        """Now and then a restart or a reload, which look again at what was left alone."""
        what = self._random.choices(("nothing", "restart", "reload"), (94, 3, 3))[0]
        self.happened[what] += 1
        if what == "restart":
            self.archive.close()
            self._start()
        elif what == "reload":
            self.archive.end_pauses([self.app.appid])
            self._new_runtime()
            self._runtime.recall()

    def _pass(self, today: date, *, killed: bool = False) -> None:
        wanted: set[Asked] = set()
        for report in self.reports:
            wanted |= open_wants(
                self.archive, self.app.appid, report, today, self.catch_up_days
            ) - self._paused(report)
            for want in standing_wants(report, today, self.catch_up_days):
                self._wanted_on[report.name, want.window].add(today)
        self.wechat.calls.clear()
        if killed:
            self.happened["kill -9"] += 1
            self._be_killed()
        else:
            self._runtime.run_pass()
        asked = [call for call in self.wechat.calls if call.begin_date]
        self.outcomes.update(call.outcome for call in asked)
        self.unexplained += [f"{self.clock.moment}: {each}" for each in unexplained(asked, wanted)]

    def _be_killed(self) -> None:
        """A pass in a process of its own, which is killed at one of its first calls."""
        told = {
            "config": self._content(),
            "moment": self.clock.moment.isoformat(),
            "calls": self._random.randint(1, 12),
        }
        child = [sys.executable, "-m", "bench.killed"]
        subprocess.run(child, input=json.dumps(told).encode(), capture_output=True, check=False)

    def _paused(self, report: Report) -> set[Asked]:
        """Everything about a report while nobody is to ask."""
        now = self.clock.now().timestamp()
        failures = self.archive.failures(self.app.appid)
        holding = {name for name, each in failures.items() if each.at <= now < (each.until or 0)}
        if not holding & {"", report.name}:
            return set()
        today = beijing_day(self.clock.now())
        wants = standing_wants(report, today, self.catch_up_days)
        return {(report.call, want.window.begin_date) for want in wants}

    def differences(self) -> Iterator[str]:
        """Where the archive says something else than WeChat, or misses what it had chances for."""
        by_name = {report.name: report for report in self.reports}
        for (name, window), days in self._wanted_on.items():
            if len(days) >= ENOUGH_DAYS:
                difference = self._difference(by_name[name], window)
                if difference is not None:
                    yield f"{name} {window} {difference}"

    def _difference(self, report: Report, window: Window) -> str | None:
        """What the archive has wrong about a window; None where it says what WeChat has."""
        days = [window.first_day]
        kept = dict(self.archive.bodies_on(self.app.appid, report.name, days)).get(days[0])
        if kept is None:
            return "is missing"
        at = datetime.fromtimestamp(kept.answered_at or 0, UTC)
        true = self.wechat.truth(self.app.appid, report.call, window, at)
        newest = report.newest_ask(window, beijing_day(at))
        said = report.read(window, json.loads(kept.body or "{}"), newest).values
        return None if said == report.read(window, true, newest).values else "says something else"

    @property
    def faults(self) -> int:
        """How many calls met a fault."""
        return self.outcomes.total() - self.outcomes["0"] - self.outcomes["empty"]
