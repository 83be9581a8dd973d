"""The archive: WeChat's replies as received, by app, report and window."""

from exporter.archive.copying import Copy
from exporter.archive.engines import engine_of
from exporter.archive.failures import Failed, Heard
from exporter.archive.opening import archive_at, open_archive
from exporter.archive.quotas import Quota
from exporter.archive.reader import Kept, Looked, Reader
from exporter.archive.reading import reading_of
from exporter.archive.store import Archive, Part, Transaction

__all__ = [
    "Archive",
    "Copy",
    "Failed",
    "Heard",
    "Kept",
    "Looked",
    "Part",
    "Quota",
    "Reader",
    "Transaction",
    "archive_at",
    "engine_of",
    "open_archive",
    "reading_of",
]
