"""The archive that a configuration names."""

from pathlib import Path

from exporter.archive.store import Archive, sqlite_engine
from exporter.config import Config
from exporter.errors import ArchiveError


def open_archive(config: Config, create: bool = True) -> Archive:
    """The configured archive, ready for use; made where there is none. Raises ArchiveError."""
    engine = sqlite_engine(config.archive.url.get_secret_value())
    archive = Archive(engine)
    if not create and not Path(str(engine.url.database)).exists():
        raise ArchiveError(f"there is no archive {engine.url.database}: serve or backfill makes it")
    archive.open()
    return archive
