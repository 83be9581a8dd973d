"""A PostgreSQL that keeps its connections and says nothing more."""

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest
from sqlalchemy.engine import make_url

from exporter.archive import Archive, archive_at
from exporter.archive.engines import postgresql_engine
from exporter.errors import ArchiveError
from tests.archive.conftest import APPID, DAY, bodies, write
from tests.postgresql_server import PostgreSQL

SECONDS = 0.5


@pytest.fixture
def archive(own_server: PostgreSQL) -> Iterator[Archive]:
    """An archive whose server has half a second for an answer."""
    engine = postgresql_engine(make_url(own_server.new_database()), SECONDS)
    with closing(Archive(engine)) as archive:
        archive.open()
        yield archive


def test_a_session_that_stands_still_is_given_up_and_a_new_one_taken(
    archive: Archive, own_server: PostgreSQL
) -> None:
    write(archive, "before")
    with own_server.standing_still():
        assert bodies(archive) == {DAY: "before"}
        write(archive, "meanwhile")
    assert bodies(archive) == {DAY: "meanwhile"}


def test_a_statement_that_takes_longer_is_told_and_the_next_one_runs(
    archive: Archive, own_server: PostgreSQL
) -> None:
    write(archive, "before")
    with archive.reader() as reader:
        assert reader.last_answer(APPID, "none") is None
        with (
            own_server.standing_still(),
            pytest.raises(ArchiveError, match=r"cannot be read: no answer within 0\.5 s\. Check"),
        ):
            reader.last_answer(APPID, "none")
    assert bodies(archive) == {DAY: "before"}


def test_what_was_claimed_is_lost_with_a_session_that_stands_still(
    archive: Archive, own_server: PostgreSQL
) -> None:
    assert archive.claims.take(APPID)
    with (
        own_server.standing_still(),
        pytest.raises(ArchiveError, match=r"was asking for: no answer within 0\.5 s\. Check"),
    ):
        archive.claims.check(APPID)
    with pytest.raises(ArchiveError, match="let go of the apps"):
        archive.claims.check(APPID)


def test_a_writer_that_stands_still_keeps_the_turn_for_less_than_the_others_wait(
    postgresql: PostgreSQL,
) -> None:
    url = postgresql.new_database()
    with closing(archive_at(url)) as one, closing(archive_at(url)) as other, ExitStack() as still:
        transaction = still.enter_context(one.transaction())
        assert transaction.read(APPID, "none", DAY) is None
        write(other, "next")
        with pytest.raises(ArchiveError, match="idle-in-transaction"):
            still.close()
        assert bodies(other) == {DAY: "next"}
