"""Exporter: does the data arrive, and if not, why?"""

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import common as kinds

from exporter.periods import Period
from exporter.reports.table import REPORTS
from grafana.source import queries
from grafana.source.board import board, filled
from grafana.source.fleet import BAD_COUNT
from grafana.source.panels import (
    COUNT,
    GREY,
    SHARE,
    Column,
    Look,
    Panel,
    Property,
    Query,
    bars,
    big,
    in_words,
    lines,
)
from grafana.source.tables import durations, table
from grafana.source.words import common as said
from grafana.source.words import exporter as words
from grafana.source.words.text import Language, Text

NAME = "wxa-exporter"
NOTHING = Text("", "")
# One exporter can be scraped by two jobs; its process counts once.
PROCESS = "max by (instance)"
BUCKETS = "wxa_exporter_api_request_duration_seconds_bucket"
OVERDUE = Look("s", 0, ((None, "green"), (18 * 3600, "yellow"), (36 * 3600, "red")), minimum=0)
MOMENT = Look("dateTimeFromNow", None)
# 0 until the first pass has ended.
ENDED = "wxa_exporter_last_collection_timestamp_seconds > 0"


def exporter(language: Language) -> dashboard.Dashboard:
    """The dashboard in a language."""
    good, writable = Look("none", 0, GREY, words.GOOD), Look("none", 0, GREY, words.WRITABLE)
    due, failing = queries.now("wxa_exporter_reports_due"), queries.failing()
    rows = (
        (4, (
            (4, big(
                language, words.NEXT, MOMENT,
                Query("min(wxa_exporter_next_collection_timestamp_seconds) * 1000", NOTHING),
            )),
            (4, big(language, words.LAST, MOMENT, Query(f"min({ENDED}) * 1000", NOTHING))),
            (4, big(language, words.DUE, COUNT, Query(f"sum({due})", NOTHING))),
            (3, big(language, words.FAILING, BAD_COUNT, Query(f"sum({failing})", NOTHING))),
            (3, big(
                language, words.RELOAD, good,
                Query("min(wxa_exporter_config_last_reload_successful)", NOTHING),
            )),
            (3, big(
                language, words.ARCHIVE, writable,
                Query(
                    f"min(wxa_exporter_archive_writable and on (instance, job) {ENDED})", NOTHING
                ),
            )),
            (3, big(
                language, words.VERSION, COUNT,
                Query("count by (version) (wxa_exporter_build_info)", words.BY_VERSION),
            ).text_mode(kinds.BigValueTextMode.NAME)),
        )),
        (11, ((24, table(language, words.FRESHNESS, freshness(language), words.OVERDUE)),)),
        (8, (
            (8, lines(language, words.DUE_BY_APP, COUNT, Query(due, said.BY_APP))),
            (8, lines(language, words.FAILING_BY_APP, COUNT, Query(failing, said.BY_APP))),
            (8, with_names(
                lines(
                    language, words.FAILING_BY_CODE, COUNT,
                    Query(queries.errors(by="code"), words.BY_CODE),
                ).no_value(said.NOTHING_HAPPENED.in_(language)), said.ERRORS, language,
            )),
        )),
        (8, (
            (8, with_names(
                bars(language, words.CALLS, COUNT, Query(calls(), words.BY_CODE), stacked=True)
                .interval("30m"), said.ERRORS, language,
            )),
            (8, lines(
                language, words.LATENCY, Look("s", 2, minimum=0),
                Query(f"histogram_quantile(0.5, {buckets()})", words.MEDIAN),
                Query(f"histogram_quantile(0.95, {buckets()})", words.P95),
            ).interval("30m")),
            (8, durations(language, words.BUCKETS, buckets()).interval("30m")),
        )),
        (8, (
            (8, with_names(
                bars(
                    language, words.REVISIONS, COUNT, Query(revisions(), words.BY_REPORT),
                    stacked=True,
                ).interval("1d").no_value(said.NOTHING_HAPPENED.in_(language)),
                said.REPORTS, language,
            )),
            (8, lines(
                language, words.MEMORY, Look("bytes", 0, minimum=0),
                Query(f"{PROCESS} ({of_exporters('process_resident_memory_bytes')})",
                      words.BY_INSTANCE),
            )),
            (8, lines(
                language, words.PROCESSOR, SHARE,
                Query(
                    f"{PROCESS} ("
                    f"{of_exporters('rate(process_cpu_seconds_total[$__rate_interval])')})",
                    words.BY_INSTANCE,
                ),
            )),
        )),
    )  # fmt: skip
    return filled(board(NAME, language, since="now-24h"), rows)


