"""YAML -> Config, or every fault at once, each with the path of its key."""

from pathlib import Path

from pydantic import ValidationError

from exporter.config.models import Config, completed, faults_between, labels_fault
from exporter.config.strict_yaml import content_of, full_width_colons
from exporter.config.wording import fault
from exporter.errors import ConfigError


def load(path: Path) -> Config:
    """The configuration in a file. Raises ConfigError with every fault on a line of its own."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        hint = "copy config.example.yaml to it, or name another file with --config.file"
        if path == Path("-"):
            hint = "standard input is named /dev/stdin"
        raise ConfigError([f"{path}: there is no such file; {hint}"]) from None
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            [f"{path}: is not UTF-8 text (byte {error.start}): save it as such"]
        ) from None
    try:
        return _beside(path, parse(text))
    except ConfigError as error:
        raise ConfigError([f"{path}: {fault}" for fault in error.faults]) from None


def _beside(path: Path, config: Config) -> Config:
    """The configuration with the files of its lists looked for in its own folder."""
    files = tuple(str(path.parent / pattern) for pattern in config.app_files)
    urls = tuple(
        each.model_copy(
            update={
                key: str(path.parent / value)
                for key in ("bearer_token_file", "password_file", "ca_file")
                if (value := getattr(each, key)) is not None
            }
        )
        for each in config.app_urls
    )
    return config.model_copy(update={"app_files": files, "app_urls": urls})


def parse(text: str) -> Config:
    """The configuration in a YAML text. Raises ConfigError with every fault."""
    try:
        return _parsed(text)
    except ConfigError as error:
        raise ConfigError([*full_width_colons(text), *error.faults]) from None


def _parsed(text: str) -> Config:
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
        faults = [fault(detail, Config) for detail in details] + faults
    if faults:
        raise ConfigError(faults)
    apps = tuple(completed(app, config.defaults) for app in config.apps)
    wrong = [(position, labels_fault(app)) for position, app in enumerate(apps)]
    if faults := [f"apps[{position}].{said}" for position, said in wrong if said]:
        raise ConfigError(faults)
    return config.model_copy(update={"apps": apps})
