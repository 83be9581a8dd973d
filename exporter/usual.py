"""What a number usually is, from comparable days in the archive. Ours, never WeChat's.

Computed here, against the rule that an exporter computes nothing: a day's numbers come once, a day
late, and Prometheus keeps 15 days by default, while twelve comparable days lie twelve weeks back
and more. Only the archive has them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from math import sqrt
from statistics import median

from exporter.archive import Archive, Reader, reading_of
from exporter.days import Calendar
from exporter.periods import Window
from exporter.reports.report import Reading, Report
from exporter.reports.shapes import ByCohort
from exporter.reports.vocabulary import ByMetric, Labels, Metric

# Of 8,325 simulated falls WxaVisitorsDown finds 96.0 %, with 0.76 false alarms per app and year;
# with eight days it is 96.3 % and 0.90, with four 94.5 % and 1.20.
DAYS, FEWEST = 12, 3
# Pages beyond them are seldom visited, and two more numbers for each would make /metrics half as
# large again.
PAGES = 20
# Makes the median distance of normally distributed numbers their standard deviation: 1.4826, and
# 1.08 because the median lies in the middle of only twelve (simulated, 60,000 draws).
SCALE = 1.4826 * 1.08
# The key of a retention that is judged.
DAY_1 = "1"


def usual(values: Sequence[float]) -> tuple[float, float]:
    """The median, and the spread around it: never less than chance alone makes of a count."""
    middle = median(values)
    distance = median(abs(value - middle) for value in values)
    return middle, max(SCALE * distance, sqrt(middle))


def usual_values(
    archive: Archive | Reader,
    appid: str,
    report: Report,
    calendar: Calendar,
    windows: Mapping[Labels, Window],
    shown: ByMetric,
) -> dict[str, dict[Labels, float]]:
    """What the shown values usually are; `windows` tells the window of each shown label set.

    A label set has none with fewer than three comparable days that tell it. Raises ArchiveError.
    """
    usually: dict[str, dict[Labels, float]] = {metric.name: {} for metric in report.usual}
    if not usually:
        return usually
    judged = {
        labels: window
        for labels, window in windows.items()
        if not report.grows or labels[-1] == DAY_1
    }
    for window in set(judged.values()):
        past = list(islice(_comparable(archive, appid, report, calendar, window), DAYS))
        if len(past) < FEWEST:
            continue
        labels = {each for each, its_window in judged.items() if its_window == window}
        for metric in (metric for metric in report.metrics if metric.usual):
            columns = [_column(report, metric, reading) for reading in past]
            ours = usually[metric.usual_metric.name], usually[metric.deviation_metric.name]
            for each in _told(report, shown, labels, columns):
                found = [column[each] for column in columns if each in column]
                # Of a cohort: as many as usually come back of one of its size.
                times = shown[_cohort_size(report)].get(each) if report.grows else 1.0
                if len(found) < FEWEST or times is None:
                    continue
                told = usual([value * times for value in found])
                for of, value in zip(ours, told, strict=True):
                    of[each] = value
    return usually


def _comparable(
    archive: Archive | Reader, appid: str, report: Report, calendar: Calendar, window: Window
) -> Iterator[Reading]:
    days = calendar.comparable(window.first_day)
    # A cohort's size is needed too.
    needed = report.metrics if report.grows else [each for each in report.metrics if each.usual]
    for first_day, kept in archive.bodies_on(appid, report.name, days):
        reading = reading_of(report, Window(report.period, first_day), kept, needed)
        if any(reading.values.values()):
            yield reading


def _column(report: Report, metric: Metric, reading: Reading) -> Mapping[Labels, float]:
    """What a day told of a metric; of a retention the part of its cohort."""
    values = reading.values[metric.name]
    if not report.grows:
        return values
    sizes = reading.values[_cohort_size(report)]
    return {each: value / sizes[each] for each, value in values.items() if sizes.get(each)}


def _cohort_size(report: Report) -> str:
    return next(m.name for m in report.metrics if m.field == ByCohort.COHORT_SIZE)


def _told(
    report: Report,
    shown: ByMetric,
    labels: set[Labels],
    columns: Iterable[Mapping[Labels, float]],
) -> list[Labels]:
    """The label sets that usual values are wanted of, in order."""
    if report.ranking is not None:
        ranks = shown[report.ranking.name]
        ordered = sorted(labels, key=lambda each: (-ranks.get(each, -1.0), each))
        return sorted(ordered[:PAGES])
    if report.grows:
        return sorted(labels)
    # A source that brought nobody is left out by WeChat, and what it usually brings is news.
    return sorted(set[Labels]().union(*columns))
