"""What was told of today's quotas is there for every process, and does not grow with time."""

from contextlib import closing
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from exporter.archive import Archive, Quota, engine_of
from exporter.errors import ArchiveError
from tests.archive.conftest import APPID, at

TODAY = date(2026, 3, 18)
TOLD = Quota("visit", TODAY, 2000, 1703.5, 1e300)


def test_what_one_process_was_told_another_one_reads(archive: Archive, archive_url: str) -> None:
    silent = Quota("summary", TODAY)
    archive.keep_quota(APPID, TOLD)
    archive.keep_quota(APPID, silent)
    archive.keep_quota("wx2", Quota("visit", TODAY, 1, 1, 0))
    with closing(at(archive_url)) as other:
        other.open()
        assert sorted(other.quotas(APPID)) == [silent, TOLD]
        assert other.quotas("wx3") == []


def test_each_day_takes_the_place_of_the_one_before(archive: Archive, archive_url: str) -> None:
    for days in range(5):
        archive.keep_quota(APPID, TOLD._replace(day=TODAY + timedelta(days), used=days))
    archive.keep_quota(APPID, Quota("visit", TODAY + timedelta(5)))
    assert archive.quotas(APPID) == [Quota("visit", TODAY + timedelta(5))]
    engine = engine_of(archive_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM quotas")).scalar() == 1
    engine.dispose()


def test_a_table_that_is_gone_is_told_as_an_archive_that_fails(
    archive: Archive, archive_url: str
) -> None:
    engine = engine_of(archive_url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE quotas"))
    engine.dispose()
    with pytest.raises(ArchiveError, match=r"cannot be read: .*quotas"):
        archive.quotas(APPID)
    with pytest.raises(ArchiveError, match=r"cannot be written: .*quotas"):
        archive.keep_quota(APPID, TOLD)
