"""The calls of a pass by urllib3 alone, an app's one after the other, as many apps side by side.

Run as a module, it is the process that makes them; a file tells which.
"""

import json
import sqlite3
import sys
from collections import defaultdict
from contextlib import closing
from datetime import date
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import urllib3

from exporter.periods import Window
from exporter.reports.table import BY_NAME, REPORTS


class Asked(NamedTuple):
    """One app: what its token is asked with, and by path what is asked then."""

    token: dict[str, Any]
    calls: list[tuple[str, dict[str, Any]]]


def asked(archive: Path, apps: list[dict[str, str]]) -> list[Asked]:
    """What a pass asked that left this archive, but for the names of sources: one call."""
    calls = defaultdict(list)
    paths = {report.call: report.request.path for report in REPORTS}
    with closing(sqlite3.connect(archive)) as connection:
        for appid, name, day in connection.execute("SELECT appid, report, first_day FROM replies"):
            report = BY_NAME[name]
            window = Window(report.period, date.fromisoformat(day))
            calls[appid].append((report.request.path, dict(report.request.content(window))))
        for appid, call in connection.execute("SELECT appid, call FROM quotas"):
            calls[appid].append(("/cgi-bin/openapi/quota/get", {"cgi_path": paths[call]}))
    return [
        Asked(
            {"grant_type": "client_credential", "appid": app["appid"], "secret": app["secret"]},
            calls[app["appid"]],
        )
        for app in apps
    ]


def ask(url: str, concurrency: int, apps: list[Asked]) -> None:
    """Make the calls, and read the replies."""
    pool = urllib3.connection_from_url(url, maxsize=concurrency, retries=False)

    def post(path: str, content: dict[str, Any]) -> bytes:
        return pool.request("POST", path, json=content).data

    def work() -> None:
        while apps:
            try:
                app = apps.pop()
            except IndexError:  # another thread took the last one
                return
            token = json.loads(post("/cgi-bin/stable_token", app.token))["access_token"]
            for path, content in app.calls:
                post(f"{path}?access_token={token}", content)

    threads = [Thread(target=work) for _ in range(concurrency)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    told = json.loads(Path(sys.argv[1]).read_text())
    ask(told["url"], told["concurrency"], [Asked(*app) for app in told["apps"]])
