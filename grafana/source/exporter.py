"""Exporter: does the data arrive, and if not, why?"""

from dataclasses import replace

from grafana_foundation_sdk.builders import dashboard, timeseries
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
    Property,
    Query,
    bars,
    big,
    blue,
    in_words,
    legend,
    lines,
    on_each_other,
)
from grafana.source.tables import labelled, table
from grafana.source.words import common as said
from grafana.source.words import exporter as words
from grafana.source.words.text import Language, Text

NAME = "wxa-exporter"
NOTHING = Text("", "")
# One exporter can be scraped by two jobs; its process counts once.
PROCESS = "max by (instance)"
BUCKETS = "wxa_exporter_api_request_duration_seconds_bucket"
# Hours that stand for a report that fails and never had data, so that it stands first.
NEVER = 1_000_000
OVERDUE = Look(
    Text("suffix: h", "suffix: 小时"), 0,
    ((None, "text"), (0, "dark-green"), (18, "yellow"), (36, "dark-red")),
    {str(NEVER): (words.NEVER, "dark-red")},
)  # fmt: skip
# Of the process, which no app's morning explains.
OWN = replace(COUNT, empty=said.NOT_SCRAPED)
# Of what is there only when it happened.
HAPPENED = replace(COUNT, empty=said.NOTHING_HAPPENED)
# The colours of what calls and reports fail with; green is for success alone.
REVISED_COLOURS = (
    "blue", "orange", "purple", "green", "yellow", "red", "light-blue", "light-orange",
    "light-purple", "light-green", "light-yellow", "light-red",
)  # fmt: skip
FAILED_COLOURS = (
    "red", "orange", "purple", "yellow", "blue", "dark-red", "light-purple", "dark-yellow",
    "dark-blue", "light-red", "light-blue",
)  # fmt: skip
STATUS = "/^http_/"
# 0 until the first pass has ended.
ENDED = "wxa_exporter_last_collection_timestamp_seconds > 0"


