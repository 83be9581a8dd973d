"""What a list of apps said last, and which apps it stands for while it says nothing good."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from exporter.config import App, Defaults
from exporter.discovery.entries import Entry, entries_of
from exporter.discovery.sources import NoFileError, Source
from exporter.errors import ConfigError


class AppList(NamedTuple):
    """One list: its apps, and a line for each thing that is wrong with it now."""

    source: str
    apps: tuple[Entry, ...] = ()
    faults: tuple[str, ...] = ()
    # Whether the apps are those of an earlier reading, and whether of a file that is gone.
    kept: bool = False
    gone: bool = False
    last_success: datetime | None = None
    # What the apps were read from, and what was read last, good or not.
    text: str | None = None
    last: str | None = None


def read(
    source: Source, before: AppList, defaults: Defaults, now: datetime, *, confirmed: bool
) -> AppList:
    """The list as it is now; a broken, missing or emptied one keeps the apps that it had.

    `confirmed`, by a start or a reload: an empty list is meant, and defaults may be others.
    """
    text, gone = None, False
    try:
        text = source.read()
        if text == before.last and not confirmed:
            # To find the same fault in 10,000 apps again would take seconds.
            return before if before.kept else before._replace(last_success=now)
        found = entries_of(text, defaults, remote=source.remote)
    except ConfigError as error:
        faults, gone = error.faults, isinstance(error, NoFileError)
    else:
        if found.apps or not before.apps or (confirmed and not found.faults):
            return AppList(source.name, *found, last_success=now, text=text, last=text)
        faults = found.faults or ("is empty now; if that is meant, reload the exporter",)
    apps = before.apps
    if confirmed and before.text is not None:
        apps = entries_of(before.text, defaults, remote=source.remote).apps
    return before._replace(apps=apps, faults=faults, kept=True, gone=gone, last=text)


def together(
    first: Sequence[App], lists: Sequence[AppList]
) -> tuple[tuple[App, ...], tuple[AppList, ...]]:
    """All apps, and the lists without the entries whose name or appid an earlier app has.

    What a file that is gone named counts only where no other list does: a file that gets another
    name, or is split, moves its apps.
    """
    place = "the configuration file"
    names = {app.name: place for app in first}
    appids = {app.appid: place for app in first}
    counted: dict[str, AppList] = {}
    for each in sorted(lists, key=lambda each: each.gone):
        taken: list[Entry] = []
        faults = list(each.faults)
        for entry in each.apps:
            index, app = entry
            if app.appid not in appids and app.name not in names:
                taken.append(entry)
                names[app.name] = appids[app.appid] = f"{each.source}[{index}]"
            elif each.gone:
                continue
            elif app.appid in appids:
                faults.append(_twice(index, "appid", app.appid, appids[app.appid]))
            else:
                faults.append(_twice(index, "name", app.name, names[app.name]))
        counted[each.source] = each._replace(apps=tuple(taken), faults=tuple(faults))
    shown = tuple(counted[each.source] for each in lists)
    return (*first, *(entry.app for each in shown for entry in each.apps)), shown


def _twice(index: int, key: str, value: str, place: str) -> str:
    return f"[{index}].{key}: an app in {place} has {value!r}; each needs its own"
