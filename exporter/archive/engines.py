"""Engines for the databases that can hold an archive, with writers that wait for one another."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection

from exporter.errors import ArchiveError

# A backfill beside serve writes for milliseconds; whoever waits longer has another trouble.
BUSY_TIMEOUT_SECONDS = 30
# Any number, as long as every exporter has the same.
WRITERS_LOCK = 10868
# Of PostgreSQL; longer than a writer waits there for the others, which is `lock_timeout`.
ANSWER_SECONDS = 45
# libpq's words, each of which the URL may set otherwise. A server that vanished without a word
# is noticed within half a minute, on both sides: until then its claims and locks would stay.
NETWORK: dict[str, Any] = {
    "application_name": "wxa-exporter",
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
SERVER_SETTINGS = {
    "lock_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "15s",
}


def engine_of(url: str) -> Engine:
    """An engine for the database that a URL names. Raises ArchiveError where its driver lacks."""
    parsed = make_url(url)
    return ENGINES[parsed.get_backend_name()](parsed)


def sqlite_engine(url: URL) -> Engine:
    """An engine for a SQLite file whose writers never meet half-way and survive kill -9."""
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_SECONDS})

    @event.listens_for(engine, "connect")
    def _settings(connection: sqlite3.Connection, _: object) -> None:
        # The driver's own transactions begin too late, at the first write: `writing` begins.
        connection.isolation_level = None
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        # In KiB. Pages that one of a dozen connections keeps, the operating system keeps too.
        connection.execute("PRAGMA cache_size = -256")

    return engine


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Give a file its write-ahead log, which it keeps. Waits for others as writers do."""
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
        # Alone among the statements, that one fails at once beside another process that just
        # begins too: a transaction does the waiting.
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")


def postgresql_engine(url: URL, answer_seconds: float = ANSWER_SECONDS) -> Engine:
    """An engine for a PostgreSQL database whose writers take turns, as SQLite's do."""
    named = {name: value for name, value in NETWORK.items() if name not in url.query}
    try:
        from exporter.archive.answers import answer_within

        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            connect_args=named,
            # After a restart of the server the first use must not meet its dead connections.
            pool_pre_ping=True,
        )
    except ImportError:
        raise ArchiveError(
            "an archive in PostgreSQL needs the driver psycopg: pip install "
            "'wxa-exporter[postgresql]'"
        ) from None
    answer_within(engine, answer_seconds)
    event.listen(engine, "connect", _setter(str(url.query.get("options", ""))))
    return engine


def _setter(given: str) -> Callable[[DBAPIConnection, object], None]:
    """What gives a new connection SERVER_SETTINGS, but for those that the URL's options name.

    As a query: poolers like PgBouncer take no options from who connects.
    """
    # As `-c lock_timeout=5s` or `--lock-timeout=5s`.
    theirs = {name.strip("_") for name in re.findall(r"(\w+)\s*=", given.replace("-", "_"))}
    settings = {name: value for name, value in SERVER_SETTINGS.items() if name not in theirs}
    query = "SELECT " + ", ".join(
        f"set_config('{name}', '{value}', false)" for name, value in settings.items()
    )

    def give(connection: DBAPIConnection, _: object) -> None:
        connection.cursor().execute(query)
        # Otherwise the first rollback would take them back.
        connection.commit()

    return give


# What lets a transaction be the only one that writes, until its commit is visible: what it has
# read stays true, and `news` is numbered in the order in which readers come to see it.
ALONE = {
    "sqlite": "BEGIN IMMEDIATE",
    # A process that stands still, or whose answers go nowhere, must not keep the turn for longer
    # than the others wait for it.
    "postgresql": "SELECT set_config('idle_in_transaction_session_timeout', '10s', true), "
    f"pg_advisory_xact_lock({WRITERS_LOCK})",
}


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A connection whose reads and writes are one transaction, alone among all writers."""
    # No listener to "begin": with one SQLAlchemy takes twice as long for every statement.
    with engine.begin() as connection:
        connection.exec_driver_sql(ALONE[engine.dialect.name])
        yield connection


ENGINES: dict[str, Callable[[URL], Engine]] = {
    "sqlite": sqlite_engine,
    "postgresql": postgresql_engine,
}
