"""Reply bodies as text, and the ways in which they can be other than expected."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from zlib import crc32

from exporter.periods import Period, Window
from exporter.simulator.bodies import Body, empty_body, zero_retention
from exporter.simulator.calls import DATACUBE_CALLS, Shape
from exporter.simulator.errors import WeChatError
from exporter.simulator.faults import FaultKind
from exporter.simulator.tokens import Token

NOT_COUNTS = frozenset(
    {"key", "id", "errcode", "expires_in"}
    | {"stay_time_uv", "stay_time_session", "visit_depth", "page_staytime_pv"}
)


def written(body: Mapping[str, Any]) -> bytes:
    """JSON as WeChat writes it: no spaces, and every slash escaped."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/").encode()


def token_body(token: Token, moment: datetime) -> Body:
    """The body of a token reply."""
    return {"access_token": token.value, "expires_in": token.seconds_left(moment)}


def not_ready_body(call: str, window: Window, days: int = 1) -> Body:
    """One of the shapes of "not ready"; the same one for a call and a date every time.

    Raises WeChatError where the shape is an error.
    """
    choice = crc32(f"{call}:{window.begin_date}".encode()) % 3
    if choice == 0:
        raise WeChatError(61503)
    wanted = DATACUBE_CALLS[call]
    if choice == 1 and wanted.shape is Shape.RETENTION and wanted.period is Period.DAY:
        return zero_retention(window)
    return empty_body(call, window, days)


def revised(part: Any, name: str = "") -> Any:  # noqa: ANN401 - any piece of a JSON body
    """The same body with every count a little higher."""
    if isinstance(part, dict):
        return {member: revised(value, member) for member, value in part.items()}
    if isinstance(part, list):
        return [revised(value, name) for value in part]
    if isinstance(part, int) and name not in NOT_COUNTS:
        return part + 1 + part // 50
    return part


def partial(body: Body) -> Body:
    """The same body with the last quarter of its rows, as a half-computed one would be."""
    rows = body.get("list")
    return body | {"list": rows[len(rows) * 3 // 4 :]} if isinstance(rows, list) else body


def gapped(body: Body) -> Body:
    """The same retention without the newest key of one kind of user."""
    arrays = [name for name, value in body.items() if isinstance(value, list) and name != "list"]
    return body | {name: body[name][:-1] for name in arrays[:1]}


def of_another_period(part: Any, name: str = "") -> Any:  # noqa: ANN401 - any piece of a JSON body
    """The same body, ten years earlier."""
    if isinstance(part, dict):
        return {member: of_another_period(value, member) for member, value in part.items()}
    if isinstance(part, list):
        return [of_another_period(value, name) for value in part]
    return part.replace("20", "10", 1) if name == "ref_date" else part


# What a fault makes of a true body.
CHANGES: Mapping[str, Callable[[Body], Body]] = MappingProxyType(
    {
        FaultKind.REVISED: revised,
        FaultKind.PARTIAL: partial,
        FaultKind.GAP: gapped,
        FaultKind.OTHER_PERIOD: of_another_period,
    }
)
