"""VictoriaMetrics importing the text of /history, any age at once."""

from datetime import timedelta
from pathlib import Path

import requests

from tests.history.servers import TODAY, YESTERDAY, exporter_of_today, victoria_metrics
from tests.support import eventually

PAST = YESTERDAY - timedelta(days=59)
PV = "wxa_history_visit_pv"


def test_sixty_days_imported_stand_on_their_days(tmp_path: Path) -> None:
    with exporter_of_today(tmp_path, days=60) as exporter:
        text = exporter.get(f"/history?since={PAST}").content
    (tmp_path / "vm").mkdir()
    with victoria_metrics(tmp_path / "vm") as database:
        imported = requests.post(f"{database.url}/api/v1/import/prometheus", data=text, timeout=30)
        assert imported.status_code == 204
        wanted = [PAST + timedelta(days=n) for n in range(60)]

        def days() -> list[object]:
            shown = database.days(f"last_over_time({PV}[1h])", PAST, TODAY, "app")
            return list(shown.get(("bakery",), {}))

        eventually(lambda: days() == wanted, 20, "every day shows")
