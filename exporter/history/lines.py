"""Readings -> dated sample lines, series by series, as fast as Python formats them.

prometheus_client needs 5 µs for a sample, most of it for labels that repeat day after day. Here
the text before the value is made once for a series.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat

from exporter.exposition import escaped
from exporter.reports.report import Reading
from exporter.reports.vocabulary import Labels, Metric

LINES_AT_ONCE = 1000
# Stands where a row says nothing about a metric: what WeChat tells is never negative.
ABSENT = -1.0


def header(name: str, told: str) -> bytes:
    """HELP and TYPE of a dated family."""
    return f"# HELP {name} {told}\n# TYPE {name} gauge\n".encode()


class Table:
    """The samples of an app's metrics that share their labels, by window in, by series out.

    OpenMetrics wants the samples of a series together, while an archived body holds one of each.
    A page takes 4 bytes a day here and 8 for each metric: a year of 200 pages is 4.4 MB.
    """

    def __init__(self, app: str, metrics: Sequence[Metric]) -> None:
        self.metrics = metrics
        self._app = escaped(app)
        self._texts: dict[Labels, str] = {}
        # Most answers hold one window, which needs no putting together.
        self._only: tuple[Reading, int] | None = None
        self._rows: dict[Labels, tuple[array[float], array[int]]] = {}

    def add(self, reading: Reading, position: int) -> None:
        """Take in what the window at `position` says."""
        if self._only is None and not self._rows:
            self._only = (reading, position)
            return
        if self._only is not None:
            only, self._only = self._only, None
            self._put_together(*only)
        self._put_together(reading, position)

    def _put_together(self, reading: Reading, position: int) -> None:
        columns = [reading.values[metric.name] for metric in self.metrics]
        for labels, row in _rows(columns):
            known = self._rows.get(labels)
            if known is None:
                known = self._rows[labels] = (array("d"), array("i"))
            known[0].extend(row)
            known[1].append(position)

    def lines(self, metric: Metric, ends: Sequence[str]) -> Iterator[bytes]:
        """The lines of a metric, in pieces; `ends` holds what follows a value, by position."""
        begin, text = f'{metric.history_name}{{app="{self._app}"', self._text
        found: list[str] = []
        if self._only is not None:
            reading, at = self._only
            for labels, value in reading.values[metric.name].items():
                found.append(f"{begin}{text(labels)}{value!r}{ends[at]}")
        first, step = self.metrics.index(metric), len(self.metrics)
        for labels, (values, positions) in self._rows.items():
            series = begin + text(labels)
            samples = zip(values[first::step], positions, strict=True)
            found += [f"{series}{value!r}{ends[at]}" for value, at in samples if value != ABSENT]
            if len(found) >= LINES_AT_ONCE:
                yield "".join(found).encode()
                found = []
        if found:
            yield "".join(found).encode()

    def _text(self, labels: Labels) -> str:
        """What stands between the label app and the value: the same for all metrics here."""
        known = self._texts.get(labels)
        if known is None:
            pairs = zip(self.metrics[0].labels, labels, strict=True)
            known = "".join(f',{name}="{escaped(label)}"' for name, label in pairs) + "} "
            self._texts[labels] = known
        return known


def _rows(columns: Sequence[Mapping[Labels, float]]) -> Iterator[tuple[Labels, tuple[float, ...]]]:
    """The values of each labels, one of each column; ABSENT where a column says nothing."""
    first = list(columns[0])
    if all(list(column) == first for column in columns):
        # As a rule every row tells every field, and then nothing need be looked up.
        return zip(first, zip(*(column.values() for column in columns), strict=True), strict=True)
    every: dict[Labels, float] = {}
    for column in columns:
        every.update(column)
    values = (map(column.get, every, repeat(ABSENT)) for column in columns)
    return zip(every, zip(*values, strict=True), strict=True)
