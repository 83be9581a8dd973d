"""The committed dashboards, and what Grafana makes of their queries."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from grafana.source.build import BUILDERS, FOLDER
from grafana.source.words.text import Language

Json = dict[str, Any]
NAMES = tuple(BUILDERS)
# The app whose tile is asked for.
TILE = "shop"
# What stands for a label as long as none is chosen.
EVERY_LABEL = 'app!=""'
EVERY = [(language, name) for language in Language for name in NAMES]


def load(language: str, name: str) -> Json:
    """A committed dashboard."""
    board: Json = json.loads((FOLDER / language / f"{name}.json").read_text(encoding="utf-8"))
    return board


class Asked(NamedTuple):
    """One query of one panel."""

    board: str
    panel: Json
    target: Json

    def __str__(self) -> str:
        return f"{self.board} / {self.panel['title']} / {self.target['refId']}"

    @property
    def expr(self) -> str:
        return str(self.target["expr"])

    @property
    def instant(self) -> bool:
        return bool(self.target.get("instant")) and not self.daily

    @property
    def daily(self) -> bool:
        """True for a chart or table with one point for each day, asked as an instant."""
        return "[$__range:" in self.expr


def asked(language: str = "en") -> Iterator[Asked]:
    """Every query of every panel."""
    for name in NAMES:
        for panel in load(language, name)["panels"]:
            for target in panel["targets"]:
                yield Asked(name, panel, target)


def seconds(interval: str) -> int:
    """What '30m' is in seconds."""
    return (
        int(interval[:-1])
        * {"s": 1, "m": 60, "h": 3600, "d": 86400, "y": 365 * 86400}[interval[-1]]
    )


def interpolated(
    query: Asked, app: str, page: str, user: str = "new", label: str = EVERY_LABEL
) -> str:
    """The query as Grafana sends it. `app` is a regular expression, as Grafana makes it."""
    # The datasource's scrape interval is a minute.
    step = seconds(query.panel.get("interval", "1m"))
    values = {
        "app": app,
        "page": page,
        "user": user,
        "tile": TILE,
        "span": "7d",
        "__interval": f"{step}s",
        "__range": f"{seconds(query.panel.get('timeFrom', '30d'))}s",
        "__rate_interval": f"{max(step + 60, 240)}s",
    }
    expr = query.expr.replace("${label:raw}", label)
    return re.sub(r"\$(\w+)", lambda found: values.get(found[1], found[0]), expr)