def of_exporters(expr: str) -> str:
    """What belongs to a process that is an exporter."""
    return f"{expr} and on (instance, job) wxa_exporter_build_info"


def with_names(panel: Panel, names: dict[str, Text], language: Language) -> Panel:
    """A chart whose series have names in words instead of a label's values."""
    for key, name in names.items():
        panel = panel.override_by_name(key, [Property("displayName", name.in_(language))])
    return panel


def calls() -> str:
    """Calls by outcome, in the time of one bar."""
    counted = queries.series("wxa_exporter_api_requests_total")
    one_each = f"max by (app, instance, call, code) (increase({counted}[$__rate_interval]))"
    return f"sum by (code) ({one_each})"


def buckets() -> str:
    """The histogram of durations, in the time of one point."""
    return f"sum by (le) (max by (instance, call, le) (increase({BUCKETS}[$__rate_interval])))"


def revisions() -> str:
    """Periods that changed, by report, in the last day."""
    counted = queries.series("wxa_exporter_report_revisions_total")
    return f"sum by (report) (max by (app, instance, report) (increase({counted}[1d])))"


def freshness(language: Language) -> tuple[Column, ...]:
    """One line for each report of each app."""
    by = "app, report"
    start = queries.now(queries.PERIOD_START, by=by)
    arrived = queries.now("wxa_exporter_report_last_success_timestamp_seconds", by=by)
    # With the code where there is one: 0 for what fails, 1 for the rest.
    failing = f"0 * {queries.now('wxa_exporter_report_error', by=f'{by}, code')}"
    answered = f"topk by ({by}) (1, {failing}) or on ({by}) {queries.answered()}"
    changed = queries.series("wxa_exporter_report_revisions_total")
    return (
        Column(said.REPORT, in_words(said.REPORTS), label="report"),
        Column(said.APP, label="app"),
        Column(words.OVERDUE, OVERDUE, overdue(), cell="color-background"),
        Column(
            said.DATA_DAY, Look(said.DATE_FORMAT.in_(language), None), f"{start} * 1000"
        ),
        Column(words.ANSWERED, Look("none", 0, GREY, words.SUCCESS), answered, cell="color-text"),
        Column(words.ERROR, in_words(said.ERRORS), label="code"),
        Column(words.ARRIVED, MOMENT, f"{arrived} * 1000"),
        Column(words.CHANGED_LATER, COUNT, f"sum by ({by}) (max by ({by}, instance) ({changed}))"),
    )  # fmt: skip


def overdue() -> str:
    """Seconds since the period after the one shown was over; 0 as long as it is not."""
    parts = []
    for period in Period:
        names = "|".join(report.name for report in REPORTS if report.period is period)
        start = queries.now(queries.PERIOD_START, f'report=~"{names}"', by="app, report")
        parts.append(f"(time() - {start} - {_two_periods(period, start)})")
    return f"clamp_min({' or '.join(parts)}, 0)"


def _two_periods(period: Period, start: str) -> str:
    """How long the period from `start` and the one after it last, in seconds."""
    if period is Period.MONTH:
        # 31 days after the first of a month lies in the next one.
        first, second = (f"{start} + {queries.BEIJING_SECONDS + days * 86400}" for days in (0, 31))
        return f"86400 * (days_in_month({first}) + days_in_month({second}))"
    return str(2 * 86400 * (1 if period is Period.DAY else 7))
