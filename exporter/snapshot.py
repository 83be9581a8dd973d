"""What /metrics shows of an app's report now, chosen from the archive."""

from datetime import date
from typing import NamedTuple

from exporter.archive import Archive, samples_of
from exporter.clock import Clock
from exporter.config import App, Config
from exporter.exposition import Exposition
from exporter.periods import Window, beijing_day
from exporter.reports.table import BY_NAME
from exporter.reports.vocabulary import ByPage, Report, Sample
from exporter.telemetry import Telemetry

# Values leave when they are older than so many periods (a retention: past the key's own age).
MAX_AGE = 3


class Shown(NamedTuple):
    """The samples shown, the newest window among them, and the pages left out."""

    samples: list[Sample]
    window: Window | None
    pages_dropped: int


def choose(archive: Archive, appid: str, report: Report, today: date, page_limit: int) -> Shown:
    """The newest window that is known and not stale; of a retention the newest one for each key.

    Raises ArchiveError.
    """
    oldest = Window.newest_over(report.period, today).shifted(-MAX_AGE)
    if report.grows:
        oldest = oldest.shifted(-report.asks[-1])
    shown: list[Sample] = []
    newest: Window | None = None
    # What a newer window has told already: everything, or of a retention the labels it had.
    told: set[tuple[str, ...]] = set()
    for first_day, kept in archive.bodies(appid, report.name, oldest.first_day):
        window = Window(report.period, first_day)
        fresh = [
            sample
            for sample in samples_of(report, window, kept)
            if sample.labels not in told and not _stale(report, window, sample, today)
        ]
        if fresh:
            newest = newest or window
            shown += fresh
            told.update(sample.labels for sample in fresh)
            if not report.grows:
                break
    kept_samples = limit_pages(report, shown, page_limit)
    dropped = len({s.labels for s in shown}) - len({s.labels for s in kept_samples})
    return Shown(kept_samples, newest, dropped)


def _stale(report: Report, window: Window, sample: Sample, today: date) -> bool:
    key = int(sample.labels[-1]) if report.grows else 0
    return window.age(today) > key + MAX_AGE


def limit_pages(report: Report, samples: list[Sample], limit: int) -> list[Sample]:
    """The samples of the most-visited pages; of another report than visit_page all of them."""
    if not isinstance(report.shape, ByPage):
        return samples
    rank = {s.labels: s.value for s in samples if s.metric.field == report.shape.rank}
    pages = {sample.labels for sample in samples}
    if len(pages) <= limit:
        return samples
    first = sorted(pages, key=lambda page: (-rank.get(page, -1.0), page))[:limit]
    return [sample for sample in samples if sample.labels in set(first)]


class Publisher:
    """Brings the archive's state of each app's reports onto /metrics."""

    def __init__(
        self,
        config: Config,
        archive: Archive,
        exposition: Exposition,
        telemetry: Telemetry,
        clock: Clock,
    ) -> None:
        self._config = config
        self._archive = archive
        self._exposition = exposition
        self._telemetry = telemetry
        self._clock = clock
        self._changed = False
        self.days: dict[tuple[str, str], Window] = {}

    def refresh_all(self) -> None:
        """Show every report as the archive and today's date say, stale ones no more."""
        for app in self._config.apps:
            self._exposition.show_app(app.name, app.appid)
            for name in self._config.reports_of(app):
                self.refresh(app, BY_NAME[name])
        self.publish()

    def refresh(self, app: App, report: Report) -> None:
        """Show one report anew; visible after `publish`."""
        today = beijing_day(self._clock.now())
        limit = self._config.pages.limit
        shown = choose(self._archive, app.appid, report, today, limit)
        self._exposition.show(app.name, report, shown.window, shown.samples)
        self._changed = True
        if shown.window is None:
            self.days.pop((app.name, report.name), None)
        else:
            self.days[app.name, report.name] = shown.window
        if isinstance(report.shape, ByPage):
            self._telemetry.pages_dropped(app.name, shown.pages_dropped)

    def publish(self) -> None:
        """Make everything refreshed since the last time visible."""
        if self._changed:
            self._changed = False
            self._exposition.publish()
