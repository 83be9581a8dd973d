"""YAML -> Config, or every fault at once, each with the path of its key."""

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from exporter.config.models import App, Config, faults_between
from exporter.errors import ConfigError

# Where pydantic's wording would leave an operator guessing.
HINTS = {
    "string_type": "must be a text; put it in quotes",
    "int_type": "must be a whole number, without quotes",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "tuple_type": "must be a list: lines that begin with '- '",
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
    "name": "may have letters, digits, '_', '.' and '-' only",
    "appid": "may have letters, digits, '_' and '-' only; it looks like wx0123456789abcdef",
    "base_url": "must be a URL like https://api.weixin.qq.com",
}
# What the YAML reader says of structure, in words that help here.
PROBLEMS = {
    "but found another document": "a second document begins here; one is all that is read",
    "found unhashable key": "a text that begins with { or [ must stand in quotes",
}
MERGE_TAG = "tag:yaml.org,2002:merge"


class _StrictLoader(yaml.SafeLoader):
    """YAML as usual, except that a key given twice is refused instead of the last one winning."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        # Told before super() merges '<<' in, whose keys may be given again.
        given = [key for key, _ in node.value if key.tag != MERGE_TAG]
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        keys = [self.construct_object(key, deep=True) for key in given]
        for position, key in enumerate(keys):
            if key in keys[:position]:
                mark = given[position].start_mark
                raise yaml.MarkedYAMLError(
                    problem=f"key {_key(key)!r} stands twice", problem_mark=mark
                )
        return mapping


def load(path: Path) -> Config:
    """The configuration in a file. Raises ConfigError with every fault on a line of its own."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        hint = "copy config.example.yaml to it, or name another file with --config.file"
        raise ConfigError([f"{path}: there is no such file; {hint}"]) from None
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: is not UTF-8 text (byte {error.start})"]) from None
    try:
        return parse(text)
    except ConfigError as error:
        raise ConfigError([f"{path}: {fault}" for fault in error.faults]) from None


def parse(text: str) -> Config:
    """The configuration in a YAML text. Raises ConfigError with every fault."""
    try:
        content = yaml.load(text, _StrictLoader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ConfigError([f"{place}is not YAML: {_problem(error)}"]) from None
    except (
        yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError, RecursionError,
    ) as error:  # fmt: skip
        # The scanner's own text can quote the line, and the line can hold a secret.
        raise ConfigError([f"is not YAML ({type(error).__name__})"]) from None
    if content is None:
        raise ConfigError(["is empty; it needs 'apps:' at least, see config.example.yaml"])
    if not isinstance(content, dict):
        raise ConfigError(["must be a mapping that begins with 'apps:'"])
    faults = list(faults_between(content))
    try:
        config = Config.model_validate(content)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        # A list whose entries were all refused looks too short as well.
        told = [d for d in details if not (d["type"] == "too_short" and content.get("apps"))]
        faults = [_fault(detail) for detail in told] + faults
    if faults:
        raise ConfigError(faults)
    return config


def _problem(error: yaml.MarkedYAMLError) -> str:
    """What the YAML reader says, unless it would quote the value, which can be a secret."""
    if error.problem in PROBLEMS:
        return PROBLEMS[error.problem]
    if isinstance(error, yaml.constructor.ConstructorError | yaml.composer.ComposerError):
        return "a text that begins with *, & or ! must stand in quotes"
    if error.problem and "tag handle" in error.problem:
        return "a text that begins with ! must stand in quotes"
    return error.problem or "unreadable"


def _key(key: object) -> str:
    """A key on one line; of `secret:abc`, where a blank is missing, no more than `secret`."""
    name = str(key).partition(":")[0]
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def _fault(detail: ErrorDetails) -> str:
    """One line: key path, what is wrong, what would be right."""
    path = ""
    for part in detail["loc"]:
        path += f"[{part}]" if isinstance(part, int) else f".{_key(part)}" if path else _key(part)
    kind, context = detail["type"], detail.get("ctx", {})
    last = str(detail["loc"][-1]) if detail["loc"] else ""
    if kind == "extra_forbidden":
        meant = (
            "; a blank is missing after its colon" if ":" in last else _suggestion(detail["loc"])
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
    return f"{path or 'apps'}: {text}"


def _suggestion(location: tuple[int | str, ...]) -> str:
    """The known key that was probably meant, or all that would be known there."""
    known = list(_keys_at(location[:-1]))
    close = difflib.get_close_matches(str(location[-1]), known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else f"; known here: {', '.join(known)}"


def _keys_at(location: tuple[int | str, ...]) -> Iterator[str]:
    model: type[BaseModel] = Config
    for part in location:
        if part == "apps":
            model = App
        elif isinstance(part, str):
            model = type(Config.model_fields[part].default)
    yield from model.model_fields
