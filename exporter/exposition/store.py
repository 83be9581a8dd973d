"""Rendered chunks by family, app and report, and the page made of them."""

import zlib
from collections.abc import Iterable, Mapping
from threading import Lock

from exporter.days import DayKind
from exporter.exposition.families import (
    APP_INFO,
    DAY_KIND,
    DAY_KIND_OF,
    FAMILIES,
    PERIOD_START,
    Chunk,
    LabelTexts,
    Line,
    app_info,
    header,
    lines,
)
from exporter.exposition.own import Chunks
from exporter.exposition.pages import Data, Format, Page, begun, gzip_begin, page
from exporter.periods import Window
from exporter.reports.report import Report
from exporter.reports.vocabulary import Sample

FAMILY_BY_NAME = {family.name: family for family in FAMILIES}
EMPTY = Data(b"", gzip_begin(b""), 0)


class Exposition:
    """What /metrics shows. Changes become visible with `publish`, all at once. Thread safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._headers = {family.name: header(family) for family in FAMILIES}
        # family -> (app, report) -> lines; sorted on publishing, so that order is stable.
        self._chunks: dict[str, dict[tuple[str, str], Chunk]] = {f.name: {} for f in FAMILIES}
        self._data = EMPTY
        self._own: Mapping[Format, bytes] = {Format.CLASSIC: b"", Format.OPENMETRICS: b"# EOF\n"}
        self._app_chunks: Chunks = dict.fromkeys(Format, ())
        self._begin()

    def show_app(self, app: str, appid: str, labels: Mapping[str, str] | None = None) -> None:
        """Show that the app exists, with the labels that its operator gave it."""
        self._put((app, ""), {APP_INFO.name: app_info(app, appid, labels or {})})

    def show(
        self,
        app: str,
        report: Report,
        window: Window | None,
        samples: Iterable[Sample],
        kind: DayKind | None = None,
    ) -> None:
        """Show the samples of an app's report in the place of its earlier ones.

        `window` is the newest period among them; None, and no samples, shows nothing.
        `kind` is that of its day, for the one report that shows it.
        Raises PublishError for an illegal exposition; the earlier samples then stay.
        """
        by_metric: dict[str, list[Line]] = {
            metric.name: [] for metric in (*report.metrics, *report.usual)
        }
        for sample in samples:
            by_metric[sample.metric.name].append(((app, *sample.labels), sample.value))
        texts = LabelTexts()
        rendered = {
            name: lines(FAMILY_BY_NAME[name], found, texts) for name, found in by_metric.items()
        }
        start = [((app, report.name), float(window.start_timestamp))] if window else []
        rendered[PERIOD_START.name] = lines(PERIOD_START, start)
        if report.name == DAY_KIND_OF:
            rendered[DAY_KIND.name] = lines(DAY_KIND, [((app, kind), 1.0)] if kind else [])
        self._put((app, report.name), rendered)

    def drop_app(self, app: str, reports: Iterable[str]) -> None:
        """Show nothing of an app and these reports any more."""
        with self._lock:
            for report in ("", *reports):
                for chunks in self._chunks.values():
                    chunks.pop((app, report), None)

    def _put(self, key: tuple[str, str], rendered: Mapping[str, Chunk]) -> None:
        """All families of a report in one step: a scrape must not meet half of them."""
        with self._lock:
            for family, chunk in rendered.items():
                if chunk.text:
                    self._chunks[family][key] = chunk
                else:
                    self._chunks[family].pop(key, None)

    def publish(self) -> None:
        """Make what was shown since the last time visible to scrapes, in one step."""
        with self._lock:
            ordered = [
                chunk
                for family, chunks in self._chunks.items()
                if chunks
                for chunk in (self._headers[family], *(chunks[key] for key in sorted(chunks)))
            ]
            text = b"".join([chunk.text for chunk in ordered])
            deflated = gzip_begin(b"".join([chunk.deflated for chunk in ordered]))
            self._data = Data(text, deflated, zlib.crc32(text))
            self._begin()

    def publish_own(self, own: Mapping[Format, bytes], app_chunks: Chunks) -> None:
        """Make the exporter's own metrics visible to scrapes, those that every app has apart."""
        with self._lock:
            self._own = own
            if app_chunks is self._app_chunks:
                self.page: Page = page(self._begins, own)
            else:
                self._app_chunks = app_chunks
                self._begin()

    def _begin(self) -> None:
        self._begins = {form: begun(self._data, self._app_chunks.get(form, ())) for form in Format}
        self.page = page(self._begins, self._own)
