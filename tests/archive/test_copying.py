"""An archive moves between databases whole, and nothing is lost to a mistake."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from exporter.archive import Archive, Copy, Kept, archive_at
from exporter.errors import ArchiveError
from tests.archive.conftest import APPID, DAY, REPORT

REPORTS = ("daily_visit_trend", "visit_page", "weekly_retention")


class Interrupted(Exception):
    """Somebody pressed Ctrl-C."""


def fill(archive: Archive, days: int = 20) -> None:
    """Replies with and without data, of several apps and reports."""
    for number in range(days):
        with archive.transaction() as transaction:
            for appid in (APPID, APPID.upper()):
                for report in REPORTS:
                    day = DAY + timedelta(days=number)
                    if number % 5:
                        kept = Kept(100 + number, 7, 1, 7, body=f"{number} 首页 " * 100)
                        transaction.write_news(appid, report, day, kept)
                    else:
                        transaction.write_look(appid, report, day, 100 + number)


def content(archive: Archive) -> dict[tuple[str, str, date], Kept]:
    """Everything, by appid, report and first day."""
    return {
        (*part, day): kept for part in archive.parts() for day, kept in archive.everything(*part)
    }


def copied(source: Archive, target: Archive, after: Callable[[], None] = lambda: None) -> int:
    """Copy and prove; how many replies were written."""
    copying = Copy(source, target)
    parts = copying.parts()
    count = copying.run(parts, after)
    assert copying.prove(parts, lambda: None) == len(content(source))
    return count


@pytest.fixture(params=["to postgresql", "to sqlite"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Archive, Archive]]:
    """A filled archive, and an empty one in the other database."""
    urls = [
        f"sqlite:///{tmp_path / 'archive.db'}",
        request.getfixturevalue("postgresql").new_database(),
    ]
    if request.param == "to sqlite":
        urls.reverse()
    with closing(archive_at(urls[0])) as source, closing(archive_at(urls[1])) as target:
        fill(source)
        yield source, target


def test_a_copy_holds_the_same_and_goes_on_from_there(pair: tuple[Archive, Archive]) -> None:
    source, target = pair
    assert copied(source, target) == 120
    assert content(source) == content(target)
    assert target.newest_news() == source.newest_news() == 96
    assert copied(source, target) == 0
    fill(source, days=21)
    assert copied(source, target) > 0
    assert content(source) == content(target)


def test_an_interrupted_copy_goes_on_where_it_was(pair: tuple[Archive, Archive]) -> None:
    source, target = pair
    steps = iter([None, None])

    def after() -> None:
        if next(steps, "over") == "over":
            raise Interrupted

    with pytest.raises(Interrupted):
        copied(source, target, after)
    assert len(content(target)) == 60
    assert copied(source, target) == 60
    assert content(source) == content(target)


def test_a_target_with_something_of_its_own_is_left_alone(pair: tuple[Archive, Archive]) -> None:
    source, target = pair
    copied(source, target)
    day = DAY + timedelta(days=3)
    with target.transaction() as transaction:
        transaction.write(APPID, "visit_page", day, Kept(9999))
    before = content(target)
    with pytest.raises(ArchiveError) as caught:
        copied(source, target)
    assert str(caught.value) == (
        f"{target} knows of {APPID} visit_page {day} what {source} does not: copy into an empty "
        "archive, or exchange the two"
    )
    assert content(target) == before


def test_archives_that_each_know_something_are_not_to_be_exchanged(
    pair: tuple[Archive, Archive],
) -> None:
    source, target = pair
    copied(source, target)
    day, other = DAY + timedelta(days=3), DAY + timedelta(days=4)
    for archive, changed in ((target, day), (source, other)):
        with archive.transaction() as transaction:
            transaction.write(APPID, "visit_page", changed, Kept(9999))
    with pytest.raises(ArchiveError) as caught:
        copied(source, target)
    assert str(caught.value) == (
        f"{target} knows of {APPID} visit_page {day} what {source} does not: copy into an empty "
        f"archive, for neither holds all: of {APPID} visit_page {other} it is the other way round"
    )


@pytest.mark.parametrize("change", ["changed", "vanished"])
def test_a_difference_is_found_and_named(pair: tuple[Archive, Archive], change: str) -> None:
    source, target = pair
    copied(source, target)
    statement = {
        "changed": "UPDATE replies SET learned_at = 8",
        "vanished": "DELETE FROM replies",
    }[change]
    key = f"appid = '{APPID}' AND report = '{REPORT}' AND first_day = '2026-03-12'"
    with target._database._engine.begin() as connection:
        connection.exec_driver_sql(f"{statement} WHERE {key}")
    copying = Copy(source, target)
    with pytest.raises(ArchiveError, match=rf"differ in {APPID} {REPORT} 2026-03-12: if an"):
        copying.prove(copying.parts(), lambda: None)
