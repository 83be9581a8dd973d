"""PromQL, put together from few idioms. A dashboard names metrics; how to read them stands here.

Every aggregation is `max by (app, ...)`: two exporters, or the two scrape jobs, tell the same
numbers under other `job` and `instance` labels, and must not count twice.
"""

from typing import NamedTuple

from exporter.exposition.families import DAY_KIND, DAY_KIND_OF
from exporter.periods import Period
from exporter.reports.report import Report
from exporter.reports.table import BY_NAME, REPORTS
from exporter.reports.vocabulary import Metric, history_name

DAY_SECONDS = 86400
WEEK_SECONDS = 7 * DAY_SECONDS
BEIJING_HOURS = 8
BEIJING_SECONDS = BEIJING_HOURS * 3600
# WeChat publishes a day between 8 and 15 o'clock of the next, so at 18:00 it is late: the day
# shown then began two days and 18 hours ago. The alert on late data begins at the same hour.
LATE_SECONDS = 2 * DAY_SECONDS + 18 * 3600

# A smaller change is everyday noise.
NEWS = 0.2
# Beyond so many of them a number is not usual any more.
USUAL_DEVIATIONS = 2

PERIOD_START = "wxa_data_period_start_timestamp_seconds"
CHOSEN_APPS = 'app=~"$app"'


class _Place(NamedTuple):
    report: Report
    metric: Metric


# Of reports that tell parts of the same metric the first, which is the most general.
_PLACES = {
    metric.name: _Place(report, metric) for report in reversed(REPORTS) for metric in report.metrics
}


def series(name: str, labels: str = "") -> str:
    """A metric of the chosen apps, narrowed by further matchers."""
    return f"{name}{{{','.join(part for part in (CHOSEN_APPS, labels) if part)}}}"


def labelled(expr: str) -> str:
    """What is about an app, for those that have the chosen label."""
    return f"(({expr}) and on (app) wxa_app_info{{${{label:raw}}}})"


def now(name: str, labels: str = "", by: str = "app") -> str:
    """The number /metrics shows now."""
    return f"max by ({by}) ({series(name, labels)})"


def errors(by: str = "app, code") -> str:
    """How many reports fail now, by what their last look ended with."""
    found = labelled(now("wxa_exporter_report_error", by="app, report, code"))
    return f"count by ({by}) ({found})"


def alerts() -> str:
    """How many alerts of prometheus/wxa.alerts.yml fire for each app."""
    firing = series("ALERTS", 'alertname=~"Wxa.+",alertstate="firing"')
    return f"count by (app) (max by (app, alertname) ({firing}))"


def failing() -> str:
    """How many reports of each app fail; 0 where none does."""
    return f"sum by (app) (1 - {answered()})"


def answered(by: str = "app, report") -> str:
    """1 for a report whose last look WeChat answered, 0 where it failed for some exporter."""
    return f"min by ({by}) ({series('wxa_exporter_report_success')})"


def ratio(part: str, whole: str) -> str:
    """A share; nothing where the whole is 0."""
    return f"{part} / ({whole} > 0)"


def period_start(report: str, modifier: str = "") -> str:
    """The first second of the period that a report shows, or showed then."""
    labels = f'report="{report}"'
    return f"max by (app) ({series(PERIOD_START, labels)}{modifier})"


def age(report: str) -> str:
    """Seconds since the period that a report shows began."""
    return f"(time() - {period_start(report)})"


def on_time(report: str) -> str:
    """The apps whose day shown is as new as WeChat has published it."""
    return f"{age(report)} < {LATE_SECONDS}"


def dated(name: str, labels: str = "", by: str = "app", key: int = 0) -> str:
    """The number of the period that began at the midnight before the evaluated 08:00 in Beijing.

    That hour is midnight in UTC, where the steps of `day_by_day` stand. From dated samples; where
    there are none, from what /metrics showed in the period after, while it said that it shows that
    period. `key` is a retention's: it is known so many periods later.
    Months have no such second way: they differ in length.
    """
    return _dated(_PLACES[name].report, name, labels, by, key)


