"""VictoriaMetrics importing the text of /history, any age at once."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import requests

from tests.history.servers import (
    TODAY,
    YESTERDAY,
    Database,
    exporter_of_today,
    midnight,
    victoria_metrics,
)
from tests.support import ROOT, eventually

PAST = YESTERDAY - timedelta(days=59)
PV = "wxa_history_visit_pv"
NUMBERS = f"last_over_time({PV}[1h])"
PAGE = (ROOT / "docs" / "history.md").read_text("utf-8")


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Sixty days of the bakery."""
    with exporter_of_today(tmp_path_factory.mktemp("exporter"), days=60) as exporter:
        return exporter.get(f"/history?since={PAST}").text


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with victoria_metrics(tmp_path) as running:
        yield running


def bring(database: Database, text: str) -> None:
    """Import the text, and wait until it can be queried."""
    url = f"{database.url}/api/v1/import/prometheus"
    assert requests.post(url, data=text.encode(), timeout=30).status_code == 204
    assert requests.get(f"{database.url}/internal/force_flush", timeout=30).status_code == 200
    eventually(lambda: YESTERDAY in shown(database, NUMBERS), 20, "the newest day shows")


def shown(database: Database, query: str) -> dict[date, float]:
    return database.days(query, PAST, TODAY, "app").get(("bakery",), {})


def test_sixty_days_imported_twice_stand_once_on_their_days(database: Database, text: str) -> None:
    for _ in range(2):
        bring(database, text)
    days = [PAST + timedelta(days=n) for n in range(60)]
    assert "-dedup.minScrapeInterval=1ms" in PAGE
    assert shown(database, f"count_over_time({PV}[1h])") == dict.fromkeys(days, 1)


def test_a_revised_value_takes_the_place_of_a_series_deleted_as_the_page_says(
    database: Database, text: str
) -> None:
    bring(database, text)
    before, day = shown(database, NUMBERS), YESTERDAY - timedelta(days=3)
    [url] = re.findall(r"curl -X POST -g '(http://127\.0\.0\.1:8428/[^']+)'", PAGE)
    url = url.replace("http://127.0.0.1:8428", database.url).replace("shop", "bakery")
    assert requests.post(url, timeout=20).status_code == 204
    sample = f'{PV}{{app="bakery"}} %s {midnight(day) * 1000}\n'
    assert sample % before[day] in text
    bring(database, text.replace(sample % before[day], sample % (before[day] - 1)))
    assert shown(database, NUMBERS) == before | {day: before[day] - 1}
