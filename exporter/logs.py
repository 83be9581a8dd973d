"""Logs: one event a line, logfmt or JSON, on standard error; nothing secret passes."""

import logging
import re
import sys
from enum import StrEnum
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# The last net below the masked types: whatever a foreign library formats into a text. What is wrong
# with a key of that name, in our own words, is none.
SECRETS = re.compile(
    r"((?:access_token|secret|password|appsecret)[\"']?\s*[=:]\s*[\"']?)"
    r"(?!(?:must|is|has|unknown) )[^&\s\"',}]+",
    re.I,
)
CONTROL_CHARACTERS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class LogFormat(StrEnum):
    """How a line looks."""

    LOGFMT = "logfmt"
    JSON = "json"


LEVELS = ("debug", "info", "warning", "error")


def configure(
    level: str = "info", form: LogFormat = LogFormat.LOGFMT, to: TextIO | None = None
) -> None:
    """Send the program's and its libraries' logs to `to`, standard error unless given."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        structlog.processors.format_exc_info,
        _clean,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form is LogFormat.JSON
        else structlog.processors.LogfmtRenderer(
            key_order=["ts", "level", "event", "app", "report"], drop_missing=True,
            bool_as_flag=False,
        )
    )  # fmt: skip
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        foreign_pre_chain=shared,
    )
    handler = logging.StreamHandler(to or sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # At debug urllib3 writes whole URLs, tokens included; the servers chatter.
    for name in ("urllib3", "uvicorn", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )


def _clean(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Texts without secrets and control characters, so that one event stays one line."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = CONTROL_CHARACTERS.sub(" ", SECRETS.sub(r"\1***", value))
    return event
