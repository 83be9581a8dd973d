"""Fleet: which Mini Program needs a look?"""

from dataclasses import replace

from grafana_foundation_sdk.builders import common, dashboard, stat
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import dashboard as models

from grafana.source import queries
from grafana.source.board import address, board, filled, variable
from grafana.source.days import spaced_by_days
from grafana.source.panels import (
    CHANGED,
    COUNT,
    GREY,
    SHARE,
    Colour,
    Column,
    Look,
    Query,
    big,
    coloured,
    each_day,
    in_words,
)
from grafana.source.tables import labelled, table
from grafana.source.words import common as said
from grafana.source.words import fleet as words
from grafana.source.words.text import Language, Text

NAME = "wxa-fleet"
TREND = "daily_visit_trend"
# More tiles than these cannot be read.
TILES = 24
# The variable that the tile is repeated for.
TILE = "tile"
# What is not known is not green.
SOME_IS_BAD: tuple[Colour, ...] = ((None, "text"), (0, "green"), (1, "red"))
BAD_COUNT = Look("locale", 0, SOME_IS_BAD, minimum=0)
APPS = queries.labelled(queries.now("wxa_app_info"))
ON_TIME = queries.on_time(TREND)
VISITORS = queries.now("wxa_visit_uv")
FAILING = queries.failing()
CHANGE = queries.change(VISITORS, queries.compared("wxa_visit_uv"))
SURPRISE = queries.surprise("wxa_visit_uv")


def state() -> str:
    """The worst that is to be said about each app; the words stand in words.STATES."""
    known = queries.period_start(TREND)
    return (
        f"(4 * ({APPS} unless on (app) {known}))"
        f" or (3 * ({APPS} unless on (app) ({ON_TIME})))"
        f" or (2 * ({APPS} and on (app) ({FAILING} > 0)))"
        f" or (1 * ({APPS} and on (app) (abs({SURPRISE}) >= {queries.NEWS})))"
        f" or (0 * {APPS})"
    )


def fleet(language: Language) -> dashboard.Dashboard:
    """The dashboard in a language."""
    nothing = Text("", "")
    count, bad = (replace(look, empty=said.UNSEEN) for look in (COUNT, BAD_COUNT))
    late = f"count({APPS}) - (count({APPS} and on (app) ({ON_TIME})) or vector(0))"
    rows = (
        (4, (
            (6, big(language, words.APPS, count, Query(f"count({APPS})", nothing))),
            (6, big(language, words.LATE, bad, Query(late, nothing))),
            (6, big(
                language, words.FAILING, bad,
                Query(f"sum({queries.labelled(FAILING)} > bool 0)", nothing),
            )),
            (6, big(
                language, words.SESSIONS, replace(COUNT, empty=said.UNKNOWN),
                Query(f"sum({queries.labelled(queries.now('wxa_sessions'))})", nothing),
            )),
        )),
        (10, ((24, table(language, words.TABLE, labelled(columns(language)), words.STATE)),)),
        (4, ((24, small_lines(language)),)),
    )  # fmt: skip
    return filled(board(NAME, language).with_variable(tile_variable(language)), rows)


def small_lines(language: Language) -> stat.Panel:
    """A tile repeated for each of the largest apps, with its visitors day by day as a line.

    Not cells of the table: Grafana draws lines there from 9.5 on, and 9.4 would fail on them.
    """
    visitors = queries.dated_or_shown("wxa_visit_uv")
    changed = queries.signed(f"100 * ({CHANGE})")

    def with_change(condition: str) -> str:
        label = queries.at_the_end(f"{changed} {condition}")
        return of_tile(f"{visitors} * on (app) group_left (change) {label}")

    news = queries.NEWS
    asked = (
        Query(with_change(f"and on (app) ({SURPRISE}) <= -{news}"), said.PERCENT_UNLIKE),
        Query(with_change(f"and on (app) ({SURPRISE}) >= {news}"), said.PERCENT_UNLIKE),
        Query(with_change(f"unless on (app) (abs({SURPRISE}) >= {news})"), said.PERCENT_UNLIKE),
        Query(
            of_tile(f"{visitors} unless on (app) {queries.at_the_end(CHANGE)}"), said.NOT_COMPARED
        ),
    )
    panel = spaced_by_days(big(language, words.TILE, COUNT, *asked, ask=each_day))
    panel = coloured(panel, "red", "green").graph_mode(kinds.BigValueGraphMode.AREA)
    panel = panel.text_mode(kinds.BigValueTextMode.VALUE_AND_NAME)
    panel = panel.text(common.VizTextDisplayOptions().title_size(14).value_size(24))
    overview = f"{address('wxa-overview', language)}&var-app=${{{TILE}}}"
    panel = panel.links([dashboard.DashboardLink(words.OPEN.in_(language)).url(overview)])
    return panel.repeat(TILE).repeat_direction("h")


def of_tile(expr: str) -> str:
    """An expression about the chosen apps, of the tile's app alone."""
    return expr.replace(queries.CHOSEN_APPS, f'app="${TILE}"')


def tile_variable(language: Language) -> dashboard.QueryVariable:
    """The apps with most visitors, for whom the tile is repeated."""
    query = f"query_result(topk({TILES}, {queries.labelled(VISITORS)}))"
    everything = models.VariableOption(selected=True, text=["All"], value=["$__all"])
    result = variable(TILE, words.TILE.title, query, language).regex('/app="([^"]+)"/')
    result = result.multi(True).include_all(True).current(everything)
    return result.hide(models.VariableHide.HIDE_VARIABLE)


def columns(language: Language) -> tuple[Column, ...]:
    """One line for each app."""
    overview = f"{address('wxa-overview', language)}&var-app=${{__value.raw}}"
    day = Look(said.DATE_FORMAT.in_(language), None)
    return (
        Column(said.APP, label="app", width=160, link=overview),
        Column(
            words.STATE, Look("none", 0, GREY, words.STATES), state(),
            width=130, cell="color-background",
        ),
        Column(
            said.VISITORS, COUNT,
            f"{queries.with_change(VISITORS, f'100 * ({CHANGE})')}"
            f" or {VISITORS} unless on (app) ({CHANGE})",
        ),
        Column(words.CHANGE, CHANGED, label="change", cell="color-text"),
        Column(words.NEW, COUNT, queries.now("wxa_visit_uv_new")),
        Column(words.RETENTION, SHARE, queries.retention_now("new", "1")),
        Column(said.DATA_DAY, day, f"{queries.period_start(TREND)} * 1000", width=130),
        Column(words.FAILING_REPORTS, BAD_COUNT, FAILING, cell="color-text"),
        Column(words.ERROR, in_words(said.ERRORS), label="code", width=180),
        Column(words.ERRORS, COUNT, f"topk by (app) (1, {queries.errors()})"),
        Column(words.ALERTS, BAD_COUNT, queries.alerts(), cell="color-text"),
    )  # fmt: skip
