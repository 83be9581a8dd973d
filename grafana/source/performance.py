"""Performance: did the release make it slower?"""

from dataclasses import replace

from grafana_foundation_sdk.builders import dashboard, timeseries
from grafana_foundation_sdk.models import common as kinds

from exporter.reports.table import METRICS
from grafana.source import queries
from grafana.source.board import board, filled
from grafana.source.days import daily
from grafana.source.overview import data_day
from grafana.source.panels import Column, Look, Query, big, each_day, lines
from grafana.source.tables import table
from grafana.source.words import common as said
from grafana.source.words import performance as words
from grafana.source.words.text import Language, Words

NAME = "wxa-performance"
REPORT = "performance_startup"
STARTUP = "wxa_performance_startup"
EVERYWHERE = 'network="all",device_level="all"'
# WeChat's own units: none is written beside the numbers.
NUMBER = Look("none", 1, minimum=0, empty=words.NOT_COLLECTED)
# A third more is the alert's threshold, too.
WORSE = Look(
    "percentunit", 1, ((None, "text"), (0.1, "orange"), (1 / 3, "red")), empty=words.NOT_COLLECTED
)
# The same for changes written by queries.signed().
WRITTEN = Look(
    "string", None,
    patterns=(
        (r"/^(\+(?:3[3-9]|[4-9]\d|\d{3,}))$/", "$1 %", "red"),
        (r"/^(\+\d\d)$/", "$1 %", "orange"),
        (r"/^(.+)$/", "$1 %", "text"),
    ),
)  # fmt: skip
USUAL = next(metric for metric in METRICS if metric.name == STARTUP).usual_metric.name


def performance(language: Language) -> dashboard.Dashboard:
    """The dashboard in a language."""

    def over_days(heading: Words, metric: str) -> timeseries.Panel:
        asked = Query(queries.dated(metric, EVERYWHERE, by="app, measure"), words.BY_MEASURE)
        # On an axis Grafana knows best how many decimals tell its ticks apart.
        shown = lines(language, heading, replace(NUMBER, decimals=None), asked, ask=each_day)
        return daily(shown, language, asked.expr)

    worst = queries.with_change(f"({change()})", f"100 * ({change()})", by="app, measure")
    worst = f"topk by (app) (1, {worst})"
    rows = (
        (4, (
            (9, data_day(language, words.DATA_DAY, REPORT)),
            (8, big(
                language, words.SLOWEST, WORSE, Query(worst, words.STAGE_CHANGED),
                # A name alone is shown, and of nothing there is none.
                Query(f"-1 * absent({worst})", said.UNKNOWN),
            ).text_mode(kinds.BigValueTextMode.NAME)),
            (7, big(
                language, words.OPEN_RATE, replace(NUMBER, empty=said.UNKNOWN),
                Query(measured("wxa_performance_open_rate"), words.BY_MEASURE),
            )),
        )),
        (8, (
            (12, table(language, words.STAGES, stages(), change(), empty=words.NOT_COLLECTED)),
            (12, table(
                language, words.LEVELS, levels(), words.ALL, empty=words.NOT_COLLECTED
            )),
        )),
        (9, ((24, over_days(words.STARTUP, STARTUP)),)),
        (8, (
            (8, over_days(words.PAGE_SWITCH, "wxa_performance_page_switch")),
            (8, over_days(words.MEMORY, "wxa_performance_memory")),
            (8, over_days(words.WARNINGS, "wxa_performance_memory_warning")),
        )),
    )  # fmt: skip
    return filled(board(NAME, language), rows)


def measured(metric: str, labels: str = EVERYWHERE) -> str:
    """The numbers of the day shown, by measure."""
    return queries.now(metric, labels, by="app, measure")


def change() -> str:
    """By which part each stage of starting takes longer than usual."""
    return queries.change(measured(STARTUP), measured(USUAL))


def stages() -> tuple[Column, ...]:
    """Each stage of starting, beside what is usual."""
    shown = measured(STARTUP)
    signed = queries.with_change(shown, f"100 * ({change()})", by="app, measure")
    return (
        Column(words.MEASURE, label="measure", width=160),
        Column(
            words.NOW, NUMBER, f"{signed} or {shown} unless on (app, measure) {measured(USUAL)}"
        ),
        Column(words.USUAL, NUMBER, measured(USUAL)),
        Column(words.CHANGE, WRITTEN, label="change", cell="color-text"),
    )


def levels() -> tuple[Column, ...]:
    """Each stage of starting by level of devices."""
    shown = {"all": words.ALL, "high": words.HIGH, "middle": words.MIDDLE, "low": words.LOW}
    return (
        Column(words.MEASURE, label="measure", width=160),
        *(
            Column(header, NUMBER, measured(STARTUP, f'network="all",device_level="{level}"'))
            for level, header in shown.items()
        ),
    )
