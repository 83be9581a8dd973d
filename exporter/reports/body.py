"""A reply's text -> its JSON object, and what single values in it are."""

import json
import re
import sys
from collections.abc import Iterable
from typing import Any

import orjson

from exporter.errors import Unreadable

NUMBER = re.compile(r"\s*\d+(\.\d+)?([eE][+-]?\d{1,3})?\s*")
KEY = re.compile(r"\s*\d{1,9}\s*")
LARGEST = sys.float_info.max
# Comparing an int with a float takes longer than all the rest of reading a number.
LARGEST_INT = int(LARGEST)
# Half a token reply, or an error page that repeats the URL, must not show the token or secret.
QUOTABLE = re.compile(r"[^{?=]{0,60}")

Body = dict[str, Any]


def decode(text: str, hidden: Iterable[str] = ()) -> Body:
    """The JSON object in a reply. Raises Unreadable for others, quoted without what is `hidden`."""
    try:
        body = _parsed(text)
    except (ValueError, RecursionError) as error:
        found = QUOTABLE.match(text)
        begin = without(" ".join(found[0].split()), hidden) if found else ""
        raise Unreadable(
            f"the reply is not JSON ({type(error).__name__}), it begins {begin!r}: a proxy or a "
            "login page may have answered in WeChat's place"
        ) from None
    if not isinstance(body, dict):
        raise Unreadable("the reply is JSON but not an object")
    return body


def without(text: str, hidden: Iterable[str]) -> str:
    """A text as it may be told to people: a reply can repeat the token or secret that was sent."""
    for secret in hidden:
        text = text.replace(secret, "***")
    return text


def _parsed(text: str) -> object:
    """What a JSON text holds. Raises ValueError and RecursionError."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        # It refuses the whole text for a NaN, 1e400 or half a surrogate pair in one of its rows.
        return json.loads(text)


def number(value: object) -> float | None:
    """The number a field holds; None for everything that is no finite count or measure."""
    # Not isinstance: true and false are ints to Python, and no numbers here.
    if type(value) is int:
        return float(value) if 0 <= value <= LARGEST_INT else None
    if type(value) is float:
        return value if 0 <= value <= LARGEST else None
    if type(value) is str and NUMBER.fullmatch(value):
        return number(float(value))
    return None


def numeric_key(value: object) -> int | None:
    """The numeric key of a distribution or retention, also when it comes as text or as 7.0."""
    if isinstance(value, str) and KEY.fullmatch(value):
        return int(value)
    real = None if isinstance(value, str) else number(value)
    return int(real) if real is not None and real < 1e9 and real.is_integer() else None


def brief(value: object) -> str:
    """A foreign value for comparing and telling; the text of a deeply nested one would overflow."""
    return str(value)[:60] if isinstance(value, str | int | float) else type(value).__name__
