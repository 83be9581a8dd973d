"""What no process on a shared archive asks for a while, and why: one table, read at each part."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select

from exporter.archive.schema import pauses


class Pause(NamedTuple):
    """Why and until when (Unix seconds) a report is left alone; an empty name is the whole app."""

    report: str
    begun_at: int
    until: int
    code: str
    message: str


# Built once, because each part of a pass runs it.
_OF_APP = select(*(pauses.c[name] for name in Pause._fields)).where(
    pauses.c.appid == bindparam("appid")
)


def pauses_of(connection: Connection, appid: str) -> dict[str, Pause]:
    """An app's pauses by report, those that are over too."""
    return {row.report: Pause(*row) for row in connection.execute(_OF_APP, {"appid": appid})}


def pause(connection: Connection, appid: str, new: Pause) -> None:
    """Let everybody leave a report or an app alone."""
    same = (pauses.c.appid == appid) & (pauses.c.report == new.report)
    connection.execute(delete(pauses).where(same))
    connection.execute(insert(pauses).values(appid=appid, **new._asdict()))


def end_pauses(connection: Connection, appids: Iterable[str]) -> None:
    """Let everybody ask for apps again."""
    if those := [{"of": appid} for appid in appids]:
        connection.execute(delete(pauses).where(pauses.c.appid == bindparam("of")), those)
