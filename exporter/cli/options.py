"""Options that several commands share."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from exporter.config import Config

CONFIG_EXIT, FAILURE_EXIT = 2, 1
Command = Callable[..., Any]


class File(click.Path):
    """A file's name. An empty one, a variable that is not set, would be taken for this folder.

    Whether it can be read is told by who reads it: click would call an unreadable file bad usage,
    and refuse an output that can be written alone.
    """

    def __init__(self) -> None:
        super().__init__(readable=False, path_type=Path)

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        if not os.fspath(value):
            self.fail("names no file", param, ctx)
        return super().convert(value, param, ctx)


FILE = File()
config_file = click.option(
    "--config.file", "config_file", default="config.yaml", show_default=True,
    type=FILE, help="The configuration file.",
)  # fmt: skip


class ListenAddress(click.ParamType[str]):
    """An address to listen on, refused under its option's name before anything begins."""

    name = "address"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from exporter.config.models import listen_address

        try:
            listen_address(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return value


def logging_options(command: Command) -> Command:
    """--log.level and --log.format."""
    level = click.option(
        "--log.level", "log_level", default="info", show_default=True,
        type=click.Choice(["debug", "info", "warning", "error"]), help="Least important logged.",
    )  # fmt: skip
    form = click.option(
        "--log.format", "log_format", default="logfmt", show_default=True,
        type=click.Choice(["logfmt", "json"]), help="How a line of the log looks.",
    )  # fmt: skip
    return level(form(command))


def narrowing_options(command: Command) -> Command:
    """--app and --report, both repeatable."""
    app = click.option("--app", "apps", multiple=True, help="Only this app; may be repeated.")
    report = click.option(
        "--report", "reports", multiple=True, help="Only this report; may be repeated."
    )
    return app(report(command))


def read_config(path: Path) -> "Config":
    """The configuration, or every fault on standard error and exit 2."""
    from exporter.config import load
    from exporter.errors import ConfigError

    try:
        return load(path)
    except ConfigError as error:
        fail(str(error), CONFIG_EXIT)


def read_lists(config: "Config") -> tuple["Config", bool]:
    """The configuration with the apps of its lists, and whether all of these are good.

    Their faults are logged. If no app is named, that is told, with exit 1.
    """
    if not config.app_files and not config.app_urls:
        return config, True
    from exporter.clock import SystemClock
    from exporter.discovery import Discovery
    from exporter.telemetry import new_telemetry
    from exporter.wechat.session import Session

    discovery = Discovery(Session(8), SystemClock(), new_telemetry())
    whole = discovery.complete(config)
    if not whole.apps:
        fail(f"{_command()}: the lists of apps name none now", FAILURE_EXIT)
    return whole, not any(each.faults for each in discovery.lists)


def require_standard_output() -> None:
    """Tell that standard output is closed, with exit 1, before work whose result goes there."""
    # Python's word for `>&-`.
    if not sys.stdout:
        fail(f"{_command()}: standard output is closed", FAILURE_EXIT)


@contextmanager
def standard_output() -> Iterator[IO[bytes]]:
    """Where results go. If nothing can be written there, it is told, with exit 1."""
    require_standard_output()
    try:
        yield sys.stdout.buffer
        sys.stdout.flush()
    except OSError as error:
        not_written(_command(), error)


def not_written(name: str, error: OSError) -> NoReturn:
    """Tell why standard output took no more, a full disk or a reader that went away; exit 1."""
    fault = f"standard output cannot be written: {error.strerror}"
    if isinstance(error, BrokenPipeError):
        fault = "the reader went away"
    # What is still in the buffer would be tried again at the end, and complained about.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    fail(f"{name}: {fault}", FAILURE_EXIT)


def counted(number: int, one: str, more: str = "") -> str:
    """The number and what it counts: `more`, by default with an s, where it is not 1."""
    return f"{number} {one if number == 1 else more or f'{one}s'}"


def _command() -> str:
    return click.get_current_context().command_path


def fail(message: str, status: int) -> NoReturn:
    """Say it on standard error and leave with that exit status."""
    click.echo(message, err=True)
    sys.exit(status)
