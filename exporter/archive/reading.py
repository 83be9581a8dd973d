"""An archived reply -> samples, by the table as it is today."""

from exporter.archive.store import Kept
from exporter.periods import Window
from exporter.reports.extract import decode, read
from exporter.reports.vocabulary import Report, Sample


def samples_of(report: Report, window: Window, kept: Kept) -> list[Sample]:
    """The samples of an archived reply; none where there is no body."""
    if kept.body is None:
        return []
    return read(report, window, decode(kept.body), kept.answered_ask).samples
