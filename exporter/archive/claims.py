"""Who asks for an app now, when several processes share an archive.

A claim is a lock of a database session. The session ends with its process, however that dies, and
its claims with it: no clock is compared, and nobody has to be asked whether it still lives.
"""

import fcntl
import hashlib
import os
from threading import Lock
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.functions import FunctionElement

from exporter.errors import ArchiveError

# Between two questions the session waits for a call of WeChat. An administrator may let idle ones
# end sooner; servers before PostgreSQL 14 do not know that.
_FOR_AS_LONG_AS_A_CALL = text(
    "SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'idle_session_timeout'"
)


class Claims(Protocol):
    """What keeps processes from asking for the same app at the same time."""

    shared: bool

    def begin(self) -> None:
        """Make sure that this process may collect here. Raises ArchiveError."""

    def take(self, appid: str, /) -> bool:
        """Claim an app; False while another process has it. Raises ArchiveError."""

    def check(self, appid: str, /) -> None:
        """Raise ArchiveError when a claim was lost since it was taken."""

    def give_back(self, appid: str, /) -> None:
        """Let others have the app."""

    def close(self) -> None:
        """Give everything back."""


class FileClaims:
    """For a SQLite file, into which one process collects: it has every app.

    A lock on a file beside it, because SQLite has its own locks on the database; the kernel frees
    it with the process. A backfill beside serve does not `begin`, and may write.
    """

    shared = False

    def __init__(self, engine: Engine, place: str) -> None:
        self._path = f"{engine.url.database}.lock"
        self._place = place
        self._held: int | None = None

    def begin(self) -> None:
        try:
            self._held = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise ArchiveError(
                f"another exporter collects into {self._place} already, every call would be made "
                "twice: stop it, give this one an archive.url of its own, or let both share a "
                "PostgreSQL, see docs/postgresql.md"
            ) from None
        except OSError as error:
            self.close()
            raise ArchiveError(
                f"{self._path}, which keeps a second exporter from collecting into the same "
                f"archive, cannot be locked: {error.strerror}"
            ) from None

    def take(self, _: str, /) -> bool:
        return True

    def check(self, _: str, /) -> None:
        pass

    def give_back(self, _: str, /) -> None:
        pass

    def close(self) -> None:
        if self._held is not None:
            os.close(self._held)
        self._held = None


class SessionClaims:
    """PostgreSQL's advisory locks, all on one session of this process. Thread safe."""

    shared = True

    def __init__(self, engine: Engine, place: str) -> None:
        self._engine = engine
        self._place = place
        self._lock = Lock()
        self._session: Connection | None = None
        self._taken: set[str] = set()

    def begin(self) -> None:
        pass

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
                # So that the next claim begins on a session that was tried.
                if not self._taken and self._session is not None:
                    self._session.close()
                    self._session = None

    def close(self) -> None:
        with self._lock:
            self._end()

    def _ask(self, question: FunctionElement[Any]) -> object:
        try:
            if self._session is None:
                self._session = self._engine.connect().execution_options(
                    isolation_level="AUTOCOMMIT"
                )
                self._session.execute(_FOR_AS_LONG_AS_A_CALL)
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
    kind = SessionClaims if engine.dialect.name == "postgresql" else FileClaims
    return kind(engine, place)


def _key(appid: str) -> int:
    """64 bits for PostgreSQL's lock, so that two apps practically never share one."""
    digest = hashlib.sha256(f"wxa-exporter {appid}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
