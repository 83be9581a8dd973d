"""Rendered chunks by family, app and report, and the page made of them."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
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
    app_info,
    chunk,
    header,
    lines,
    together,
)
from exporter.exposition.own import Chunks
from exporter.exposition.pages import Data, Format, Page, begun, gzip_begin, page
from exporter.periods import Window
from exporter.reports.report import Report
from exporter.reports.vocabulary import ByMetric, Labels

FAMILY_BY_NAME = {family.name: family for family in FAMILIES}


class Exposition:
    """What /metrics shows. Changes become visible with `publish`, all at once. Thread safe.

    Without `gzipped` there is no gzipped page: deflating is more work than the text itself.
    """

    def __init__(self, *, gzipped: bool = True) -> None:
        self._lock = Lock()
        self._gzipped = gzipped
        self._headers = {family.name: self._chunk(header(family)) for family in FAMILIES}
        # family -> (app, report) -> lines; sorted on publishing, so that order is stable.
        self._chunks: dict[str, dict[tuple[str, str], Chunk]] = {f.name: {} for f in FAMILIES}
        self._data = self._data_of(())
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
        values: ByMetric,
        kind: DayKind | None = None,
    ) -> None:
        """Show the values of an app's report in the place of its earlier ones.

        `window` is the newest period among them; None, and no values, shows nothing.
        `kind` is that of its day, for the one report that shows it.
        Raises PublishError for an illegal exposition; the earlier values then stay.
        """
        texts = LabelTexts(app)
        rendered = {
            metric.name: lines(FAMILY_BY_NAME[metric.name], values.get(metric.name, {}), texts)
            for metric in (*report.metrics, *report.usual)
        }
        start: dict[Labels, float] = {}
        if window:
            start[report.name,] = window.start_timestamp
        rendered[PERIOD_START.name] = lines(PERIOD_START, start, texts)
        if report.name == DAY_KIND_OF:
            kinds: dict[Labels, float] = {(kind,): 1.0} if kind else {}
            rendered[DAY_KIND.name] = lines(DAY_KIND, kinds, texts)
        self._put((app, report.name), rendered)

    def drop_app(self, app: str, reports: Iterable[str]) -> None:
        """Show nothing of an app and these reports any more."""
        with self._lock:
            for report in ("", *reports):
                for chunks in self._chunks.values():
                    chunks.pop((app, report), None)

    def _put(self, key: tuple[str, str], rendered: Mapping[str, bytes]) -> None:
        """All families of a report in one step: a scrape must not meet half of them."""
        made = {family: self._chunk(text) if text else None for family, text in rendered.items()}
        with self._lock:
            for family, found in made.items():
                if found:
                    self._chunks[family][key] = found
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
            self._data = self._data_of(ordered)
            self._begin()

    def _chunk(self, text: bytes) -> Chunk:
        return chunk(text) if self._gzipped else Chunk(text, b"")

    def _data_of(self, chunks: Sequence[Chunk]) -> Data:
        text, deflated = together(chunks)
        return Data(text, gzip_begin(deflated) if self._gzipped else b"", zlib.crc32(text))

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
