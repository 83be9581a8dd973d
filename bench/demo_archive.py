"""An archive as it is after two months of three simulated apps."""

import json
from datetime import date, datetime, time, timedelta
from pathlib import Path

from bench.material import configuration, today, written
from exporter.archive import Archive, engine_of
from exporter.clock import SystemClock
from exporter.collect.record import record
from exporter.periods import BEIJING, Period, Window
from exporter.reports.report import Report
from exporter.reports.table import REPORTS
from exporter.simulator import Simulator, demo_apps
from exporter.wechat.transport import Reply

DEMO_APPS, DAYS = 3, 60
# A first start also wants the month before the last one's, for its second look.
LONG_DAYS = 130


def demo_config(folder: Path) -> Path:
    """Fill an archive in the folder so that nothing is due; gives the configuration for it."""
    clock = SystemClock()
    simulator = Simulator(demo_apps(DEMO_APPS, today()), clock)
    archive = Archive(engine_of(f"sqlite:///{folder / 'archive.db'}"))
    archive.open()
    # Late on the day everything is published that will be published on it.
    evening = datetime.combine(today(), time(23, 59), BEIJING)
    for appid in simulator.apps:
        for report in (each for each in REPORTS if each.by_default):
            days = DAYS if report.period is Period.DAY else LONG_DAYS
            for window in _windows(report, today() - timedelta(days=days)):
                body = simulator.truth(appid, report.call, window, evening, _days(report))
                text = json.dumps(body, ensure_ascii=False)
                reply = Reply(text, json.loads(text))
                record(archive, appid, report, window, reply, clock.now())
    archive.close()
    apps = [
        {"name": f"app-{number}", "appid": app.appid, "secret": app.secret}
        for number, app in enumerate(simulator.apps.values())
    ]
    return written(folder, configuration(folder, apps, collect={}))


def _days(report: Report) -> int:
    """How many days a portrait looks back on."""
    return getattr(report.request, "days", None) or 1


def _windows(report: Report, since: date) -> list[Window]:
    found, window = [], Window.newest_over(report.period, today())
    while window.first_day >= since:
        found.append(window)
        window = window.shifted(-1)
    return found
