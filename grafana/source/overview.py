"""Overview: how did it go yesterday?"""

from dataclasses import replace

from grafana_foundation_sdk.builders import dashboard, stat, timeseries
from grafana_foundation_sdk.models import common as kinds

from exporter.reports.codes import DEPTHS, STAY_TIMES
from grafana.source import queries
from grafana.source.board import address, board, filled
from grafana.source.days import daily
from grafana.source.panels import (
    COUNT,
    MOVED,
    PAGES,
    PERCENT,
    SECONDS,
    SHARE,
    Column,
    Look,
    Property,
    Query,
    bars,
    big,
    blue,
    coloured,
    each_day,
    in_words,
    legend,
    ranked,
)
from grafana.source.tables import table
from grafana.source.words import common as said
from grafana.source.words import overview as words
from grafana.source.words.text import Language, Text, Words

NAME = "wxa-overview"
TREND = "daily_visit_trend"
SOURCES_SHOWN = 15


POINTS_OF_NEWS = 0.05
MOST_MOVED = 5


def overview(language: Language) -> dashboard.Dashboard:
    """The dashboard in a language."""

    def figure(heading: Words, look: Look, metric: str) -> stat.Panel:
        change = queries.change(queries.now(metric), queries.week_before(metric))
        shown = queries.with_change(queries.now(metric), f"100 * ({change})")
        return changed(language, heading, look, queries.now(metric), shown, change)

    def judged(heading: Words, metric: str) -> stat.Panel:
        change = queries.change(queries.now(metric), queries.compared(metric))
        shown = queries.with_change(queries.now(metric), f"100 * ({change})")
        shown = queries.with_usual_span(f"({shown})", metric)
        value = queries.now(metric)
        return changed(
            language, heading, COUNT, value, shown, change, said.PERCENT_UNUSUAL,
            surprise=queries.surprise(metric),
        )  # fmt: skip

    def chart(heading: Words, metric: str) -> timeseries.Panel:
        asked = Query(queries.dated(metric), heading.title)
        shown = bars(language, heading, COUNT, asked, ask=each_day).color_scheme(blue())
        return daily(shown.legend(legend(shown=False)), language, asked.expr)

    retention = queries.retention_now("new", "1")
    points = f"{retention} - {queries.retention_week_before('new', '1')}"
    rows = (
        (5, (
            (6, data_day(language, words.DATA_DAY, TREND)),
            (6, judged(words.VISITORS, "wxa_visit_uv")),
            (6, judged(words.NEW_VISITORS, "wxa_visit_uv_new")),
            (6, judged(words.SESSIONS, "wxa_sessions")),
        )),
        (5, (
            (6, figure(words.PAGE_VIEWS, COUNT, "wxa_visit_pv")),
            (6, figure(words.STAY, SECONDS, "wxa_stay_time_session_seconds")),
            (6, figure(words.DEPTH, PAGES, "wxa_visit_depth")),
            (6, changed(
                language, words.RETENTION, SHARE, retention,
                queries.with_change(retention, f"100 * ({points})"), points, said.POINTS_MORE,
                POINTS_OF_NEWS,
            )),
        )),
        (3, ((24, moved_most(language)),)),
        (8, (
            (12, table(
                language, words.SOURCES_MOVED,
                movers("wxa_source_sessions", "source", words.SOURCE, words.SESSIONS_NOW,
                       in_words(said.SOURCES)),
                queries.most_moved("wxa_source_sessions", "source", MOST_MOVED),
            )),
            (12, table(
                language, words.PAGES_MOVED,
                movers("wxa_page_visit_pv", "page", said.PAGE, said.PAGE_VIEWS),
                queries.most_moved("wxa_page_visit_pv", "page", MOST_MOVED),
            )),
        )),
        (8, (
            (12, chart(words.VISITORS_BY_DAY, "wxa_visit_uv")),
            (12, chart(words.NEW_BY_DAY, "wxa_visit_uv_new")),
        )),
        (8, (
            (12, chart(words.SESSIONS_BY_DAY, "wxa_sessions")),
            (12, chart(words.VIEWS_BY_DAY, "wxa_visit_pv")),
        )),
        (12, (
            (10, ranked(
                language, words.SOURCES, COUNT,
                Query(
                    f"sort_desc(topk by (app) ({SOURCES_SHOWN}, "
                    f"{queries.now('wxa_source_sessions', by='app, source')}))",
                    Text("{{source}}", "{{source}}"),
                ),
                names=said.SOURCES,
            )),
            (7, ranked(
                language, words.STAY_TIMES, PERCENT,
                *(
                    Query(share("wxa_stay_time_sessions", "stay_time", span), words.seconds(span))
                    for span in STAY_TIMES.values()
                ),
            )),
            (7, ranked(
                language, words.DEPTHS, PERCENT,
                *(
                    Query(share("wxa_depth_sessions", "depth", depth), words.pages(depth))
                    for depth in DEPTHS.values()
                ),
            )),
        )),
        (13, ((24, table(language, words.TOP_PAGES, page_columns(language), said.PAGE_VIEWS)),)),
    )  # fmt: skip
    return filled(board(NAME, language), rows)


