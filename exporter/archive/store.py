"""Reading and writing replies through SQLAlchemy Core; one transaction for each reply."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Insert,
    Select,
    bindparam,
    func,
    select,
)

from exporter.archive.claims import claims_of
from exporter.archive.database import Database
from exporter.archive.failures import Failed, Heard, end_pauses, failures_since, keep_failures
from exporter.archive.quotas import Quota, keep_quota, quotas_of
from exporter.archive.reader import HAS_DATA, KEPT, OF, Kept, Looked, Reader
from exporter.archive.schema import replies

# Of a long answer no more than so many bodies are in memory at a time.
BODIES_AT_A_TIME = 20


# Built once: a pass runs these for every reply, and building took longer than running.
_KEY = (*OF, replies.c.first_day == bindparam("first_day"))
_READ = select(*KEPT).where(*_KEY)
_NEWEST_NEWS = select(func.max(replies.c.news))
_NEXT_NEWS = select(func.coalesce(func.max(replies.c.news), 0) + 1).scalar_subquery()
# Not grouped by app and report: SQLite would read the whole archive in their order, at every tick.
_NEWS_SINCE = (
    select(replies.c.appid, replies.c.report, replies.c.news)
    .where(replies.c.news > bindparam("number"))
    .order_by(replies.c.news)
)
_EVERYTHING = select(replies.c.first_day, *KEPT).where(*OF).order_by(replies.c.first_day)


# What a look writes that brought nothing; the rest of what is kept stays.
_LOOK = tuple(replies.c[name] for name in ("asked_at", "refused_at"))


@cache
def _write(
    dialect: str, columns: tuple[Column[Any], ...] = KEPT, *, as_news: bool = False
) -> Insert:
    """Puts columns in the place of earlier ones. A dialect is loaded where it is used alone."""
    insert = import_module(f"sqlalchemy.dialects.{dialect}").insert(replies)
    if as_news:
        insert = insert.values(news=_NEXT_NEWS)
    # Not "or replace": it moves the row, and after 90 days the file was 60 % larger.
    written: Insert = insert.on_conflict_do_update(
        index_elements=list(replies.primary_key),
        set_={column.name: insert.excluded[column.name] for column in columns},
    )
    return written


class Part(NamedTuple):
    """The windows with data of some apps' report that begin in a span of days.

    With `learned_since` (Unix seconds) only those that said something new since.
    """

    appids: tuple[str, ...]
    report: str
    first: date
    last: date
    learned_since: int | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same as conditions of a query."""
        found = [
            replies.c.appid.in_(self.appids),
            replies.c.report == self.report,
            replies.c.first_day >= self.first,
            replies.c.first_day <= self.last,
            HAS_DATA,
        ]
        if self.learned_since is not None:
            found.append(replies.c.learned_at >= self.learned_since)
        return found


