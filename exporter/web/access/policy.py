"""The web configuration in force: read at the start, and again whenever its files change."""

import os
import ssl
from dataclasses import dataclass
from pathlib import Path

import structlog
from pydantic import ValidationError

from exporter.config.strict_yaml import content_of
from exporter.config.wording import fault
from exporter.errors import ConfigError
from exporter.web.access.models import Tls, WebConfig, seconds
from exporter.web.access.tls import context_of, files_of

State = tuple[tuple[int, ...], ...]

log = structlog.get_logger()


@dataclass(frozen=True, eq=False)
class Policy:
    """What one reading of the file asks for."""

    tls: Tls | None
    context: ssl.SSLContext | None
    users: dict[bytes, bytes]
    headers: tuple[tuple[bytes, bytes], ...]
    interval_seconds: float
    burst: int

    @property
    def authenticates(self) -> bool:
        """Whether nobody is answered who has not said who they are."""
        certified = self.tls is not None and self.tls.client_auth_type.startswith("Require")
        return bool(self.users) or certified


OPEN = Policy(None, None, {}, (), 0.0, 0)


class Policies:
    """The policy for whoever connects or asks now. Without a file everybody is answered."""

    def __init__(self, path: Path | None = None) -> None:
        """Raises ConfigError with every fault of the file, each after the file's name."""
        self._path = path
        self._files: tuple[Path, ...] = (path,) if path else ()
        self._state: State = ()
        self._policy = self._read(path) if path else OPEN

    def current(self) -> Policy:
        """The policy now. A file that became unusable keeps the last one, and is told once."""
        if self._path is None or _state(self._files) == self._state:
            return self._policy
        try:
            policy = self._read(self._path)
            _check_not_weaker(self._path, self._policy, policy)
        except ConfigError as error:
            log.error("web configuration refused, the last one stays", error=str(error))
            return self._policy
        self._policy = policy
        log.info("web configuration read again", file=str(self._path))
        return policy

    def _read(self, path: Path) -> Policy:
        """What the file asks for. Notes the state of all its files as it was before reading."""
        self._state = _state(self._files)
        try:
            config = _parse(_text(path))
            tls = config.tls_server_config
            files = (path, *(files_of(tls, path.parent) if tls else ()))
            if files != self._files:
                self._files = files
                self._state = _state(files)
            context = context_of(tls, path.parent) if tls else None
        except ConfigError as error:
            raise ConfigError([f"{path}: {line}" for line in error.faults]) from None
        return Policy(
            tls=tls,
            context=context,
            users={
                name.encode(): hashed.get_secret_value().encode()
                for name, hashed in config.basic_auth_users.items()
            },
            headers=tuple(
                (name.lower().encode(), value.encode())
                for name, value in config.http_server_config.headers.items()
                if value
            ),
            interval_seconds=seconds(config.rate_limit.interval),
            burst=config.rate_limit.burst,
        )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError([f"cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise ConfigError(["is not UTF-8 text"]) from None


def _parse(text: str) -> WebConfig:
    content = content_of(text)
    if content is None:
        return WebConfig()
    if not isinstance(content, dict):
        raise ConfigError(["must be a mapping like 'tls_server_config:'"])
    # A key without a value is a key that is not given, as in exporter-toolkit.
    given = {key: value for key, value in content.items() if value is not None}
    try:
        return WebConfig.model_validate(given)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        raise ConfigError([fault(detail, WebConfig) for detail in details]) from None


def _check_not_weaker(path: Path, before: Policy, after: Policy) -> None:
    """A file that is just being written looks like one that asks for less."""
    dropped = [
        name
        for name, was, stays in (
            ("TLS", before.context, after.context),
            ("client certificates", _required(before), _required(after)),
            ("basic_auth_users", before.users, after.users),
        )
        if was and not stays
    ]
    if dropped:
        raise ConfigError(
            [f"{path}: does not ask for {', '.join(dropped)} any more: that needs a restart"]
        )


def _required(policy: Policy) -> bool:
    return policy.tls is not None and policy.tls.client_auth_type.startswith("Require")


def _state(files: tuple[Path, ...]) -> State:
    return tuple(_signature(path) for path in files)


def _signature(path: Path) -> tuple[int, ...]:
    try:
        found = os.stat(path)
    except OSError:
        return ()
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
