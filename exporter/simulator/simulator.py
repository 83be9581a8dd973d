"""The look-alike itself, without HTTP: what WeChat says to a request at a moment."""

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from threading import Lock
from typing import Any

from exporter.clock import Clock
from exporter.periods import BEIJING, Window, beijing_day
from exporter.simulator.apps import SimulatedApp
from exporter.simulator.asked import (
    Asked,
    json_object,
    readable,
    requested_dates,
    requested_window,
)
from exporter.simulator.bodies import Body, BodyMaker
from exporter.simulator.calls import (
    DATACUBE_CALLS,
    PERFORMANCE_CALL,
    QUOTA_CALL,
    SCENES_CALL,
    SIDE_CALLS,
)
from exporter.simulator.errors import ErrorWriter, WeChatError
from exporter.simulator.faults import Fault, FaultKind, Faults
from exporter.simulator.numbers import History
from exporter.simulator.performance import performance_body, requested_day
from exporter.simulator.quota import QuotaDesk, scenes_body
from exporter.simulator.replies import CHANGES, not_ready_body, token_body, written
from exporter.simulator.security import Arrived, opened, sealed, tampered
from exporter.simulator.tokens import TokenDesk

CACHED_REPLIES = 10_000
# Faults in which somebody else answers: what he says is neither signed nor encrypted.
NOT_WECHAT = frozenset(
    {FaultKind.HTTP, FaultKind.HTML, FaultKind.REDIRECT, FaultKind.HUGE, FaultKind.BODY}
)
REMEMBERED_CALLS = 200_000


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was answered. `outcome` is an errcode, "0", "empty" or a fault's name."""

    moment: datetime
    appid: str
    call: str
    begin_date: str
    end_date: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply's text, how the record puts it, and the fault that spoils its way to the client."""

    content: bytes
    outcome: str
    fault: Fault | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Simulator:
    """WeChat for a few apps: checks requests, knows the numbers, records every call."""

    def __init__(
        self,
        apps: Iterable[SimulatedApp],
        clock: Clock,
        latency_seconds: float = 0.0,
        faults: Faults | None = None,
    ) -> None:
        self.apps = {app.appid: app for app in apps}
        self.clock = clock
        self.latency_seconds = latency_seconds
        self.faults = Faults() if faults is None else faults
        self.calls: list[Call] = []
        # Those that ask for no data, apart.
        self.asides: deque[Call] = deque(maxlen=REMEMBERED_CALLS)
        self.quotas = QuotaDesk()
        self._calls_lock = Lock()
        self._tokens = TokenDesk()
        self._errors = ErrorWriter()
        self._histories = {appid: History(app) for appid, app in self.apps.items()}
        self._makers = {appid: BodyMaker(past) for appid, past in self._histories.items()}
        self._reports: dict[tuple[str, str, Window, int, int], bytes] = {}

    def truth(self, appid: str, call: str, window: Window, moment: datetime, days: int = 1) -> Body:
        """The body that WeChat has for a window at a moment; the empty form when none yet.

        A portrait is one of `days` days that end with the window.
        """
        keys = self.published_keys(appid, call, window, moment)
        return self._makers[appid].body(call, window, keys, days)

    def published_keys(
        self, appid: str, call: str, window: Window, moment: datetime
    ) -> tuple[int, ...]:
        """The keys of a window's report that are published: 0 alone unless it is a retention."""
        hour = timedelta(hours=self.apps[appid].publishing_hour(call))
        return tuple(
            key
            for key in DATACUBE_CALLS[call].keys
            if moment >= datetime.combine(window.passed_on(key), time(), BEIJING) + hour
        )

    def through_gateway(
        self, call: str, token: str, arrived: Arrived, answer: Callable[[bytes], Answer]
    ) -> Answer:
        """The answer to a request, both sealed where the app has API security switched on."""
        appid = self._tokens.owner(token)
        keys = self.apps[appid].keys if appid else None
        if keys is None:
            return answer(arrived.payload)
        moment = self.clock.now()
        try:
            payload = opened(keys, appid, arrived, moment)
        except WeChatError as error:
            self._record(Asked(call, appid), moment, str(error.code))
            return Answer(written(self._errors.body(error.code, moment)), str(error.code))
        plain = answer(payload)
        if plain.fault and plain.fault.kind in NOT_WECHAT:
            return plain
        content, headers = sealed(keys, appid, arrived.url, plain.content, moment)
        if plain.fault and plain.fault.kind == FaultKind.TAMPERED:
            content = tampered(content)
        return replace(plain, content=content, headers=headers)

    def answer_datacube(self, method: str, call: str, token: str, payload: bytes) -> Answer:
        """The answer to an analytics call."""
        begin, end = requested_dates(payload)

        def reply(moment: datetime) -> Answer:
            appid, window, days = self._checked_request(method, call, token, payload, moment)
            return self._report(appid, call, window, days, moment)

        return self._answer(Asked(call, self._tokens.owner(token), begin, end), reply)

    def answer_performance(self, method: str, token: str, payload: bytes) -> Answer:
        """The answer to `/wxa/business/performance/boot`."""
        span = readable(payload).get("time")
        begin, end = (
            f"{datetime.fromtimestamp(seconds, BEIJING):%Y%m%d}" if isinstance(seconds, int) else ""
            for seconds in (
                span.get(f"{name}_timestamp") if isinstance(span, dict) else None
                for name in ("begin", "end")
            )
        )

        def reply(moment: datetime) -> Answer:
            appid = self._checked_caller(method, token, moment)
            module, factor, window = requested_day(payload, moment)
            body = performance_body(self.apps[appid], module, factor, window, moment)
            return Answer(written(body), "0" if body["data"]["body"]["count"] else "empty")

        return self._answer(Asked(PERFORMANCE_CALL, self._tokens.owner(token), begin, end), reply)

    def answer_quota(self, method: str, token: str, payload: bytes) -> Answer:
        """The answer to `/cgi-bin/openapi/quota/get`."""

        def reply(moment: datetime) -> Answer:
            appid = self._checked_caller(method, token, moment)
            return Answer(written(self.quotas.body(appid, payload, beijing_day(moment))), "0")

        return self._answer(Asked(QUOTA_CALL, self._tokens.owner(token)), reply)

    def answer_scenes(self, method: str, token: str) -> Answer:
        """The answer to `/wxaapi/log/get_scene`."""

        def reply(moment: datetime) -> Answer:
            if method != "GET":
                raise WeChatError(43001)
            self._tokens.check(token, moment)
            return Answer(written(scenes_body()), "0")

        return self._answer(Asked(SCENES_CALL, self._tokens.owner(token)), reply)

    def answer_token(self, method: str, query: Mapping[str, str]) -> Answer:
        """The answer to `/cgi-bin/token`."""

        def reply(moment: datetime) -> Answer:
            if method != "GET":
                raise WeChatError(43001)
            appid = self._checked_credentials(query, wrong_secret=40001)
            token = self._tokens.classic(appid, moment)
            return Answer(written(token_body(token, moment)), "0")

        return self._answer(Asked("token", query.get("appid", "")), reply)

    def answer_stable_token(self, method: str, payload: bytes) -> Answer:
        """The answer to `/cgi-bin/stable_token`."""

        def reply(moment: datetime) -> Answer:
            if method != "POST":
                raise WeChatError(43002)
            values = json_object(payload)
            appid = self._checked_credentials(values, wrong_secret=40125)
            force = values.get("force_refresh") is True
            token = self._tokens.stable(appid, moment, force_refresh=force)
            return Answer(written(token_body(token, moment)), "0")

        return self._answer(Asked("stable_token", str(readable(payload).get("appid", ""))), reply)

    def _answer(self, asked: Asked, reply: Callable[[datetime], Answer]) -> Answer:
        moment = self.clock.now()
        fault = self.faults.take(asked.appid, asked.call, asked.begin_date)
        if fault is None:
            answer = self._reply_or_refusal(reply, moment)
        elif fault.keeps_truth:
            answer = spoilt(self._reply_or_refusal(reply, moment), fault)
        else:
            answer = Answer(self._false_content(fault, moment), fault.outcome, fault)
        self._record(asked, moment, answer.outcome)
        return answer

    def _reply_or_refusal(self, reply: Callable[[datetime], Answer], moment: datetime) -> Answer:
        try:
            return reply(moment)
        except WeChatError as error:
            return Answer(written(self._errors.body(error.code, moment)), str(error.code))

    def _false_content(self, fault: Fault, moment: datetime) -> bytes:
        match fault.kind:
            case FaultKind.ERRCODE:
                return written(self._errors.body(fault.code, moment))
            case FaultKind.EMPTY:
                return written({"list": []})
            case FaultKind.BODY:
                return fault.body.encode()
            case _:
                return b""

    def _checked_request(
        self, method: str, call: str, token: str, payload: bytes, moment: datetime
    ) -> tuple[str, Window, int]:
        if call not in DATACUBE_CALLS:
            raise WeChatError(40066)
        appid = self._checked_caller(method, token, moment)
        return appid, *requested_window(DATACUBE_CALLS[call], payload, beijing_day(moment))

    def _checked_caller(self, method: str, token: str, moment: datetime) -> str:
        if method != "POST":
            raise WeChatError(43002)
        if not token:
            raise WeChatError(41001)
        return self._tokens.check(token, moment)

    def _checked_credentials(self, values: Mapping[str, Any], wrong_secret: int) -> str:
        if values.get("grant_type") != "client_credential":
            raise WeChatError(40002)
        if not values.get("appid"):
            raise WeChatError(41002)
        if not values.get("secret"):
            raise WeChatError(41004)
        app = self.apps.get(str(values["appid"]))
        if app is None:
            raise WeChatError(40013)
        if values["secret"] != app.secret:
            raise WeChatError(wrong_secret)
        return app.appid

    def _report(self, appid: str, call: str, window: Window, days: int, moment: datetime) -> Answer:
        keys = self.published_keys(appid, call, window, moment)
        if self._histories[appid].window(window) is None:
            return Answer(written(self._makers[appid].body(call, window, keys, days)), "empty")
        if not keys:
            return Answer(written(not_ready_body(call, window, days)), "empty")
        return Answer(self._written_report(appid, call, window, keys, days), "0")

    def _written_report(
        self, appid: str, call: str, window: Window, keys: tuple[int, ...], days: int
    ) -> bytes:
        known = (appid, call, window, len(keys), days)
        content = self._reports.get(known)
        if content is None:
            if len(self._reports) >= CACHED_REPLIES:
                self._reports.clear()
            content = written(self._makers[appid].body(call, window, keys, days))
            self._reports[known] = content
        return content

    def _record(self, asked: Asked, moment: datetime, outcome: str) -> None:
        call = Call(moment, asked.appid, asked.call, asked.begin_date, asked.end_date, outcome)
        with self._calls_lock:
            self.quotas.count(asked.appid, asked.call, beijing_day(moment))
            if asked.call in SIDE_CALLS:
                self.asides.append(call)
                return
            if len(self.calls) >= REMEMBERED_CALLS:
                del self.calls[: REMEMBERED_CALLS // 2]
            self.calls.append(call)


def spoilt(answer: Answer, fault: Fault) -> Answer:
    """A true answer that is to meet a fault on its way."""
    change = CHANGES.get(fault.kind)
    content = written(change(json.loads(answer.content))) if change else answer.content
    return Answer(content, fault.outcome, fault)
