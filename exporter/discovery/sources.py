"""Where lists of apps come from: files, read when they change, and URLs, asked now and then."""

import glob
import os
from pathlib import Path
from typing import Protocol

import requests
from requests.auth import AuthBase, HTTPBasicAuth
from urllib3.exceptions import ReadTimeoutError

from exporter.clock import Clock
from exporter.config import AppUrl
from exporter.errors import ConfigError, certificate_refusal

# 10,000 apps with a secret each are about 1 MB.
MAX_BYTES = 32_000_000
CHUNK_BYTES = 65_536


class NoFileError(ConfigError):
    """The file of a list is not there."""


class Source(Protocol):
    """One place that a list of apps comes from."""

    name: str
    remote: bool

    @property
    def changed(self) -> bool:
        """Whether it is time to read it again."""

    def read(self) -> str:
        """The text that stands there now. Raises ConfigError when there is none."""


class ListFile:
    """A file; changed when the file system says so."""

    remote = False

    def __init__(self, name: str) -> None:
        self.name = name
        self._read: object = ()

    @property
    def changed(self) -> bool:
        return _state(self.name) != self._read

    def read(self) -> str:
        path, self._read = Path(self.name), _state(self.name)
        try:
            # Who opens a pipe waits until somebody writes into it.
            if path.exists() and not path.is_file():
                raise ConfigError(["is no file, but a directory, a pipe or a device"])
            return path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise NoFileError(["there is no such file"]) from None
        except OSError as error:
            # It may be readable soon without being another file.
            self._read = ()
            raise ConfigError([f"cannot be read: {error.strerror}"]) from None
        except UnicodeDecodeError as error:
            raise ConfigError([f"is not UTF-8 text (byte {error.start})"]) from None


def _state(name: str) -> object:
    """What differs when the file does, also when another one has been put in its place.

    Not when it was written, which whoever writes can say: when that, or anything else, was changed.
    """
    try:
        found = os.stat(name)
    except OSError as error:
        return error.errno
    return found.st_ctime_ns, found.st_size, found.st_ino


def files_at(pattern: str) -> list[str]:
    """The files that a pattern names now; a name without * or ? stays, there or not."""
    return sorted(glob.glob(pattern)) if glob.has_magic(pattern) else [pattern]


class ListUrl:
    """A URL; asked again once its time has come, whatever it said."""

    remote = True

    def __init__(
        self, name: str, settings: AppUrl, session: requests.Session, clock: Clock
    ) -> None:
        self.name = name
        self.settings = settings
        self._session = session
        self._clock = clock
        self._next = clock.monotonic()

    @property
    def changed(self) -> bool:
        return self._clock.monotonic() >= self._next

    def read(self) -> str:
        settings = self.settings
        self._next = self._clock.monotonic() + settings.refresh_seconds
        try:
            with self._session.get(
                settings.url.get_secret_value(), timeout=settings.timeout_seconds, stream=True,
                auth=self._auth(), verify=settings.ca_file or True, allow_redirects=False,
                headers={"Accept": "application/json"},
            ) as response:  # fmt: skip
                # A redirect is not followed: it would carry the password to another host.
                if response.status_code != 200:
                    raise ConfigError([f"was answered with HTTP status {response.status_code}"])
                return self._body(response)
        except requests.Timeout:
            raise ConfigError([f"no answer within {settings.timeout_seconds:g} s"]) from None
        except (requests.RequestException, OSError) as error:
            if isinstance(next(iter(error.args), None), ReadTimeoutError):
                raise self._not_over() from None
            if refusal := certificate_refusal(error):
                said = f"the certificate is not accepted ({refusal}): check URL and ca_file"
                raise ConfigError([said]) from None
            # Their text holds the URL, and the URL can hold a key.
            cause = type(error).__name__
            said = f"no connection, or it broke ({cause}): check URL, ca_file and network"
            raise ConfigError([said]) from None

    def _not_over(self) -> ConfigError:
        said = f"the answer was not over after {self.settings.timeout_seconds:g} s"
        return ConfigError([said])

    def _auth(self) -> AuthBase | None:
        settings = self.settings
        if settings.bearer_token_file:
            return _Bearer(_secret(settings.bearer_token_file, "bearer_token_file"))
        if settings.username and settings.password_file:
            password = _secret(settings.password_file, "password_file")
            return HTTPBasicAuth(settings.username.encode(), password.encode())
        return None

    def _body(self, response: requests.Response) -> str:
        """The text, read piece by piece so that neither size nor slowness is unbounded."""
        deadline = self._clock.monotonic() + self.settings.timeout_seconds
        pieces, size = [], 0
        for piece in response.iter_content(CHUNK_BYTES):
            pieces.append(piece)
            size += len(piece)
            if size > MAX_BYTES:
                raise ConfigError([f"the answer is larger than {MAX_BYTES} bytes"])
            if self._clock.monotonic() > deadline:
                raise self._not_over()
        try:
            return b"".join(pieces).decode("utf-8")
        except UnicodeDecodeError as error:
            raise ConfigError([f"is not UTF-8 text (byte {error.start})"]) from None


class _Bearer(AuthBase):
    """As `auth`, because ~/.netrc would win over a header."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _secret(path: str, key: str) -> str:
    """Read at each request, so that a rotated one is taken up."""
    try:
        return Path(path).read_text(encoding="utf-8-sig").strip()
    except (OSError, ValueError) as error:
        raise ConfigError([f"{key} {path} cannot be read ({type(error).__name__})"]) from None
