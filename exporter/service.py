"""The long-running process: passes, reloads and housekeeping around one runtime at a time."""

from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from datetime import date, datetime
from threading import Lock

import structlog

from exporter.archive import Archive, Kept, Part
from exporter.clock import Clock
from exporter.collect.app import AppCollector
from exporter.collect.due import REFUSED_FOR
from exporter.collect.status import ReportView, Status
from exporter.config import Config
from exporter.discovery import AppList, Discovery
from exporter.errors import ArchiveError, ConfigError
from exporter.exposition import AppChunks, Format, Page, joined, text_of
from exporter.history import Asked, DatedSamples
from exporter.periods import Window, beijing_day
from exporter.reports.table import BY_NAME
from exporter.runtime import Occasion, Runtime
from exporter.schedule import Schedule
from exporter.telemetry import ArchiveState, Telemetry
from exporter.wechat.pacing import Line
from exporter.wechat.session import Session
from exporter.workers import Passes, Reloads, Wanted

# How often the exporter's own metrics are rendered, and a new day and others' writes are noticed.
TICK_SECONDS = 5
# A shutdown has 5 s in all: the reply in flight gets these, open answers up to two more.
PASS_GRACE_SECONDS = 2

log = structlog.get_logger()


class Service:
    """What serve runs. Knows neither HTTP nor signals; both call in."""

    def __init__(
        self,
        config: Config,
        load: Callable[[], Config],
        archive: Archive,
        telemetry: Telemetry,
        clock: Clock,
        new_session: Callable[[int], Session],
        discovery: Discovery | None = None,
    ) -> None:
        """`load` gives the configuration anew; with `discovery`, before its lists are read."""
        self._load = load
        self._discovery = discovery
        self._archive = archive
        self._telemetry = telemetry
        self._clock = clock
        self._new_session = new_session
        self._reloading, self._rendering = Lock(), Lock()
        self._line = Line()
        self._passes = Passes(self._run_pass)
        self._reloads = Reloads(self._reload)
        self._next_told: datetime | None = None
        self.archive_state = ArchiveState(telemetry, archive.check_writable)
        # Apps that lists named while the archive could not be read.
        self._not_taken: Config | None = None
        self._own_version = -1
        self._state_text: dict[Format, bytes] = {}
        self._app_chunks = AppChunks(telemetry.apps)
        self.schedule = Schedule(clock, self.start_pass, self.tick)
        self.ready = False
        # As they were loaded, before their lists were read.
        self.started_with = self._running = config
        with self._trying(config) as whole:
            self.runtime = self._new_runtime(whole)
        telemetry.reloaded(True, clock.now())

    def _trying(self, config: Config) -> AbstractContextManager[Config]:
        """The configuration with its lists; who fails with it goes on with the earlier ones."""
        return self._discovery.trying(config) if self._discovery else nullcontext(config)

    @property
    def lists(self) -> tuple[AppList, ...]:
        """The lists of apps as they are now."""
        return self._discovery.lists if self._discovery else ()

    def _new_runtime(self, config: Config) -> Runtime:
        session = self._new_session(config.collect.concurrency)
        return Runtime(config, self._archive, self._telemetry, self._clock, session, self._line)

    def start(self) -> None:
        """Show the archive's state, then begin with the first pass. Raises ArchiveError."""
        self.runtime.begin()
        self.runtime.recall()
        self.archive_state.begun()
        if self._discovery:
            self.schedule.every(TICK_SECONDS, self.look)
        self.schedule.start(self.runtime.config.collect.schedule, TICK_SECONDS)
        self.tick()
        self.ready = True
        self.start_pass()

    def stop(self) -> None:
        """End passes and housekeeping; a call in flight gets a moment, no more."""
        self.schedule.stop()
        self.runtime.stop.set()
        self._passes.stop(PASS_GRACE_SECONDS)

    def start_pass(self) -> None:
        """Begin a pass, unless the one before is still running."""
        if not self._passes.want(Wanted(self.runtime)):
            log.warning(
                "pass skipped", reason="the one before is still running",
                advice="if this repeats, look at failing apps, or widen collect.schedule",
            )  # fmt: skip

    def _run_pass(self, wanted: Wanted) -> None:
        result = wanted.runtime.run_pass(apps=wanted.apps)
        if wanted.runtime is not self.runtime:
            # The last calls of a configuration that was replaced left counters behind.
            self._forget_removed()
        self._telemetry.collected(self._clock.now())
        self.tick()
        # After that tick, which would begin the same pass that has yet to end.
        self.archive_state.passed(result.archive_error)

    def ask_reload(self) -> Future[None]:
        """A reload that begins after this call; all that wait for one share it.

        Its exception is ConfigError or ArchiveError when it is refused; the old one stays then.
        """
        return self._reloads.ask()

    def reload(self) -> None:
        """Take a changed configuration over. Raises ConfigError or ArchiveError; the old stays."""
        self.ask_reload().result()

    def _reload(self) -> None:
        with self._reloading:
            # Where one of these changes, it does for all apps.
            before = self.runtime, self.runtime.config.collect.catch_up_days
            try:
                loaded = self._load()
                occasion = Occasion.SAME if loaded == self._running else Occasion.CHANGED
                with self._trying(loaded) as config:
                    fresh = self._take_over(config, occasion)
            except (ConfigError, ArchiveError) as error:
                self._forget_removed()
                self._telemetry.reloaded(False, self._clock.now())
                self._publish_own(self.runtime)
                log.error("reload refused", faults=str(error), consequence="nothing changed")
                raise
            self._running, self._not_taken = loaded, None
            paused = [app for app in self.runtime.collector.apps if app.holds.stand]
            again = paused if occasion is Occasion.SAME else []
            if occasion is Occasion.SAME:
                for app in self.runtime.collector.apps:
                    app.look_again()
            self._forget_removed()
            self._telemetry.reloaded(True, self._clock.now())
            self.schedule.follow(config.collect.schedule)
            self.tick()
        log.info(
            "reloaded", configuration=occasion.value, apps=len(config.apps), fresh=len(fresh),
            asked_again=len(again), still_paused=len(paused) - len(again),
        )  # fmt: skip
        for key in self.needs_restart(config):
            log.warning("restart needed", key=key, reason="it is read at the start only")
        of_all = occasion is Occasion.SAME or before != (self.runtime, config.collect.catch_up_days)
        self._ask([*fresh, *again], of_all=of_all)

    def look(self) -> None:
        """Take over the apps that lists name now, where they changed."""
        with self._reloading:
            config = (self._discovery.look() if self._discovery else None) or self._not_taken
            if config is None:
                return
            before = len(self.runtime.config.apps)
            try:
                fresh = self._take_over(config, Occasion.LISTS)
            except (ArchiveError, ConfigError) as error:
                if self._not_taken is None:
                    log.error("apps not taken", faults=str(error), consequence="tried again")
                self._not_taken = config
                return
            self._not_taken = None
            self.tick()
        log.info("apps changed", before=before, now=len(config.apps), fresh=len(fresh))
        self._ask(fresh)

    def _take_over(self, config: Config, occasion: Occasion) -> list[AppCollector]:
        """Run with a configuration from now on; the apps in it that are new or otherwise."""
        if self.runtime.fits(config):
            return self.runtime.follow(config, occasion)
        runtime = self._new_runtime(config)
        runtime.replace(occasion)
        # Before scrapes meet it: a page without the own metrics looks like a restart.
        self._publish_own(runtime)
        self.runtime.leave()
        self.runtime = runtime
        return list(runtime.collector.apps)

    def _ask(self, apps: Sequence[AppCollector], *, of_all: bool = False) -> None:
        """Ask for apps at once; with `of_all`, for whatever is due of the others too."""
        # The pass that runs asks for them next.
        joined = self.runtime.collector.join(apps)
        if of_all:
            # What that pass gave up is looked at by one that follows.
            self._passes.want(Wanted(self.runtime), again=True)
        elif apps and not joined:
            self._passes.want(Wanted(self.runtime, tuple(apps)))

    def needs_restart(self, config: Config) -> list[str]:
        """The keys whose change takes effect at the next start only."""
        started = self.started_with
        changed = {
            "archive.url": config.archive != started.archive,
            "web": config.web != started.web,
        }
        return [key for key, differs in changed.items() if differs]

    def _forget_removed(self) -> None:
        config = self.runtime.config
        self._telemetry.keep_token_services(self.runtime.token_services.origins)
        self._telemetry.keep_apps(
            {app.name: {each.name for each in config.reports_of(app)} for app in config.apps}
        )

    def tick(self) -> None:
        """Housekeeping: stale values leave at midnight, others' news come, own metrics follow."""
        runtime = self.runtime
        self._telemetry.forget_quotas_before(beijing_day(self._clock.now()))
        try:
            runtime.catch_up()
            if self.archive_state.read():
                self._passes.want(Wanted(runtime))
        except ArchiveError as error:
            self.archive_state.not_read(str(error))
        upcoming = self.schedule.next_pass
        if upcoming is not None and upcoming != self._next_told:
            self._telemetry.next_collection(upcoming)
            self._next_told = upcoming
        self._publish_own(runtime)

    def _publish_own(self, runtime: Runtime) -> None:
        # One at a time: an older text must not replace a newer one, counters would seem to fall.
        with self._rendering:
            version = self._telemetry.version
            if version != self._own_version:
                self._state_text = text_of(self._telemetry.state)
                self._own_version = version
            own = joined(self._state_text, text_of(self._telemetry.process))
            runtime.exposition.publish_own(own, self._app_chunks.chunks())

    @property
    def page(self) -> Page:
        """What a scrape is answered with now."""
        return self.runtime.exposition.page

    def history(self, asked: Asked, form: Format) -> Generator[bytes, None, None]:
        """Dated samples in pieces. Raises ArchiveError while they are taken."""
        calendar = self.runtime.publisher.calendar
        return DatedSamples(self._archive, asked, form, calendar=calendar).stream()

    def now(self) -> datetime:
        """The present moment."""
        return self._clock.now()

    def archived(self, part: Part) -> Iterator[tuple[str, date, Kept]]:
        """Appid, first day and reply of a part of the archive. Raises ArchiveError."""
        return self._archive.span(part)

    def overview(self, apps: Collection[str] | None = None) -> list[ReportView]:
        """Every report of the named apps, or of all, as the page for people shows it."""
        runtime = self.runtime
        return [
            ReportView(
                collector.app.name, name, runtime.publisher.days.get((collector.app.name, name)),
                status,
            )
            for collector in runtime.collector.apps
            if apps is None or collector.app.name in apps
            for name, status in collector.statuses.items()
        ]  # fmt: skip

    def next_look(self, report: str, status: Status) -> datetime | None:
        """When a report is looked at next: at the first pass at which anything is due of it."""
        now, failure = self._clock.now(), status.failure
        if failure is not None and failure.until is not None and failure.holds(now):
            return self.schedule.pass_after(failure.until)
        if failure is not None and status.refused and not status.due:
            return self.schedule.pass_after(failure.at + REFUSED_FOR)
        if failure is not None or status.due or not status.last_success:
            return self.schedule.next_pass
        return self.schedule.pass_after(Window.next_over(BY_NAME[report].period, now))
