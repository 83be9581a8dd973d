"""A configuration with the apps that its lists name, and the news of those lists."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

import requests
import structlog

from exporter.clock import Clock
from exporter.config import Config
from exporter.config.shard import Shard
from exporter.discovery.lists import AppList, read, together
from exporter.discovery.side_by_side import side_by_side
from exporter.discovery.sources import ListFile, ListUrl, Source, files_at
from exporter.telemetry import Telemetry

WHOLE = Shard()
# Of one list; `/` and a gauge tell how many there are.
FAULTS_LOGGED = 20
POSITION = re.compile(r"\[\d+\]")

log = structlog.get_logger()


class _State(NamedTuple):
    """Which lists are followed, and what they said."""

    config: Config
    whole: Config
    sources: dict[str, Source]
    known: dict[str, AppList]
    # As they count: without entries that are another app's again.
    lists: tuple[AppList, ...]


class Discovery:
    """Reads lists of apps. Not thread safe, but `lists` may be read at any time."""

    def __init__(
        self, session: requests.Session, clock: Clock, telemetry: Telemetry, shard: Shard = WHOLE
    ) -> None:
        self._session = session
        self._clock = clock
        self._telemetry = telemetry
        self._shard = shard
        self._state = _State(Config(), Config(), {}, {}, ())

    @property
    def lists(self) -> tuple[AppList, ...]:
        """The lists as they are now."""
        return self._state.lists

    @contextmanager
    def trying(self, config: Config) -> Iterator[Config]:
        """`complete`, and the lists of before are followed again if the block fails."""
        before = self._state
        try:
            yield self.complete(config)
        except Exception:
            self._state = before
            self._publish()
            raise

    def complete(self, config: Config) -> Config:
        """The configuration with the shard's part of all apps, every list read now.

        What a list that is gone or cannot be read named before stays only where it is still
        configured.
        """
        for pattern in config.app_files:
            if not files_at(pattern):
                log.warning(
                    "no file matches", pattern=pattern,
                    consequence="it names no app until one does; read app_files again for a typo",
                )  # fmt: skip
        sources = {source.name: source for source in self._configured(config)}
        known = {name: each for name, each in self._state.known.items() if name in sources}
        self._state = self._state._replace(config=config, sources=sources, known=known)
        return self._shard.part_of(self._read(sources.values(), confirmed=True))

    def look(self) -> Config | None:
        """The same, if a list has changed and another app is named now."""
        sources = self._state.sources
        for name in _files(self._state.config):
            sources.setdefault(name, ListFile(name))
        changed = [source for source in sources.values() if source.changed]
        if not changed:
            return None
        before = self._state.whole.apps
        whole = self._read(changed, confirmed=False)
        # A service may name the same apps in another order each time.
        same = len(whole.apps) == len(before) and {app.appid: app for app in before} == {
            app.appid: app for app in whole.apps
        }
        return None if same else self._shard.part_of(whole)

    def _configured(self, config: Config) -> Iterable[Source]:
        yield from (ListFile(name) for name in _files(config))
        seen: dict[str, int] = {}
        for settings in config.app_urls:
            # What follows the path can be a key.
            name = settings.url.get_secret_value().partition("?")[0]
            seen[name] = seen.get(name, 0) + 1
            shown = name if seen[name] == 1 else f"{name}#{seen[name]}"
            yield ListUrl(shown, settings, self._session, self._clock)

    def _read(self, sources: Iterable[Source], *, confirmed: bool) -> Config:
        now, state = self._clock.now(), self._state
        config = state.config

        def listed(source: Source) -> AppList:
            before = state.known.get(source.name, AppList(source.name))
            return read(source, before, config.defaults, now, confirmed=confirmed)

        known = state.known | {each.source: each for each in side_by_side(listed, sources)}
        apps, lists = together(config.apps, [known[name] for name in state.sources])
        found = set(_files(config))
        # A file that a pattern found once is gone, and no app leaves with it.
        over = {each.source for each in lists if each.gone and not each.apps} - found
        for name in over:
            del state.sources[name], known[name]
            log.info("list of apps is gone", source=name, consequence="no app leaves with it")
        lists = tuple(each for each in lists if each.source not in over)
        self._tell(lists)
        whole = config.model_copy(update={"apps": apps})
        self._state = state._replace(known=known, whole=whole, lists=lists)
        self._publish()
        return whole

    def _tell(self, lists: Iterable[AppList]) -> None:
        """Each fault once, until it is mended."""
        before = {each.source: set(map(_wherever, each.faults)) for each in self.lists}
        for each in lists:
            told = before.get(each.source, ())
            fresh = [line for line in each.faults if _wherever(line) not in told]
            stay = "its earlier apps stay" if each.kept else "its other apps are taken"
            consequence = f"{stay}: {len(each.apps)}" if each.apps else "it names no app"
            for line in fresh[:FAULTS_LOGGED]:
                log.warning(
                    "list of apps has a fault", source=each.source, fault=line,
                    consequence=consequence,
                )  # fmt: skip
            if len(fresh) > FAULTS_LOGGED:
                log.warning("list of apps has more faults", source=each.source, faults=len(fresh))
            if told and not each.faults:
                log.info("list of apps is good again", source=each.source, apps=len(each.apps))

    def _publish(self) -> None:
        self._telemetry.listed(
            {
                each.source: (len(each.apps), len(each.faults), each.last_success)
                for each in self.lists
            }
        )


def _wherever(fault: str) -> str:
    """A fault without the place of its entry, which is another one when an earlier entry goes."""
    return POSITION.sub("", fault)


def _files(config: Config) -> Iterable[str]:
    return dict.fromkeys(name for pattern in config.app_files for name in files_at(pattern))


def listed_in_files(config: Config, now: datetime) -> tuple[Config, list[str]]:
    """The configuration with the apps of its files alone, and every fault with its file."""
    lists = [
        read(ListFile(name), AppList(name), config.defaults, now, confirmed=True)
        for name in _files(config)
    ]
    apps, shown = together(config.apps, lists)
    faults = [f"{each.source}: {line}" for each in shown for line in each.faults]
    return config.model_copy(update={"apps": apps}), faults
