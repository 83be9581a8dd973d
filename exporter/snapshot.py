"""What /metrics shows of an app's report now, chosen from the archive."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from threading import Lock
from typing import NamedTuple

from exporter.archive import Archive, Reader, reading_of
from exporter.clock import Clock
from exporter.config import App, Config
from exporter.days import open_calendar
from exporter.errors import ArchiveError
from exporter.exposition import Exposition
from exporter.guard import report_guard
from exporter.periods import Window, beijing_day
from exporter.reports.limits import Limits, keep_largest
from exporter.reports.report import Reading, Report
from exporter.reports.table import BY_NAME
from exporter.reports.vocabulary import Labels
from exporter.telemetry import Telemetry
from exporter.usual import usual_values

# Values leave when they are older than so many periods (a retention: past the key's own age).
MAX_AGE = 3


class Shown(NamedTuple):
    """The values shown, the newest window among them, and how many values limits left out."""

    values: dict[str, dict[Labels, float]]
    window: Window | None
    # By label.
    dropped: dict[str, int]
    # By the labels that it tells.
    windows: dict[Labels, Window]
    # The first day on which time alone changes what is shown.
    until: date


def choose(
    archive: Archive | Reader, appid: str, report: Report, today: date, limits: Limits
) -> Shown:
    """The newest window that is known and not stale; of a retention the newest one for each key.

    Raises ArchiveError.
    """
    oldest = Window.newest_over(report.period, today).shifted(-MAX_AGE)
    if report.grows:
        oldest = oldest.shifted(-report.asks[-1])
    shown: dict[str, dict[Labels, float]] = {}
    newest: Window | None = None
    dropped: dict[str, int] = {}
    # What a newer window has told already: everything, or of a retention the labels it had.
    told: dict[Labels, Window] = {}
    until = date.max
    for first_day, kept in archive.bodies(appid, report.name, oldest.first_day):
        window = Window(report.period, first_day)
        reading = reading_of(report, window, kept)
        dropped = keep_largest(reading, limits)
        ends = _ends(reading)
        fresh = {labels for labels, end in ends.items() if today < end and labels not in told}
        if fresh:
            until = min(until, *(ends[labels] for labels in fresh))
            newest = newest or window
            for name, values in reading.values.items():
                found = {labels: value for labels, value in values.items() if labels in fresh}
                shown.setdefault(name, {}).update(found)
            told.update(dict.fromkeys(fresh, window))
            if not report.grows:
                break
    dropped = dropped if shown else dict.fromkeys(dropped, 0)
    return Shown(shown, newest, dropped, told, until)


def _ends(reading: Reading) -> dict[Labels, date]:
    """By labels, the first day on which their values are too old to be shown."""
    labels, window = set[Labels]().union(*reading.values.values()), reading.window
    if not reading.report.grows:
        return dict.fromkeys(labels, window.passed_on(MAX_AGE + 1))
    return {each: window.passed_on(int(each[-1]) + MAX_AGE + 1) for each in labels}


class Publisher:
    """Brings the archive's state of each app's reports onto /metrics. Thread safe."""

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
        self._apps = {app.appid: app for app in config.apps}
        self.calendar = open_calendar(config.calendar.file)
        self._newest = self._generation = 0
        # The day for which everything shown was chosen.
        self._day: date | None = None
        self._lock = Lock()
        # By appid and report, up to which number of news they were chosen since the last catch-up.
        self._prepared: dict[tuple[str, str], int] = {}
        # Whether anything was chosen that is not visible yet.
        self._unpublished = False
        self.days: dict[tuple[str, str], Window] = {}
        # By appid and report, the first day on which time alone changes what is shown.
        self._until: dict[tuple[str, str], date] = {}

    def follow(self, config: Config, gone: Iterable[App], fresh: Collection[App]) -> None:
        """Show other apps in the same manner: without those `gone`, which were shown, with `fresh`.

        What cannot be read now is shown by the `catch_up` that can.
        """
        with self._lock:
            before, self._config = self._config, config
            self._apps = {app.appid: app for app in config.apps}
            for app in gone:
                names = [report.name for report in before.reports_of(app)]
                self._exposition.drop_app(app.name, names)
                for name in names:
                    self.days.pop((app.name, name), None)
                    self._until.pop((app.appid, name), None)
            for app in fresh:
                self._exposition.show_app(app.name, app.appid, app.labels)
            try:
                with self._archive.reader() as archive:
                    for app in fresh:
                        self._refresh_app(archive, app, self._day or beijing_day(self._clock.now()))
            except ArchiveError:
                self._day = None
            self._publish()

    def fits(self, config: Config) -> bool:
        """Whether a configuration shows its apps as this one does."""
        calendar = open_calendar(config.calendar.file)
        return config.limits == self._config.limits and calendar.says_the_same_as(self.calendar)

    def _refresh_app(self, archive: Reader, app: App, today: date) -> None:
        for report in self._config.reports_of(app):
            self._refresh_guarded(archive, app, report, today)

    def refresh_all(self) -> None:
        """Show every report as the archive and today's date say, stale ones no more.

        Raises ArchiveError; what was shown then stays.
        """
        with self._lock:
            self._refresh_all()

    def _refresh_all(self) -> None:
        # So that a refresh that fails half-way is made anew as a whole.
        self._day = None
        today, generation = beijing_day(self._clock.now()), self._archive.generation
        self._newest = self._archive.newest_news()
        self._prepared.clear()
        with self._archive.reader() as archive:
            for app in self._config.apps:
                self._exposition.show_app(app.name, app.appid, app.labels)
                self._refresh_app(archive, app, today)
        self._publish()
        self._day, self._generation = today, generation

    def catch_up(self) -> None:
        """Show what was learned since the last time, by this process or by a backfill beside it.

        When another day has begun in Beijing, show no more what is too old for it; when the archive
        is another file, show all anew. Raises ArchiveError.
        """
        with self._lock:
            today = beijing_day(self._clock.now())
            with self._in_doubt():
                news = self._archive.news_since(self._newest)
            if self._day is None or self._generation != self._archive.generation:
                self._refresh_all()
                return
            if today != self._day:
                self._begin_day(today)
            self._choose_news(news, today)
            if self._unpublished:
                self._publish()

    def prepare(self, appid: str, reports: Collection[Report]) -> None:
        """Choose what some of an app's reports learned, for `catch_up` to make visible.

        A pass calls it while it waits for WeChat anyway. Raises ArchiveError.
        """
        # A page of 10,000 apps takes a second to put together: no worker waits for that.
        if not self._lock.acquire(blocking=False):
            return
        try:
            app, today = self._apps.get(appid), beijing_day(self._clock.now())
            if app is not None and self._day == today:
                with self._in_doubt():
                    self._prepare(app, reports, today)
        finally:
            self._lock.release()

    def _prepare(self, app: App, reports: Collection[Report], today: date) -> None:
        newest = self._archive.newest_news()
        with self._archive.reader() as archive:
            for report in self._config.reports_of(app):
                if report in reports:
                    self._refresh_guarded(archive, app, report, today)
                    self._prepared[app.appid, report.name] = newest
        self._unpublished = True

    @contextmanager
    def _in_doubt(self) -> Iterator[None]:
        """A database that comes back may have lost what was read from it: all is chosen anew."""
        try:
            yield
        except ArchiveError:
            self._day = None
            raise

    def _begin_day(self, today: date) -> None:
        """Most values live for days: choosing all of 10,000 apps anew would hold up scrapes."""
        begun, self._day = self._day, None  # so that one that fails half-way is made up for
        if begun is None or today < begun:
            self._refresh_all()
            return
        over = [key for key, until in self._until.items() if until <= today]
        if over:
            with self._archive.reader() as archive:
                for appid, name in over:
                    self._refresh_guarded(archive, self._apps[appid], BY_NAME[name], today)
            self._publish()
        self._day = today

    def _choose_news(self, news: Mapping[tuple[str, str], int], today: date) -> None:
        if not news:
            return
        with self._archive.reader() as archive:
            for (appid, name), number in news.items():
                app, report = self._apps.get(appid), BY_NAME.get(name)
                if app is None or report not in self._config.reports_of(app):
                    continue
                if number > self._prepared.get((appid, name), 0):
                    self._refresh_guarded(archive, app, report, today)
        self._newest, self._unpublished = max(news.values()), True
        self._prepared.clear()

    def _publish(self) -> None:
        self._exposition.publish()
        self._unpublished = False

    def _refresh_guarded(self, archive: Reader, app: App, report: Report, today: date) -> None:
        # What is shown of a report stays when the new cannot be.
        with report_guard(app.name, report.name, lambda _: None):
            self._refresh(archive, app, report, today)

    def _refresh(self, archive: Reader, app: App, report: Report, today: date) -> None:
        shown = choose(archive, app.appid, report, today, self._config.limits)
        usual = usual_values(archive, app.appid, report, self.calendar, shown.windows, shown.values)
        self._until[app.appid, report.name] = shown.until
        kind = self.calendar.kind(shown.window.first_day) if shown.window else None
        self._exposition.show(app.name, report, shown.window, shown.values | usual, kind)
        if shown.window is None:
            self.days.pop((app.name, report.name), None)
        else:
            self.days[app.name, report.name] = shown.window
        for label, values in shown.dropped.items():
            self._telemetry.dropped(app.name, report.name, label, values)
