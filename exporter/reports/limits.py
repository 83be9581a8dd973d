"""Keeping the values of a label that matter most: of a day's pages the most visited."""

from collections.abc import Mapping

from exporter.reports.report import Reading
from exporter.reports.vocabulary import Labels

# How many values of a label are kept, by the label's name.
Limits = Mapping[str, int]


def keep_largest(reading: Reading, limits: Limits) -> dict[str, int]:
    """Leave in the reading the largest values of each label that has a limit.

    Returns how many were dropped, by label, for the labels that the report has. What ranks them
    is the report's ranking metric, and without one the first metric with the label: its largest
    number for the value, whatever the other labels say.
    """
    return {
        label: _keep(reading, label, limit)
        for label, limit in limits.items()
        if any(label in metric.labels for metric in reading.report.metrics)
    }


def _keep(reading: Reading, label: str, limit: int) -> int:
    metrics = [metric for metric in reading.report.metrics if label in metric.labels]
    at = metrics[0].labels.index(label)
    rows = set[Labels]().union(*(reading.values[metric.name] for metric in metrics))
    if len(rows) <= limit:
        return 0
    ranking = reading.values[(reading.report.ranking or metrics[0]).name]
    # Those without a known number come last.
    sizes = dict.fromkeys((row[at] for row in rows), -1.0)
    for row, size in ranking.items():
        sizes[row[at]] = max(sizes[row[at]], size)
    # Names decide between equals.
    kept = set(sorted(sizes, key=lambda value: (-sizes[value], value))[:limit])
    for metric in metrics:
        values = reading.values[metric.name]
        reading.values[metric.name] = {
            row: value for row, value in values.items() if row[at] in kept
        }
    return len(sizes) - len(kept)