def changed(
    language: Language,
    heading: Words,
    look: Look,
    value: str,
    shown: str,
    change: str,
    told: Text = said.PERCENT_MORE,
    news: float = queries.NEWS,
    surprise: str = "",
) -> stat.Panel:
    """One number; `shown` is the same with labels that its name tells, where there is a change.

    It has a colour where the change is news, of what is usual where it is a surprise.
    """
    surprise = surprise or change
    panel = big(
        language, heading, replace(look, empty=said.UNKNOWN),
        Query(f"{shown} and on (app) ({surprise}) >= {news}", told),
        Query(f"{shown} and on (app) ({surprise}) <= -{news}", told),
        Query(f"{shown} unless on (app) (abs({surprise}) >= {news})", told),
        Query(f"{value} unless on (app) ({change})", said.NOT_COMPARED),
    )  # fmt: skip
    panel = coloured(panel, "green", "red")
    return panel.text_mode(kinds.BigValueTextMode.VALUE_AND_NAME)


def movers(
    metric: str, label: str, name: Text, header: Text, look: Look | None = None
) -> tuple[Column, ...]:
    """What changed most against a week before."""
    value, before = queries.moved(metric, label, MOST_MOVED)
    return (
        Column(name, look, label=label),
        Column(words.MOVED, MOVED, label="change", width=110),
        Column(header, COUNT, value, width=110),
        Column(words.COMPARED, COUNT, before, width=130),
    )


def moved_most(language: Language) -> stat.Panel:
    """The source and the page that moved most, each in a few words."""
    source, _ = queries.moved("wxa_source_sessions", "source", 1)
    page, _ = queries.moved("wxa_page_visit_pv", "page", 1)
    panel = big(
        language, words.MOVED_MOST, COUNT,
        Query(source, words.SOURCE_MOVED), Query(page, words.PAGE_MOVED),
        # A name alone is shown, and of nothing there is none.
        Query(f"absent({source}) and on () absent({page})", said.NO_DATA),
    ).text_mode(kinds.BigValueTextMode.NAME)  # fmt: skip
    for label, name in said.SOURCES.items():
        told = words.SOURCE_MOVED.in_(language).replace("{{source}}", name.in_(language))
        told = told.replace("{{change}}", "${__field.labels.change}")
        started = (
            f"/^{words.SOURCE_MOVED.in_(language).replace('{{source}}', label).split('{{')[0]}/"
        )
        panel = panel.override_by_regexp(started, [Property("displayName", told)])
    return panel


def data_day(language: Language, heading: Words, report: str) -> stat.Panel:
    """The day shown in large letters, red when it is late, or why there is none."""
    start, age = queries.period_start(report), queries.age(report)
    failing = queries.now("wxa_exporter_report_error", f'report="{report}"', by="app, code")
    missing = f"({queries.now('wxa_app_info')} unless on (app) {start})"
    failed = f"-2 * ({failing} and on (app) {missing})"
    why = f"-1 * absent(wxa_app_info) or -3 * ({missing} unless on (app) {failing})"
    panel = big(
        language, heading, Look(said.DATE_FORMAT.in_(language), None, mapping=words.NO_DAY),
        Query(f"{start} * 1000 and {age} < {queries.LATE_SECONDS}", words.ON_TIME),
        Query(f"{start} * 1000 and {age} >= {queries.LATE_SECONDS}", words.LATE),
        Query(why, words.WHY),
        Query(failed, words.WHY_FAILED),
    )  # fmt: skip
    return coloured(panel.text_mode(kinds.BigValueTextMode.VALUE_AND_NAME), "", "red")


def share(metric: str, label: str, value: str) -> str:
    """How many hundredths of a distribution have that value of its label."""
    part = queries.now(metric, f'{label}="{value}"')
    whole = queries.now(metric, by=f"app, {label}")
    return queries.ratio(f"100 * sum({part})", f"sum({whole})")


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
        Column(said.PAGE_VIEWS, COUNT, top),
        Column(said.VISITORS, COUNT, of_top(metric("wxa_page_visit_uv"))),
        Column(
            said.STAY_PER_VIEW,
            replace(SECONDS, decimals=1),
            of_top(metric("wxa_page_stay_time_seconds")),
        ),
        Column(said.EXIT_RATE, SHARE, of_top(exit_rate)),
    )
