"""An archive of an earlier version becomes one of today's, and no other version spoils it."""

import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, inspect, text

from exporter.archive import Archive, Failed, Kept, Looked, Quota, engine_of
from exporter.archive.migrations import VERSION, version_of
from exporter.errors import ArchiveError
from tests.archive.conftest import at, bodies, write
from tests.logged import logged

# 72 looks of two simulated days, as the first release archived them, written by sqlite3's .dump.
FIRST = (Path(__file__).parent / "testdata" / "version-1.sql").read_text()
APPID = "wx00000000000000c3"


@pytest.fixture
def engine(archive_url: str) -> Iterator[Engine]:
    """A database that holds an archive of version 1."""
    if archive_url.startswith("sqlite"):
        with closing(sqlite3.connect(archive_url.removeprefix("sqlite:///"))) as connection:
            connection.executescript(FIRST)
    engine = engine_of(archive_url)
    if engine.dialect.name == "postgresql":
        statements = FIRST.replace("BLOB", "BYTEA").replace("BEGIN TRANSACTION;", "")
        statements = re.sub(r"X'([0-9A-F]*)'", r"'\\x\1'", statements).replace("COMMIT;", "")
        with engine.begin() as connection:
            connection.execute(text(statements.replace(":", "\\:")))
    yield engine
    engine.dispose()


@pytest.fixture
def first(engine: Engine) -> Iterator[Archive]:
    """An archive of version 1, not opened yet."""
    with closing(Archive(engine)) as archive:
        yield archive


def replies(engine: Engine) -> set[tuple[object, ...]]:
    query = (
        "SELECT appid, report, first_day, asked_at, answered_at, answered_ask, learned_at, news "
        "FROM replies"
    )
    with engine.connect() as connection:
        return {tuple(map(str, row)) for row in connection.execute(text(query))}


def columns(engine: Engine) -> dict[str, list[tuple[str, str, bool]]]:
    found = inspect(engine)
    return {
        table: sorted(
            (each["name"], str(each["type"]), bool(each["nullable"]))
            for each in found.get_columns(table)
        )
        for table in found.get_table_names()
    }


def set_version(engine: Engine, version: int) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE schema_version SET version = :new"), {"new": version})


def test_an_archive_of_the_first_version_keeps_all_it_held_and_gets_todays_tables(
    first: Archive, engine: Engine, tmp_path: Path
) -> None:
    before = replies(engine)
    assert len(before) > 50
    with logged("info") as log:
        first.open()
    assert "archive migrated" in log.getvalue()
    assert f"was=1 version={VERSION}" in log.getvalue()
    assert replies(engine) == before
    held = dict(first.bodies(APPID, "daily_visit_trend", date(2026, 3, 18)))
    assert '"ref_date":"20260318"' in str(held[date(2026, 3, 18)].body).replace(" ", "")
    if engine.dialect.name == "sqlite":
        with closing(at(tmp_path / "new.db")) as new:
            new.open()
        fresh = engine_of(f"sqlite:///{tmp_path / 'new.db'}")
        assert columns(engine) == columns(fresh)
        fresh.dispose()


def test_an_archive_of_the_second_version_keeps_its_replies_and_gets_todays_tables(
    archive: Archive, archive_url: str
) -> None:
    write(archive, "kept")
    engine = engine_of(archive_url)
    today = columns(engine)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE quotas"))
        connection.execute(text("DROP TABLE failures"))
        connection.execute(text("CREATE TABLE pauses (appid VARCHAR(64) PRIMARY KEY)"))
    set_version(engine, 2)
    with logged("info") as log, closing(at(archive_url)) as second:
        second.open()
        assert f"was=2 version={VERSION}" in log.getvalue()
        told = Quota("visit", date(2026, 3, 18), 2000, 3, 1997)
        second.keep_quota(APPID, told)
        assert second.quotas(APPID) == [told]
        failed = Failed("", 1, 2, "45009", "spent")
        second.keep_failures(APPID, {"": failed})
        assert second.failures(APPID) == {"": failed}
        assert list(bodies(second).values()) == ["kept"]
    assert columns(engine) == today
    engine.dispose()


def test_it_is_migrated_once_and_serves_as_any_other(first: Archive) -> None:
    first.open()
    with logged("info") as log:
        first.open()
        first.check_writable()
    assert log.getvalue() == ""
    with first.transaction() as transaction:
        transaction.write(APPID, "visit_page", date(2026, 3, 1), Kept(1, refused_at=1))
    assert first.looks(APPID, "visit_page", date(2026, 3, 1), date(2026, 3, 1)) == {
        date(2026, 3, 1): Looked(1, None, refused_at=1)
    }


def test_a_step_that_breaks_off_changes_nothing_and_is_taken_again(
    first: Archive, engine: Engine
) -> None:
    before = columns(engine)

    class PowerCutError(Exception):
        pass

    def cut(_: Connection, __: object, statement: str, *___: object) -> None:
        if "UPDATE schema_version" in statement:
            raise PowerCutError

    event.listen(engine, "before_cursor_execute", cut)
    with suppress(PowerCutError):
        first.open()
    event.remove(engine, "before_cursor_execute", cut)
    engine.dispose()
    assert columns(engine) == before
    first.open()
    with engine.connect() as connection:
        assert version_of(connection) == VERSION


@pytest.mark.usefixtures("engine")
def test_two_exporters_that_start_at_once_both_find_it_migrated(archive_url: str) -> None:
    both = [at(archive_url) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(Archive.open, both))
    for archive in both:
        archive.check_writable()
        archive.close()


def test_an_exporter_beside_a_newer_one_writes_no_more_and_leaves_its_number(
    archive: Archive, archive_url: str
) -> None:
    write(archive, "kept")
    engine = engine_of(archive_url)
    set_version(engine, VERSION + 1)
    with pytest.raises(
        ArchiveError, match=r"a newer exporter brought the archive .* run the newer"
    ):
        archive.check_writable()
    with engine.connect() as connection:
        assert version_of(connection) == VERSION + 1
    engine.dispose()
    assert list(bodies(archive).values()) == ["kept"]


def test_an_exporter_beside_an_older_one_says_which_is_to_be_stopped(
    archive: Archive, archive_url: str
) -> None:
    engine = engine_of(archive_url)
    set_version(engine, 1)
    engine.dispose()
    with pytest.raises(
        ArchiveError, match=r"an older exporter .* stop the older one, then restart"
    ):
        archive.check_writable()
