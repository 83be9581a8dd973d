"""The text of a list of apps -> its apps, and what is wrong with its other entries."""

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from exporter.config import App, Defaults
from exporter.config.models import completed, labels_fault, source_fault
from exporter.config.strict_yaml import content_of
from exporter.config.wording import fault
from exporter.errors import ConfigError

# Of an app, and an appid too: nothing that could run over lines or be a text of its own.
NAME = re.compile(r"[a-zA-Z0-9_.-]{1,100}")


class Entry(NamedTuple):
    """An app, and where in its list it stands."""

    position: int
    app: App


class Entries(NamedTuple):
    """What a list names: apps, and a line for each fault of an entry that names none."""

    apps: tuple[Entry, ...] = ()
    faults: tuple[str, ...] = ()


def entries_of(text: str, defaults: Defaults, *, remote: bool) -> Entries:
    """The apps of a YAML or JSON list. Raises ConfigError for a text that is no such list.

    A `remote` list comes over the network and may name no command to be run here.
    """
    content = _content(text)
    if content is None:
        return Entries()
    if not isinstance(content, list):
        raise ConfigError(["must be a list of apps: lines that begin with '- name: '"])
    apps: list[Entry] = []
    faults: list[str] = []
    given = {name: True for name, value in defaults if value is not None}
    for index, entry in enumerate(content):
        wrong = [f"[{index}]: {line}" for line in _faults(entry, given, remote=remote)]
        try:
            app = completed(App.model_validate(entry), defaults)
        except ValidationError as error:
            details = error.errors(include_url=False, include_input=False)
            wrong = [*(fault(detail, App, at=f"[{index}]") for detail in details), *wrong]
        else:
            if said := labels_fault(app):
                wrong.append(f"[{index}].{said}")
            if not wrong:
                apps.append(Entry(index, app))
        faults += (f"{line}{_whose(entry)}" for line in wrong)
    return Entries(tuple(apps), tuple(faults))


def _faults(entry: object, defaults: dict[str, bool], *, remote: bool) -> Sequence[str]:
    if not isinstance(entry, dict):
        return []  # App.model_validate has the words for it
    if remote and entry.get("token_command") is not None:
        return ["token_command: a list over HTTP may not name commands; defaults may"]
    said = source_fault(entry, defaults)
    return [said] if said else []


def _whose(entry: object) -> str:
    """Which app it would be: where thousands stand in another order each time, a place says little.

    Its name, or its appid where that is no name.
    """
    told = [entry.get(key) for key in ("name", "appid")] if isinstance(entry, dict) else []
    names = [text for text in told if isinstance(text, str) and NAME.fullmatch(text)]
    return f" (app {names[0]})" if names else ""


def _content(text: str) -> Any:  # noqa: ANN401 - whatever the text holds
    # Some editors and services write this mark first.
    text = text.removeprefix("\ufeff")
    # JSON is YAML too, but its own reader is far faster.
    if text.lstrip().startswith("["):
        try:
            return json.loads(text, object_pairs_hook=_once)
        except (ValueError, RecursionError):
            pass  # told below, with the place
    return content_of(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        raise ValueError("a key twice")
    return mapping
