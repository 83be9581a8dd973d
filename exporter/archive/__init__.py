"""The archive: WeChat's replies as received, by app, report and window."""

from exporter.archive.reading import samples_of
from exporter.archive.store import Archive, Kept, Looked, Transaction, sqlite_engine

__all__ = ["Archive", "Kept", "Looked", "Transaction", "samples_of", "sqlite_engine"]
