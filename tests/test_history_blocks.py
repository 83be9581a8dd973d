"""The long past: exported, made into blocks, moved into Prometheus, queried."""

import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

from tests.cli.running import wxa
from tests.history.servers import TODAY, YESTERDAY, exporter_of_today, prometheus
from tests.support import eventually, tool

PAST = YESTERDAY - timedelta(days=89)
PV = "wxa_history_visit_pv"


def test_ninety_days_made_into_blocks_stand_on_their_days(tmp_path: Path) -> None:
    with exporter_of_today(tmp_path, days=90) as exporter:
        text, blocks = tmp_path / "wxa.om", tmp_path / "blocks"
        done = wxa("export", f"--config.file={exporter.config_file}", "-o", str(text))
        assert done.returncode == 0
        made = subprocess.run(
            [
                tool("promtool"), "tsdb", "create-blocks-from", "openmetrics",
                "--max-block-duration=720h", str(text), str(blocks),
            ],
            capture_output=True, text=True, timeout=100,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        with prometheus(tmp_path / "p") as database:
            assert database.days(PV, PAST, TODAY) == {}
            for block in blocks.iterdir():
                shutil.move(block, tmp_path / "p" / "data")
        with prometheus(tmp_path / "p") as database:
            eventually(lambda: database.days(PV, PAST, TODAY) != {}, 20, "the blocks are read")
            shown = database.days(PV, PAST, TODAY, "app")
        assert list(shown) == [("bakery",)]
        assert list(shown["bakery",]) == [PAST + timedelta(days=n) for n in range(90)]
