"""Who asks for an app now, when several processes share an archive.

A claim is a lock of a database session. The session ends with its process, however that dies, and
its claims with it: no clock is compared, and nobody has to be asked whether it still lives.
"""

import hashlib
from threading import Lock
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.functions import FunctionElement

from exporter.errors import ArchiveError


class Claims(Protocol):
    """What keeps processes from asking for the same app at the same time."""

    shared: bool

    def take(self, appid: str, /) -> bool:
        """Claim an app; False while another process has it. Raises ArchiveError."""

    def check(self, appid: str, /) -> None:
        """Raise ArchiveError when a claim was lost since it was taken."""

    def give_back(self, appid: str, /) -> None:
        """Let others have the app."""

    def close(self) -> None:
        """Give everything back."""


class NoClaims:
    """For a SQLite file, on which one process collects."""

    shared = False

    def take(self, _: str, /) -> bool:
        return True

    def check(self, _: str, /) -> None:
        pass

    def give_back(self, _: str, /) -> None:
        pass

    def close(self) -> None:
        pass


class SessionClaims:
    """PostgreSQL's advisory locks, all on one session of this process. Thread safe."""

    shared = True

    def __init__(self, engine: Engine, place: str) -> None:
        self._engine = engine
        self._place = place
        self._lock = Lock()
        self._session: Connection | None = None
        self._taken: set[str] = set()

    def take(self, appid: str) -> bool:
        with self._lock:
            # The server lets a session take a lock again that it has: two threads must not.
            if appid in self._taken:
                return False
            if self._ask(func.pg_try_advisory_lock(_key(appid))):
                self._taken.add(appid)
                return True
            return False

    def check(self, appid: str) -> None:
        # What a lost session had claimed may be somebody else's now, whatever a new one says.
        with self._lock:
            if appid not in self._taken:
                raise self._lost("its session ended")
            self._ask(func.pg_backend_pid())

    def give_back(self, appid: str) -> None:
        with self._lock:
            if appid in self._taken and self._session is not None:
                self._taken.discard(appid)
                self._ask(func.pg_advisory_unlock(_key(appid)))

    def close(self) -> None:
        with self._lock:
            self._end()

    def _ask(self, question: FunctionElement[Any]) -> object:
        try:
            if self._session is None:
                self._session = self._engine.connect().execution_options(
                    isolation_level="AUTOCOMMIT", reading=True
                )
            return self._session.execute(select(question)).scalar_one()
        except SQLAlchemyError as error:
            self._end()
            raise self._lost(" ".join(str(getattr(error, "orig", error)).split())) from None

    def _end(self) -> None:
        # Its own connection, never one of the pool's: that would keep the locks.
        if self._session is not None:
            self._session.invalidate()
            self._session.close()
        self._session = None
        self._taken.clear()

    def _lost(self, reason: str) -> ArchiveError:
        return ArchiveError(
            f"{self._place} let go of the apps that this exporter was asking for: {reason}. "
            "Check that the server answers; the next pass claims them again"
        )


def claims_of(engine: Engine, place: str) -> Claims:
    """The claims that a database offers."""
    return SessionClaims(engine, place) if engine.dialect.name == "postgresql" else NoClaims()


def _key(appid: str) -> int:
    """64 bits for PostgreSQL's lock, so that two apps practically never share one."""
    digest = hashlib.sha256(f"wxa-exporter {appid}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
