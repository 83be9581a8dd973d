"""What every dashboard and every panel must have, and must not have."""

import re
from itertools import combinations

import pytest

from exporter.reports.table import REPORTS
from grafana.source.board import SEVERAL, uid
from grafana.source.build import FOLDER
from grafana.source.exporter import OVERDUE
from grafana.source.panels import NOTHING
from grafana.source.retention import HEAT
from grafana.source.words import common
from grafana.source.words.fleet import STATES
from grafana.source.words.text import Language
from tests.grafana.boards import EVERY, NAMES, Json, load

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
# Panels that Grafana 9.4 has and later ones kept.
# Not bar charts and heat maps: empty, they say "No data" in English whatever the panel says.
KINDS = {"stat", "timeseries", "bargauge", "table"}
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
        if "sortBy" in panel["options"]:
            assert panel["options"]["sortBy"][0]["displayName"] in renamed.values()
        else:
            _, by_size, organised = (each["options"] for each in panel["transformations"])
            ((order,),) = (by_size["sort"],)
            assert order["desc"]
            assert order["field"] == f"Value #{panel['targets'][-1]['refId']}"
            # A table itself sorts by shown columns only.
            assert organised["excludeByName"][order["field"]]


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
def test_a_reader_chooses_the_app_and_begins_with_the_default_datasource(
    language: Language, name: str
) -> None:
    variables = {each["name"]: each for each in load(language, name)["templating"]["list"]}

    assert variables["datasource"]["type"] == "datasource"
    assert variables["datasource"]["query"] == "prometheus"
    assert variables["datasource"]["current"]["value"] == "default"
    app = variables["app"]
    assert app["query"]["query"].startswith("label_values(wxa_app_info")
    # Several apps in one tile are too small to read.
    assert app.get("multi", False) == app.get("includeAll", False) == (name in SEVERAL)


@EVERY_BOARD
def test_links_stay_in_the_language_and_keep_what_fits(language: Language, name: str) -> None:
    known = {uid(other, language): other for other in NAMES}
    board = load(language, name)
    others = set()
    for link in board["links"]:
        other = known[link["url"].removeprefix("/d/").split("?")[0]]
        others.add(other)
        assert "${datasource:queryparam}" in link["url"]
        # Thirty days of a process are empty, as are 24 hours of days.
        assert link["keepTime"] == ("wxa-exporter" not in (name, other))
        # All apps are none to a dashboard of one.
        assert ("${app:queryparam}" in link["url"]) == (name not in SEVERAL or other in SEVERAL)
        assert not link["includeVars"]
    cells = [
        item["value"][0]["url"]
        for panel in board["panels"]
        for override in panel["fieldConfig"]["overrides"]
        for item in override["properties"]
        if item["id"] == "links"
    ]

    assert others == set(NAMES) - {name}
    for url in cells:
        assert url.removeprefix("/d/").split("?")[0] in known
        assert "${__url_time_range}" in url
        assert "app" in url


@EVERY_BOARD
def test_a_chart_does_not_write_the_words_for_an_empty_one_on_its_axes(
    language: Language, name: str
) -> None:
    for panel in load(language, name)["panels"]:
        if panel["type"] == "timeseries":
            matcher = {"id": "byType", "options": "number"}
            (numbers,) = (
                each for each in panel["fieldConfig"]["overrides"] if each["matcher"] == matcher
            )
            assert {"id": "noValue", "value": NOTHING} in numbers["properties"], panel["title"]


@EVERY_BOARD
def test_nothing_comes_in_the_language_or_the_zone_of_the_browser(
    language: Language, name: str
) -> None:
    text = (FOLDER / language / f"{name}.json").read_text(encoding="utf-8")

    assert "FromNow" not in text
    for panel in load(language, name)["panels"]:
        assert panel.get("hideTimeOverride", False) == ("timeFrom" in panel)
    assert not re.search(r"time:[^\"]*(ddd|MMM)", text)
    for panel in load(language, name)["panels"]:
        if panel.get("interval") == "1d" and "[1d]" not in panel["targets"][0]["expr"]:
            assert all("[$__range:" in each["expr"] for each in panel["targets"]), panel["title"]