def _dated(report: Report, name: str, labels: str, by: str, key: int = 0) -> str:
    # Shorter than a day: of the midnights before, only that of the same day counts.
    told = series(history_name(name), labels)
    history = f"max by ({by}) (last_over_time({told}[23h59m59s]))"
    if report.period is Period.MONTH:
        return history
    days, step = (1, "30m") if report.period is Period.DAY else (7, "6h")
    start = series(PERIOD_START, f'report="{report.name}"')
    live = (
        f"max by ({by}) (last_over_time(({series(name, labels)} and on (app, instance, job) "
        f"(time() - {start} < {2 * days * DAY_SECONDS}))"
        f"[{days}d:{step}] offset -{(2 + key) * days * 24 - BEIJING_HOURS}h))"
    )
    if report.period is Period.WEEK:
        live = f"({live} and on () day_of_week(vector(time() + {BEIJING_SECONDS})) == 1)"
    return f"({history} or {live})"


def day_by_day(expr: str) -> str:
    """What an expression gave at 08:00 in Beijing of each day of the dashboard's time.

    Asked as an instant: Grafana 9.4 moves the steps of its ranges to the midnights of the viewer's
    own computer, but the steps of a subquery stand at midnight in UTC for everybody.
    """
    return f"({expr})[$__range:1d]"


def at_the_end(expr: str) -> str:
    """What an expression gives at the end of the dashboard's time, at each of its days."""
    # A subquery, for @ stands behind nothing else; a second, which always has a whole one in it.
    return f"last_over_time(({expr})[1s:1s] @ end())"


def dated_or_shown(name: str) -> str:
    """What `dated` gives, and for the day shown what /metrics does: /history comes once an hour."""
    start = at_the_end(period_start(_PLACES[name].report.name))
    of_the_day = f"{start} == time() - {BEIJING_SECONDS}"
    return f"({dated(name)} or ({at_the_end(now(name))} and on (app) ({of_the_day})))"


def week_before(name: str, labels: str = "", key: int = 0, by: str = "app") -> str:
    """The number of the same weekday a week before the one that `now` gives.

    From dated samples: of the last two weeks, the day that lies a week before the day shown;
    evaluated at 08:00 in Beijing, which is midnight UTC, where subqueries with step 1d stand.
    Where there are none, what /metrics showed a week ago, if that was the day a week before.
    """
    report, metric = _PLACES[name]
    history = f"max by ({by}) (last_over_time({series(metric.history_name, labels)}[23h59m59s]))"
    shown = period_start(report.name, " @ end()")
    back = WEEK_SECONDS + key * DAY_SECONDS
    start, week_ago = period_start(report.name), period_start(report.name, " offset 7d")
    return (
        f"(last_over_time(({history} and on (app) "
        f"({shown} - {back} == time() - {BEIJING_SECONDS}))[{14 + key}d:1d])"
        f" or (max by ({by}) ({series(name, labels)} offset 7d)"
        f" and on (app) ({start} - {week_ago} == {WEEK_SECONDS})))"
    )


def change(value: str, before: str) -> str:
    """By which part a value differs from the one before; nothing where that was 0."""
    return f"{value} / ({before} > 0) - 1"


def signed(value: str, by: str = "app") -> str:
    """A whole number as the label `change`, with its sign: Grafana 9.4 has no unit with a plus."""
    told = f'count_values by ({by}) ("change", 0 + round({value}))'
    return f'label_replace({told}, "change", "+$1", "change", "([1-9].*)")'


def with_change(value: str, change: str, by: str = "app") -> str:
    """A value with a change as its label, and nothing where there is no change to tell."""
    return f"{value} * on ({by}) group_left (change) {signed(change, by)}"


def compared(name: str, by: str = "app") -> str:
    """What a number is compared with: what it usually is, else that of a week before."""
    usual = _PLACES[name].metric.usual_metric.name
    return f"({now(usual, by=by)} or {week_before(name, by=by)})"


def surprise(name: str) -> str:
    """The change of a number that lies outside what is usual, where the exporter knows that."""
    judged = _PLACES[name].metric
    usual, deviation = now(judged.usual_metric.name), now(judged.deviation_metric.name)
    as_usual = f"abs({now(name)} - {usual}) <= {USUAL_DEVIATIONS} * {deviation}"
    return f"{change(now(name), compared(name))} unless on (app) ({as_usual})"


def with_usual_span(shown: str, name: str) -> str:
    """With the label `usual`: between which numbers a metric usually lies, where that is known."""
    judged = _PLACES[name].metric
    usual, deviation = now(judged.usual_metric.name), now(judged.deviation_metric.name)
    low, high = (
        _in_thousands(
            f'count_values by (app) ("{label}", '
            f"round(clamp_min({usual} {sign} {USUAL_DEVIATIONS} * {deviation}, 0)))",
            label,
        )
        for label, sign in (("low", "-"), ("high", "+"))
    )
    span = f'label_join({low} * on (app) group_left (high) {high}, "usual", "–", "low", "high")'
    return f"({shown} * on (app) group_left (usual) {span} or on (app) {shown})"


