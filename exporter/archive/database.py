"""One database: its connections, its exceptions as ours, and the file it is watched for."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Lock

import structlog
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError

from exporter.archive.engines import writing
from exporter.archive.migrations import VERSION, check_version, migrate
from exporter.errors import ArchiveError

# What to look at, by the kind of database, when it cannot be used.
ADVICE = {
    "sqlite": "Check free space, permissions, and that the folder exists and is no read-only mount",
    "postgresql": "Check that the server answers, that archive.url names its address and database, "
    "and that the user may create and write tables there",
    "damaged": "The file is damaged, or no archive: stop the exporter, move the file and the ones "
    "beside it that end in -wal and -shm away, and start again with a new archive; `wxa-exporter "
    "backfill` fetches the days that WeChat still has",
}
DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

log = structlog.get_logger()


class Database:
    """A database that holds an archive. Whatever uses it raises ArchiveError. Thread safe."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # As it is configured, but for the query: drivers take a password there too.
        written = engine.url.set(drivername=engine.dialect.name, query={})
        self.name = written.render_as_string(hide_password=True)
        # Counts the files, or servers, that were found in the place of the first one.
        self.generation = 0
        self._turn = Lock()
        self._watching = Lock()
        self._users = 0
        self._file: tuple[int, int] | None = None
        # When the servers began that have answered so far.
        self._servers: set[object] = set()
        if engine.dialect.name == "postgresql":
            event.listen(engine, "connect", self._meet)

    def __str__(self) -> str:
        return f"the archive {self.name}"

    def open(self, create: bool) -> None:
        """Make the tables, or bring them to today's version. Refuses a newer one."""
        with self.faults("opened"):
            self._prepare(create)

    def _prepare(self, create: bool) -> None:
        found = migrate(self._engine, self.name, create=create)
        self._file = self._file_now()
        if found is not None and found < VERSION:
            log.info("archive migrated", archive=self.name, was=found, version=VERSION)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read by."""
        with self._use("read"), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection whose reads and writes are one transaction, alone among all writers."""
        # Threads of this process take turns here: SQLite's own waiting sleeps, and long, and
        # PostgreSQL's holds a connection.
        with self._turn, self._use("written"), writing(self._engine) as connection:
            yield connection

    def check_writable(self) -> None:
        """Meet a full disk, a read-only one, or another version's work early."""
        with self.writing() as connection:
            check_version(connection, self.name)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @contextmanager
    def _use(self, verb: str) -> Iterator[None]:
        with self.faults(verb):
            with self._watching:
                if self._file is not None and self._file != self._file_now():
                    self._follow_file()
                self._users += 1
            try:
                yield
            finally:
                with self._watching:
                    self._users -= 1

    def _meet(self, connection: DBAPIConnection, _: object) -> None:
        """Notice a server that took over, or was started anew: it may lack what was read last.

        Those that are gone are told by the first use. This one may have come between two.
        """
        cursor = connection.cursor()
        cursor.execute("SELECT pg_postmaster_start_time()")
        (begun,) = cursor.fetchone() or (None,)
        connection.rollback()
        with self._watching:
            if self._servers and begun not in self._servers:
                self.generation += 1
                log.info("archive's server was started anew, or is another one", archive=self.name)
            self._servers.add(begun)

    def _file_now(self) -> tuple[int, int] | None:
        """Which file has the name now; None where there is none, or where it is no file."""
        if self._engine.dialect.name != "sqlite":
            return None
        try:
            found = os.stat(str(self._engine.url.database))
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _follow_file(self) -> None:
        """Go on with the file that is there now.

        SQLite finds its write-ahead log by name, so that the old file's would destroy the new one:
        it is emptied into the old file first, and nobody may be using that.
        """
        if self._users:
            raise ArchiveError(
                f"{self} was replaced by another file, and is still being read: it is used again "
                "once nobody reads the old one"
            )
        with closing(self._engine.raw_connection()) as old:
            old.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._engine.dispose()
        self._prepare(create=True)
        self.generation += 1
        log.warning(
            "archive replaced", archive=self.name,
            consequence="what is in the file that is there now counts",
            advice="stop the exporter before the file is exchanged",
        )  # fmt: skip

    @contextmanager
    def faults(self, verb: str) -> Iterator[None]:
        """The border where the database's exceptions become ours."""
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as error:
            cause = getattr(error, "orig", error)
            reason = " ".join(str(cause or type(error).__name__).split())
            damaged = getattr(cause, "sqlite_errorcode", 0) & 0xFF in DAMAGE
            advice = ADVICE["damaged" if damaged else self._engine.dialect.name]
            raise ArchiveError(f"{self} cannot be {verb}: {reason}. {advice}") from None
