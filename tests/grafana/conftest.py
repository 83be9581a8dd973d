"""One demo and one Prometheus for all tests of queries: filling them takes seconds."""

import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from exporter.periods import BEIJING, beijing_day
from tests.grafana.server import SCRAPES, Prometheus, prometheus
from tests.support import eventually, free_port, program

DAYS = 36
# The demo goes on asking for a while, so that its counters move between two scrapes.
DEMO_DAYS = 75
# The demo also knows the two last months, which begin earlier.
SINCE = timedelta(days=98)
# Three apps of nine reports; an increase needs two scrapes after the last call.
COMPLETE = {
    "wxa_exporter_report_success": 27,
    "count_over_time(wxa_exporter_report_success[1m]) >= 2": 27,
    f"count_over_time(wxa_history_visit_uv[98d]) >= {DAYS - 2}": 3,
    f'count_over_time(wxa_history_page_visit_pv{{page="pages/index/index"}}[98d]) >= {DAYS - 3}': 3,
    f'count_over_time(wxa_history_retention_users{{day="1"}}[98d]) >= {DAYS - 3}': 6,
    "sum(increase(wxa_exporter_api_request_duration_seconds_count[4m])) > 0": 1,
    f'count_over_time(wxa_history_performance_startup{{measure="total"}}[98d]) >= {DAYS - 3}': 12,
    f"count_over_time(wxa_history_performance_memory_warning[98d]) >= {DAYS - 3}": 3,
    "wxa_portrait_age_users": 3 * 2 * 3 * 7,
    'last_over_time(wxa_history_monthly_retention_users{month="1"}[98d])': 6,
}


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that scraped the demo, with weeks of history."""
    folder = tmp_path_factory.mktemp("filled")
    exporter = f"127.0.0.1:{free_port()}"
    since = beijing_day(datetime.now(BEIJING)) - SINCE
    scrapes = SCRAPES.format(exporter=exporter, since=since)
    command = Path(sys.executable).parent / "wxa-exporter"
    demo = program(
        str(command), "demo", f"--days={DEMO_DAYS}", f"--web.listen-address={exporter}",
        log=folder / "demo.log",
    )  # fmt: skip
    with prometheus(folder, scrapes) as server, demo:
        eventually(lambda: complete(server), 60, "three apps are in Prometheus")
        yield server


def complete(server: Prometheus) -> bool:
    """True once everything is scraped: the newest, the oldest, and how it was fetched."""
    return all(count(server, expr) >= least for expr, least in COMPLETE.items())


def count(server: Prometheus, expr: str) -> float:
    """How many series an expression gives."""
    found = server.instant(f"count({expr})")
    return float(found[0]["value"][1]) if found else 0
