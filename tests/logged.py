"""What the program logs, as text."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import structlog

from exporter import logs

QUIETED = ("urllib3", "uvicorn", "asyncio")


@contextmanager
def logged(
    level: str = "debug", form: logs.LogFormat = logs.LogFormat.LOGFMT
) -> Iterator[StringIO]:
    """All log lines of the block; afterwards logging is as it was."""
    root = logging.getLogger()
    handlers, levels = root.handlers[:], {n: logging.getLogger(n).level for n in ("", *QUIETED)}
    text = StringIO()
    logs.configure(level, form, text)
    try:
        yield text
    finally:
        root.handlers[:] = handlers
        for name, before in levels.items():
            logging.getLogger(name).setLevel(before)
        structlog.reset_defaults()
