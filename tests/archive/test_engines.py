"""What both databases promise to writers and readers, and what PostgreSQL says when it is away."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest

from exporter.archive import Archive, Kept, archive_at, engine_of
from exporter.errors import ArchiveError
from tests.archive.conftest import APPID, DAY, REPORT, at, bodies, write
from tests.postgresql_server import PASSWORD, PostgreSQL
from tests.support import free_port

NEWS = Kept(1, 1, 0, 1, body="news")


def learn(archive: Archive, day: date, written: Event, end: Event) -> None:
    """Archive something new, in a transaction that stays open until told to end."""
    with archive.transaction() as transaction:
        transaction.write_news(APPID, REPORT, day, NEWS)
        written.set()
        assert end.wait(20)


def test_a_reader_misses_no_news_of_two_writers_that_overlap(archive_url: str) -> None:
    with (
        closing(at(archive_url)) as one,
        closing(at(archive_url)) as other,
        closing(at(archive_url)) as reader,
    ):
        one.open()
        other.open()
        end, wrote, overtook = Event(), Event(), Event()
        first = Thread(target=learn, args=(one, DAY, wrote, end))
        first.start()
        assert wrote.wait(20)
        second = Thread(target=learn, args=(other, DAY + timedelta(days=1), overtook, end))
        second.start()
        assert not overtook.wait(0.5)
        seen = reader.newest_news()
        assert reader.news_since(seen) == {}
        end.set()
        first.join(20)
        second.join(20)
        assert (seen, reader.news_since(seen)) == (0, {(APPID, REPORT): 2})
        numbers = [kept.news for _, kept in reader.bodies(APPID, REPORT, DAY)]
        assert numbers == [2, 1]


def test_two_processes_that_begin_at_once_make_one_archive(archive_url: str) -> None:
    archives = [at(archive_url) for _ in range(4)]
    threads = [Thread(target=archive.open) for archive in archives]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    for number, archive in enumerate(archives):
        write(archive, str(number))
    assert [bodies(archive) for archive in archives] == [{DAY: "3"}] * 4
    with archives[0]._database._engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT version FROM schema_version").all()
    assert len(rows) == 1
    for archive in archives:
        archive.close()


def test_a_new_file_that_another_process_just_begins_is_waited_for(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "archive.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        archive = at(f"sqlite:///{tmp_path / 'archive.db'}")
        opening = Thread(target=archive.open)
        opening.start()
        opening.join(0.3)
        assert opening.is_alive()
        other.execute("COMMIT")
        opening.join(20)
    write(archive, "begun")
    archive.close()


def test_an_archive_that_must_be_there_is_not_made(archive_url: str) -> None:
    with pytest.raises(ArchiveError, match=r"there is no archive .*: serve or backfill makes it"):
        archive_at(archive_url, create=False)
    archive_at(archive_url).close()
    archive_at(archive_url, create=False).close()


def test_a_stopped_server_is_told_and_a_started_one_is_used_again(own_server: PostgreSQL) -> None:
    with closing(archive_at(own_server.new_database())) as archive:
        write(archive, "before")
        own_server.stop()
        for attempt in (archive.check_writable, archive.newest_news):
            with pytest.raises(ArchiveError) as caught:
                attempt()
            assert "\n" not in str(caught.value)
            assert (
                f"the archive postgresql://wxa:***@127.0.0.1:{own_server.port}/wxa1 cannot be"
                in str(caught.value)
            )
            assert "Check that the server answers" in str(caught.value)
            assert PASSWORD not in str(caught.value)
        own_server.start()
        assert bodies(archive) == {DAY: "before"}
        write(archive, "after")
        assert bodies(archive) == {DAY: "after"}


@pytest.mark.parametrize("wrong", ["password", "port", "database", "option"])
def test_no_message_shows_the_password(postgresql: PostgreSQL, wrong: str) -> None:
    url = {
        "password": postgresql.url("postgres").replace("-must-", "-should-"),
        "port": postgresql.url("postgres", free_port()),
        "database": postgresql.url("nothing"),
        "option": f"{postgresql.url('postgres')}?sslpassword={PASSWORD}&colour=red",
    }[wrong]
    with pytest.raises(ArchiveError) as caught:
        archive_at(url)
    assert "that-must-not" not in str(caught.value)
    assert "that-should-not" not in str(caught.value)
    assert "://wxa:***@127.0.0.1" in str(caught.value)


@pytest.mark.parametrize("place", ["PGPASSWORD", "passfile"])
def test_the_password_may_stand_outside_the_url(
    postgresql: PostgreSQL, place: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    url = postgresql.new_database().replace(f":{PASSWORD}@", "@")
    environment = {"PGPASSWORD": PASSWORD}
    if place == "passfile":
        passfile = tmp_path_factory.mktemp("pass") / "pgpass"
        passfile.write_text(f"*:*:*:wxa:{PASSWORD}\n")
        passfile.chmod(0o600)
        url, environment = f"{url}?passfile={passfile}", {}
    code = f"from exporter.archive import archive_at; archive_at({url!r}).check_writable()"
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=False, timeout=30)
    assert done.returncode == 0


def test_a_missing_driver_is_named_with_what_installs_it() -> None:
    code = (
        "import sys; sys.modules['psycopg'] = None; from exporter.archive import archive_at; "
        "archive_at('postgresql://wxa@127.0.0.1/wxa')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.stderr.splitlines()[-1] == (
        "exporter.errors.ArchiveError: an archive in PostgreSQL needs the driver psycopg: "
        "pip install 'wxa-exporter[postgresql]'"
    )


@pytest.mark.parametrize(
    ("options", "waits"),
    [
        ("", "30s"),
        ("?options=-c%20lock_timeout=5s", "5s"),
        ("?options=--lock-timeout=5s", "5s"),
        ("?options=-c%20deadlock_timeout=2s", "30s"),
    ],
)
def test_a_session_is_told_its_settings_by_a_query_for_poolers_take_no_options(
    postgresql: PostgreSQL, options: str, waits: str
) -> None:
    engine = engine_of(f"{postgresql.new_database()}{options}")
    with engine.connect() as connection:
        for _ in range(2):
            told = connection.exec_driver_sql(
                "SELECT current_setting('lock_timeout'), "
                "current_setting('idle_in_transaction_session_timeout')"
            )
            assert told.one() == (waits, "1min")
            connection.rollback()
        session = connection.connection.dbapi_connection
        assert isinstance(session, psycopg.Connection)
        assert ("timeout" in session.info.options) == bool(options)
    engine.dispose()
