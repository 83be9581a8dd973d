"""wxa-exporter backfill."""

import signal
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from exporter.cli.options import (
    CONFIG_EXIT,
    FAILURE_EXIT,
    config_file,
    counted,
    fail,
    logging_options,
    narrowing_options,
    read_config,
    read_lists,
)

if TYPE_CHECKING:
    from exporter.backfill import Backfill

AGAIN = "the same command goes on where this one ended"


@click.command()
@config_file
@click.option("--from", "first", required=True, help="First day, YYYY-MM-DD.")
@click.option("--to", "last", help="Last day, YYYY-MM-DD; yesterday by default.")
@narrowing_options
@logging_options
def backfill(
    config_file: Path,
    first: str,
    last: str | None,
    apps: tuple[str, ...],
    reports: tuple[str, ...],
    log_level: str,
    log_format: str,
) -> None:
    """Fetch every missing period of a span into the archive, newest day first.

    It may run beside serve on the same archive. Interrupted, it resumes where it was.
    """
    from exporter import logs
    from exporter.archive import open_archive
    from exporter.backfill import Backfill, narrowed
    from exporter.cli.progress import span_progress
    from exporter.clock import SystemClock
    from exporter.errors import ArchiveError
    from exporter.history import BadQuestion
    from exporter.history.query import past_span
    from exporter.periods import beijing_day
    from exporter.runtime import Runtime
    from exporter.telemetry import new_telemetry
    from exporter.wechat.session import Session

    logs.configure(log_level, logs.LogFormat(log_format))
    config, listed = read_lists(read_config(config_file))
    clock = SystemClock()
    try:
        asked = past_span(config, clock.now(), first, last, apps, reports)
        chosen = narrowed(config, asked)
        archive = open_archive(config)
        session = Session(config.collect.concurrency)
        runtime = Runtime(chosen, archive, new_telemetry(), clock, session)
        runtime.begin()
        filling = Backfill(runtime, asked.first, asked.last)
        _stop_politely(filling)
        if lost := filling.lost(beijing_day(clock.now())):
            click.echo(
                f"{', '.join(lost)}: WeChat answers about yesterday and the day before only, "
                "earlier days of the span cannot be asked for",
                err=True,
            )
        with span_progress(filling.missing()) as progress:
            # Once more, so that log lines go through the progress display and not into it.
            logs.configure(log_level, logs.LogFormat(log_format))
            for step in filling.steps():
                progress.step(step)
        missing = filling.missing()
        archive.close()
    except BadQuestion as fault:
        fail(f"wxa-exporter backfill: {fault}", CONFIG_EXIT)
    except ArchiveError as error:
        fail(f"wxa-exporter backfill: {error}", FAILURE_EXIT)
    except KeyboardInterrupt:
        fail(f"interrupted; {AGAIN}", FAILURE_EXIT)
    if filling.stopped and missing:
        fail(f"interrupted, {_missing(missing)}", FAILURE_EXIT)
    failures = filling.failures()
    if missing or filling.archive_error or any(failures.values()):
        _tell_rest(filling, missing)
    if not listed:
        fail(
            "of the apps found nothing is missing; a list of apps has faults, see above",
            FAILURE_EXIT,
        )
    click.echo(f"{asked.first} to {asked.last}: everything WeChat has is archived", err=True)


def _stop_politely(filling: "Backfill") -> None:
    """Let the first SIGINT or SIGTERM wait for the calls in flight; the second one does not."""

    def stop(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.default_int_handler)
        filling.stop()
        # Whoever read the messages may be gone, or may have stopped reading.
        with suppress(OSError):
            click.echo("stopping after the calls in flight; once more ends at once", err=True)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def _tell_rest(filling: "Backfill", missing: int) -> None:
    """Why something is missing, and how to go on; exit 1."""
    if filling.archive_error:
        click.echo(filling.archive_error, err=True)
    for app, failures in filling.failures().items():
        for failure in failures:
            click.echo(f"{app}: {failure.message}", err=True)
    fail(_missing(missing), FAILURE_EXIT)


def _missing(periods: int) -> str:
    return f"{counted(periods, 'period is', 'periods are')} missing; {AGAIN}"
