"""wxa-exporter collect."""

import sys
from pathlib import Path

import click

from exporter.cli.options import FAILURE_EXIT, config_file, fail, logging_options, read_config


@click.command()
@config_file
@logging_options
def collect(config_file: Path, log_level: str, log_format: str) -> None:
    """Run one pass of collection, then print the /metrics text.

    Exit status 0 when all due reports arrived, 1 otherwise, 2 for bad usage or configuration.
    """
    from exporter import app, logs
    from exporter.cli.progress import app_progress
    from exporter.clock import SystemClock
    from exporter.errors import ArchiveError
    from exporter.exposition import Format
    from exporter.runtime import Runtime, http_session

    logs.configure(log_level, logs.LogFormat(log_format))
    config = read_config(config_file)
    session = http_session(config.collect.concurrency)
    try:
        archive = app.open_archive(config)
        runtime = Runtime(config, archive, app.new_telemetry(), SystemClock(), session)
        runtime.recall()
        with app_progress(len(config.apps)) as finished:
            result = runtime.run_pass(finished)
    except ArchiveError as error:
        fail(f"wxa-exporter: {error}", FAILURE_EXIT)
    except KeyboardInterrupt:
        runtime.stop.set()
        fail("interrupted; what arrived is in the archive", FAILURE_EXIT)
    sys.stdout.buffer.writelines(runtime.exposition.page.plain[Format.CLASSIC].parts)
    sys.stdout.flush()
    archive.close()
    if not result.complete:
        fail(
            f"not complete: {result.due} looks still due, {result.failing} reports failing",
            FAILURE_EXIT,
        )
