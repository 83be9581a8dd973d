"""Overview: how did it go yesterday?"""

from grafana_foundation_sdk.builders import dashboard, stat, timeseries

from exporter.reports.codes import DEPTHS, STAY_TIMES
from grafana.source import queries
from grafana.source.board import address, board, filled
from grafana.source.panels import (
    CHANGED,
    COUNT,
    PAGES,
    SECONDS,
    SHARE,
    Column,
    Look,
    Property,
    Query,
    bars,
    big,
    daily,
    ranked,
)
from grafana.source.tables import table
from grafana.source.words import common as said
from grafana.source.words import overview as words
from grafana.source.words.text import Language, Text, Words

NAME = "wxa-overview"
TREND = "daily_visit_trend"
SOURCES_SHOWN = 15


def overview(language: Language) -> dashboard.Dashboard:
    """The dashboard in a language."""

    def figure(heading: Words, look: Look, metric: str) -> stat.Panel:
        change = queries.change(queries.now(metric), queries.week_before(metric))
        return big(
            language, heading, look,
            Query(queries.now(metric), said.BY_APP),
            Query(change, said.WEEK_BEFORE, CHANGED),
        )  # fmt: skip

    def chart(heading: Words, metric: str, stacked: bool = False) -> timeseries.Panel:
        asked = Query(queries.dated(metric), said.BY_APP)
        return daily(bars(language, heading, COUNT, asked, stacked=stacked), language, asked.expr)

    retention = queries.retention_now("new", "1")
    retention_change = queries.change(retention, queries.retention_week_before("new", "1"))
    rows = (
        (5, (
            (9, data_day(language, words.DATA_DAY, TREND)),
            (5, figure(words.VISITORS, COUNT, "wxa_visit_uv")),
            (5, figure(words.NEW_VISITORS, COUNT, "wxa_visit_uv_new")),
            (5, figure(words.SESSIONS, COUNT, "wxa_sessions")),
        )),
        (5, (
            (6, figure(words.PAGE_VIEWS, COUNT, "wxa_visit_pv")),
            (6, figure(words.STAY, SECONDS, "wxa_stay_time_session_seconds")),
            (6, figure(words.DEPTH, PAGES, "wxa_visit_depth")),
            (6, big(
                language, words.RETENTION, SHARE,
                Query(retention, said.BY_APP),
                Query(retention_change, said.WEEK_BEFORE, CHANGED),
            )),
        )),
        (8, (
            (12, chart(words.VISITORS_BY_DAY, "wxa_visit_uv")),
            (12, chart(words.NEW_BY_DAY, "wxa_visit_uv_new")),
        )),
        (8, (
            (12, chart(words.SESSIONS_BY_DAY, "wxa_sessions", stacked=True)),
            (12, chart(words.VIEWS_BY_DAY, "wxa_visit_pv", stacked=True)),
        )),
        (12, (
            (10, ranked(
                language, words.SOURCES, COUNT,
                Query(
                    f"sort_desc(topk({SOURCES_SHOWN}, sum by (source) "
                    f"({queries.now('wxa_source_sessions', by='app, source')})))",
                    Text("{{source}}", "{{source}}"),
                ),
                names=said.SOURCES,
            )),
            (7, ranked(
                language, words.STAY_TIMES, SHARE,
                *(
                    Query(share("wxa_stay_time_sessions", "stay_time", span), words.seconds(span))
                    for span in STAY_TIMES.values()
                ),
            )),
            (7, ranked(
                language, words.DEPTHS, SHARE,
                *(
                    Query(share("wxa_depth_sessions", "depth", depth), words.pages(depth))
                    for depth in DEPTHS.values()
                ),
            )),
        )),
        (11, ((24, table(language, words.TOP_PAGES, page_columns(language), said.PAGE_VIEWS)),)),
    )  # fmt: skip
    return filled(board(NAME, language), rows)


def data_day(language: Language, heading: Words, report: str) -> stat.Panel:
    """The oldest day shown in large letters, red when it is late."""
    milliseconds = f"min({queries.period_start(report)}) * 1000"
    oldest = f"max({queries.age(report)})"
    look = Look(said.DAY_FORMAT.in_(language), None)
    panel = big(
        language, heading, look,
        Query(f"{milliseconds} and {oldest} < {queries.LATE_SECONDS}", words.ON_TIME),
        Query(f"{milliseconds} and {oldest} >= {queries.LATE_SECONDS}", words.LATE),
    )  # fmt: skip
    return panel.override_by_query("B", [Property("color", {"mode": "fixed", "fixedColor": "red"})])


def share(metric: str, label: str, value: str) -> str:
    """Which part of a distribution has that value of its label."""
    part = queries.now(metric, f'{label}="{value}"')
    whole = queries.now(metric, by=f"app, {label}")
    return queries.ratio(f"sum({part})", f"sum({whole})")


def page_columns(language: Language) -> tuple[Column, ...]:
    """The ten most visited pages; every query is limited to them."""
    by = "app, page"
    top = f"topk(10, {queries.now('wxa_page_visit_pv', by=by)})"

    def of_top(expr: str) -> str:
        return f"{expr} and on (app, page) {top}"

    def metric(name: str) -> str:
        return queries.now(name, by=by)

    exit_rate = queries.ratio(metric("wxa_page_exit_pv"), metric("wxa_page_visit_pv"))
    one_page = f"{address('wxa-pages', language)}&${{app:queryparam}}&var-page=${{__value.raw}}"
    return (
        Column(said.PAGE, label="page", width=420, link=one_page),
        Column(said.APP, label="app", width=180),
        Column(said.PAGE_VIEWS, COUNT, top),
        Column(said.VISITORS, COUNT, of_top(metric("wxa_page_visit_uv"))),
        Column(said.STAY_PER_VIEW, Look("s", 1), of_top(metric("wxa_page_stay_time_seconds"))),
        Column(said.EXIT_RATE, SHARE, of_top(exit_rate)),
    )
