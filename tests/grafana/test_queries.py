"""Every query of every panel, asked of a real Prometheus that scraped the demo."""

import math
import re
import time
from datetime import datetime

import pytest

from exporter.periods import BEIJING
from grafana.source.board import SEVERAL
from grafana.source.panels import DATASOURCE
from tests.grafana.boards import EVERY_LABEL, TILE, Asked, asked, interpolated, seconds
from tests.grafana.server import Prometheus, Series

DAY = 86400
PAGE = "pages/index/index"
ALL, ONE, TWO = ".+", "shop", "(shop|community)"
APPS = {ALL: {"shop", "restaurant", "community"}, ONE: {"shop"}, TWO: {"shop", "community"}}
# What is empty while all is well: (board, panel, query).
EMPTY_WHEN_WELL = {
    ("wxa-fleet", "Every Mini Program, what needs a look first", "G"),
    ("wxa-fleet", "Every Mini Program, what needs a look first", "H"),
    ("wxa-exporter", "How fresh each report is, the longest overdue first", "E"),
    ("wxa-exporter", "What they fail with", "A"),
    ("wxa-exporter", "Version", "B"),
    ("wxa-exporter", "Numbers that WeChat changed later", "A"),
}
ALL_QUERIES = list(asked())
# Tiles whose queries are alternatives, each with a colour or words of its own.
# Where names alone are shown, of what moved most.
NAMED = [
    each
    for each in ALL_QUERIES
    if each.board == "wxa-overview" and each.panel["options"].get("textMode") == "name"
]
OF_TILE = [each for each in ALL_QUERIES if each.panel.get("repeat")]
# Reports come one after the other in the morning, and this compares two.
OF_ONE_DAY = "Page views covered by the table"
TILES = sorted(
    {
        (query.board, query.panel["title"])
        for query in ALL_QUERIES
        if "{{change}}" in query.target["legendFormat"] or "absent(" in query.expr
        if query.board != "wxa-exporter"
    }
    - {(query.board, query.panel["title"]) for query in (*NAMED, *OF_TILE)}
)
QUERIES = [
    each
    for each in ALL_QUERIES
    if (each.board, each.panel["title"]) not in TILES and each not in (*NAMED, *OF_TILE)
]


def answer(
    server: Prometheus, query: Asked, app: str, user: str = "new", label: str = EVERY_LABEL
) -> list[Series]:
    """What Grafana would get: an instant, or a range."""
    assert DATASOURCE.uid == "${datasource}"
    expr = interpolated(query, app, PAGE, user, label)
    now = time.time()
    if query.instant or query.daily:
        return server.instant(expr)
    step = seconds(query.panel.get("interval", "1m"))
    # Not aligned: the demo has run for seconds only, and the last step shall see them.
    return server.over(expr, now - seconds(query.panel.get("timeFrom", "1h")), now, step)


def values(series: Series) -> list[float]:
    """The numbers of one series."""
    pairs = series.get("values") or [series["value"]]
    return [float(value) for _, value in pairs]


@pytest.mark.parametrize("app", [ALL, ONE, TWO], ids=["all apps", "one app", "two apps"])
@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_a_query_gives_data_of_the_expected_shape(
    query: Asked, app: str, filled: Prometheus
) -> None:
    found = answer(filled, query, app)
    if (query.board, query.panel["title"], query.target["refId"]) in EMPTY_WHEN_WELL:
        assert not found
        return
    if query.panel["title"] == OF_ONE_DAY and not found:
        return
    assert found
    for series in found:
        assert all(math.isfinite(value) for value in values(series))
        # Each name in a legend and each label column must be there to be shown.
        assert set(re.findall(r"{{(\w+)}}", query.target["legendFormat"])) <= set(series["metric"])
        assert {"job"} & set(series["metric"]) == set()
    if query.panel["type"] == "table":
        assert all("app" in series["metric"] for series in found)
    apps = {series["metric"]["app"] for series in found if "app" in series["metric"]}
    if "topk(10" in query.expr:
        assert len(found) == 10
        assert apps <= APPS[app]
    else:
        assert not apps or apps == APPS[app]


@pytest.mark.parametrize("app", [ALL, ONE, TWO], ids=["all apps", "one app", "two apps"])
@pytest.mark.parametrize("tile", TILES, ids=str)
def test_a_tile_shows_each_app_once(tile: tuple[str, str], app: str, filled: Prometheus) -> None:
    found = [
        (query, series)
        for query in ALL_QUERIES
        if (query.board, query.panel["title"]) == tile
        for series in answer(filled, query, app)
    ]

    assert sorted(series["metric"]["app"] for _, series in found) == sorted(APPS[app])
    for query, series in found:
        if "{{change}}" in query.target["legendFormat"]:
            assert re.fullmatch(r"0|[+-][1-9]\d*", series["metric"]["change"])


