"""The archive: WeChat's replies as received, by app, report and window."""

from exporter.archive.opening import open_archive
from exporter.archive.reading import reading_of
from exporter.archive.store import Archive, Kept, Looked, Part, Transaction, sqlite_engine

__all__ = [
    "Archive",
    "Kept",
    "Looked",
    "Part",
    "Transaction",
    "open_archive",
    "reading_of",
    "sqlite_engine",
]
