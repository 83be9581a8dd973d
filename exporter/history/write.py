"""The archive -> dated exposition text, family by family and series by series.

A family must stand together in the text, while an archived body speaks of several. So the lines
of a report's first metric go out app by app, those of the others are kept until all apps are
through: in files when a file is written, in memory when an answer is streamed. What would be too
large for memory is read once for each metric instead.
"""

import shutil
import tempfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from itertools import groupby
from operator import attrgetter, itemgetter
from pathlib import Path
from sys import getsizeof
from typing import IO

from exporter.archive import Archive, Kept, reading_of
from exporter.days import OFFICIAL, Calendar, DayKind
from exporter.errors import ExporterError
from exporter.exposition import Format, escaped
from exporter.exposition.families import DAY_KIND, DAY_KIND_OF
from exporter.history.lines import Table, header
from exporter.history.query import Asked
from exporter.periods import Period, Window
from exporter.reports.limits import keep_largest
from exporter.reports.report import Report
from exporter.reports.table import BY_NAME, GROUPS
from exporter.reports.vocabulary import Metric, history_name

# Lines that wait in memory while an answer is streamed: a day of 200 apps with 200 pages each.
IN_MEMORY_BYTES = 32_000_000
CHUNK_BYTES = 256 * 1024
KIND = history_name(DAY_KIND.name)

# Appid, first day and reply.
Windows = Iterator[tuple[str, date, Kept]]


class DatedSamples:
    """The dated samples that somebody asked for, in one of the two formats."""

    def __init__(
        self,
        archive: Archive,
        asked: Asked,
        form: Format,
        in_memory_bytes: int = IN_MEMORY_BYTES,
        calendar: Calendar = OFFICIAL,
    ) -> None:
        self._archive = archive
        self._asked = asked
        self._form = form
        self._in_memory_bytes = in_memory_bytes
        self._calendar = calendar

    def stream(self) -> Generator[bytes, None, None]:
        """The text in pieces, without files. Raises ArchiveError, also between pieces."""
        for reports in GROUPS:
            yield from _gathered(self._streamed(reports))
        yield from _gathered(self._kinds())
        yield self._form.end

    def _streamed(self, reports: Sequence[Report]) -> Iterator[bytes]:
        metrics = reports[0].metrics
        while metrics:
            first, *others = metrics
            kept: dict[str, list[bytes]] = {metric.name: [] for metric in others}
            room, begun = self._in_memory_bytes, False
            for report, app, windows in self._by_app(reports):
                wanted = metrics if room >= 0 else (first,)
                for metric, text in self._lines(report, app, windows, wanted):
                    if metric is first:
                        if not begun:
                            begun = True
                            yield header(first.history_name, first.exposed_help)
                        yield text
                    elif room >= 0:
                        kept[metric.name].append(text)
                        room -= getsizeof(text)
                if room < 0:
                    kept.clear()
            if room >= 0:
                for metric in others:
                    if found := kept.pop(metric.name):
                        yield header(metric.history_name, metric.exposed_help)
                        yield from found
                return
            metrics = metrics[1:]

    def write(self, target: IO[bytes], folder: Path | None = None) -> None:
        """The text into a file, each body read once; `folder` takes files in between.

        Raises ArchiveError, OSError when the target cannot be written, and another ExporterError
        when files in between cannot that are not beside it.
        """
        for reports in GROUPS:
            metrics = reports[0].metrics
            with ExitStack() as stack:
                with _no_room_told(folder):
                    spools = {
                        metric.name: stack.enter_context(tempfile.TemporaryFile(dir=folder))
                        for metric in metrics
                    }
                    for report, app, windows in self._by_app(reports):
                        for metric, text in self._lines(report, app, windows, metrics):
                            spools[metric.name].write(text)
                    for spool in spools.values():
                        spool.flush()
                for metric in metrics:
                    spool = spools[metric.name]
                    if spool.tell():
                        target.write(header(metric.history_name, metric.exposed_help))
                        spool.seek(0)
                        shutil.copyfileobj(spool, target, CHUNK_BYTES)
        target.writelines(self._kinds())
        target.write(self._form.end)

    def _by_app(self, reports: Iterable[Report]) -> Iterator[tuple[Report, str, Windows]]:
        """The name of each app that has something archived, and its windows, oldest first."""
        for report in reports:
            names, part = self._asked.of(report)
            for appid, windows in groupby(self._archive.span(part), key=itemgetter(0)):
                yield report, names[appid], windows

    def _lines(
        self, report: Report, app: str, windows: Windows, metrics: Sequence[Metric]
    ) -> Iterator[tuple[Metric, bytes]]:
        """The lines of an app's metrics, one series after the other, oldest sample first."""
        tables = [Table(app, list(group)) for _, group in groupby(metrics, attrgetter("labels"))]
        ends: list[str] = []
        for _, first_day, kept in windows:
            window = Window(report.period, first_day)
            reading = reading_of(report, window, kept)
            keep_largest(reading, self._asked.limits)
            for table in tables:
                table.add(reading, len(ends))
            ends.append(self._end(window))
        for table in tables:
            for metric in table.metrics:
                for text in table.lines(metric, ends):
                    yield metric, text

    def _kinds(self) -> Iterator[bytes]:
        """The kind of each day whose visits are told."""
        begun = False
        for _, app, windows in self._by_app([BY_NAME[DAY_KIND_OF]]):
            found: dict[DayKind, list[str]] = {}
            for _, first_day, _ in windows:
                if kind := self._calendar.kind(first_day):
                    window = Window(Period.DAY, first_day)
                    found.setdefault(kind, []).append(self._end(window))
            if found and not begun:
                begun = True
                yield header(KIND, DAY_KIND.help)
            for kind, ends in found.items():
                begin = f'{KIND}{{app="{escaped(app)}",kind="{kind}"}} 1.0'
                yield "".join([begin + end for end in ends]).encode()

    def _end(self, window: Window) -> str:
        """What follows a value."""
        return f" {window.start_timestamp * self._form.ticks_per_second}\n"


@contextmanager
def _no_room_told(folder: Path | None) -> Iterator[None]:
    """Let nobody look for the fault at the target, whose own folder may be given."""
    try:
        yield
    except OSError as error:
        if folder:
            raise
        raise ExporterError(
            f"files in between find no room ({error.strerror}): TMPDIR names another folder"
        ) from None


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
