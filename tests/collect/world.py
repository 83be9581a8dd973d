"""The exporter's inside at work: a real archive, real HTTP to the simulator, a clock by hand."""

import json
import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import event
from urllib3 import BaseHTTPResponse

from exporter.archive import Archive, Kept, engine_of
from exporter.collect.collector import PassResult
from exporter.collect.record import Recorded, record
from exporter.config import Config
from exporter.exposition import Format
from exporter.periods import Window
from exporter.reports.report import Report
from exporter.runtime import Runtime
from exporter.simulator import RunningSimulator, SimulatedApp
from exporter.telemetry import new_telemetry
from exporter.wechat.session import Session
from exporter.wechat.transport import Reply
from tests.conftest import CAFE, SHOP
from tests.support import FakeClock, own_text

NAMES = {SHOP.appid: "shop", CAFE.appid: "cafe"}


class Disk:
    """What the disk under an archive allows; every transaction meets its state."""

    FULL = "PRAGMA max_page_count = 1"
    READ_ONLY = "PRAGMA query_only = ON"
    GOOD = "PRAGMA max_page_count = 1000000"

    def __init__(self) -> None:
        self.state = self.GOOD

    def meet(self, connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA query_only = OFF")
        connection.execute(self.state).fetchall()


class Watched(Session):
    """A session that calls `before` with the URL of each request, and counts those in flight."""

    def __init__(self, before: Callable[[str], None] | None = None) -> None:
        super().__init__(8)
        self.before = before
        self.in_flight, self.most = 0, 0
        self._counting = Lock()

    def ask(self, method: str, url: str, *given: Any, **named: Any) -> BaseHTTPResponse:  # noqa: ANN401
        if self.before:
            self.before(url)
        with self._counting:
            self.in_flight += 1
            self.most = max(self.most, self.in_flight)
        try:
            return super().ask(method, url, *given, **named)
        finally:
            with self._counting:
                self.in_flight -= 1


class World:
    """One run of the exporter over an archive. Close it, and another one takes up there.

    It shows already what the archive holds, as every command does before it asks.
    """

    def __init__(
        self,
        wechat: RunningSimulator,
        path: Path | str,
        clock: FakeClock,
        apps: Sequence[SimulatedApp] = (SHOP,),
        reports: Sequence[str] | None = None,
        session: Session | None = None,
        names: Mapping[str, str] = NAMES,
        pages: Mapping[str, int] | None = None,
        timeout_seconds: float = 2,
        keys: Callable[[SimulatedApp], Mapping[str, Any]] = lambda app: {"secret": app.secret},
        **collect: Any,  # noqa: ANN401 - keys of the configuration
    ) -> None:
        self.wechat, self.clock, self.disk = wechat.simulator, clock, Disk()
        self.config = Config.model_validate(
            {
                "apps": [
                    {
                        "name": names.get(app.appid, app.name),
                        "appid": app.appid,
                        **keys(app),
                    }
                    for app in apps
                ],
                "api": {"base_url": wechat.url, "timeout_seconds": timeout_seconds},
                "pages": pages or {},
                "collect": collect | ({"reports": reports} if reports else {}),
            }
        )
        engine = engine_of(f"sqlite:///{path}" if isinstance(path, Path) else path)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "checkout", self.disk.meet)
        self.engine = engine
        self.archive = Archive(engine)
        self.archive.open()
        self.telemetry = new_telemetry()
        self.session = session or Session(self.config.collect.concurrency)
        self.runtime = Runtime(self.config, self.archive, self.telemetry, clock, self.session)
        self.runtime.recall()
        self.result = PassResult()

    def close(self) -> None:
        self.session.close()
        self.archive.close()

    def run(self, app: SimulatedApp = SHOP) -> list[tuple[str, str]]:
        """Run a pass; gives the analytics calls it made for an app: call and begin_date."""
        before = len(self.wechat.calls)
        self.result = self.runtime.run_pass()
        return [
            (call.call.removeprefix("getweanalysisappid"), call.begin_date)
            for call in self.wechat.calls[before:]
            if "token" not in call.call and call.appid == app.appid
        ]

    def metrics(self, pattern: str = "") -> list[str]:
        """The sample lines of /metrics that match."""
        body = self.runtime.exposition.page.plain[Format.CLASSIC]
        return lines(b"".join(body.parts).decode(), pattern)

    def own(self, pattern: str = "") -> list[str]:
        """The sample lines that the exporter tells about itself that match."""
        return lines(own_text(self.telemetry), pattern)


def lines(text: str, pattern: str) -> list[str]:
    """The sample lines of an exposition that match a regular expression."""
    found = (line for line in text.splitlines() if not line.startswith("#"))
    return [line for line in found if re.search(pattern, line)]


def told(
    archive: Archive, report: Report, window: Window, body: object, asked: datetime
) -> Recorded:
    """Record that WeChat answered with that body."""
    text = json.dumps(body)
    return record(archive, SHOP.appid, report, window, Reply(text, json.loads(text)), asked)


def kept(archive: Archive, report: Report, window: Window) -> Kept:
    """What the archive holds about a window."""
    with archive.transaction() as transaction:
        found = transaction.read(SHOP.appid, report.name, window.first_day)
    assert found is not None
    return found


def day(text: str) -> date:
    """The date '2026-03-17'."""
    return date.fromisoformat(text)
