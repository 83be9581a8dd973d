"""What is asked beside the reports, a call each at a pass: quotas, and names of new sources.

Nothing here is a reason for a report to fail, and none of it is archived: it is about today.
"""

from collections.abc import Iterable
from datetime import date, time
from threading import Lock

import structlog

from exporter.clock import Clock
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
    """How much of today's quota one app's calls have left: each call is asked about once a day."""

    def __init__(
        self,
        app: str,
        reports: Iterable[Report],
        client: Client,
        telemetry: Telemetry,
        clock: Clock,
    ) -> None:
        self._app = app
        self._client = client
        self._telemetry = telemetry
        self._clock = clock
        self._paths = {report.call: report.request.path for report in reports}
        self._asked = dict.fromkeys(self._paths, date.min)
        self._told: set[str] = set()

    def look(self) -> None:
        """Ask about the call whose turn it is; nothing before noon, or when all were asked today.

        One at a pass, because thousands of apps share the calls a second.
        """
        now = self._clock.now()
        today = beijing_day(now)
        call = min(self._asked, key=self._asked.__getitem__)
        if self._asked[call] == today or now.astimezone(BEIJING).time() < QUOTAS_FROM:
            return
        asked = {"cgi_path": self._paths[call]}
        try:
            reply = self._client.once("POST", "openapi_quota_get", QUOTA_PATH, asked)
        except WeChatError as error:
            # Where nobody answered it is asked at the next pass, an errcode is today's answer.
            if not isinstance(error, Busy) or error.code.lstrip("-").isdigit():
                self._asked[call] = today
            self._tell(error)
            return
        self._asked[call] = today
        quota = reply.body.get("quota")
        told = quota if isinstance(quota, dict) else {}
        values = (number(told.get(name)) for name in ("daily_limit", "used", "remain"))
        self._telemetry.quota(self._app, call, today, *values)

    def _tell(self, error: WeChatError) -> None:
        if error.code not in self._told:
            self._told.add(error.code)
            log.info("quota unknown", app=self._app, code=error.code, error=str(error))


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
