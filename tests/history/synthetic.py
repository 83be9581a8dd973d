"""Archives written directly, as large as a test wants, and configurations for them."""

import json
from collections.abc import Mapping
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from exporter.archive import Archive, Kept, open_archive
from exporter.config import Config
from exporter.periods import Window, beijing_day
from exporter.reports.table import BY_NAME
from tests.support import FakeClock, beijing

NOW = "2026-03-18 16:00"
PAGES = BY_NAME["visit_page"]
TREND = BY_NAME["daily_visit_trend"]


def config(folder: Path, apps: int = 2, **sections: Mapping[str, Any]) -> Config:
    """A configuration of so many apps with an archive in the folder."""
    return Config.model_validate(
        {
            "apps": [
                {"name": f"app-{number}", "appid": f"wx{number:016x}", "secret": "s"}
                for number in range(apps)
            ],
            "archive": {"url": f"sqlite:///{folder / 'archive.db'}"},
            **sections,
        }
    )


def page_body(names: list[str], seed: int) -> str:
    """A reply of visit_page about these pages, every number another one."""
    fields = [metric.field for metric in PAGES.metrics]
    rows = [
        {"page_path": name} | {f: (seed * 31 + row * 7 + n) % 9973 for n, f in enumerate(fields)}
        for row, name in enumerate(names)
    ]
    return json.dumps({"list": rows})


def keep(archive: Archive, appid: str, report: str, day: date, body: str, asked: str = NOW) -> None:
    """Archive a reply as if it had been learned at that moment."""
    at, found = int(beijing(asked).timestamp()), BY_NAME[report]
    window = Window(found.period, day)
    passed = [ask for ask in found.asks if window.passed_on(ask) <= beijing_day(beijing(asked))]
    with archive.transaction() as transaction:
        kept = Kept(at, at, passed[-1] if passed else 0, at, body=body)
        transaction.write_news(appid, report, day, kept)


def fill_pages(chosen: Config, days: int, pages: int, last: date = date(2026, 3, 17)) -> None:
    """Page by page numbers for every app over so many days."""
    names = [f"pages/section-{n // 10}/detail-{n}/index" for n in range(pages)]
    at = int(beijing(NOW).timestamp())
    with closing(open_archive(chosen)) as archive, archive.transaction() as transaction:
        for position, each in enumerate(chosen.apps):
            for back in range(days):
                body = page_body(names, position * 1000 + back)
                kept = Kept(at, at, 0, at, position * days + back + 1, body)
                transaction.write(each.appid, PAGES.name, last - timedelta(days=back), kept)


def clock() -> FakeClock:
    return FakeClock(beijing(NOW))
