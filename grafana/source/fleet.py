"""Fleet: which Mini Program needs a look?"""

from grafana_foundation_sdk.builders import common, dashboard
from grafana_foundation_sdk.models import common as kinds

from grafana.source import queries
from grafana.source.board import address, board, filled
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
    daily,
    each_day,
    in_words,
    lines,
)
from grafana.source.tables import table
from grafana.source.words import common as said
from grafana.source.words import fleet as words
from grafana.source.words.text import Language, Text

NAME = "wxa-fleet"
TREND = "daily_visit_trend"
# What is not known is not green.
SOME_IS_BAD: tuple[Colour, ...] = ((None, "text"), (0, "green"), (1, "red"))
BAD_COUNT = Look("locale", 0, SOME_IS_BAD, minimum=0)
APPS = queries.now("wxa_app_info")
ON_TIME = queries.on_time(TREND)
VISITORS = queries.now("wxa_visit_uv")
FAILING = queries.failing()
CHANGE = queries.change(VISITORS, queries.compared("wxa_visit_uv"))


def state() -> str:
    """The worst that is to be said about each app; the words stand in words.STATES."""
    known = queries.period_start(TREND)
    return (
        f"(4 * ({APPS} unless on (app) {known}))"
        f" or (3 * ({APPS} unless on (app) ({ON_TIME})))"
        f" or (2 * ({APPS} and on (app) ({FAILING} > 0)))"
        f" or (1 * ({APPS} and on (app) (abs({CHANGE}) >= 0.2)))"
        f" or (0 * {APPS})"
    )


def fleet(language: Language) -> dashboard.Dashboard:
    """The dashboard in a language."""
    nothing = Text("", "")
    visitors = queries.dated("wxa_visit_uv")
    # No minimum: a logarithmic scale has no 0.
    by_day = lines(
        language, words.VISITORS_BY_DAY, Look("locale"),
        Query(visitors, said.BY_APP),
        ask=each_day,
    )  # fmt: skip
    logarithmic = common.ScaleDistributionConfig().type(kinds.ScaleDistribution.LOG).log(10)
    late = f"count({APPS}) - (count({APPS} and on (app) ({ON_TIME})) or vector(0))"
    rows = (
        (4, (
            (6, big(language, words.APPS, COUNT, Query(f"count({APPS})", nothing))),
            (6, big(language, words.LATE, BAD_COUNT, Query(late, nothing))),
            (6, big(
                language, words.FAILING, BAD_COUNT,
                Query(f"sum({FAILING} > bool 0)", nothing),
            )),
            (6, big(
                language, words.SESSIONS, COUNT,
                Query(f"sum({queries.now('wxa_sessions')})", nothing),
            )),
        )),
        (10, ((24, table(language, words.TABLE, columns(language), words.STATE)),)),
        (12, ((24, daily(by_day.scale_distribution(logarithmic), language, visitors)),)),
    )  # fmt: skip
    return filled(board(NAME, language), rows)


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
    )  # fmt: skip