class Transaction:
    """Reads and writes that become visible together, or not at all."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read(self, appid: str, report: str, first_day: date) -> Kept | None:
        """The archived reply, or None when the window was never answered in any way."""
        row = self._connection.execute(_READ, _key(appid, report, first_day)).one_or_none()
        return None if row is None else Kept(*row)

    def write(self, appid: str, report: str, first_day: date, kept: Kept) -> None:
        """Put the reply in the place of an earlier one."""
        self.write_all(appid, report, {first_day: kept})

    def write_all(self, appid: str, report: str, by_day: Mapping[date, Kept]) -> None:
        """Put replies, by the first day of their windows, in the place of earlier ones."""
        if by_day:
            rows = [_row(appid, report, first_day, kept) for first_day, kept in by_day.items()]
            self._connection.execute(_write(self._connection.dialect.name), rows)

    def write_news(self, appid: str, report: str, first_day: date, kept: Kept) -> None:
        """Put a reply that says something new in the place of an earlier one, with a number."""
        row = _row(appid, report, first_day, kept)
        del row["news"]
        self._connection.execute(_write(self._connection.dialect.name, as_news=True), row)

    def write_look(
        self, appid: str, report: str, first_day: date, asked_at: int, refused_at: int | None = None
    ) -> None:
        """Write that a look brought nothing, beside what is kept of earlier ones."""
        row = _key(appid, report, first_day) | {"asked_at": asked_at, "refused_at": refused_at}
        self._connection.execute(_write(self._connection.dialect.name, _LOOK), row)


def _key(appid: str, report: str, first_day: date) -> dict[str, Any]:
    return {"appid": appid, "report": report, "first_day": first_day}


def _row(appid: str, report: str, first_day: date, kept: Kept) -> dict[str, Any]:
    told = {name: getattr(kept, name) for name in Kept.__dataclass_fields__}
    return _key(appid, report, first_day) | told


class Archive:
    """The archive behind an engine. Every method raises ArchiveError when it cannot be used."""

    def __init__(self, engine: Engine) -> None:
        self._database = Database(engine)
        self.claims = claims_of(engine, str(self))

    def __str__(self) -> str:
        return str(self._database)

    def open(self, create: bool = True) -> None:
        """Make the tables, or bring them to today's version. Refuses a newer one."""
        self._database.open(create)

    def close(self) -> None:
        """Let go of the database."""
        self.claims.close()
        self._database.close()

    @property
    def generation(self) -> int:
        """Another number when the archive is another file than before."""
        return self._database.generation

    def check_writable(self) -> None:
        """Write something that changes nothing, to meet early what keeps from writing."""
        self._database.check_writable()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Reads and writes in one transaction, which no other writer can come between."""
        with self._database.writing() as connection:
            yield Transaction(connection)

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """For many reads one after the other."""
        with self._database.reading() as connection:
            yield Reader(self._database, connection)

    def failures(self, appid: str) -> dict[str, Failed]:
        """By report, what of an app fails, whoever asked; an empty name is the whole app."""
        with self.reader() as reader:
            return reader.failures(appid)

    def failures_since(self, news: int) -> list[Heard]:
        """How reports came to fail, or to be well again, after that number."""
        with self._database.reading() as connection:
            return failures_since(connection, news)

    def keep_failures(self, appid: str, found: Mapping[str, Failed | None]) -> None:
        """Let everybody on this archive know how reports of an app fail, or that they are well."""
        with self._database.writing() as connection:
            keep_failures(connection, appid, found)

    def end_pauses(self, appids: Iterable[str]) -> None:
        """Let everybody on this archive ask for apps again."""
        with self._database.writing() as connection:
            end_pauses(connection, appids)

    def quotas(self, appid: str) -> list[Quota]:
        """What anybody on this archive was told last of each of an app's calls."""
        with self._database.reading() as connection:
            return quotas_of(connection, appid)

    def keep_quota(self, appid: str, told: Quota) -> None:
        """Let everybody on this archive know what was told of an app's call."""
        with self._database.writing() as connection:
            keep_quota(connection, appid, told)

    def looks(self, appid: str, report: str, first: date, last: date) -> dict[date, Looked]:
        """By first day, what is known of the looks at a report's windows that begin in a span."""
        with self.reader() as reader:
            return reader.looks(appid, report, first, last)

    def bodies(self, appid: str, report: str, since: date) -> Iterator[tuple[date, Kept]]:
        """First day and reply of the windows with data from `since` on, newest first."""
        with self.reader() as reader:
            yield from reader.bodies(appid, report, since)

    def bodies_on(
        self, appid: str, report: str, days: Sequence[date]
    ) -> Iterator[tuple[date, Kept]]:
        """First day and reply of the windows with data that begin on those days, newest first."""
        with self.reader() as reader:
            yield from reader.bodies_on(appid, report, days)

    def span(self, part: Part) -> Iterator[tuple[str, date, Kept]]:
        """Appid, first day and reply in a part of the archive: app by app, oldest first."""
        query = select(replies.c.appid, replies.c.first_day, *KEPT).where(*part.conditions())
        query = query.execution_options(yield_per=BODIES_AT_A_TIME)
        for row in self._rows(query.order_by(replies.c.appid, replies.c.first_day)):
            yield row.appid, row.first_day, Kept(*row[2:])

    def newest_news(self) -> int:
        """The number of what was learned last; 0 before anything was."""
        return next(self._rows(_NEWEST_NEWS))[0] or 0

    def news_since(self, number: int) -> dict[tuple[str, str], int]:
        """By appid and report, the newest number of what was learned after `number`."""
        return {(row[0], row[1]): row[2] for row in self._rows(_NEWS_SINCE, {"number": number})}

    def parts(self) -> list[tuple[str, str]]:
        """Each appid and report about which anything is archived, in the order of their letters."""
        return sorted(map(tuple, self._rows(select(replies.c.appid, replies.c.report).distinct())))

    def asked(self, appid: str, report: str) -> dict[date, int]:
        """By first day, when a report's windows were asked about last, in Unix seconds."""
        looks = self.looks(appid, report, date.min, date.max)
        return {day: looked.asked_at for day, looked in looks.items()}

    def everything(self, appid: str, report: str) -> Iterator[tuple[date, Kept]]:
        """First day and reply of every window of a report, without data too, oldest first."""
        for row in self._rows(_EVERYTHING, {"appid": appid, "report": report}):
            yield row.first_day, Kept(*row[1:])

    def _rows(
        self, query: Select[Any], parameters: Mapping[str, Any] | None = None
    ) -> Iterator[Any]:
        with self._database.reading() as connection:
            yield from connection.execute(query, parameters)
