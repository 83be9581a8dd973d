"""A real PostgreSQL for tests: a cluster of its own in a temporary folder."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL

from tests.support import eventually, free_port, unavailable

PASSWORD = "the-password-that-must-not-be-seen"
# Debian keeps the server's programs out of PATH.
PLACES = "/usr/lib/postgresql/*/bin"


class PostgreSQL:
    """A server that a test may stop, start and kill. It refuses root, so root lends a user."""

    def __init__(self) -> None:
        self._programs = programs()
        self._user = "nobody" if os.geteuid() == 0 else None
        self._folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
        self._data = self._folder / "data"
        self.port = free_port()
        self._databases = 0
        self._process: subprocess.Popen[bytes] | None = None
        (self._folder / "password").write_text(PASSWORD)
        if self._user:
            owner = pwd.getpwnam(self._user)
            for path in (self._folder, self._folder / "password"):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        self._run(
            "initdb", "--pgdata", str(self._data), "--username=wxa", "--auth=scram-sha-256",
            f"--pwfile={self._folder / 'password'}", "--no-sync", "--encoding=UTF8", "--locale=C",
        ).wait()  # fmt: skip
        self.start()

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [self._programs / program, *arguments], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=self._folder, user=self._user,
                extra_groups=[] if self._user else None,
            )  # fmt: skip

    def start(self) -> None:
        """Begin to answer, with what was there before."""
        settings = ("fsync=off", "unix_socket_directories=", "listen_addresses=127.0.0.1")
        options = [part for setting in settings for part in ("-c", setting)]
        self._process = self._run("postgres", "-D", str(self._data), "-p", str(self.port), *options)
        eventually(self._answers, 30, f"PostgreSQL answers: {self.log()}")

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """End every connection, and answer nobody."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(20)
            self._process = None

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Exporters' sessions that answer nothing, and acknowledge what is sent all the same."""
        asked = "SELECT pid FROM pg_stat_activity WHERE application_name = 'wxa-exporter'"
        sessions = [int(str(row[0])) for row in self.execute(asked)]
        for session in sessions:
            os.kill(session, signal.SIGSTOP)
        try:
            yield
        finally:
            for session in sessions:
                os.kill(session, signal.SIGCONT)

    def remove(self) -> None:
        """Stop, and leave nothing behind."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def log(self) -> str:
        """What the server has said so far."""
        return (self._folder / "log").read_text(errors="replace")

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """The rows of a statement, run beside the exporter."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def url(self, database: str, port: int = 0) -> str:
        """The URL of a database, over any port that leads to this server."""
        url = URL.create("postgresql", "wxa", PASSWORD, "127.0.0.1", port or self.port, database)
        return url.render_as_string(hide_password=False)

    def new_database(self) -> str:
        """The URL of a database without any tables."""
        self._databases += 1
        name = f"wxa{self._databases}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)


def programs() -> Path:
    """The folder of the server's programs; skips the test without one, and fails with CI=true."""
    found = sorted(Path("/").glob(f"{PLACES[1:]}/postgres"), key=lambda path: int(path.parts[4]))
    in_path = shutil.which("postgres")
    if not found and not in_path:
        unavailable("PostgreSQL's server is not installed")
    return found[-1].parent if found else Path(str(in_path)).parent
