"""One archive into another, whichever databases hold them, and the proof that both are the same."""

from collections.abc import Callable
from datetime import date
from itertools import zip_longest

from exporter.archive.store import Archive
from exporter.errors import ArchiveError

# An app's replies about a report: what is copied in one transaction.
Replies = tuple[str, str]


class Copy:
    """A copy of one archive's replies to another.

    Interrupted at any moment, the next one goes on there. Failures and quotas tell of today alone.
    """

    def __init__(self, source: Archive, target: Archive) -> None:
        self._source = source
        self._target = target

    def parts(self) -> list[Replies]:
        """What is to be copied and compared. Raises ArchiveError when the target has its own.

        Nothing is written before that is known: whoever mixes the two up loses nothing.
        """
        if lacks := _lacks(self._source, self._target):
            advice = "copy into an empty archive"
            if back := _lacks(self._target, self._source):
                advice += f", for neither holds all: of {back} it is the other way round"
            else:
                advice += ", or exchange the two"
            raise ArchiveError(
                f"{self._target} knows of {lacks} what {self._source} does not: {advice}"
            )
        return self._source.parts()

    def run(self, parts: list[Replies], done: Callable[[], None]) -> int:
        """Copy what is not there yet; how many replies were. Calls `done` after each part."""
        copied = 0
        for part in parts:
            there = dict(self._target.everything(*part))
            missing = {
                day: kept for day, kept in self._source.everything(*part) if there.get(day) != kept
            }
            with self._target.transaction() as transaction:
                transaction.write_all(*part, missing)
            copied += len(missing)
            done()
        return copied

    def prove(self, parts: list[Replies], done: Callable[[], None]) -> int:
        """Compare every reply of both; how many there are. Calls `done` after each part.

        Raises ArchiveError at the first difference.
        """
        replies = 0
        if self._source.parts() != self._target.parts():
            raise self._differs("apps and reports")
        for part in parts:
            pairs = zip_longest(self._source.everything(*part), self._target.everything(*part))
            for one, other in pairs:
                if one != other:
                    raise self._differs(_named(*part, (one or other)[0]))
                replies += 1
            done()
        return replies

    def _differs(self, what: str) -> ArchiveError:
        return ArchiveError(
            f"{self._source} and {self._target} differ in {what}: if an exporter writes to one of "
            "them, stop it and run the same command again"
        )


def _lacks(one: Archive, other: Archive) -> str:
    """The first thing that the other knows and this one does not; empty if there is none."""
    for part in other.parts():
        known = one.asked(*part)
        for day, asked_at in other.asked(*part).items():
            if known.get(day, 0) < asked_at:
                return _named(*part, day)
    return ""


def _named(appid: str, report: str, day: date) -> str:
    return f"{appid} {report} {day}"