@EVERY_BOARD
def test_every_column_of_a_table_fits_a_small_screen(language: Language, name: str) -> None:
    for panel in load(language, name)["panels"]:
        if panel["type"] != "table":
            continue
        properties = [
            item for each in panel["fieldConfig"]["overrides"] for item in each["properties"]
        ]
        shown = panel["transformations"][-1]["options"]["renameByName"]
        fixed = [item["value"] for item in properties if item["id"] == "custom.width"]
        least = next(item["value"] for item in properties if item["id"] == "custom.minWidth")
        needed = sum(fixed) + least * (len(shown) - len(fixed))
        # Grafana's navigation and margins take 90 pixels of 1366.
        assert needed <= 1276 * panel["gridPos"]["w"] / 24, panel["title"]


@EVERY_BOARD
def test_grafana_9_to_13_load_it(language: Language, name: str) -> None:
    board = load(language, name)

    # Marks of the newer schema, which file provisioning refuses.
    assert not {"elements", "layout", "apiVersion", "spec", "kind"} & set(board)
    # Below 13 Grafana 13 does not migrate, above 37 Grafana 9.4 does not know.
    assert 13 <= board["schemaVersion"] <= 37
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,40}", board["uid"])
    for panel in board["panels"]:
        assert panel["type"] in KINDS
        assert "id" in panel
        for each in panel["fieldConfig"]["overrides"]:
            for item in each["properties"]:
                # Grafana 9.4 reads the one, later ones the other.
                if item["id"] == "custom.displayMode":
                    assert any(it["id"] == "custom.cellOptions" for it in each["properties"])


@EVERY_BOARD
def test_no_chart_draws_a_day_without_a_number_as_zero(language: Language, name: str) -> None:
    """Grafana puts Number(noValue) in the place of what is missing; of blanks that is 0."""
    for panel in load(language, name)["panels"]:
        if panel["type"] != "timeseries":
            continue
        for item in (item for o in panel["fieldConfig"]["overrides"] for item in o["properties"]):
            if item["id"] == "noValue":
                assert item["value"].strip(), panel["title"]
                assert not re.search(r"\d", item["value"])


@EVERY_BOARD
def test_a_table_about_one_app_does_not_repeat_its_name(language: Language, name: str) -> None:
    for panel in load(language, name)["panels"]:
        if panel["type"] == "table":
            options = panel["transformations"][-1]["options"]
            assert ("app" in options["renameByName"]) != ("app" in options["excludeByName"])


