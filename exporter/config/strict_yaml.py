"""YAML or JSON text -> what stands in it, or the place where it is none; never a value's text."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import yaml

from exporter.config.wording import printable_key
from exporter.errors import ConfigError

# What the YAML reader says of structure, in words that help here.
PROBLEMS = {
    "but found another document": "a second document begins here; one is all that is read",
    "found unhashable key": "a text that begins with { or [ must stand in quotes",
    r"found character '\t' that cannot start any token": "a tab stands here: indent with spaces",
} | {
    f"found character {first!r} that cannot start any token": f"a text that begins with {first} "
    "must stand in quotes"
    for first in "%@`"
}
YAML_OWN = "tag:yaml.org,2002:"
MERGE_TAG, TEXT_TAG = f"{YAML_OWN}merge", f"{YAML_OWN}str"


FULL_WIDTH_COLON = re.compile(r"[ \t-]*([a-zA-Z_]+)[ \t]*：")


class _StrictMappings(yaml.constructor.SafeConstructor):
    """YAML as usual, except that keys are texts as they stand there, also `on` and `1`.

    One that is given twice is refused instead of the last one winning.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        # Told before super() merges '<<' in, whose keys may be given again.
        given = [key for key, _ in node.value if key.tag != MERGE_TAG]
        for key in given:
            if isinstance(key, yaml.ScalarNode) and key.tag.startswith(YAML_OWN):
                key.tag = TEXT_TAG
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        keys = [self.construct_object(key, deep=True) for key in given]
        for position, key in enumerate(keys):
            if key in keys[:position]:
                mark = given[position].start_mark
                raise yaml.MarkedYAMLError(
                    problem=f"key {printable_key(key)!r} stands twice", problem_mark=mark
                )
        return mapping


class _StrictLoader(_StrictMappings, yaml.SafeLoader):
    """PyYAML's own reader, whose words about a fault are told."""


class _FastLoader(_StrictMappings, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """libyaml's reader where there is one: three times as fast on a list of 10,000 apps."""


def content_of(text: str) -> Any:  # noqa: ANN401 - whatever the text holds
    """What a YAML text holds; JSON is YAML too. Raises ConfigError with the one fault."""
    with suppress(Exception):  # the slow reader below says what it was
        return yaml.load(text, _FastLoader)  # noqa: S506 - a SafeLoader
    try:
        return yaml.load(text, _StrictLoader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ConfigError([f"{place}is not YAML: {_problem(error)}"]) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(
            [f"line {line}: holds the character U+{error.character:04X}: save it as UTF-8 text"]
        ) from None
    except (
        yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError, RecursionError,
    ) as error:  # fmt: skip
        # The scanner's own text can quote the line, and the line can hold a secret.
        raise ConfigError([f"is not YAML ({type(error).__name__})"]) from None


def full_width_colons(text: str) -> Iterator[str]:
    """A line for each key behind which a Chinese colon stands, which no other fault would tell."""
    for number, line in enumerate(text.splitlines(), start=1):
        if found := FULL_WIDTH_COLON.match(line):
            yield f"line {number}: behind {found[1]} stands '：': write ':' and a blank"


def _problem(error: yaml.MarkedYAMLError) -> str:
    """What the YAML reader says, unless it would quote the value, which can be a secret."""
    if error.problem in PROBLEMS:
        return PROBLEMS[error.problem]
    if isinstance(error, yaml.constructor.ConstructorError | yaml.composer.ComposerError):
        return "a text that begins with *, & or ! must stand in quotes"
    if error.problem and "tag handle" in error.problem:
        return "a text that begins with ! must stand in quotes"
    return error.problem or "unreadable"
