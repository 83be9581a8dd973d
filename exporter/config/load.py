"""YAML -> Config, or every fault at once, each with the path of its key."""

from pathlib import Path

from pydantic import ValidationError

from exporter.config.models import Config, faults_between
from exporter.config.strict_yaml import content_of
from exporter.config.wording import fault
from exporter.errors import ConfigError


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
    content = content_of(text)
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
        told = [
            d
            for d in details
            if not (d["type"] == "too_short" and d["loc"] == ("apps",) and content.get("apps"))
        ]
        faults = [
            fault(detail, Config, at="" if detail["loc"] else "apps") for detail in told
        ] + faults
    if faults:
        raise ConfigError(faults)
    return config
