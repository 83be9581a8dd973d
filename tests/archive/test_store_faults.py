"""What an archive says when it cannot be used, and what it survives."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Generator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event

from exporter.archive import Archive, engine_of
from exporter.archive.migrations import VERSION
from exporter.errors import ArchiveError
from tests.archive.conftest import APPID, DAY, REPORT, at, bodies, write
from tests.logged import logged

WRITER = """
import sys
from datetime import date, timedelta
from tests.archive.conftest import at, write
archive = at(sys.argv[1])
archive.open()
for number in range(100_000):
    write(archive, f"{number} " * 3000, date(2026, 3, 10) + timedelta(days=number))
    print(number, flush=True)
"""


def text_of(caught: pytest.ExceptionInfo[ArchiveError]) -> str:
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize("survivors", [1, 40])
def test_a_writer_killed_in_the_middle_loses_nothing_that_it_committed(
    path: Path, survivors: int
) -> None:
    root = Path(__file__).parent.parent.parent
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(root)},
    ) as writer:  # fmt: skip
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(survivors)]
        writer.send_signal(signal.SIGKILL)
        committed = [int(line) for line in [*lines, *writer.stdout] if line.endswith("\n")]
    with closing(at(path)) as archive:
        archive.open()
        held = bodies(archive)
        for number in committed:
            assert held[DAY + timedelta(days=number)] == f"{number} " * 3000
        assert len(held) - len(committed) in (0, 1)
        write(archive, "and goes on", date(2026, 3, 9))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_newer_archive_is_refused_in_clear_words(in_file: Archive, path: Path) -> None:
    write(in_file, "kept")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE schema_version SET version = version + 1")
        connection.commit()
    with pytest.raises(ArchiveError) as caught:
        in_file.open()
    assert text_of(caught) == (
        f"the archive sqlite:///{path} has version {VERSION + 1}, this exporter knows {VERSION} "
        "at most: run the newer exporter, or name another archive.url"
    )


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    path.write_text("apps:\n  - name: shop\n" * 100)
    before = path.read_bytes()
    with closing(at(path)) as archive, pytest.raises(ArchiveError) as caught:
        archive.open()
    assert text_of(caught) == (
        f"the archive sqlite:///{path} cannot be opened: file is not a database. The file is "
        "damaged, or no archive: stop the exporter, move the file and the ones beside it that end "
        "in -wal and -shm away, and start again with a new archive; `wxa-exporter backfill` "
        "fetches the days that WeChat still has"
    )
    assert path.read_bytes() == before


def test_a_damaged_archive_says_what_can_be_done(in_file: Archive, path: Path) -> None:
    for number in range(200):
        write(in_file, os.urandom(500).hex(), DAY + timedelta(days=number))
    in_file.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + os.urandom(len(whole) - 4096))
    with closing(at(path)) as archive, pytest.raises(ArchiveError, match="The file is damaged"):
        archive.open()


def test_another_file_in_its_place_is_noticed_told_and_used(
    in_file: Archive, path: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.db"
    with closing(at(other)) as archive:
        archive.open()
        write(archive, "of the other")
    for number in range(50):  # so that the log of the first one is not empty
        write(in_file, f"of the first {number}", DAY + timedelta(days=number))
    with logged("info") as log:
        other.replace(path)
        write(in_file, "new", date(2026, 3, 11))
        assert bodies(in_file) == {DAY: "of the other", date(2026, 3, 11): "new"}
    assert log.getvalue().count("archive replaced") == 1
    assert in_file.generation == 1
    in_file.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_file_that_was_deleted_is_begun_anew(in_file: Archive, path: Path) -> None:
    write(in_file, "kept")
    path.unlink()
    write(in_file, "new", date(2026, 3, 11))
    assert bodies(in_file) == {date(2026, 3, 11): "new"}
    assert path.exists()


def test_a_replaced_file_is_not_used_while_the_old_one_is_read(
    in_file: Archive, path: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.db"
    with closing(at(other)) as archive:
        archive.open()
    write(in_file, "kept")
    answer = in_file.bodies(APPID, REPORT, date.min)
    assert isinstance(answer, Generator)
    next(answer)
    other.replace(path)
    with pytest.raises(ArchiveError, match="was replaced by another file, and is still being read"):
        write(in_file, "new")
    answer.close()
    write(in_file, "new")
    assert bodies(in_file) == {DAY: "new"}


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "archive.db"
    with closing(at(path)) as archive, pytest.raises(ArchiveError) as caught:
        archive.open()
    assert text_of(caught) == (
        f"the archive sqlite:///{path} cannot be opened: unable to open database file. Check free "
        "space, permissions, and that the folder exists and is no read-only mount"
    )


def test_a_full_disk_refuses_the_reply_whole_and_everything_stays_readable(path: Path) -> None:
    engine = engine_of(f"sqlite:///{path}")
    event.listen(
        engine, "checkout", lambda connection, *_: connection.execute("PRAGMA max_page_count = 12")
    )
    with closing(Archive(engine)) as archive:
        archive.open()
        write(archive, "small enough")
        with pytest.raises(ArchiveError) as caught:
            write(archive, os.urandom(100_000).hex(), date(2026, 3, 11))
        assert "cannot be written: database or disk is full. Check free space" in text_of(caught)
        assert bodies(archive) == {DAY: "small enough"}
        write(archive, "still small enough", date(2026, 3, 11))


def test_a_read_only_archive_is_read_and_refuses_to_be_written(
    in_file: Archive, path: Path
) -> None:
    write(in_file, "kept")
    with closing(at(f"sqlite:///file:{path}?mode=ro&uri=true")) as read_only:
        assert bodies(read_only) == {DAY: "kept"}
        for attempt in (read_only.check_writable, lambda: write(read_only, "new")):
            with pytest.raises(ArchiveError, match=r"cannot be written: .*readonly database"):
                attempt()
    assert bodies(in_file) == {DAY: "kept"}


def test_a_probe_for_writing_changes_nothing(archive: Archive) -> None:
    write(archive, "kept")
    archive.check_writable()
    archive.open()
    assert bodies(archive) == {DAY: "kept"}


def test_an_archive_that_was_never_opened_says_so_as_an_archive_error(path: Path) -> None:
    with closing(at(path)) as archive, pytest.raises(ArchiveError, match="no such table"):
        bodies(archive)


def test_a_password_in_the_url_is_masked() -> None:
    def unreachable() -> sqlite3.Connection:
        raise sqlite3.OperationalError("no route to host")

    engine = create_engine(
        "postgresql+pg8000://exporter:s3cret@db.example/wxa", module=sqlite3, creator=unreachable
    )
    with closing(Archive(engine)) as archive, pytest.raises(ArchiveError) as caught:
        archive.open()
    assert "the archive postgresql://exporter:***@db.example/wxa cannot be" in text_of(caught)
    assert "s3cret" not in str(caught.value)
