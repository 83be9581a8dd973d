"""What WeChat told of today's quotas, for all processes: one row a call, overwritten every day."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select

from exporter.archive.schema import quotas


class Quota(NamedTuple):
    """What was told of an app's call on a day; None where nothing was."""

    call: str
    day: date
    daily_limit: float | None = None
    used: float | None = None
    remain: float | None = None


# Built once, because parts of a pass run it.
_OF_APP = select(*(quotas.c[name] for name in Quota._fields)).where(
    quotas.c.appid == bindparam("appid")
)


def quotas_of(connection: Connection, appid: str) -> list[Quota]:
    """What was told last of each of an app's calls, on earlier days too."""
    return [Quota(*row) for row in connection.execute(_OF_APP, {"appid": appid})]


def keep_quota(connection: Connection, appid: str, told: Quota) -> None:
    """Let everybody know what was told of a call."""
    same = (quotas.c.appid == appid) & (quotas.c.call == told.call)
    connection.execute(delete(quotas).where(same))
    connection.execute(insert(quotas).values(appid=appid, **told._asdict()))
