"""Access tokens: from WeChat by appid and secret, or handed in by a token service.

The stable token is the default, in normal mode only: it gives every caller the same token and
leaves the tokens of the user's other services alone. force_refresh and, unless configured,
/cgi-bin/token are never used, because both invalidate tokens that others hold.
"""

import json
import os
import shlex
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from pydantic import SecretStr

from exporter.clock import Clock
from exporter.config import App, TokenKind
from exporter.errors import Busy, NeedsOperator, WeChatError
from exporter.reports.body import number
from exporter.wechat.replies import TOKEN_CALL_REACTIONS
from exporter.wechat.services import TokenServices
from exporter.wechat.transport import Transport

# WeChat hands out the next token in the last five minutes of the present one.
MARGIN_SECONDS = 60.0
# A handed-in token without a stated life is asked for again this often.
HANDED_IN_SECONDS = 60.0
COMMAND_TIMEOUT_SECONDS = 20.0


class Token(NamedTuple):
    """An access token and how many seconds it may be kept."""

    value: SecretStr
    seconds: float


class TokenSource:
    """One app's token, kept as long as it lives. Thread safe."""

    def __init__(self, fetch: Callable[[], Token], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = Lock()
        self._token: SecretStr | None = None
        self._until = 0.0

    def token(self) -> SecretStr:
        """The token to use now. Raises WeChatError when none can be had."""
        with self._lock:
            if self._token is None or self._clock.monotonic() >= self._until:
                fetched = self._fetch()
                self._token = fetched.value
                self._until = self._clock.monotonic() + fetched.seconds
            return self._token

    def reject(self, token: SecretStr) -> None:
        """Forget a token that WeChat rejected, unless a newer one is here already."""
        with self._lock:
            if self._token == token:
                self._token = None


def token_source(
    app: App,
    kind: TokenKind,
    base_url: str,
    transport: Transport,
    clock: Clock,
    services: TokenServices,
) -> TokenSource:
    """The source that the configuration of an app names; `services` knows which of them work."""
    if app.token_file:
        return TokenSource(lambda: _from_file(Path(str(app.token_file))), clock)
    if app.token_url:
        url = app.token_url.get_secret_value()
        service = services.of(url)
        return TokenSource(
            lambda: _handed_in(
                service.ask(app.name, lambda: _text_behind(url, transport)), "token_url"
            ),
            clock,
        )
    if app.token_command:
        command = app.token_command.get_secret_value()
        return TokenSource(lambda: _from_command(command), clock)
    base_url = base_url.rstrip("/")
    call = _stable if kind is TokenKind.STABLE else _classic
    return TokenSource(lambda: call(app, base_url, transport), clock)


def _stable(app: App, base_url: str, transport: Transport) -> Token:
    content = {
        "grant_type": "client_credential",
        "appid": app.appid,
        "secret": _secret(app),
        "force_refresh": False,
    }
    url = f"{base_url}/cgi-bin/stable_token"
    reply = transport.json(
        app.name, "stable_token", "POST", url, content=content, reactions=TOKEN_CALL_REACTIONS
    )
    return _read(reply.body)


def _classic(app: App, base_url: str, transport: Transport) -> Token:
    query = {"grant_type": "client_credential", "appid": app.appid, "secret": _secret(app)}
    url = f"{base_url}/cgi-bin/token"
    reply = transport.json(
        app.name, "token", "GET", url, query=query, reactions=TOKEN_CALL_REACTIONS
    )
    return _read(reply.body)


def _secret(app: App) -> str:
    """The AppSecret, read when it is needed, so that a rotated one is taken up."""
    if app.secret is not None:
        return app.secret.get_secret_value().strip()
    if app.secret_env is not None:
        secret = os.environ.get(app.secret_env, "").strip()
        if not secret:
            raise NeedsOperator(
                f"the environment variable {app.secret_env} is not set or empty: secret_env names "
                "the variable that holds the AppSecret",
                code="secret",
            )
        return secret
    return _file_text(Path(str(app.secret_file)), "secret_file")


def _file_text(path: Path, key: str) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, ValueError) as error:
        raise NeedsOperator(
            f"{key} {path} cannot be read ({type(error).__name__}): check path and permissions",
            code="secret",
        ) from None
    if not text:
        raise NeedsOperator(f"{key} {path} is empty", code="secret")
    return text


def _from_file(path: Path) -> Token:
    return _handed_in(_file_text(path, "token_file"), "token_file")


def _text_behind(url: str, transport: Transport) -> str:
    try:
        return transport.text(url)
    except Busy as error:
        raise Busy(f"token_url: {error}", code=error.code) from None


def _from_command(command: str) -> Token:
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own command, without a shell
            shlex.split(command), stdin=subprocess.DEVNULL, capture_output=True,
            timeout=COMMAND_TIMEOUT_SECONDS, check=True, text=True, encoding="utf-8",
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Busy(
            f"token_command did not end within {COMMAND_TIMEOUT_SECONDS:g} s", code="timeout"
        ) from None
    except subprocess.CalledProcessError as error:
        raise Busy(
            f"token_command ended with status {error.returncode}", code="malformed"
        ) from None
    except (OSError, ValueError) as error:
        raise NeedsOperator(
            f"token_command cannot be run ({type(error).__name__}): check path and permissions",
            code="secret",
        ) from None
    return _handed_in(done.stdout, "token_command")


def _handed_in(text: str, key: str) -> Token:
    """A token from a token service: the bare text, or JSON as WeChat's own token calls give it."""
    text = text.strip()
    if text.startswith("{"):
        try:
            return _read(json.loads(text))
        except (ValueError, WeChatError):
            raise Busy(f"{key} gave JSON without an access_token", code="malformed") from None
    if not text or len(text) > 2048 or not text.isascii() or any(map(str.isspace, text)):
        raise Busy(f"{key} gave no access token: a single word was expected", code="malformed")
    return Token(SecretStr(text), HANDED_IN_SECONDS)


def _read(body: Mapping[str, object]) -> Token:
    """The token in a reply of WeChat's token calls."""
    value = body.get("access_token") or body.get("authorizer_access_token")
    if not isinstance(value, str) or not value:
        raise Busy("the reply to the token call has no access_token", code="malformed")
    life = number(body.get("expires_in"))
    seconds = HANDED_IN_SECONDS if life is None else max(life - MARGIN_SECONDS, 0.0)
    return Token(SecretStr(value), seconds)
