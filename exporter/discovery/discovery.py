"""A configuration with the apps that its lists name, and the news of those lists."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import requests
import structlog

from exporter.clock import Clock
from exporter.config import Config
from exporter.config.shard import Shard
from exporter.discovery.lists import AppList, read, together
from exporter.discovery.sources import ListFile, ListUrl, Source, files_at
from exporter.telemetry import Telemetry

WHOLE = Shard()
# Lists read side by side, so that one that does not answer holds up no other.
SIDE_BY_SIDE = 8
# Of one list; `/` and a gauge tell how many there are.
FAULTS_LOGGED = 20

log = structlog.get_logger()


class Discovery:
    """Reads lists of apps. Not thread safe, but `lists` may be read at any time."""

    def __init__(
        self, session: requests.Session, clock: Clock, telemetry: Telemetry, shard: Shard = WHOLE
    ) -> None:
        self._session = session
        self._clock = clock
        self._telemetry = telemetry
        self._shard = shard
        self._config = Config()
        self._whole = Config()
        self._sources: dict[str, Source] = {}
        self._known: dict[str, AppList] = {}
        # As they count: without entries that are another app's again.
        self.lists: tuple[AppList, ...] = ()

    def complete(self, config: Config) -> Config:
        """The configuration with the shard's part of all apps, every list read now.

        What a list that is gone or cannot be read named before stays only where it is still
        configured.
        """
        self._config = config
        self._sources = {source.name: source for source in self._configured()}
        self._known = {name: self._known[name] for name in self._sources if name in self._known}
        return self._shard.part_of(self._read(self._sources.values(), confirmed=True))

    def look(self) -> Config | None:
        """The same, if a list has changed and another app is named now."""
        for name in self._files():
            self._sources.setdefault(name, ListFile(name))
        changed = [source for source in self._sources.values() if source.changed]
        if not changed:
            return None
        before = self._whole.apps
        whole = self._read(changed, confirmed=False)
        return None if whole.apps == before else self._shard.part_of(whole)

    def _configured(self) -> Iterable[Source]:
        yield from (ListFile(name) for name in self._files())
        seen: dict[str, int] = {}
        for settings in self._config.app_urls:
            # What follows the path can be a key.
            name = settings.url.get_secret_value().partition("?")[0]
            seen[name] = seen.get(name, 0) + 1
            shown = name if seen[name] == 1 else f"{name}#{seen[name]}"
            yield ListUrl(shown, settings, self._session, self._clock)

    def _files(self) -> Iterable[str]:
        return dict.fromkeys(
            name for pattern in self._config.app_files for name in files_at(pattern)
        )

    def _read(self, sources: Iterable[Source], *, confirmed: bool) -> Config:
        now, defaults = self._clock.now(), self._config.defaults

        def state(source: Source) -> AppList:
            before = self._known.get(source.name, AppList(source.name))
            return read(source, before, defaults, now, confirmed=confirmed)

        with ThreadPoolExecutor(SIDE_BY_SIDE, "list") as pool:
            self._known |= {each.source: each for each in pool.map(state, sources)}
        in_order = [self._known[name] for name in self._sources]
        apps, lists = together(self._config.apps, in_order)
        self._tell(lists)
        self.lists = lists
        self._whole = self._config.model_copy(update={"apps": apps})
        return self._whole

    def _tell(self, lists: Iterable[AppList]) -> None:
        """Each fault once, until it is mended."""
        before = {each.source: each.faults for each in self.lists}
        for each in lists:
            told = before.get(each.source, ())
            fresh = [line for line in each.faults if line not in set(told)]
            stay = "its earlier apps stay" if each.kept else "its other apps are taken"
            for line in fresh[:FAULTS_LOGGED]:
                log.warning(
                    "list of apps has a fault", source=each.source, fault=line,
                    consequence=f"{stay}: {len(each.apps)}",
                )  # fmt: skip
            if len(fresh) > FAULTS_LOGGED:
                log.warning("list of apps has more faults", source=each.source, faults=len(fresh))
            if told and not each.faults:
                log.info("list of apps is good again", source=each.source, apps=len(each.apps))
        self._telemetry.listed(
            {each.source: (len(each.apps), len(each.faults), each.last_success) for each in lists}
        )


def listed_in_files(config: Config, now: datetime) -> tuple[Config, list[str]]:
    """The configuration with the apps of its files alone, and every fault with its file."""
    files = [name for pattern in config.app_files for name in files_at(pattern)]
    lists = [
        read(ListFile(name), AppList(name), config.defaults, now, confirmed=True)
        for name in dict.fromkeys(files)
    ]
    apps, shown = together(config.apps, lists)
    faults = [f"{each.source}: {line}" for each in shown for line in each.faults]
    return config.model_copy(update={"apps": apps}), faults
