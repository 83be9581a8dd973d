"""The archive -> dated exposition text, family by family.

A family must stand together in the text, while an archived body speaks of several. So the lines
of a report's first metric go out as they are read, those of the others are kept until it is over:
in files when a file is written, in memory when an answer is streamed. What would be too large for
memory is read once for each metric instead.
"""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from exporter.archive import Archive, reading_of
from exporter.history.lines import Dialect, Series, header
from exporter.history.query import Asked
from exporter.periods import Window
from exporter.reports.pages import keep_most_visited
from exporter.reports.table import REPORTS
from exporter.reports.vocabulary import Metric, Report

# Deflated bodies; their lines take about 16 times as much memory.
IN_MEMORY_BYTES = 2_500_000
CHUNK_BYTES = 256 * 1024


class History:
    """The dated samples that somebody asked for, in one of the two formats."""

    def __init__(self, archive: Archive, asked: Asked, dialect: Dialect) -> None:
        self._archive = archive
        self._asked = asked
        self._dialect = dialect

    def stream(self) -> Iterator[bytes]:
        """The text in pieces, without files. Raises ArchiveError, also between pieces."""
        for report in REPORTS:
            size = sum(self._archive.size(part) for _, part in self._asked.parts(report))
            fits = size <= IN_MEMORY_BYTES
            groups = [report.metrics] if fits else [(metric,) for metric in report.metrics]
            for group in groups if size else ():
                yield from _gathered(self._streamed(report, group))
        yield self._dialect.end

    def _streamed(self, report: Report, group: Sequence[Metric]) -> Iterator[bytes]:
        first, *others = group
        kept: dict[str, list[bytes]] = {metric.name: [] for metric in others}
        begun = False
        for lines in self._lines(report, group):
            if lines[first.name] and not begun:
                begun = True
                yield header(first)
            yield lines[first.name]
            for name, found in kept.items():
                found.append(lines[name])
        for metric in others:
            if any(kept[metric.name]):
                yield header(metric)
                yield from kept.pop(metric.name)

    def write(self, target: IO[bytes], folder: Path | None = None) -> None:
        """The text into a file, each body read once; `folder` takes files in between.

        Raises ArchiveError, and OSError when the disk is full.
        """
        for report in REPORTS:
            with ExitStack() as stack:
                spools = {
                    metric.name: stack.enter_context(tempfile.TemporaryFile(dir=folder))
                    for metric in report.metrics
                }
                for lines in self._lines(report, report.metrics):
                    for name, text in lines.items():
                        spools[name].write(text)
                for metric in report.metrics:
                    spool = spools[metric.name]
                    if spool.tell():
                        target.write(header(metric))
                        spool.seek(0)
                        shutil.copyfileobj(spool, target, CHUNK_BYTES)
        target.write(self._dialect.end)

    def _lines(self, report: Report, metrics: Sequence[Metric]) -> Iterator[dict[str, bytes]]:
        """For each archived window, app by app and oldest first, the lines of each metric."""
        for app, part in self._asked.parts(report):
            series = Series(app.name, self._dialect)
            for first_day, kept in self._archive.span(part):
                window = Window(report.period, first_day)
                reading = reading_of(report, window, kept)
                keep_most_visited(reading, self._asked.page_limit)
                yield {metric.name: series.lines(metric, window, reading) for metric in metrics}


def _gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in fewer pieces: each one sent costs a system call."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= CHUNK_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)
