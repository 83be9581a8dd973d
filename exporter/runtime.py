"""Everything that belongs to one configuration, wired together; it follows others where it can."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from enum import Enum
from threading import Event

import structlog

from exporter.archive import Archive
from exporter.clock import Clock
from exporter.collect.app import AppCollector
from exporter.collect.asides import Scenes
from exporter.collect.collector import Collector, PassResult
from exporter.collect.due import Want, standing_wants
from exporter.config import App, Config, open_keys
from exporter.errors import ArchiveError
from exporter.exposition import Exposition
from exporter.periods import beijing_day
from exporter.reports.report import Report
from exporter.snapshot import Publisher
from exporter.telemetry import Telemetry
from exporter.wechat.client import Client
from exporter.wechat.pacing import Line, Pacer
from exporter.wechat.sealing import Seal
from exporter.wechat.services import TokenServices
from exporter.wechat.session import Session
from exporter.wechat.tokens import token_source
from exporter.wechat.transport import Transport

# Two processes begin a pass up to two minutes apart, each up to one beside its time.
SAME_PASS = timedelta(seconds=150)

log = structlog.get_logger()


class Occasion(Enum):
    """Why a configuration is taken over."""

    # Lists of apps changed by themselves.
    LISTS = "lists"
    # A reload that found another configuration than the running one.
    CHANGED = "changed"
    # A reload that found the same: a person says "look again".
    SAME = "same"


class Runtime:
    """A configuration at work: its collector, and the exposition that its values are shown on."""

    def __init__(
        self,
        config: Config,
        archive: Archive,
        telemetry: Telemetry,
        clock: Clock,
        session: Session,
        line: Line | None = None,
        *,
        gzipped: bool = True,
    ) -> None:
        self.config = config
        self._archive = archive
        self._telemetry = telemetry
        self._clock = clock
        self._day: date | None = None
        self.stop = Event()
        self.exposition = Exposition(gzipped=gzipped)
        self.publisher = Publisher(config, archive, self.exposition, telemetry, clock)
        api = config.api
        self._transport = Transport(
            session,
            clock,
            telemetry,
            Pacer(api.requests_per_second, clock, self.stop, line),
            api.timeout_seconds,
            api.proxy,
        )
        self.token_services = TokenServices(clock, telemetry, self.stop)
        self._scenes = Scenes(telemetry, clock)
        collectors = [self._collector_of(app, config) for app in config.apps]
        self.collector = Collector(
            collectors, archive, telemetry, config.collect.concurrency, self.stop
        )

    def _collector_of(self, app: App, config: Config) -> AppCollector:
        api, clock = config.api, self._clock
        tokens = token_source(
            app, api.token, api.base_url, self._transport, clock, self.token_services
        )
        keys = open_keys(app.name, app.encryption) if app.encryption else None
        seal = Seal(app.name, app.appid, keys, clock) if keys else None
        client = Client(app.name, api.base_url, tokens, self._transport, clock, self.stop, seal)
        reports = config.reports_of(app)
        return AppCollector(app, reports, client, self._archive, self._telemetry, clock, self.stop)

    def fits(self, config: Config) -> bool:
        """Whether `follow` can take a configuration over: its apps are asked and shown alike."""
        return (
            config.api == self.config.api
            and config.collect.concurrency == self.config.collect.concurrency
            and self.publisher.fits(config)
        )

    def follow(self, config: Config, occasion: Occasion) -> list[AppCollector]:
        """Take over a configuration that fits; gives the apps that are new or otherwise.

        The others keep their tokens, what was told about them, and their bytes, and their pauses
        unless a person says "look again".
        Raises ArchiveError or ConfigError, before anything has changed.
        """
        left = {collector.app.appid: collector for collector in self.collector.apps}
        collectors, fresh = [], []
        for app in config.apps:
            collector = left.get(app.appid)
            reports = config.reports_of(app)
            if collector is None or collector.app != app or self.config.reports_of(app) != reports:
                collector = self._collector_of(app, config)
                fresh.append(collector)
            else:
                del left[app.appid]
            collectors.append(collector)
        self._recall(fresh)
        # The last that can fail: who refuses a configuration leaves pauses alone too.
        self._end_pauses(
            {
                Occasion.SAME: collectors,
                Occasion.CHANGED: fresh,
                # A list that names an app again, because it can be read again, is no reason.
                Occasion.LISTS: [each for each in fresh if each.app.appid in left],
            }[occasion]
        )
        for collector in left.values():
            collector.left = True
        self._telemetry.forget_apps({collector.app.name for collector in left.values()})
        urls = [app.token_url.get_secret_value() for app in config.apps if app.token_url]
        self.token_services.keep(urls)
        self._telemetry.keep_token_services(self.token_services.origins)
        self.config, self.collector.apps = config, collectors
        # Their names may have been other apps', which were just forgotten.
        for collector in fresh:
            collector.statuses.tell()
        gone = [collector.app for collector in left.values()]
        self.publisher.follow(config, gone, [collector.app for collector in fresh])
        return fresh

    def replace(self, occasion: Occasion) -> None:
        """Take over from another runtime, whose configuration this one's could not follow.

        Raises ArchiveError.
        """
        self.recall()
        if occasion is not Occasion.LISTS:
            # What stood against asking may have been what has changed for all.
            self._end_pauses(self.collector.apps)

    def recall(self) -> None:
        """Show what the archive holds. Raises ArchiveError."""
        self._recall(self.collector.apps)
        self.publisher.refresh_all()

    def _recall(self, apps: Iterable[AppCollector]) -> None:
        with self._archive.reader() as archive:
            for collector in apps:
                collector.recall(archive, self.standing)

    def catch_up(self) -> None:
        """Show what any process on the archive learned since the last time, and what a day brings.

        Raises ArchiveError.
        """
        self.publisher.catch_up()
        self.collector.hear()
        today = beijing_day(self._clock.now())
        if today != self._day:
            self._day = today
            for collector in self.collector.apps:
                collector.begin_day(today, self.config.collect.catch_up_days)

    def leave(self) -> None:
        """Ask no more, and leave nobody alone for what calls in flight still meet."""
        for collector in self.collector.apps:
            collector.left = True
        self.stop.set()

    def begin(self) -> None:
        """A start looks at once at what was left alone, unless other processes keep to that too.

        Raises ArchiveError.
        """
        if not self._archive.claims.shared:
            self._end_pauses(self.collector.apps)

    def _end_pauses(self, collectors: Sequence[AppCollector]) -> None:
        """Let everybody on the archive ask for some apps again. Raises ArchiveError."""
        if collectors:
            self._archive.end_pauses(collector.app.appid for collector in collectors)

    def standing(self, report: Report, today: date) -> Iterable[Want]:
        """What this configuration always wants to know."""
        return standing_wants(report, today, self.config.collect.catch_up_days)

    def run_pass(
        self,
        finished: Callable[[AppCollector], None] | None = None,
        apps: Sequence[AppCollector] | None = None,
    ) -> PassResult:
        """One pass over all or some apps, `finished` after each one's part; shown at the end.

        What arrives earlier is chosen after each part, and shown whenever the publisher catches up,
        as every tick does: the page is put together as a whole.
        """

        def after_part(collector: AppCollector) -> None:
            collector.share()
            collector.ask_aside(self._scenes)
            if collector.left:
                self._forget_unless_named(collector.app.name)
            elif collector.has_news:
                log.info(
                    "collected", app=collector.app.name, arrived=collector.arrived,
                    due=collector.statuses.waiting, failing=collector.statuses.failing,
                )  # fmt: skip
            if collector.brought:
                self.publisher.prepare(collector.app.appid, collector.brought)
            if finished:
                finished(collector)

        # Other processes on this archive begin the same pass within this span.
        asked_since = self._clock.now() - SAME_PASS if self._archive.claims.shared else None
        result = self.collector.run(self.standing, after_part, asked_since, apps)
        try:
            self.publisher.catch_up()
        except ArchiveError as error:
            result.archive_error = result.archive_error or str(error)
        return result

    def _forget_unless_named(self, name: str) -> None:
        """What an app that left in the middle of its part counted since."""
        if all(collector.app.name != name for collector in self.collector.apps):
            self._telemetry.forget_apps({name})