def exporter(language: Language) -> dashboard.Dashboard:
    """The dashboard in a language."""
    good = Look("none", 0, GREY, words.GOOD, empty=said.UNSEEN)
    writable = Look("none", 0, GREY, words.WRITABLE, empty=said.UNSEEN)
    moment = Look(said.MOMENT_FORMAT.in_(language), None, empty=said.UNSEEN)
    number, bad = (replace(look, empty=said.UNSEEN) for look in (COUNT, BAD_COUNT))
    due = queries.labelled(queries.now("wxa_exporter_reports_due"))
    failing = queries.labelled(queries.failing())
    rows = (
        (4, (
            (4, big(
                language, words.NEXT, moment,
                Query("min(wxa_exporter_next_collection_timestamp_seconds) * 1000", NOTHING),
            )),
            (4, big(language, words.LAST, moment, Query(f"min({ENDED}) * 1000", NOTHING))),
            (4, big(language, words.DUE, number, Query(f"sum({due})", NOTHING))),
            (3, big(language, words.FAILING, bad, Query(f"sum({failing})", NOTHING))),
            (3, big(
                language, words.RELOAD, good,
                Query("min(wxa_exporter_config_last_reload_successful)", NOTHING),
            )),
            (3, big(
                language, words.ARCHIVE, writable,
                Query("min(wxa_exporter_archive_writable)", NOTHING),
            )),
            (3, big(
                language, words.VERSION, number,
                Query("count by (version) (wxa_exporter_build_info)", words.BY_VERSION),
                # A name alone is shown, and of nothing there is none.
                Query("absent(wxa_exporter_build_info)", said.UNSEEN),
            ).text_mode(kinds.BigValueTextMode.NAME)),
        )),
        (11, ((24, table(
            language, words.FRESHNESS, labelled(freshness(language)), words.OVERDUE,
            empty=said.NOT_SCRAPED,
        )),)),
        (8, (
            (12, counted(
                lines(language, words.DUE_BY_TIME, OWN, Query(f"sum({due})", words.DUE_LINE))
            ).color_scheme(blue()).legend(legend(shown=False))),
            (12, by_outcome(
                counted(on_each_other(lines(
                    language, words.FAILING_BY_CODE, HAPPENED,
                    Query(queries.errors(by="code"), words.BY_CODE),
                ))), language,
            )),
        )),
        (8, (
            (12, by_outcome(
                counted(bars(
                    language, words.CALLS, HAPPENED, Query(calls(), words.BY_CODE), stacked=True
                )).interval("30m"), language,
            )),
            (12, lines(
                language, words.LATENCY, Look("s", 2, minimum=0, empty=said.NOTHING_HAPPENED),
                Query(f"histogram_quantile(0.5, {buckets()})", words.MEDIAN),
                Query(f"histogram_quantile(0.95, {buckets()})", words.P95),
            ).interval("30m")),
        )),
        (8, (
            (8, named(
                counted(bars(
                    language, words.REVISIONS, HAPPENED, Query(revisions(), words.BY_REPORT),
                    stacked=True,
                )).interval("1d"), language,
                {name: (text, REVISED_COLOURS[number % len(REVISED_COLOURS)])
                 for number, (name, text) in enumerate(said.REPORTS.items())},
            )),
            (8, lines(
                language, words.MEMORY, Look("bytes", 0, minimum=0, empty=said.NOT_SCRAPED),
                Query(f"{PROCESS} ({of_exporters('process_resident_memory_bytes')})",
                      words.BY_INSTANCE),
            )),
            (8, lines(
                language, words.PROCESSOR, replace(SHARE, empty=said.NOT_SCRAPED),
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


def counted(panel: timeseries.Panel) -> timeseries.Panel:
    """A chart of counts whose axis ends at 1 while all are 0, and not at Grafana's 100."""
    return panel.axis_soft_max(1)


def by_outcome(panel: timeseries.Panel, language: Language) -> timeseries.Panel:
    """A chart of codes in words, each code always in the same colour."""
    distinct = list(dict.fromkeys(said.ERRORS.values()))
    coloured = {
        code: (name, FAILED_COLOURS[distinct.index(name) % len(FAILED_COLOURS)])
        for code, name in said.ERRORS.items()
    }
    # In the morning an answer like any other.
    expected = {"61503": (said.ERRORS["61503"], "blue")}
    succeeded = {"0": (words.SUCCEEDED, "green")}
    fixed = Property("color", {"mode": "fixed", "fixedColor": "dark-orange"})
    panel = panel.override_by_regexp(STATUS, [fixed])
    return named(panel, language, {**succeeded, **coloured, **expected})


def named(
    panel: timeseries.Panel, language: Language, names: dict[str, tuple[Text, str]]
) -> timeseries.Panel:
    """A chart whose series have words instead of a label's values, each always in its colour.

    Left alone Grafana gives colours by position, which changes with what else there is to show.
    """
    for key, (name, colour) in names.items():
        fixed = {"mode": "fixed", "fixedColor": colour}
        properties = [Property("displayName", name.in_(language)), Property("color", fixed)]
        panel = panel.override_by_name(key, properties)
    return panel


def calls() -> str:
    """Calls by outcome, in the time of one bar."""
    counted = queries.series("wxa_exporter_api_requests_total")
    # increase() does not see with which number a counter began.
    begun = f"({counted} unless {counted} offset $__rate_interval)"
    each = f"({begun} or increase({counted}[$__rate_interval]))"
    one_each = queries.labelled(f"max by (app, instance, call, code) ({each})")
    return f"sum by (code) ({one_each})"


def buckets() -> str:
    """The histogram of durations, in the time of one point."""
    return f"sum by (le) (max by (instance, call, le) (increase({BUCKETS}[$__rate_interval])))"


def revisions() -> str:
    """Periods that changed, by report, in the last day."""
    counted = queries.series("wxa_exporter_report_revisions_total")
    one_each = queries.labelled(f"max by (app, instance, report) (increase({counted}[1d]))")
    return f"sum by (report) ({one_each}) > 0"


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
        Column(said.REPORT, in_words(said.REPORTS), label="report", width=220),
        Column(said.APP, label="app"),
        Column(words.OVERDUE, OVERDUE, overdue(), cell="color-background"),
        Column(
            said.DATA_DAY, Look(said.DATE_FORMAT.in_(language), None), f"{start} * 1000"
        ),
        Column(words.ANSWERED, Look("none", 0, GREY, words.SUCCESS), answered, cell="color-text"),
        Column(words.ERROR, in_words(said.ERRORS), label="code"),
        Column(words.ARRIVED, Look(said.MOMENT_FORMAT.in_(language), None), f"{arrived} * 1000"),
        Column(
            words.CHANGED_LATER, COUNT, f"sum by ({by}) (max by ({by}, instance) ({changed})) > 0"
        ),
    )  # fmt: skip


def overdue() -> str:
    """Hours since the period after the one shown was over; 0 as long as it is not."""
    parts = []
    for period in Period:
        names = "|".join(report.name for report in REPORTS if report.period is period)
        start = queries.now(queries.PERIOD_START, f'report=~"{names}"', by="app, report")
        parts.append(f"(time() - {start} - {_two_periods(period, start)})")
    known = f"clamp_min({' or '.join(parts)}, 0) / 3600"
    start = queries.now(queries.PERIOD_START, by="app, report")
    never = f"(1 - {queries.answered()} > 0) unless on (app, report) {start}"
    return f"{known} or {NEVER} * ({never})"


def _two_periods(period: Period, start: str) -> str:
    """How long the period from `start` and the one after it last, in seconds."""
    if period is Period.MONTH:
        # 31 days after the first of a month lies in the next one.
        first, second = (f"{start} + {queries.BEIJING_SECONDS + days * 86400}" for days in (0, 31))
        return f"86400 * (days_in_month({first}) + days_in_month({second}))"
    return str(2 * 86400 * (1 if period is Period.DAY else 7))
