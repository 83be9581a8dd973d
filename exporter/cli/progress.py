"""Progress on a terminal, and none in a pipe."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

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
