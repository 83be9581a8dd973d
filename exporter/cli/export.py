"""wxa-exporter export."""

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from exporter.cli.options import (
    CONFIG_EXIT,
    FAILURE_EXIT,
    FILE,
    config_file,
    fail,
    logging_options,
    narrowing_options,
    read_config,
    read_lists,
    standard_output,
)

if TYPE_CHECKING:
    from exporter.history import DatedSamples


@click.command()
@config_file
@click.option("--from", "first", help="First day, YYYY-MM-DD; the oldest archived by default.")
@click.option("--to", "last", help="Last day, YYYY-MM-DD; yesterday by default.")
@narrowing_options
@click.option("-o", "--output", type=FILE, help="File; standard output by default.")
@logging_options
def export(
    config_file: Path,
    first: str | None,
    last: str | None,
    apps: tuple[str, ...],
    reports: tuple[str, ...],
    output: Path | None,
    log_level: str,
    log_format: str,
) -> None:
    """Write the archive as dated OpenMetrics text, for promtool or VictoriaMetrics."""
    from exporter import logs
    from exporter.archive import open_archive
    from exporter.clock import SystemClock
    from exporter.days import open_calendar
    from exporter.errors import ExporterError
    from exporter.exposition import Format
    from exporter.history import BadQuestion, DatedSamples
    from exporter.history.query import past_span

    logs.configure(log_level, logs.LogFormat(log_format))
    config, _ = read_lists(read_config(config_file))
    try:
        asked = past_span(config, SystemClock().now(), first, last, apps, reports)
        archive = open_archive(config, create=False)
        calendar = open_calendar(config.calendar.file)
        history = DatedSamples(archive, asked, Format.OPENMETRICS, calendar=calendar)
        if output is None:
            with standard_output() as out:
                history.write(out)
        else:
            _write(history, output)
        archive.close()
    except BadQuestion as fault:
        fail(f"wxa-exporter export: {fault}", CONFIG_EXIT)
    except ExporterError as error:
        fail(f"wxa-exporter export: {error}", FAILURE_EXIT)
    except KeyboardInterrupt:
        fail("wxa-exporter export: interrupted, nothing is left", FAILURE_EXIT)
    except OSError as error:
        fail(f"wxa-exporter export: {output} cannot be written: {error.strerror}", FAILURE_EXIT)


def _write(history: "DatedSamples", output: Path) -> None:
    """Into the file that the name leads to; a device or pipe is written to, never replaced."""
    if output.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    # By its own name: where /dev/stdout leads to a pipe, that has none in the file system.
    if output.exists() and not output.is_file():
        with output.open("wb") as opened:
            history.write(opened)
    else:
        _write_whole(history, output.resolve())


def _write_whole(history: "DatedSamples", output: Path) -> None:
    """The file under its final name only when it is whole, whatever interrupts the writing."""
    draft = output.with_name(f".{output.name}-{os.getpid()}")
    try:
        with draft.open("wb") as opened:
            history.write(opened, output.parent)
            opened.flush()
            os.fsync(opened.fileno())
        draft.replace(output)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
