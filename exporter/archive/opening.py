"""The archive that a configuration names."""

from pathlib import Path

from sqlalchemy import Engine

from exporter.archive.engines import engine_of
from exporter.archive.store import Archive
from exporter.config import Config
from exporter.errors import ArchiveError


def open_archive(config: Config, create: bool = True) -> Archive:
    """The configured archive, ready for use; made where there is none. Raises ArchiveError."""
    return archive_at(config.archive.url.get_secret_value(), create)


def archive_at(url: str, create: bool = True) -> Archive:
    """The archive that a URL names, ready for use. Raises ArchiveError."""
    try:
        engine = engine_of(url)
    except FileNotFoundError:
        raise ArchiveError(
            "the working directory is gone, where the archive would be: change into another one, "
            "or name an absolute path in archive.url"
        ) from None
    if not create:
        _require_file(engine)
    archive = Archive(engine)
    try:
        archive.open(create)
    except ArchiveError:
        archive.close()
        raise
    return archive


def _require_file(engine: Engine) -> None:
    # SQLite makes the file of whatever is opened.
    if engine.dialect.name == "sqlite" and not Path(str(engine.url.database)).exists():
        raise ArchiveError(f"there is no archive {engine.url.database}: serve or backfill makes it")
