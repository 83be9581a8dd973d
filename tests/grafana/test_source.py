"""The committed JSON is what the source makes, and both languages are one dashboard."""

import re
from typing import Any

import pytest
import yaml

from exporter.telemetry.own import ERROR
from exporter.wechat.replies import REACTIONS
from grafana.pictures import PICTURES, WIDTH, height
from grafana.source.build import FOLDER, dashboards
from grafana.source.words import common
from grafana.source.words.text import Language
from tests.grafana.boards import EVERY, NAMES, Json, load
from tests.support import ROOT

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
    # The first options of variables are Grafana's own words.
    own = {"All", "default"}
    spoken = {text for text in words if LETTERS.search(text)} - SAME_IN_CHINESE - own

    assert not [text for text in english if CHINESE.search(text)]
    assert not [text for text in spoken if not CHINESE.search(text)]
    assert len(english) == len(chinese) > 50


def test_every_code_of_wechat_has_words_and_those_with_the_same_reaction_the_same() -> None:
    wechats = {code for code in common.ERRORS if code.lstrip("-").isdigit()}
    assert wechats == {str(code) for code in REACTIONS}
    for code, reaction in REACTIONS.items():
        for other, its_reaction in REACTIONS.items():
            same_words = common.ERRORS[str(code)] == common.ERRORS[str(other)]
            assert same_words == (reaction == its_reaction), (code, other)


def test_every_other_code_with_words_is_one_that_the_exporter_gives() -> None:
    others = {code for code in common.ERRORS if not code.lstrip("-").isdigit()}
    told = re.split(r"\W+", ERROR.help)

    # Statuses of HTTP are shown as they are.
    assert others == {
        "timeout", "connection", "malformed", "secret", "internal", "token_service",
        "not_verified", "encryption", "certificate", "clock_skew",
    }  # fmt: skip
    assert others <= set(told)


def test_grafana_knows_how_often_is_scraped() -> None:
    sources = yaml.safe_load(
        (FOLDER.parent / "provisioning" / "datasources" / "prometheus.yaml").read_text()
    )
    scraped = yaml.safe_load((ROOT / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))

    (source,) = sources["datasources"]
    assert source["jsonData"]["timeInterval"] == scraped["global"]["scrape_interval"]


def test_every_dashboard_is_provisioned() -> None:
    folder = FOLDER.parent / "provisioning"
    providers = yaml.safe_load((folder / "dashboards" / "wxa.yaml").read_text())["providers"]
    sources = yaml.safe_load((folder / "datasources" / "prometheus.yaml").read_text())

    assert [each["options"]["path"].rsplit("/", 1)[1] for each in providers] == ["en", "zh"]
    assert [each["type"] for each in sources["datasources"]] == ["prometheus"]
    assert len(EVERY) == len(list(FOLDER.glob("*/*.json")))


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", NAMES)
def test_every_dashboard_has_a_small_picture(language: Language, name: str) -> None:
    picture = PICTURES / f"{name.removeprefix('wxa-')}.{language}.png"
    content = picture.read_bytes()

    assert len(content) < 300_000
    # The first chunk of a PNG is its header: width, then height.
    assert int.from_bytes(content[16:20]) == WIDTH
    assert int.from_bytes(content[20:24]) == height(load(language, name))
