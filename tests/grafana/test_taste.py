"""What every dashboard and every panel must have, and must not have."""

from itertools import combinations

import pytest

from grafana.source.board import uid
from grafana.source.words.text import Language
from tests.grafana.boards import EVERY, NAMES, Json, load

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
# Panels that Grafana 9.4 has and later ones kept.
KINDS = {"stat", "timeseries", "bargauge", "barchart", "table", "heatmap"}
EVERY_BOARD = pytest.mark.parametrize(("language", "name"), EVERY)


@EVERY_BOARD
def test_panels_fill_the_grid_without_overlapping(language: Language, name: str) -> None:
    places = [panel["gridPos"] for panel in load(language, name)["panels"]]

    def apart(one: Json, other: Json) -> bool:
        return any(
            one[start] + one[size] <= other[start] or other[start] + other[size] <= one[start]
            for start, size in (("x", "w"), ("y", "h"))
        )

    assert len(places) <= 20
    assert all(place["x"] + place["w"] <= 24 for place in places)
    assert all(apart(one, other) for one, other in combinations(places, 2))
    assert sum(place["w"] * place["h"] for place in places) == 24 * max(
        place["y"] + place["h"] for place in places
    )


@EVERY_BOARD
def test_every_panel_says_what_it_shows_and_what_it_means_when_empty(
    language: Language, name: str
) -> None:
    panels = load(language, name)["panels"]

    for panel in panels:
        assert panel["title"]
        assert len(panel["description"]) > (40 if language is Language.EN else 15), panel["title"]
        defaults = panel["fieldConfig"]["defaults"]
        assert defaults["unit"], panel["title"]
        assert defaults["noValue"], panel["title"]
        assert panel["type"] in KINDS
    assert len({panel["title"] for panel in panels}) == len(panels)


@EVERY_BOARD
def test_every_number_in_a_table_has_a_unit(language: Language, name: str) -> None:
    for panel in load(language, name)["panels"]:
        if panel["type"] != "table":
            continue
        renamed = panel["transformations"][-1]["options"]["renameByName"]
        headers = {header for column, header in renamed.items() if column.startswith("Value #")}
        with_unit = {
            override["matcher"]["options"]
            for override in panel["fieldConfig"]["overrides"]
            if any(item["id"] == "unit" for item in override["properties"])
        }
        assert headers <= with_unit
        assert panel["options"]["sortBy"][0]["displayName"] in renamed.values()


@EVERY_BOARD
def test_nothing_belongs_to_a_private_instance(language: Language, name: str) -> None:
    board = load(language, name)

    assert board.get("id") is None
    assert board["uid"] == uid(name, language)
    assert board["schemaVersion"] <= 37  # Grafana 9.4
    for panel in board["panels"]:
        assert panel["datasource"] == DATASOURCE
        assert all(t.get("datasource", DATASOURCE) == DATASOURCE for t in panel["targets"])
        assert "libraryPanel" not in panel
    for variable in board["templating"]["list"]:
        assert variable.get("datasource", DATASOURCE) == DATASOURCE
        assert "id" not in variable


@EVERY_BOARD
def test_time_is_beijings_and_weeks_begin_on_monday(language: Language, name: str) -> None:
    board = load(language, name)

    assert (board["timezone"], board["weekStart"]) == ("Asia/Shanghai", "monday")


@EVERY_BOARD
def test_a_reader_chooses_datasource_and_apps(language: Language, name: str) -> None:
    variables = {each["name"]: each for each in load(language, name)["templating"]["list"]}

    assert variables["datasource"]["type"] == "datasource"
    assert variables["datasource"]["query"] == "prometheus"
    app = variables["app"]
    assert app["query"]["query"] == "label_values(wxa_app_info, app)"
    assert app["multi"]
    assert app["includeAll"]


@EVERY_BOARD
def test_links_stay_in_the_language_and_keep_app_and_time(language: Language, name: str) -> None:
    known = {uid(other, language) for other in NAMES}
    board = load(language, name)
    to_others = {}
    for link in board["links"]:
        target = link["url"].removeprefix("/d/").split("?")[0]
        assert target in known
        assert link["includeVars"]
        if link["keepTime"]:
            to_others[target] = link
    cells = [
        item["value"][0]["url"]
        for panel in board["panels"]
        for override in panel["fieldConfig"]["overrides"]
        for item in override["properties"]
        if item["id"] == "links"
    ]

    assert set(to_others) == known - {board["uid"]}
    for url in cells:
        assert url.removeprefix("/d/").split("?")[0] in known
        assert "${__url_time_range}" in url
        assert "app" in url
