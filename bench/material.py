"""Made-up replies about pages, archives full of them, and configurations to serve them."""

import json
import random
import sqlite3
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from exporter.archive import Archive, Kept, engine_of
from exporter.clock import SystemClock
from exporter.periods import beijing_day
from exporter.reports.table import BY_NAME

REPORT = BY_NAME["visit_page"]
PAGES = 200
SAMPLES_PER_APP = PAGES * len(REPORT.metrics)
# Nobody listens there: a call that is not expected fails, and is seen.
NOWHERE = "http://127.0.0.1:9"


def today() -> date:
    """The day it is in Beijing."""
    return beijing_day(SystemClock().now())


def rows(app: int, day: int = 0, pages: int = PAGES) -> list[dict[str, Any]]:
    """The rows of a reply about an app's pages, the same in every process."""
    draw = random.Random(app * 1000 + day)  # noqa: S311 - numbers to measure with
    return [
        {
            "page_path": f"packages/section-{page % 17}/page-{page}",
            "page_visit_pv": draw.randrange(200_000) // (page + 1),
            "page_visit_uv": draw.randrange(90_000) // (page + 1),
            "page_staytime_pv": round(draw.uniform(1, 90), 6),
            "entrypage_pv": draw.randrange(50_000) // (page + 1),
            "exitpage_pv": draw.randrange(50_000) // (page + 1),
            "page_share_pv": draw.randrange(900) // (page + 1),
            "page_share_uv": draw.randrange(700) // (page + 1),
        }
        for page in range(pages)
    ]


def body(app: int, day: date, pages: int = PAGES) -> str:
    """The reply about one day, without its date, so that `repeat` can copy it to others."""
    return json.dumps({"list": rows(app, day.toordinal(), pages)}, ensure_ascii=False)


def samples(app: int) -> Iterator[tuple[str, str, float]]:
    """Metric, page and value of everything that /metrics shows of an app's pages."""
    shown = rows(app, (today() - timedelta(days=1)).toordinal())
    for metric in REPORT.metrics:
        for row in shown:
            yield metric.name, row["page_path"], float(row[metric.field])


def app_name(app: int) -> str:
    """The label `app` of an app's samples."""
    return f"app-{app}"


def appid(app: int) -> str:
    """An appid as long as a real one."""
    return f"wx{app:016x}"


def made_up_apps(count: int) -> list[dict[str, str]]:
    """The apps whose pages `fill` archives, as a configuration names them."""
    return [{"name": app_name(n), "appid": appid(n), "secret": "0" * 32} for n in range(count)]


def configuration(
    folder: Path, apps: list[dict[str, str]], **sections: dict[str, Any]
) -> dict[str, Any]:
    """The content of a configuration file, with the archive in `folder`."""
    return {
        "apps": apps,
        "api": {"base_url": NOWHERE},
        "collect": {"reports": [REPORT.name], "catch_up_days": 1},
        "archive": {"url": f"sqlite:///{folder / 'archive.db'}"},
        **sections,
    }


def written(folder: Path, content: dict[str, Any]) -> Path:
    """The configuration as a file."""
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def fill(folder: Path, apps: int, days: int, fresh_days: int = 1, pages: int = PAGES) -> None:
    """Archive the last days of the pages of some apps, so that nothing is due.

    The newest `fresh_days` were learned now, the others in the days before.
    """
    archive = Archive(engine_of(f"sqlite:///{folder / 'archive.db'}"))
    archive.open()
    now, newest = int(datetime.now().astimezone().timestamp()), today() - timedelta(days=1)
    news = 0
    with archive.transaction() as transaction:
        for age in reversed(range(days)):
            learned = now if age < fresh_days else now - 86_400 * (age + 1)
            for app in range(apps):
                news += 1
                day = newest - timedelta(days=age)
                kept = Kept(learned, learned, REPORT.asks[-1], learned, news, body(app, day, pages))
                transaction.write(appid(app), REPORT.name, day, kept)
    archive.close()


def repeat(folder: Path, days: int, total: int) -> None:
    """Copy the archived `days` into the past until there are `total`: far faster than `fill`."""
    with sqlite3.connect(folder / "archive.db") as connection:
        oldest = f"{today() - timedelta(days=days):%Y-%m-%d}"
        last = f"{today() - timedelta(days=total):%Y-%m-%d}"
        for shift in range(days, total, days):
            connection.execute(
                "INSERT INTO replies (appid, report, first_day, asked_at, answered_at,"
                " answered_ask, learned_at, news, body) SELECT appid, report, date(first_day, ?),"
                " asked_at, answered_at, answered_ask, learned_at - 864000, news, body FROM replies"
                " WHERE first_day >= ? AND date(first_day, ?) >= ?",
                (f"-{shift} days", oldest, f"-{shift} days", last),
            )
    connection.close()
