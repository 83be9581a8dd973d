"""Fixtures around a pass: an exporter, an archive, and the log as the operator reads it."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog

from exporter import logs
from exporter.archive import Archive, engine_of
from exporter.simulator import RunningSimulator
from tests.collect.world import World
from tests.support import FakeClock


@pytest.fixture
def open_world(
    wechat: RunningSimulator, tmp_path: Path, clock: FakeClock
) -> Iterator[Callable[..., World]]:
    """Opens exporters over one archive file, and closes them."""
    with ExitStack() as stack:

        def open_one(**arguments: Any) -> World:  # noqa: ANN401 - World's own arguments
            given: dict[str, Any] = {
                "wechat": wechat,
                "path": tmp_path / "archive.db",
                "clock": clock,
            }
            world = World(**(given | arguments))
            return stack.enter_context(closing(world))

        yield open_one


@pytest.fixture
def archive(archive_url: str) -> Iterator[Archive]:
    """An archive of its own, in either database."""
    with closing(Archive(engine_of(archive_url))) as opened:
        opened.open()
        yield opened


class Log:
    """The log so far, as an operator reads it, without the times."""

    def __init__(self, text: StringIO) -> None:
        self._text = text

    def lines(self, *words: str) -> list[str]:
        """The lines that hold all of the words."""
        found = (line.partition(" ")[2] for line in self._text.getvalue().splitlines())
        return [line for line in found if all(word in line for word in words)]


@pytest.fixture
def log() -> Iterator[Log]:
    """The log of this test."""
    root, text = logging.getLogger(), StringIO()
    handlers, level = root.handlers[:], root.level
    logs.configure(to=text)
    yield Log(text)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
