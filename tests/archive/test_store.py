"""What is put into the archive comes out again, from any process, whole or not at all."""

import sqlite3
import zlib
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exporter.archive import Archive, Kept, Looked
from tests.archive.conftest import APPID, DAY, REPORT, at, bodies, write


def test_what_was_written_is_there_after_reopening(archive_url: str) -> None:
    for text in ("first", "second"):
        with closing(at(archive_url)) as archive:
            archive.open()
            write(archive, text)
    with closing(at(archive_url)) as archive:
        archive.open()
        assert bodies(archive) == {DAY: "second"}


def test_a_body_is_kept_deflated_and_returned_as_received(archive: Archive) -> None:
    text = '{ "list":[ {"page_path":"pages\\/首页","visit_uv": 5.0} ] }\r\n' * 500
    write(archive, text)
    with archive._database._engine.connect() as connection:
        (stored,) = connection.exec_driver_sql("SELECT body FROM replies").one()
    assert len(stored) < len(text) / 50
    assert zlib.decompress(stored).decode() == text
    assert bodies(archive) == {DAY: text}


def test_replies_written_again_leave_the_file_as_large_as_it_was(
    in_file: Archive, path: Path
) -> None:
    days = [DAY + timedelta(days=number) for number in range(400)]
    for day in days:
        write(in_file, f"{day} " * 50, day)
    with closing(sqlite3.connect(path)) as connection:
        (before,) = connection.execute("PRAGMA page_count").fetchone()
        for day in days[::3] + days[1::3]:
            write(in_file, f"{day}." * 50, day)
        assert connection.execute("PRAGMA page_count").fetchone() == (before,)


def test_that_nothing_is_new_is_seen_without_reading_the_archive(in_file: Archive) -> None:
    with in_file.transaction() as transaction:
        for number in range(500):
            kept = Kept(1, 1, 0, 1, news=number + 1, body="kept")
            transaction.write(APPID, REPORT, DAY + timedelta(days=number), kept)
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    with in_file._database._engine.connect() as connection:
        connection.connection.driver_connection.set_progress_handler(step, 1)  # type: ignore[union-attr]
    assert in_file.news_since(500) == {}
    assert 0 < steps < 100
    assert in_file.news_since(498) == {(APPID, REPORT): 500}


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_the_same(archive: Archive, text: str) -> None:
    write(archive, text)
    assert bodies(archive) == {DAY: text}


def test_bodies_come_newest_first_and_without_the_windows_that_have_none(archive: Archive) -> None:
    for days, text in ((0, "oldest"), (3, None), (5, "newest"), (2, "middle")):
        write(archive, text, DAY + timedelta(days=days))
    assert list(bodies(archive).values()) == ["newest", "middle", "oldest"]
    assert list(bodies(archive, DAY + timedelta(days=2)).values()) == ["newest", "middle"]


def test_looks_tell_of_every_answer_with_data_or_without(archive: Archive) -> None:
    write(archive, "data")
    write(archive, None, DAY + timedelta(days=1))
    write(archive, "data", report="visit_page")
    assert archive.looks(APPID, REPORT, DAY, date.max) == {
        DAY: Looked(1773230400, 0, answered_at=1773230400),
        DAY + timedelta(days=1): Looked(1773230400, None),
    }
    assert archive.looks("another app", REPORT, DAY, date.max) == {}
    with archive.reader() as reader:
        assert reader.last_answer(APPID, REPORT) == 1773230400
        assert reader.last_answer(APPID, "daily_summary") is None


def test_a_transaction_that_fails_changes_nothing(archive: Archive) -> None:
    write(archive, "before")

    def fail_half_way() -> None:
        with archive.transaction() as transaction:
            transaction.write(APPID, REPORT, DAY, Kept(1, body="half"))
            transaction.write(APPID, REPORT, date(2026, 3, 11), Kept(1, body="half"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert bodies(archive) == {DAY: "before"}


def test_two_writers_at_once_lose_nothing(archive_url: str) -> None:
    turns = 60
    with closing(at(archive_url)) as one, closing(at(archive_url)) as other:
        one.open()
        other.open()
        write(one, "0")

        def count(archive: Archive) -> None:
            for _ in range(turns):
                with archive.transaction() as transaction:
                    kept = transaction.read(APPID, REPORT, DAY)
                    assert kept is not None
                    more = str(int(kept.body or "") + 1)
                    transaction.write(APPID, REPORT, DAY, Kept(1, 1, 0, 1, body=more))

        threads = [Thread(target=count, args=(archive,)) for archive in (one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert bodies(one) == bodies(other) == {DAY: str(2 * turns)}


def test_a_reader_in_the_middle_sees_one_moment_and_hinders_no_writer(archive_url: str) -> None:
    with closing(at(archive_url)) as serve, closing(at(archive_url)) as backfill:
        serve.open()
        for days in range(3):
            write(serve, "before", DAY + timedelta(days=days))
        reading = serve.bodies(APPID, REPORT, DAY)
        first = next(reading)
        for days in range(3):
            write(backfill, "after", DAY + timedelta(days=days))
        assert [kept.body for _, kept in [first, *reading]] == ["before"] * 3
        assert set(bodies(serve).values()) == {"after"}
