"""wxa-exporter collect."""

from pathlib import Path

import click

from exporter.cli.options import (
    FAILURE_EXIT,
    config_file,
    counted,
    fail,
    logging_options,
    read_config,
    read_lists,
    require_standard_output,
    standard_output,
)


@click.command()
@config_file
@logging_options
def collect(config_file: Path, log_level: str, log_format: str) -> None:
    """Run one pass of collection, then print the /metrics text.

    Exit status 0 when all due reports arrived, 1 otherwise, 2 for bad usage or configuration.
    """
    from prometheus_client import CollectorRegistry

    from exporter import logs
    from exporter.archive import open_archive
    from exporter.cli.progress import app_progress
    from exporter.clock import SystemClock
    from exporter.errors import ArchiveError
    from exporter.exposition import AppChunks, Format, joined, text_of
    from exporter.runtime import Runtime
    from exporter.telemetry import new_telemetry
    from exporter.wechat.session import Session

    require_standard_output()
    logs.configure(log_level, logs.LogFormat(log_format))
    config, listed = read_lists(read_config(config_file))
    session = Session(config.collect.concurrency)
    telemetry = new_telemetry()
    try:
        archive = open_archive(config)
        archive.claims.begin()
        runtime = Runtime(config, archive, telemetry, SystemClock(), session, gzipped=False)
        runtime.begin()
        runtime.recall()
        with app_progress(len(config.apps)) as finished:
            result = runtime.run_pass(finished)
    except ArchiveError as error:
        fail(f"wxa-exporter: {error}", FAILURE_EXIT)
    except KeyboardInterrupt:
        fail("interrupted; what arrived is in the archive", FAILURE_EXIT)
    # Without the process_ metrics: this process is over when somebody reads them.
    own = joined(text_of(telemetry.state), text_of(CollectorRegistry()))
    runtime.exposition.publish_own(own, AppChunks(telemetry.apps).chunks())
    archive.close()
    with standard_output() as out:
        out.writelines(runtime.exposition.page.plain[Format.CLASSIC].parts)
    if result.archive_error:
        fail("not complete: the archive cannot be used, see above", FAILURE_EXIT)
    if not result.complete:
        fail(
            f"not complete: {counted(result.due, 'look')} still due, "
            f"{counted(result.failing, 'report')} failing",
            FAILURE_EXIT,
        )
    if not listed:
        fail("not complete: a list of apps has faults, see above", FAILURE_EXIT)
