"""What a list of apps said last, and which apps it stands for while it says nothing good."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from exporter.config import App, Defaults
from exporter.discovery.entries import Entry, entries_of
from exporter.discovery.sources import Source
from exporter.errors import ConfigError


class AppList(NamedTuple):
    """One list: its apps, and a line for each thing that is wrong with it now."""

    source: str
    apps: tuple[Entry, ...] = ()
    faults: tuple[str, ...] = ()
    # Whether the apps are those of an earlier reading.
    kept: bool = False
    last_success: datetime | None = None
    # What the apps were read from.
    text: str | None = None


def read(
    source: Source, before: AppList, defaults: Defaults, now: datetime, *, confirmed: bool
) -> AppList:
    """The list as it is now; a broken, missing or emptied one keeps the apps that it had.

    `confirmed`, by a start or a reload: an empty list is meant, and defaults may be others.
    """
    try:
        text = source.read()
        if text == before.text and not before.kept and not confirmed:
            return before._replace(last_success=now)
        found = entries_of(text, defaults, remote=source.remote)
    except ConfigError as error:
        return _kept(source, before, error.faults, defaults)
    if before.apps and not found.apps and (found.faults or not confirmed):
        faults = found.faults or ("is empty now; if that is meant, reload the exporter",)
        return _kept(source, before, faults, defaults)
    return AppList(source.name, *found, last_success=now, text=text)


def _kept(source: Source, before: AppList, faults: tuple[str, ...], defaults: Defaults) -> AppList:
    apps = before.apps
    if before.text is not None:
        apps = entries_of(before.text, defaults, remote=source.remote).apps
    return before._replace(apps=apps, faults=faults, kept=True)


def together(
    first: Iterable[App], lists: Iterable[AppList]
) -> tuple[tuple[App, ...], tuple[AppList, ...]]:
    """All apps, and the lists without the entries whose name or appid an earlier app has."""
    apps = list(first)
    place = "the configuration file"
    names = {app.name: place for app in apps}
    appids = {app.appid: place for app in apps}
    shown: list[AppList] = []
    for each in lists:
        taken: list[Entry] = []
        faults = list(each.faults)
        for entry in each.apps:
            index, app = entry
            if app.appid in appids:
                faults.append(_twice(index, "appid", app.appid, appids[app.appid]))
            elif app.name in names:
                faults.append(_twice(index, "name", app.name, names[app.name]))
            else:
                taken.append(entry)
                names[app.name] = appids[app.appid] = f"{each.source}[{index}]"
        shown.append(each._replace(apps=tuple(taken), faults=tuple(faults)))
        apps += (app for _, app in taken)
    return tuple(apps), tuple(shown)


def _twice(index: int, key: str, value: str, place: str) -> str:
    return f"[{index}].{key}: an app in {place} has {value!r}; each needs its own"
