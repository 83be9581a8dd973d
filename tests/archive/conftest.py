"""An archive in either database, and how tests fill it."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from exporter.archive import Archive, Kept, engine_of

APPID, REPORT, DAY = "wx00000000000000a1", "daily_visit_trend", date(2026, 3, 10)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a SQLite file may be made."""
    return tmp_path / "archive.db"


@pytest.fixture
def in_file(path: Path) -> Iterator[Archive]:
    """An archive in a SQLite file."""
    with closing(at(path)) as archive:
        archive.open()
        yield archive


@pytest.fixture
def archive(archive_url: str) -> Iterator[Archive]:
    with closing(at(archive_url)) as archive:
        archive.open()
        yield archive


def at(place: Path | str) -> Archive:
    """The archive in that file or at that URL, not opened yet."""
    return Archive(engine_of(f"sqlite:///{place}" if isinstance(place, Path) else place))


def write(archive: Archive, body: str | None, day: date = DAY, report: str = REPORT) -> None:
    """Archive a reply of 12:00 UTC on the day after."""
    at = 1773230400
    answered = None if body is None else at
    with archive.transaction() as transaction:
        kept = Kept(at, answered, None if body is None else 0, answered, body=body)
        transaction.write(APPID, report, day, kept)


def bodies(archive: Archive, since: date = date.min) -> dict[date, str | None]:
    """The archived bodies by day."""
    return {day: kept.body for day, kept in archive.bodies(APPID, REPORT, since)}