def test_what_moved_most_is_one_source_and_one_page_or_why_there_is_none(
    filled: Prometheus,
) -> None:
    def told(app: str) -> list[str]:
        return [
            named(query.target["legendFormat"], series["metric"])
            for query in NAMED
            for series in answer(filled, query, app)
        ]

    source, page = told(ONE)
    assert re.fullmatch(r"[a-z_]+ [+-][1-9]\d* sessions", source)
    assert re.fullmatch(r"pages/\S+ [+-][1-9]\d* views", page)
    assert told("nobody") == ["no data: the exporter dashboard tells why"]


OF_SEVERAL = [each for each in QUERIES if each.board in SEVERAL]


@pytest.mark.parametrize("query", OF_SEVERAL, ids=str)
def test_a_label_leaves_the_apps_that_have_it(query: Asked, filled: Prometheus) -> None:
    label = f'appid=~".+",app="{ONE}"'

    apps = {
        series["metric"]["app"]
        for series in answer(filled, query, ALL, label=label)
        if "app" in series["metric"]
    }

    assert apps <= {ONE}


COHORTS = [each for each in QUERIES if "{{cohort}}" in each.target["legendFormat"]]


@pytest.mark.parametrize("query", COHORTS, ids=str)
def test_a_retention_tells_the_newest_cohort_that_has_it(query: Asked, filled: Prometheus) -> None:
    (series,) = answer(filled, query, ONE)
    labels = re.search(r"wxa_(\w*retention_users){([^}]*)}", query.expr)
    assert labels
    # A sample stands at the first second of its cohort: eight hours later it is midnight in UTC.
    told = filled.instant(
        f"wxa_history_{labels[1]}{{{labels[2]}}}[98d]".replace('app=~"$app"', f'app="{ONE}"')
    )
    newest = max(moment for each in told for moment, _ in each["values"])
    begins = datetime.fromtimestamp(newest, BEIJING)

    assert series["metric"]["cohort"] == f"{begins.month}-{begins.day:02}"


@pytest.mark.parametrize("label", ["source", "page"])
def test_what_moved_is_sorted_by_the_size_of_the_move(label: str, filled: Prometheus) -> None:
    title = f"{label.capitalize()}s that moved most"
    first, *_, last = (each for each in QUERIES if each.panel["title"] == title)

    told = {
        series["metric"][label]: abs(int(series["metric"]["change"]))
        for series in answer(filled, first, ONE)
    }
    sizes = {
        series["metric"][label]: round(values(series)[-1]) for series in answer(filled, last, ONE)
    }

    assert told == pytest.approx(sizes, abs=1)
    assert len(told) == 5


def test_the_tile_of_an_app_has_its_days_and_ends_with_the_day_shown(filled: Prometheus) -> None:
    found = [(query, series) for query in OF_TILE for series in answer(filled, query, ALL)]

    ((_, series),) = found
    assert series["metric"]["app"] == TILE
    assert re.fullmatch(r"0|[+-][1-9]\d*", series["metric"]["change"])
    moments = [moment for moment, _ in series["values"]]
    assert all(moment % DAY == 0 for moment in moments)
    assert 29 <= len(moments) <= 30
    (shown,) = filled.instant(f'wxa_visit_uv{{app="{TILE}"}}')
    assert values(series)[-1] == values(shown)[0]


def named(legend: str, labels: dict[str, str]) -> str:
    """A legend with the labels' values in it."""
    return re.sub(r"{{(\w+)}}", lambda label: labels[label[1]], legend)


BY_DAY = [
    query
    for query in QUERIES
    if query.daily and query.board == "wxa-overview" and query.target["refId"] == "A"
]


@pytest.mark.parametrize("query", BY_DAY, ids=str)
def test_a_chart_over_days_has_one_number_for_each_day_within_it_wherever_it_is_seen(
    query: Asked, filled: Prometheus
) -> None:
    for series in answer(filled, query, ALL):
        moments = [moment for moment, _ in series["values"]]
        # 08:00 in Beijing: no zone of a viewer's computer takes part.
        assert all(moment % DAY == 0 for moment in moments)
        # Thirty days back: today has no number, and early in the morning yesterday has none.
        assert 29 <= len(moments) <= 30


def test_columns_of_a_table_can_be_merged_by_the_same_labels(filled: Prometheus) -> None:
    tables: dict[str, set[frozenset[str]]] = {}
    for query in QUERIES:
        if query.panel["type"] in ("table", "barchart"):
            for series in answer(filled, query, ALL):
                # A change is told by one column; the others' rows are found without it.
                labels = frozenset(set(series["metric"]) - {"__name__", "change"})
                tables.setdefault(query.panel["title"], set()).add(labels)

    assert all(len(labels) == 1 for labels in tables.values()), tables
