"""Keeping the rows that matter most: of a day's pages the most visited."""

from exporter.reports.report import Reading
from exporter.reports.vocabulary import Labels


def keep_most_visited(reading: Reading, limit: int) -> int:
    """Leave `limit` rows in the reading, the highest ranking; returns how many were dropped.

    Readings of reports whose rows have no rank stay as they are.
    """
    ranking = reading.report.ranking
    if ranking is None:
        return 0
    rows = set[Labels]().union(*reading.values.values())
    if len(rows) <= limit:
        return 0
    visits = reading.values[ranking.name]
    # Rows without a known number come last; names decide between equals.
    ordered = sorted(rows, key=lambda row: (-visits.get(row, -1.0), row))
    kept = set(ordered[:limit])
    for name, values in reading.values.items():
        reading.values[name] = {row: value for row, value in values.items() if row in kept}
    return len(rows) - limit
