"""The committed JSON is what the source makes, and both languages are one dashboard."""

import re
from typing import Any

import pytest
import yaml

from grafana.source.build import FOLDER, dashboards
from tests.grafana.boards import EVERY, NAMES, Json, load

CHINESE = re.compile(r"[\u4e00-\u9fff]")
LETTERS = re.compile(r"[A-Za-z]")
# Written the same in both languages.
SAME_IN_CHINESE = {"H5"}
# What a reader sees; header texts of tables are values of renameByName.
READ = ("title", "description", "label", "noValue", "legendFormat", "text", "displayName")


def texts(part: object) -> list[str]:
    """Every text below that a person reads."""
    found: list[str] = []
    if isinstance(part, list):
        for each in part:
            found += texts(each)
    elif isinstance(part, dict):
        found += [part[key] for key in READ if isinstance(part.get(key), str)]
        found += part.get("renameByName", {}).values()
        if part.get("id") in ("displayName", "noValue"):
            found.append(part["value"])
        for each in part.values():
            found += texts(each)
    return found


def test_the_committed_files_are_what_the_source_makes() -> None:
    made = {str(path): text for path, text in dashboards()}
    committed = {
        str(path.relative_to(FOLDER)): path.read_text(encoding="utf-8")
        for path in FOLDER.glob("*/*.json")
    }

    assert sorted(committed) == sorted(made)
    stale = [path for path, text in made.items() if committed[path] != text]
    assert not stale, "run `python -m grafana.source`"


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_same_panels_and_queries(name: str) -> None:
    def bones(board: Json) -> list[tuple[Any, ...]]:
        return [
            (
                panel["id"], panel["type"], panel["gridPos"],
                [(target["refId"], target["expr"]) for target in panel["targets"]],
                len(panel["fieldConfig"]["overrides"]), len(panel.get("transformations", [])),
            )
            for panel in board["panels"]
        ]  # fmt: skip

    english, chinese = load("en", name), load("zh", name)

    assert bones(english) == bones(chinese)
    assert chinese["uid"] == f"{english['uid']}-zh"


@pytest.mark.parametrize("name", NAMES)
def test_no_text_is_left_untranslated(name: str) -> None:
    english, chinese = texts(load("en", name)), texts(load("zh", name))
    words = [re.sub(r"{{\w+}}|\$\w+", "", text) for text in chinese]
    # The first option of a variable is Grafana's own word.
    spoken = {text for text in words if LETTERS.search(text)} - SAME_IN_CHINESE - {"All"}

    assert not [text for text in english if CHINESE.search(text)]
    assert not [text for text in spoken if not CHINESE.search(text)]
    assert len(english) == len(chinese) > 50


def test_every_dashboard_is_provisioned() -> None:
    folder = FOLDER.parent / "provisioning"
    providers = yaml.safe_load((folder / "dashboards" / "wxa.yaml").read_text())["providers"]
    sources = yaml.safe_load((folder / "datasources" / "prometheus.yaml").read_text())

    assert [each["options"]["path"].rsplit("/", 1)[1] for each in providers] == ["en", "zh"]
    assert [each["type"] for each in sources["datasources"]] == ["prometheus"]
    assert len(EVERY) == len(list(FOLDER.glob("*/*.json")))
