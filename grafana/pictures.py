"""python -m grafana.pictures URL: photograph the dashboards of a Grafana that shows the demo.

The Grafana must let anybody look (`auth.anonymous`), and have the dashboards of this folder over a
Prometheus that has scraped `wxa-exporter demo`. Chromium must be installed.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from grafana.source.board import SEVERAL
from grafana.source.build import FOLDER
from grafana.source.words.text import Language

PICTURES = Path(__file__).parent / "images"
WIDTH = 1366
# Of Grafana's grid: a row with the gap below it, and the margin around everything.
ROW, MARGIN = 38, 24
# Milliseconds of the page's own time, which passes as fast as its queries are answered.
PATIENCE = 60_000
APP = "shop"
# Where most readers sit: Grafana 9.4 begins its first day at the midnight of their computer.
ZONE = "Asia/Shanghai"


def main(arguments: list[str]) -> int:
    """Take every picture; 0 when all were taken."""
    if len(arguments) != 1:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    for language in Language:
        for path in sorted((FOLDER / language).glob("*.json")):
            board = json.loads(path.read_text(encoding="utf-8"))
            name = f"{path.stem.removeprefix('wxa-')}.{language}.png"
            take(arguments[0].rstrip("/"), board, PICTURES / name)
            sys.stdout.write(f"{name}\n")
    return 0


def take(url: str, board: dict[str, Any], picture: Path) -> None:
    """One dashboard as high as its panels are."""
    several = any(board["uid"] in (name, f"{name}-zh") for name in SEVERAL)
    query = urlencode({"theme": "light"} | ({} if several else {"var-app": APP}))
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(  # noqa: S603 - arguments of our own
            [  # noqa: S607 - the one on the PATH
                "chromium", "--headless", "--disable-gpu", "--hide-scrollbars", *root,
                f"--user-data-dir={profile}", f"--window-size={WIDTH},{height(board)}",
                f"--virtual-time-budget={PATIENCE}", f"--screenshot={picture}",
                f"{url}/d/{board['uid']}?kiosk&{query}",
            ],
            check=True, capture_output=True, env={**os.environ, "TZ": ZONE},
        )  # fmt: skip


def height(board: dict[str, Any]) -> int:
    """Pixels down to the end of the lowest panel."""
    places = [panel["gridPos"] for panel in board["panels"]]
    lowest: int = max(place["y"] + place["h"] for place in places)
    return ROW * lowest + MARGIN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
