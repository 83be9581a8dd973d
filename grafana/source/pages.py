"""Pages: which are visited, entered, left and shared?"""

from dataclasses import replace

from grafana_foundation_sdk.builders import dashboard, timeseries
from grafana_foundation_sdk.models import dashboard as models

from grafana.source import queries
from grafana.source.board import address, board, filled, variable
from grafana.source.days import daily
from grafana.source.overview import data_day
from grafana.source.panels import (
    COUNT,
    SECONDS,
    SHARE,
    Column,
    Look,
    Query,
    bars,
    big,
    blue,
    each_day,
    legend,
    lines,
)
from grafana.source.tables import table
from grafana.source.words import common as said
from grafana.source.words import pages as words
from grafana.source.words.text import Language, Words

NAME = "wxa-pages"
REPORT = "visit_page"
CHOSEN = 'page="$page"'
# Beside the day shown, which says why there is none.
TILE = replace(COUNT, empty=said.UNKNOWN)
# Few views are shared: with one decimal the ticks of the axis would be unevenly named.
RATE = Look("percentunit", 2, minimum=0)


def pages(language: Language) -> dashboard.Dashboard:
    """The dashboard in a language."""

    def over_time(heading: Words, look: Look, *asked: Query) -> timeseries.Panel:
        return daily(lines(language, heading, look, *asked, ask=each_day), language, asked[0].expr)

    def count(heading: Words, metric: str) -> timeseries.Panel:
        asked = Query(queries.dated(metric, CHOSEN), heading.title)
        shown = bars(language, heading, COUNT, asked, ask=each_day).color_scheme(blue())
        return daily(shown.legend(legend(shown=False)), language, asked.expr)

    def per_view(metric: str) -> str:
        views = queries.dated("wxa_page_visit_pv", CHOSEN)
        return queries.ratio(queries.dated(metric, CHOSEN), views)

    rows = (
        (4, (
            (9, data_day(language, words.DATA_DAY, REPORT)),
            (5, big(language, words.PAGES, TILE, Query(page_count(), said.BY_APP))),
            (5, big(
                language, words.DROPPED, TILE,
                Query(queries.now("wxa_exporter_pages_dropped"), said.BY_APP),
            )),
            (5, big(
                language, words.COVERED, replace(SHARE, empty=said.UNKNOWN),
                Query(covered(), said.BY_APP),
            )),
        )),
        (14, ((24, table(language, words.ALL, columns(language), said.PAGE_VIEWS)),)),
        (8, (
            (12, count(words.VIEWS, "wxa_page_visit_pv")),
            (12, count(words.VISITORS, "wxa_page_visit_uv")),
        )),
        (8, (
            (8, over_time(
                words.STAY, SECONDS,
                Query(queries.dated("wxa_page_stay_time_seconds", CHOSEN), said.STAY_PER_VIEW),
            )),
            (8, over_time(
                words.EXITS, SHARE,
                Query(per_view("wxa_page_entry_pv"), words.ENTRIES_OF_APP),
                Query(per_view("wxa_page_exit_pv"), words.EXITS_OF_APP),
            )),
            (8, over_time(
                words.SHARES, RATE, Query(per_view("wxa_page_share_pv"), words.SHARES_PER_VIEW)
            )),
        )),
    )  # fmt: skip
    # The most visited first, and so the one chosen to begin with.
    ranked = f"sort_desc(sum by (page) ({queries.now('wxa_page_visit_pv', by='app, page')}))"
    chosen = variable("page", said.PAGE, f"query_result({ranked})", language)
    chosen = chosen.regex('/page="([^"]+)"/').sort(models.VariableSort.DISABLED)
    return filled(board(NAME, language).with_variable(chosen), rows)


def page_count() -> str:
    """How many pages each app shows."""
    return f"count by (app) ({queries.now('wxa_page_visit_pv', by='app, page')})"


def covered() -> str:
    """Views of the pages shown of all page views, where both are of one day."""
    views = f"sum by (app) ({queries.now('wxa_page_visit_pv', by='app, page')})"
    same_day = f"{queries.period_start(REPORT)} == {queries.period_start('daily_visit_trend')}"
    return f"{queries.ratio(views, queries.now('wxa_visit_pv'))} and on (app) ({same_day})"


def columns(language: Language) -> tuple[Column, ...]:
    """Everything about every page of the day shown."""

    def metric(name: str) -> str:
        return queries.now(name, by="app, page")

    views, entries = metric("wxa_page_visit_pv"), metric("wxa_page_entry_pv")
    entry_share = f"{entries} / on (app) group_left () (sum by (app) ({entries}) > 0)"
    this_page = f"{address(NAME, language)}&${{app:queryparam}}&var-page=${{__value.raw}}"
    return (
        Column(said.PAGE, label="page", width=300, link=this_page),
        Column(said.PAGE_VIEWS, COUNT, views),
        Column(said.VISITORS, COUNT, metric("wxa_page_visit_uv")),
        Column(
            said.STAY_PER_VIEW, replace(SECONDS, decimals=1), metric("wxa_page_stay_time_seconds")
        ),
        Column(said.ENTRY_SHARE, SHARE, entry_share),
        Column(said.EXIT_RATE, SHARE, queries.ratio(metric("wxa_page_exit_pv"), views)),
        Column(words.SHARES_PER_VIEW, SHARE, queries.ratio(metric("wxa_page_share_pv"), views)),
        Column(words.SHARERS, COUNT, metric("wxa_page_share_uv")),
    )
