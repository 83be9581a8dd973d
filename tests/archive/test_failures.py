"""How reports fail is there for every process, and each finds what changed since it last looked."""

from contextlib import closing

import pytest
from sqlalchemy import text

from exporter.archive import Archive, Failed, Heard, engine_of
from exporter.errors import ArchiveError
from tests.archive.conftest import APPID, REPORT, at

PAUSED = Failed("", 100, 200, "45009", "spent")
FAILED = Failed(REPORT, 101, None, "timeout", "no answer within 10 s")


def changes(archive: Archive, since: int) -> set[tuple[str, str, Failed | None]]:
    return {(each.appid, each.report, each.failed) for each in archive.failures_since(since)}


def newest(archive: Archive) -> int:
    return max(each.news for each in archive.failures_since(0))


def test_what_one_process_was_told_another_one_reads(archive: Archive, archive_url: str) -> None:
    archive.keep_failures(APPID, {"": PAUSED, REPORT: FAILED})
    archive.keep_failures("wx2", {REPORT: FAILED})
    with closing(at(archive_url)) as other:
        other.open()
        assert other.failures(APPID) == {"": PAUSED, REPORT: FAILED}
        assert other.failures("wx3") == {}
        other.keep_failures(APPID, {REPORT: None})
    assert archive.failures(APPID) == {"": PAUSED}


def test_every_change_is_found_by_its_number_and_no_number_comes_twice(archive: Archive) -> None:
    assert archive.failures_since(0) == []
    archive.keep_failures(APPID, {REPORT: FAILED})
    known = newest(archive)
    assert archive.failures_since(0) == [Heard(known, APPID, REPORT, FAILED)]
    assert changes(archive, known) == set()
    # In the place of the row with the highest number.
    later = FAILED._replace(at=102, code="-1")
    archive.keep_failures(APPID, {REPORT: later})
    assert changes(archive, known) == {(APPID, REPORT, later)}
    known = newest(archive)
    archive.keep_failures(APPID, {REPORT: None})
    assert changes(archive, known) == {(APPID, REPORT, None)}
    known = newest(archive)
    archive.keep_failures("wx2", {"": PAUSED})
    assert changes(archive, known) == {("wx2", "", PAUSED)}


def test_pauses_that_a_person_ends_are_failures_still_and_that_is_a_change(
    archive: Archive,
) -> None:
    archive.keep_failures(APPID, {"": PAUSED, REPORT: FAILED})
    archive.keep_failures("wx2", {"": PAUSED})
    known = newest(archive)
    archive.end_pauses([APPID, "wx3"])
    ended = PAUSED._replace(until=None)
    assert archive.failures(APPID) == {"": ended, REPORT: FAILED}
    assert archive.failures("wx2") == {"": PAUSED}
    assert changes(archive, known) == {(APPID, "", ended)}
    known = newest(archive)
    archive.end_pauses([APPID])
    assert changes(archive, known) == set()


def test_the_table_does_not_grow_with_time(archive: Archive, archive_url: str) -> None:
    for seconds in range(5):
        archive.keep_failures(APPID, {REPORT: FAILED._replace(at=seconds)})
        archive.keep_failures(APPID, {REPORT: None})
    engine = engine_of(archive_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM failures")).scalar() == 1
    engine.dispose()


def test_a_table_that_is_gone_is_told_as_an_archive_that_fails(
    archive: Archive, archive_url: str
) -> None:
    engine = engine_of(archive_url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE failures"))
    engine.dispose()
    with pytest.raises(ArchiveError, match=r"cannot be read: .*failures"):
        archive.failures(APPID)
    with pytest.raises(ArchiveError, match=r"cannot be read: .*failures"):
        archive.failures_since(0)
    with pytest.raises(ArchiveError, match=r"cannot be written: .*failures"):
        archive.keep_failures(APPID, {"": PAUSED})
    with pytest.raises(ArchiveError, match=r"cannot be written: .*failures"):
        archive.end_pauses([APPID])
