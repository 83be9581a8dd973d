"""All dashboards in both languages, as JSON."""

import json
from collections.abc import Iterator
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana.source.audience import audience
from grafana.source.exporter import exporter
from grafana.source.fleet import fleet
from grafana.source.overview import overview
from grafana.source.pages import pages
from grafana.source.performance import performance
from grafana.source.retention import retention
from grafana.source.words.text import Language

FOLDER = Path(__file__).parent.parent / "dashboards"
BUILDERS = {
    "wxa-overview": overview,
    "wxa-retention": retention,
    "wxa-pages": pages,
    "wxa-audience": audience,
    "wxa-performance": performance,
    "wxa-fleet": fleet,
    "wxa-exporter": exporter,
}


def dashboards() -> Iterator[tuple[Path, str]]:
    """Each dashboard's path below the folder, and its JSON."""
    for language in Language:
        for name, build in BUILDERS.items():
            board = json.loads(json.dumps(build(language).build(), cls=JSONEncoder))
            for variable in board["templating"]["list"]:
                # The SDK gives all variables the same id, and Grafana 9 would keep but one.
                del variable["id"]
            for panel in board["panels"]:
                # Grafana would say it in English; the titles of these panels do. The SDK has no
                # builder for it.
                if "timeFrom" in panel:
                    panel["hideTimeOverride"] = True
            text = json.dumps(board, ensure_ascii=False, indent=1, sort_keys=True)
            yield Path(language) / f"{name}.json", text + "\n"


def write(folder: Path) -> None:
    """Write them, and remove what is no dashboard any more."""
    wanted = dict(dashboards())
    for old in folder.glob("*/*.json"):
        if old.relative_to(folder) not in wanted:
            old.unlink()
    for path, text in wanted.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
