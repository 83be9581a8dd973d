"""Readings -> dated sample lines, series by series, as fast as Python formats them.

prometheus_client needs 5 µs for a sample, most of it for labels that repeat day after day. Here
the text before the value is made once for a series.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum

from exporter.exposition import Format
from exporter.reports.vocabulary import Labels, Metric

LINES_AT_ONCE = 1000


class Dialect(Enum):
    """How each format writes the time of a sample, and how it ends."""

    CLASSIC = (Format.CLASSIC, 1000, b"")
    OPENMETRICS = (Format.OPENMETRICS, 1, b"# EOF\n")

    def __init__(self, form: Format, ticks_per_second: int, end: bytes) -> None:
        self.format = form
        self.ticks_per_second = ticks_per_second
        self.end = end


def escaped(value: str) -> str:
    """A label value as both formats write it."""
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def header(metric: Metric) -> bytes:
    """HELP and TYPE of the dated family."""
    name = metric.history_name
    return f"# HELP {name} {metric.exposed_help}\n# TYPE {name} gauge\n".encode()


class Table:
    """The samples of one metric of one app, taken in by window and told series by series.

    OpenMetrics wants the samples of a series together, while an archived body holds one of each.
    A sample takes 12 bytes here: a year of 200 pages and 7 metrics is 6 MB.
    """

    def __init__(self, app: str, metric: Metric, texts: dict[Labels, str]) -> None:
        """`texts` is shared by the app's metrics with these label names: each is made once."""
        self._metric = metric
        self._texts = texts
        self._begin = f'{metric.history_name}{{app="{escaped(app)}"'
        # Most answers hold one window, which needs no putting together.
        self._only: tuple[Mapping[Labels, float], int] | None = None
        self._series: dict[Labels, tuple[array[float], array[int]]] = {}

    def add(self, values: Mapping[Labels, float], position: int) -> None:
        """Take in what the window at `position` says."""
        if self._only is None and not self._series:
            self._only = (values, position)
            return
        if self._only is not None:
            only, self._only = self._only, None
            self._put_together(*only)
        self._put_together(values, position)

    def _put_together(self, values: Mapping[Labels, float], position: int) -> None:
        series = self._series
        for labels, value in values.items():
            known = series.get(labels)
            if known is None:
                known = series[labels] = (array("d"), array("i"))
            known[0].append(value)
            known[1].append(position)

    def lines(self, ends: Sequence[str]) -> Iterator[bytes]:
        """The lines of all series in pieces; `ends` holds what follows the value, by position."""
        if self._only is not None:
            yield from self._only_lines(*self._only, ends)
            return
        found: list[str] = []
        for labels, (values, positions) in self._series.items():
            begin = f"{self._begin}{self._text(labels)}}} "
            samples = zip(values, positions, strict=True)
            found += [f"{begin}{value!r}{ends[at]}" for value, at in samples]
            if len(found) >= LINES_AT_ONCE:
                yield "".join(found).encode()
                found = []
        if found:
            yield "".join(found).encode()

    def _only_lines(
        self, values: Mapping[Labels, float], at: int, ends: Sequence[str]
    ) -> Iterator[bytes]:
        begin, text, end = self._begin, self._text, ends[at]
        found = [f"{begin}{text(labels)}}} {value!r}{end}" for labels, value in values.items()]
        if found:
            yield "".join(found).encode()

    def _text(self, labels: Labels) -> str:
        text = self._texts.get(labels)
        if text is None:
            pairs = zip(self._metric.labels, labels, strict=True)
            text = "".join(f',{name}="{escaped(label)}"' for name, label in pairs)
            self._texts[labels] = text
        return text
