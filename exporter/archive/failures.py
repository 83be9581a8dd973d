"""How reports fail, and what no process on a shared archive asks for that: one table.

A part of a pass reads its app's rows; a tick those that changed since the number that it knows.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from exporter.archive.schema import failures


class Failed(NamedTuple):
    """How the last look at a report failed; an empty name is what concerns the whole app.

    Times are Unix seconds; it is left alone until then, or not at all.
    """

    report: str
    at: int
    until: int | None
    code: str
    message: str


class Heard(NamedTuple):
    """A change that a process told of: how an app's report fails now, or None when it is well."""

    news: int
    appid: str
    report: str
    failed: Failed | None


_FAILED = tuple(failures.c[name] for name in Failed._fields)
WELL = ""
_FAILS = failures.c.code != WELL
# Built once, because each part of a pass and each tick runs one.
_OF_APP = select(*_FAILED).where(failures.c.appid == bindparam("appid"), _FAILS)
_SINCE = select(failures.c.news, failures.c.appid, *_FAILED).where(
    failures.c.news > bindparam("news")
)
_NEXT_NEWS = select(func.coalesce(func.max(failures.c.news), 0) + 1)


def failures_of(connection: Connection, appid: str) -> dict[str, Failed]:
    """By report, what of an app fails."""
    return {row.report: Failed(*row) for row in connection.execute(_OF_APP, {"appid": appid})}


def failures_since(connection: Connection, news: int) -> list[Heard]:
    """What changed after that number."""
    return [
        Heard(row.news, row.appid, row.report, None if row.code == WELL else Failed(*row[2:]))
        for row in connection.execute(_SINCE, {"news": news})
    ]


def keep_failures(connection: Connection, appid: str, found: Mapping[str, Failed | None]) -> None:
    """Let everybody know how reports of an app fail, or that they are well again."""
    # Before anything is deleted: who knows the highest number must see that there is a higher one.
    news = connection.execute(_NEXT_NEWS).scalar_one()
    rows = [
        {"appid": appid, "news": news} | (failed or Failed(name, 0, None, WELL, ""))._asdict()
        for name, failed in found.items()
    ]
    those = (failures.c.appid == appid) & failures.c.report.in_(list(found))
    connection.execute(delete(failures).where(those))
    connection.execute(insert(failures), rows)


def end_pauses(connection: Connection, appids: Iterable[str]) -> None:
    """Let everybody ask for apps again, whatever failed."""
    paused = (failures.c.appid == bindparam("of")) & failures.c.until.is_not(None)
    ended = update(failures).where(paused)
    if those := [{"of": appid} for appid in appids]:
        ended = ended.values(until=None, news=connection.execute(_NEXT_NEWS).scalar_one())
        connection.execute(ended, those)
