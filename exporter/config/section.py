"""What every mapping of the configuration file shares: its strictness and some kinds of values."""

import shlex
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from exporter.reports.table import BY_NAME

Text = Annotated[str, StringConstraints(min_length=1, strict=True)]


class Section(BaseModel):
    """A mapping of the file. Unknown keys are refused: a typo must not turn a setting off."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _not_empty(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().strip():
        raise ValueError("is empty")
    return value


def _as_the_console_shows_it(value: SecretStr) -> SecretStr:
    """Printable ASCII without blanks, where a wrong character is told without being shown."""
    if value.get_secret_value().lstrip().startswith("$"):
        raise ValueError("names a variable, which is not filled in: secret_env takes its name")
    for position, letter in enumerate(value.get_secret_value().strip(), start=1):
        if not "!" <= letter <= "~":
            raise ValueError(
                f"its character {position} is none of an AppSecret's, perhaps a typographic quote, "
                "a blank or an invisible one: copy it again from the console"
            )
    return value


def _as_a_shell_splits_it(value: SecretStr) -> SecretStr:
    try:
        shlex.split(value.get_secret_value())
    except ValueError as error:
        raise ValueError(f"is no command: {str(error).lower()}") from None
    return value


def _http(value: SecretStr) -> SecretStr:
    if not _not_empty(value).get_secret_value().startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    check_port(value.get_secret_value())
    return value


def check_port(url: str) -> str:
    """The URL. Raises ValueError, without it, for a host or port that there cannot be."""
    try:
        possible = urlsplit(url).port != 0
    except ValueError:  # whose text quotes what may be a part of a password
        possible = False
    if not possible:
        password = "; / ? # in a password are written %2F %3F %23" if "@" in url else ""
        raise ValueError(
            "has a host or port that cannot be: a port is 1 to 65535, an IPv6 address stands in "
            f"brackets{password}"
        )
    return url


def _known_reports(names: tuple[str, ...]) -> tuple[str, ...]:
    for position, name in enumerate(names):
        if name not in BY_NAME:
            raise ValueError(f"{name!r} is no report; the reports are {', '.join(BY_NAME)}")
        if name in names[:position]:
            raise ValueError(f"{name!r} stands twice")
    if not names:
        raise ValueError("an empty list collects nothing: leave the key out for all reports")
    return names


# Of wxa_app_info itself, of a target, which Prometheus would give another name, and of kinds of
# metrics that this one is not.
TAKEN = ("app", "appid", "job", "instance", "le", "quantile")


def _free_label(name: str) -> str:
    if name in TAKEN or name.startswith("__"):
        raise ValueError(f"{name!r} is taken: another name is needed")
    return name


Secret = Annotated[SecretStr, AfterValidator(_not_empty)]
AppSecret = Annotated[Secret, AfterValidator(_as_the_console_shows_it)]
SecretCommand = Annotated[Secret, AfterValidator(_as_a_shell_splits_it)]
SecretUrl = Annotated[SecretStr, AfterValidator(_http)]
ReportNames = Annotated[tuple[Text, ...], AfterValidator(_known_reports)]
LabelName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$", max_length=50, strict=True),
    AfterValidator(_free_label),
]
# Each is a label of a series that every query of dashboards may join.
MOST_LABELS, LONGEST_LABEL = 10, 100
LabelValue = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_LABEL, strict=True)]
Labels = Annotated[dict[LabelName, LabelValue], Field(max_length=MOST_LABELS)]
