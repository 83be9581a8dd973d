"""How fast an app starts and how much memory it takes: worse from its last release on."""

from datetime import datetime, time, timedelta
from typing import Any

from exporter.periods import BEIJING, Period, Window, beijing_day
from exporter.simulator.apps import SimulatedApp
from exporter.simulator.asked import json_object
from exporter.simulator.errors import WeChatError
from exporter.simulator.spread import seeded

PUBLISHING_HOUR = 9.5
RELEASE_FACTOR = 1.4
# Module -> the ids of its tables with a usual value. WeChat published those of 10022 alone.
MODULES = {
    "10016": {"openrate": 92.0},
    "10017": {"total": 1800.0, "download": 600.0, "inject": 350.0, "render": 500.0},
    "10021": {"pageswitch": 420.0},
    "10022": {"memorydiff": 70.0, "memory": 310.0},
    "10023": {"memorywarn": 0.8},
}
FACTORS = {
    "networktype": {"-1": 1.0, "wifi": 0.9, "4g": 1.1, "3g": 1.9},
    "device_level": {"-1": 1.0, "1": 0.7, "2": 1.0, "3": 1.6},
    "device": {"-1": 1.0, "1": 0.9, "2": 1.05},
}


def requested_day(payload: bytes, now: datetime) -> tuple[str, float, Window]:
    """The module, how hard its conditions are, and the one closed day that is asked about.

    Raises WeChatError for a request that the reference does not allow.
    """
    values = json_object(payload)
    module, span, params = values.get("module"), values.get("time"), values.get("params")
    if module not in MODULES or not isinstance(span, dict) or not isinstance(params, list):
        raise WeChatError(47001)
    begin, end = span.get("begin_timestamp"), span.get("end_timestamp")
    if not isinstance(begin, int) or not isinstance(end, int) or not begin <= end:
        raise WeChatError(61500)
    window = Window(Period.DAY, beijing_day(datetime.fromtimestamp(begin, BEIJING)))
    if beijing_day(datetime.fromtimestamp(end, BEIJING)) >= beijing_day(now):
        raise WeChatError(61501)
    factor = 1.0
    for param in params:
        try:
            factor *= FACTORS[param["field"]][param["value"]]
        except (KeyError, TypeError):
            raise WeChatError(47001) from None
    return module, factor, window


def performance_body(
    app: SimulatedApp, module: str, factor: float, window: Window, now: datetime
) -> dict[str, Any]:
    """The reply about a day: values as texts; no tables before they are computed."""
    published = datetime.combine(window.passed_on(0), time(), BEIJING) + timedelta(
        hours=PUBLISHING_HOUR
    )
    known = now >= published and window.first_day >= app.first_day and app.visitors > 0
    tables = [_table(app, name, usual * factor, window) for name, usual in MODULES[module].items()]
    body = {"tables": tables if known else [], "count": len(tables) if known else 0}
    return {"errcode": 0, "errmsg": "ok", "data": {"body": body}}


def _table(app: SimulatedApp, name: str, usual: float, window: Window) -> dict[str, Any]:
    value = usual * seeded(f"{app.appid}:{window.first_day}:{name}").uniform(0.97, 1.03)
    if app.release is not None and window.first_day >= app.release:
        value *= RELEASE_FACTOR
    field = {"refdate": window.ref_date, "value": f"{value:.4f}"}
    return {"id": name, "lines": [{"fields": [field]}], "zh": name}
