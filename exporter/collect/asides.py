"""What is asked beside the reports, a call each at a pass: quotas, and names of new sources.

Nothing that WeChat answers here is a reason for a report to fail. It is about today: quotas are
archived until the next day, so that one process asks and all show them; names are not.
"""

from collections.abc import Iterable
from datetime import date, time
from threading import Lock

import structlog

from exporter.archive import Archive, Quota
from exporter.clock import Clock
from exporter.config import App
from exporter.errors import Busy, WeChatError
from exporter.periods import BEIJING, beijing_day
from exporter.reports.body import number, numeric_key
from exporter.reports.codes import SOURCES, word
from exporter.reports.report import Report
from exporter.reports.shapes import label_value
from exporter.telemetry import Telemetry
from exporter.wechat.client import Client

# By then most of a day's calls have been made.
QUOTAS_FROM = time(12)
QUOTA_PATH, SCENES_PATH = "/cgi-bin/openapi/quota/get", "/wxaapi/log/get_scene"

log = structlog.get_logger()


class Quotas:
    """How much of today's quota one app's calls have left.

    Each call is asked about once a day, whichever process on the archive does.
    """

    def __init__(
        self,
        app: App,
        reports: Iterable[Report],
        client: Client,
        archive: Archive,
        telemetry: Telemetry,
        clock: Clock,
    ) -> None:
        self._app = app
        self._client = client
        self._archive = archive
        self._telemetry = telemetry
        self._clock = clock
        self._paths = {report.call: report.request.path for report in reports}
        # By call, the day on which it was asked about last.
        self._asked = dict.fromkeys(self._paths, date.min)
        self._told: set[str] = set()

    def look(self, *, ask: bool) -> None:
        """Show what any process was told today, and `ask` about the call whose turn it is.

        Nothing before noon, or once all calls are known. Raises ArchiveError.
        """
        now = self._clock.now()
        today = beijing_day(now)
        if now.astimezone(BEIJING).time() < QUOTAS_FROM or not self._unknown(today):
            return
        for told in self._archive.quotas(self._app.appid):
            if told.call in self._unknown(today):
                self._take(told, today)
        # One at a pass, because thousands of apps share the calls a second.
        if ask and (unknown := self._unknown(today)):
            self._archive.claims.check(self._app.appid)
            self._ask(min(unknown, key=self._asked.__getitem__), today)

    def _unknown(self, today: date) -> list[str]:
        return [call for call, day in self._asked.items() if day != today]

    def _take(self, told: Quota, today: date) -> None:
        self._asked[told.call] = told.day
        if told.day == today:
            self._telemetry.quota(self._app.name, *told)

    def _ask(self, call: str, today: date) -> None:
        values: list[float | None] = []
        try:
            asked = {"cgi_path": self._paths[call]}
            reply = self._client.once("POST", "openapi_quota_get", QUOTA_PATH, asked)
            quota = reply.body.get("quota")
            said = quota if isinstance(quota, dict) else {}
            values = [number(said.get(name)) for name in ("daily_limit", "used", "remain")]
        except WeChatError as error:
            self._tell(error)
            # An errcode is today's answer, to everybody.
            if not error.code.lstrip("-").isdigit():
                # Where nobody answered it is asked at the next pass.
                if not isinstance(error, Busy):
                    self._asked[call] = today
                return
        told = Quota(call, today, *values)
        self._take(told, today)
        self._archive.keep_quota(self._app.appid, told)

    def _tell(self, error: WeChatError) -> None:
        if error.code not in self._told:
            self._told.add(error.code)
            log.info("quota unknown", app=self._app.name, code=error.code, error=str(error))


class Scenes:
    """WeChat's names of sources that the table does not know, asked once a day. Thread safe."""

    def __init__(self, telemetry: Telemetry, clock: Clock) -> None:
        self._telemetry = telemetry
        self._clock = clock
        self._lock = Lock()
        self._asked: date | None = None

    def look(self, client: Client) -> None:
        """Ask through any app, if nobody has today: the list is the same for all."""
        today = beijing_day(self._clock.now())
        with self._lock:
            if self._asked == today:
                return
            self._asked = today
        try:
            reply = client.once("GET", "get_scene", SCENES_PATH)
        except WeChatError as error:
            log.info("names of sources unknown", code=error.code, error=str(error))
            return
        scenes = reply.body.get("scene")
        for scene in scenes if isinstance(scenes, list) else []:
            if not isinstance(scene, dict):
                continue
            key, name = numeric_key(scene.get("value")), label_value(scene.get("name"))
            if key is not None and key not in SOURCES and name is not None:
                self._telemetry.source(word(SOURCES, key), name)