def _in_thousands(expr: str, label: str) -> str:
    """With commas in the number that a label tells, as Grafana writes numbers."""
    millions = rf'label_replace({expr}, "{label}", "$1,$2,$3", "{label}", "(.+)(...)(...)")'
    return rf'label_replace({millions}, "{label}", "$1,$2", "{label}", "([^,]+)(...)")'


def moved(name: str, label: str, most: int) -> tuple[str, str]:
    """What a metric was for those that changed most, and how much more that is than usual.

    The number now, with the change as its label, and the number it is compared with.
    """
    by = f"app, {label}"
    value, before = now(name, by=by), compared(name, by)
    largest = most_moved(name, label, most)
    return (
        f"{with_change(value, f'{value} - {before}', by)} and on ({by}) {largest}",
        f"{before} and on ({by}) {largest}",
    )


def most_moved(name: str, label: str, most: int) -> str:
    """By how much a metric differs, up or down, for those where it differs most."""
    by = f"app, {label}"
    return f"topk by (app) ({most}, abs({now(name, by=by)} - {compared(name, by)}))"


def retention_now(user: str, key: str, period: str = "day") -> str:
    """Which part of the newest cohort known for the key came back."""
    users, cohort = _RETENTION[period]
    labels = f'user="{user}",{period}="{key}"'
    return ratio(now(users, labels), now(cohort, labels))


def with_cohort(shown: str, user: str, key: str, period: str = "day") -> str:
    """With the label `cohort`: month and day with which the newest cohort known for the key begins.

    The last of the dates that have a number, which /history brings within the hour.
    """
    known = dated(_RETENTION[period][0], f'user="{user}",{period}="{key}"', key=int(key))
    newest = f"max_over_time((0 * {known} + time())[{LONGEST[period]}:1d])"
    date = f"100 * month({newest}) + day_of_month({newest})"
    told = f'count_values by (app) ("cohort", {date})'
    # At 08:00 in Beijing, which is midnight in UTC, the date is the same in both.
    label = f'label_replace({told}, "cohort", "$1-$2", "cohort", "(.+)(..)")'
    return f"({shown} * on (app) group_left (cohort) {label} or on (app) {shown})"


def retention_dated(user: str, key: str, period: str = "day") -> str:
    """Which part of the cohort of the evaluated day came back."""
    users, cohort = _RETENTION[period]
    labels = f'user="{user}",{period}="{key}"'
    return ratio(dated(users, labels, key=int(key)), dated(cohort, labels, key=int(key)))


def retention_week_before(user: str, key: str) -> str:
    """The retention of the cohort a week before the one that `retention_now` gives."""
    users, cohort = _RETENTION["day"]
    labels = f'user="{user}",day="{key}"'
    return (
        f"({week_before(users, labels, int(key))} / ({week_before(cohort, labels, int(key))} > 0))"
    )


def cohort_size(user: str, period: str = "day") -> str:
    """How many users the cohort of the evaluated day had."""
    users, _ = _RETENTION[period]
    return dated(users, f'user="{user}",{period}="0"')


# Back to the cohorts of the longest key, and the days until WeChat tells it.
LONGEST = {"day": "40d", "week": "60d", "month": "100d"}
_RETENTION = {
    "day": ("wxa_retention_users", "wxa_retention_cohort_users"),
    "week": ("wxa_weekly_retention_users", "wxa_weekly_retention_cohort_users"),
    "month": ("wxa_monthly_retention_users", "wxa_monthly_retention_cohort_users"),
}


def day_off(shown: str) -> str:
    """1 on days off in Beijing, 0 on other days, every eight hours from midnight.

    By the kind of the day that the exporter tells; where it tells none, by the day of the week.
    Only with days for which there is something to show: a chart of nothing but days off would not
    say that it is empty.
    """

    def told(kinds: str) -> str:
        day = _dated(BY_NAME[DAY_KIND_OF], DAY_KIND.name, kinds, by="")
        # The kind at 08:00, at each of the three hours of its day.
        return f"last_over_time({day}[23h:1d] offset -{BEIJING_HOURS}h)"

    off = told('kind=~"weekend|holiday"')
    worked = told('kind=~"workday|moved_workday"')
    weekend = f"day_of_week(vector(time() + {BEIJING_SECONDS})) % 6 == bool 0"
    return f"(({off} or 0 * {worked} or {weekend}) and on () {shown})[$__range:8h]"
