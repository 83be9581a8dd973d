"""The exporter's own metrics as text, in each format."""

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from exporter.exposition.families import Chunk, Family, LabelTexts, chunk, lines, together
from exporter.exposition.pages import Format
from exporter.telemetry import OF_APPS, AppSeries, Own

# What each format is to hold, piece by piece.
Chunks = dict[Format, tuple[Chunk, ...]]


def text_of(registry: CollectorRegistry) -> dict[Format, bytes]:
    """The registry in each format; OpenMetrics without its end mark, so that texts can join."""
    openmetrics: bytes = generate_openmetrics(registry)  # type: ignore[no-untyped-call]
    return {
        Format.CLASSIC: generate_latest(registry),
        Format.OPENMETRICS: openmetrics.removesuffix(Format.OPENMETRICS.end),
    }


def joined(first: dict[Format, bytes], second: dict[Format, bytes]) -> dict[Format, bytes]:
    """Both texts in each format, with the end mark that OpenMetrics wants."""
    return {form: first[form] + second[form] + form.end for form in Format}


class AppChunks:
    """The series of all apps, of which only those that changed are rendered again."""

    def __init__(self, series: AppSeries) -> None:
        self._series = series
        self._seen = 0
        self._lines: dict[Own, dict[str, Chunk]] = {own: {} for own in OF_APPS}
        self._together = dict.fromkeys(OF_APPS, together(()))
        self._headers = {form: {own: _header(own, form) for own in OF_APPS} for form in Format}
        self._chunks = self._put_together()

    def chunks(self) -> Chunks:
        """Headers and lines of every metric that apps have; the same object while none changes."""
        changed: set[Own] = set()
        self._seen, apps = self._series.changed_since(self._seen)
        for app, values in apps.items():
            texts = LabelTexts(app)
            for own in OF_APPS:
                if self._put(own, app, lines(_family(own), values.get(own, {}), texts)):
                    changed.add(own)
        for own in changed:
            self._together[own] = together(list(self._lines[own].values()))
        if changed:
            self._chunks = self._put_together()
        return self._chunks

    def _put_together(self) -> Chunks:
        return {
            form: tuple(piece for own in OF_APPS for piece in (headers[own], self._together[own]))
            for form, headers in self._headers.items()
        }

    def _put(self, own: Own, app: str, text: bytes) -> bool:
        """Whether a metric's lines of an app are others than before."""
        known = self._lines[own].get(app)
        if not text:
            self._lines[own].pop(app, None)
            return known is not None
        if known is not None and known.text == text:
            return False
        self._lines[own][app] = chunk(text)
        return True


def _family(own: Own) -> Family:
    return Family(own.name, f"{own.help} {own.help_zh}", own.labels)


def _header(own: Own, form: Format) -> Chunk:
    """HELP and TYPE; OpenMetrics names a counter without its _total there."""
    counter = own.kind == "counter" and form is Format.OPENMETRICS
    name = own.name.removesuffix("_total") if counter else own.name
    text = f"# HELP {name} {own.help} {own.help_zh}\n# TYPE {name} {own.kind}\n"
    return chunk(text.encode())
