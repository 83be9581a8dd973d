"""Reading replies: what is kept of each, and many reads as one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Date, Select, bindparam, func, select

from exporter.archive.database import Database
from exporter.archive.failures import Failed, failures_of
from exporter.archive.schema import replies


class Looked(NamedTuple):
    """What is known of the looks at one window: when (Unix seconds), and what they answered."""

    asked_at: int
    answered_ask: int | None
    refused_at: int | None = None
    answered_at: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """One archived reply. Times are Unix seconds; all up to the body are None without data."""

    asked_at: int
    answered_at: int | None = None
    answered_ask: int | None = None
    learned_at: int | None = None
    news: int | None = None
    body: str | None = None
    # When WeChat last called the request itself wrong; None once it answered otherwise.
    refused_at: int | None = None


HAS_DATA = replies.c.body.is_not(None)
KEPT = tuple(replies.c[name] for name in Kept.__dataclass_fields__)

# Built once: a pass runs these for every reply, and building took longer than running.
OF = (replies.c.appid == bindparam("appid"), replies.c.report == bindparam("report"))
_LOOKS = select(replies.c.first_day, *(replies.c[name] for name in Looked._fields)).where(
    *OF, replies.c.first_day.between(bindparam("first"), bindparam("last"))
)
_BODIES = (
    select(replies.c.first_day, *KEPT)
    .where(*OF, replies.c.first_day >= bindparam("since"), HAS_DATA)
    .order_by(replies.c.first_day.desc())
)
_LAST_ANSWER = select(func.max(replies.c.answered_at)).where(*OF)


@cache
def _bodies_on(days: int) -> Select[Any]:
    # A parameter for each day: of one list of days the text would be made anew at each run, which
    # takes as long as the run.
    each = [bindparam(f"day_{number}", type_=Date()) for number in range(days)]
    return (
        select(replies.c.first_day, *KEPT)
        .where(*OF, replies.c.first_day.in_(each), HAS_DATA)
        .order_by(replies.c.first_day.desc())
    )


class Reader:
    """Reads over one connection, because getting one takes as long as a read."""

    def __init__(self, database: Database, connection: Connection) -> None:
        self._database = database
        self._connection = connection

    def bodies(self, appid: str, report: str, since: date) -> Iterator[tuple[date, Kept]]:
        """First day and reply of the windows with data from `since` on, newest first."""
        return self._kept(_BODIES, {"appid": appid, "report": report, "since": since})

    def bodies_on(
        self, appid: str, report: str, days: Sequence[date]
    ) -> Iterator[tuple[date, Kept]]:
        """First day and reply of the windows with data that begin on those days, newest first."""
        named = {f"day_{number}": day for number, day in enumerate(days)}
        return self._kept(_bodies_on(len(days)), {"appid": appid, "report": report} | named)

    def looks(self, appid: str, report: str, first: date, last: date) -> dict[date, Looked]:
        """By first day, what is known of the looks at a report's windows that begin in a span."""
        span = {"appid": appid, "report": report, "first": first, "last": last}
        return {row[0]: Looked(*row[1:]) for row in self._rows(_LOOKS, span)}

    def last_answer(self, appid: str, report: str) -> int | None:
        """When a report's data last arrived, in Unix seconds. Reads through all its windows."""
        found: int | None = next(self._rows(_LAST_ANSWER, {"appid": appid, "report": report}))[0]
        return found

    def failures(self, appid: str) -> dict[str, Failed]:
        """By report, what of an app fails, whoever asked; an empty name is the whole app."""
        with self._database.faults("read"):
            return failures_of(self._connection, appid)

    def _kept(
        self, query: Select[Any], parameters: Mapping[str, Any]
    ) -> Iterator[tuple[date, Kept]]:
        for row in self._rows(query, parameters):
            yield row[0], Kept(*row[1:])

    def _rows(self, query: Select[Any], parameters: Mapping[str, Any]) -> Iterator[Any]:
        # Here already: who goes on after faults of its own must see that this one is not.
        with self._database.faults("read"):
            yield from self._connection.execute(query, parameters)