def luminance(colour: tuple[float, ...]) -> float:
    """As WCAG 2 defines it, of red, green and blue from 0 to 255."""
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
        for part in (each / 255 for each in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def width(text: str, letter: float) -> float:
    """Pixels that a text takes; Chinese letters are twice as wide."""
    return sum(letter * (1.75 if ord(each) > 0x2000 else 1) for each in text)


@EVERY_BOARD
def test_variables_and_links_stand_in_one_row_of_a_small_screen(
    language: Language, name: str
) -> None:
    """As Grafana 9.4 draws them, while no label is chosen."""
    board = load(language, name)
    shown = {"datasource": "Prometheus", "label": "All", "app": "shop",
             "page": "pages/index/index"}  # fmt: skip
    used = 0.0
    for variable in board["templating"]["list"]:
        if variable.get("hide") == 2:
            continue
        value = shown.get(variable["name"]) or variable["current"]["text"]
        used += width(value, 7.5) + 34 + 16
        used += 0 if variable.get("hide") == 1 else width(variable["label"], 7) + 19
    used += sum(width(link["title"], 7) + 19 + 20 for link in board["links"])
    assert used <= 1276
    assert not any(link.get("icon") for link in board["links"])


@EVERY_BOARD
def test_what_an_empty_tile_says_fits_into_it(language: Language, name: str) -> None:
    for panel in load(language, name)["panels"]:
        if panel["type"] != "stat":
            continue
        if panel["options"].get("textMode") == "name":
            # Of nothing there is no name: a query must give one.
            assert any("absent(" in each["expr"] for each in panel["targets"]), panel["title"]
            continue
        said = panel["fieldConfig"]["defaults"]["noValue"]
        letter = panel["options"]["text"]["valueSize"]
        wide = sum(letter * (1 if ord(each) > 0x2000 else 0.58) for each in said)
        # At 1366 pixels, less margins, the title and half a line that breaking wastes.
        room = 1276 * panel["gridPos"]["w"] / 24 - 40
        lines = -(-wide // room)
        assert lines * letter * 1.2 <= 38 * panel["gridPos"]["h"] - 48, panel["title"]
        assert max(map(len, said.split())) * letter * 0.58 <= room + 20, panel["title"]


@pytest.mark.parametrize("language", Language)
def test_the_exporters_dashboard_does_not_send_the_reader_to_itself(language: Language) -> None:
    board = load(language, "wxa-exporter")
    said = {panel["fieldConfig"]["defaults"]["noValue"] for panel in board["panels"]}

    assert common.NO_DATA.in_(language) not in said


@EVERY_BOARD
def test_no_series_has_a_colour_that_depends_on_what_else_is_shown(
    language: Language, name: str
) -> None:
    """Left alone, Grafana gives colours by position, and 9.4 knows none by name."""
    # Of these WeChat and the operator always have the same ones, whatever app is chosen.
    constant = {"measure", "instance"}
    for panel in load(language, name)["panels"]:
        if panel["type"] != "timeseries":
            continue
        labels = {
            label for each in panel["targets"]
            for label in re.findall(r"{{(\w+)}}", each["legendFormat"])
        }  # fmt: skip
        coloured = {
            each["matcher"]["options"]
            for each in panel["fieldConfig"]["overrides"]
            if each["matcher"]["id"] == "byName"
            and any(item["id"] == "color" for item in each["properties"])
        }
        assert not labels - constant or len(coloured) > 20, panel["title"]


def test_parts_of_a_sum_do_not_hide_each_other() -> None:
    for panel in load("en", "wxa-exporter")["panels"]:
        coloured = [each["matcher"]["options"] for each in panel["fieldConfig"]["overrides"]]
        if panel["type"] == "timeseries" and len(coloured) > 20:
            assert panel["fieldConfig"]["defaults"]["custom"]["stacking"]["mode"] == "normal"


def test_every_report_has_words() -> None:
    assert set(common.REPORTS) == {report.name for report in REPORTS}


BLACK, WHITE = (32, 34, 38), (247, 248, 250)
# Cell behind which theme, and the text on a cell too thin to hide it.
THEMES = (((255, 255, 255), BLACK), ((24, 27, 31), WHITE))


# Grafana's colours by name, in the light and the dark theme.
PALETTE = {
    "dark-red": ("#AD0317", "#C4162A"),
    "super-light-orange": ("#FFB357", "#FFCB7D"),
    "yellow": ("#F2CC0C", "#FADE2A"),
    "dark-green": ("#19730E", "#37872D"),
}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("colour", sorted({
    colour for _, colour in (*STATES.values(), *((None, each) for _, each in OVERDUE.colours))
} - {"text"}))  # fmt: skip
def test_a_word_on_a_coloured_cell_can_be_read(colour: str, theme: int) -> None:
    cell = tuple(int(PALETTE[colour][theme][at : at + 2], 16) for at in (1, 3, 5))
    red, green, blue = cell
    brightness = (299 * red + 587 * green + 114 * blue) / 1000
    text = BLACK if brightness > 180 else WHITE
    bright, dark = sorted((luminance(cell), luminance(text)), reverse=True)
    assert (bright + 0.05) / (dark + 0.05) >= 4.2


@pytest.mark.parametrize(("behind", "own"), THEMES)
@pytest.mark.parametrize("colour", sorted({c for _, c in HEAT.colours if c.startswith("rgba")}))
def test_a_number_on_a_coloured_cell_can_be_read(
    colour: str, behind: tuple[int, ...], own: tuple[int, ...]
) -> None:
    """Grafana chooses black or white by the colour alone: white unless it is very bright."""
    *parts, strength = map(float, re.findall(r"[\d.]+", colour))
    cell = tuple(
        strength * part + (1 - strength) * below for part, below in zip(parts, behind, strict=True)
    )
    text = own if strength < 0.3 else WHITE
    bright, dark = sorted((luminance(cell), luminance(text)), reverse=True)
    assert (bright + 0.05) / (dark + 0.05) >= 4.5
