"""Keeping the most-visited pages of a day."""

from exporter.reports.extract import Reading
from exporter.reports.vocabulary import ByPage, Labels


def keep_most_visited(reading: Reading, limit: int) -> int:
    """Leave `limit` pages in the reading, the most visited; returns how many were dropped.

    Readings that are not by page stay as they are.
    """
    shape = reading.report.shape
    if not isinstance(shape, ByPage):
        return 0
    pages = set[Labels]().union(*reading.values.values())
    if len(pages) <= limit:
        return 0
    rank = next(m.name for m in reading.report.metrics if m.field == shape.rank)
    visits = reading.values[rank]
    # Pages without a known number of visits come last; names decide between equals.
    ordered = sorted(pages, key=lambda page: (-visits.get(page, -1.0), page))
    kept = set(ordered[:limit])
    for name, values in reading.values.items():
        reading.values[name] = {page: value for page, value in values.items() if page in kept}
    return len(pages) - limit
