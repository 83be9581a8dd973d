"""Readings -> dated sample lines, as fast as Python formats them.

prometheus_client needs 5 µs for a sample, most of it for labels that repeat day after day. Here
the text before the value is made once for an app's series.
"""

from enum import Enum

from exporter.exposition import Format
from exporter.periods import Window
from exporter.reports.extract import Reading
from exporter.reports.vocabulary import Labels, Metric


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
    """HELP and TYPE of the dated family; the help holds neither quotes nor line ends."""
    help_text = metric.exposed_help.replace('"', "'")
    name = metric.history_name
    return f"# HELP {name} {help_text}\n# TYPE {name} gauge\n".encode()


class Series:
    """The series of one app, their names and labels written once."""

    def __init__(self, app: str, dialect: Dialect) -> None:
        self._app = escaped(app)
        self._ticks = dialect.ticks_per_second
        self._begins: dict[str, dict[Labels, str]] = {}

    def lines(self, metric: Metric, window: Window, reading: Reading) -> bytes:
        """The lines of one metric in one window."""
        begins = self._begins.setdefault(metric.name, {})
        end = f" {window.start_timestamp * self._ticks}\n"
        found = []
        for labels, value in reading.values[metric.name].items():
            begin = begins.get(labels)
            if begin is None:
                begin = begins[labels] = self._begin(metric, labels)
            found.append(f"{begin}{value!r}{end}")
        return "".join(found).encode()

    def _begin(self, metric: Metric, labels: Labels) -> str:
        pairs = zip(metric.labels, labels, strict=True)
        told = "".join(f',{name}="{escaped(value)}"' for name, value in pairs)
        return f'{metric.history_name}{{app="{self._app}"{told}}} '
