"""What tests in several rooms need: a clock that moves when told to, tools, free ports, waiting."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Lock
from typing import NoReturn

import pytest

from exporter.exposition import AppChunks, Format, text_of
from exporter.periods import BEIJING
from exporter.telemetry import Telemetry

ROOT = Path(__file__).parent.parent


class FakeClock:
    """A clock that moves when told to, and by itself over every wait."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment
        self.waits: list[float] = []
        self._lock = Lock()

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    def wait(self, seconds: float, stop: Event) -> bool:
        self.waits.append(seconds)
        self.advance(seconds=seconds)
        return stop.is_set()

    def advance(self, **span: float) -> None:
        """Move on by a timedelta's arguments."""
        with self._lock:
            self.moment += timedelta(**span)


def own_text(telemetry: Telemetry) -> str:
    """What the exporter tells about itself and its apps, without the process, in classic text."""
    chunks = AppChunks(telemetry.apps).chunks()[Format.CLASSIC]
    of_apps = b"".join(chunk.text for chunk in chunks)
    return (of_apps + text_of(telemetry.state)[Format.CLASSIC]).decode()


def beijing(text: str) -> datetime:
    """The moment '2026-03-18 13:00' in Beijing."""
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


def tool(name: str) -> str:
    """The path of a program. Skips the test where it is missing, and fails it with CI=true."""
    path = shutil.which(name)
    if path is None:
        unavailable(f"{name} is not installed")
    return path


def unavailable(reason: str) -> NoReturn:
    """Skip the test with the reason; fail it with CI=true."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def eventually(check: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait for another process to come to a state: polled, because nothing announces it."""
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds:g} s: {what}")
        Event().wait(0.05)


@contextmanager
def program(
    *arguments: str, log: Path, env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs during the block, its output in `log`; terminated, then killed."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            env=os.environ | (env or {}),
        )  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
