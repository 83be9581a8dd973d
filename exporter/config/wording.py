"""What pydantic finds, in the words of the configuration file."""

import difflib
from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

# How pydantic marks that the key is meant and not its value.
KEY = "[key]"
# Where pydantic's wording would leave an operator guessing.
HINTS = {
    "string_type": "must be a text; put it in quotes",
    "int_type": "must be a whole number, without quotes",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "tuple_type": "must be a list: lines that begin with '- '",
    "invalid_key": "unknown key",
    "dict_type": "must be a mapping: indented lines like 'key: value'",
    "mapping_type": "must be a mapping: indented lines like 'key: value'",
    "too_long": "may have {max_length} entries at most",
    "model_type": "must be a mapping: indented lines like 'key: value'",
    "model_attributes_type": "must be a mapping: indented lines like 'key: value'",
    "missing": "is missing",
    "too_short": "needs at least one entry",
    "enum": "must be {expected}",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be {ge} at least",
    "less_than_equal": "must be {le} at most",
    "string_too_short": "must not be empty",
    "string_too_long": "must have {max_length} characters at most",
}
PATTERNS = {
    KEY: "is no name for a label: A-Z, a-z, 0-9 and '_', the first no digit",
    "name": "may have A-Z, a-z, 0-9, '_', '.' and '-' only; a name in Chinese can be one of its "
    "labels",
    "appid": "may have A-Z, a-z, 0-9, '_' and '-' only; it looks like wx0123456789abcdef",
    "base_url": "must be a URL like https://api.weixin.qq.com",
}


def printable_key(key: object) -> str:
    """A key on one line; of `secret:abc`, where a blank is missing, no more than `secret`."""
    name = str(key).partition(":")[0]
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def fault(detail: ErrorDetails, model: type[BaseModel], at: str = "") -> str:
    """One line: key path below `at`, what is wrong, what would be right."""
    path = at
    for part in detail["loc"]:
        match part:
            case int():
                path += f"[{part}]"
            case str() if part != KEY:
                path += f".{printable_key(part)}" if path else printable_key(part)
    kind, context = detail["type"], detail.get("ctx", {})
    last = str(detail["loc"][-1]) if detail["loc"] else ""
    if kind == "extra_forbidden":
        meant = (
            "; a blank is missing after its colon"
            if ":" in last
            else _suggestion(detail["loc"], model)
        )
        text = f"unknown key{meant}"
    elif kind == "value_error":
        text = str(context["error"])
    elif kind == "string_pattern_mismatch":
        text = PATTERNS.get(last, "is not well formed")
    elif kind in HINTS:
        text = HINTS[kind].format(**context)
    else:
        text = detail["msg"]
    return f"{path}: {text}" if path else text


def _suggestion(location: tuple[int | str, ...], model: type[BaseModel]) -> str:
    """Where the key is known, or the known one that was probably meant, or all known there."""
    for section, field in model.model_fields.items():
        if any(location[-1] in part.model_fields for part in _models_in(field.annotation)):
            return f"; it belongs below {section!r}"
    known = list(_model_at(location[:-1], model).model_fields)
    # In small letters: AppID and AppSecret are how the console writes them.
    close = difflib.get_close_matches(str(location[-1]).lower(), known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else f"; known here: {', '.join(known)}"


def _model_at(location: tuple[int | str, ...], model: type[BaseModel]) -> type[BaseModel]:
    """The model behind a key path: that of a section, or of a list's entries."""
    for part in location:
        if isinstance(part, str):
            model = next(_models_in(model.model_fields[part].annotation))
    return model


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
