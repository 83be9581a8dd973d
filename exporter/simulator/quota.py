"""What WeChat tells about its API: how much of a day's calls is left, and its names of sources."""

from collections import Counter
from datetime import date
from typing import Any

from exporter.simulator.asked import json_object
from exporter.simulator.calls import DATACUBE_CALLS, PERFORMANCE_CALL, PERFORMANCE_PATH
from exporter.simulator.errors import WeChatError

DAILY_LIMIT = 2000
PATHS = {f"/datacube/{call}": call for call in DATACUBE_CALLS} | {
    PERFORMANCE_PATH: PERFORMANCE_CALL
}
# 61 stands in no published table; what the others are called WeChat says here too.
SCENES = {
    "@_all": "全部",
    1: "小程序历史列表",
    2: "搜索",
    10: "其他",
    61: "小程序链接",
    62: "视频号",
}


class QuotaDesk:
    """Counts each app's calls of a day, by whomever they are made."""

    def __init__(self) -> None:
        self._used: Counter[tuple[str, str, date]] = Counter()

    def count(self, appid: str, call: str, today: date, calls: int = 1) -> None:
        """So many calls more were made."""
        self._used[appid, call, today] += calls

    def body(self, appid: str, payload: bytes, today: date) -> dict[str, Any]:
        """The reply about one path. Raises WeChatError for one that there is not."""
        path = json_object(payload).get("cgi_path")
        if not isinstance(path, str) or not path.startswith("/"):
            raise WeChatError(76003)
        if path not in PATHS:
            raise WeChatError(76021)
        used = min(self._used[appid, PATHS[path], today], DAILY_LIMIT)
        quota = {"daily_limit": DAILY_LIMIT, "used": used, "remain": DAILY_LIMIT - used}
        rate = {"call_count": 1000, "refresh_second": 60}
        return {"errcode": 0, "errmsg": "ok", "quota": quota, "rate_limit": rate}


def scenes_body() -> dict[str, Any]:
    """The reply of the list of scenes."""
    scenes = [{"name": name, "value": value} for value, name in SCENES.items()]
    return {"errcode": 0, "errmsg": "ok", "scene": scenes}
