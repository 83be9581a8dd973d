"""What a client asked for, read as strictly as WeChat reads it."""

import json
import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from exporter.periods import Period, Window
from exporter.simulator.calls import DatacubeCall
from exporter.simulator.errors import WeChatError

DATE = re.compile(r"[0-9]{8}")


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked for what, as far as the request tells."""

    call: str
    appid: str
    begin_date: str = ""
    end_date: str = ""


def json_object(payload: bytes) -> dict[str, Any]:
    """The JSON object of a request body. Raises WeChatError when it is none."""
    if not payload:
        raise WeChatError(44002)
    try:
        values = json.loads(payload)
    except ValueError:
        raise WeChatError(47001) from None
    if not isinstance(values, dict):
        raise WeChatError(47001)
    return values


def readable(payload: bytes) -> dict[str, Any]:
    """The JSON object of a request body, or nothing: for the record, not for the answer."""
    try:
        return json_object(payload)
    except WeChatError:
        return {}


def requested_dates(payload: bytes) -> tuple[str, str]:
    """The dates as the client wrote them, for the record."""
    values = readable(payload)
    return str(values.get("begin_date", "")), str(values.get("end_date", ""))


def requested_window(call: DatacubeCall, payload: bytes, today: date) -> tuple[Window, int]:
    """The window that a request names, and how many days that end with it are asked about.

    Raises WeChatError when it may not be asked for.
    """
    values = json_object(payload)
    begin = parsed_date(values.get("begin_date"))
    end = parsed_date(values.get("end_date"))
    days = (end - begin).days + 1 if call.period is Period.DAY else 1
    try:
        window = Window(call.period, end if call.period is Period.DAY else begin)
        allowed = window.last_day == end and window.age(today) >= 0
    except ValueError:
        raise WeChatError(61501) from None
    if call.newest is not None and window.age(today) >= call.newest:
        allowed = False
    if not allowed or days not in call.spans:
        raise WeChatError(61501)
    return window, days


def parsed_date(text: object) -> date:
    """A date of the form yyyymmdd. Raises WeChatError for anything else."""
    if not isinstance(text, str) or not DATE.fullmatch(text):
        raise WeChatError(61500)
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise WeChatError(61500) from None
