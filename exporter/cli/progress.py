"""Progress: bars on a terminal; in a pipe plain lines, or nothing."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from exporter.backfill import DayCount, Step
from exporter.collect.app import AppCollector


@contextmanager
def app_progress(apps: int) -> Iterator[Callable[[AppCollector], None]]:
    """A bar over apps on standard error; gives the function that moves it on by one app."""
    console = Console(file=sys.stderr)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("collecting", total=apps)

        def finished(collector: AppCollector) -> None:
            progress.update(task, advance=1, description=f"collected {collector.app.name}")

        yield finished


@contextmanager
def part_progress(what: str, parts: int) -> Iterator[Callable[[], None]]:
    """A bar over parts of anything; gives the function that moves it on by one part."""
    console = Console(file=sys.stderr)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=parts)
        yield lambda: progress.advance(task)


class SpanProgress:
    """Tells how far a backfill is, day by day."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0
        self._without_data = 0
        self._faults = 0
        self._task = progress.add_task("", total=total, rate="", faults="")

    def step(self, step: Step) -> None:
        """An app was asked about a day."""
        part = step.part
        self._done += part.answered
        # A day without data is asked about again after midnight.
        self._total = max(self._total, self._done)
        self._without_data += part.answered - part.arrived
        self._faults += part.asked - part.answered
        task = self._progress.tasks[0]
        rate = f"{task.speed:.1f}/s" if task.speed else ""
        self._progress.update(
            self._task, total=self._total, completed=self._done, description=str(part.day),
            rate=rate, faults=self._lacks(),
        )  # fmt: skip
        if self._progress.disable:
            for day in step.over:
                self._tell(day)

    def _tell(self, day: DayCount) -> None:
        failed = day.asked - day.answered
        click.echo(
            f"{day.day}: {day.arrived} of {day.asked} arrived; {self._done}/{self._total} done"
            + (f"; {failed} failed" if failed else ""),
            err=True,
        )

    def _lacks(self) -> str:
        counts = ((self._without_data, "without data"), (self._faults, "failed"))
        return ", ".join(f"{count} {what}" for count, what in counts if count)


@contextmanager
def span_progress(total: int) -> Iterator[SpanProgress]:
    """A bar with rate, remaining time and faults; in a pipe one plain line a day."""
    console = Console(file=sys.stderr)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[faults]}"),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        yield SpanProgress(progress, total)
