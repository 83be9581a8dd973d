"""Before every answer: the rate limit, the headers and the password that the file asks for."""

import base64
import binascii
import time
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exporter.web.access.passwords import Passwords, TooManyChecks
from exporter.web.access.policy import Policies, Policy


class Gatekeeper:
    """The application behind its policy. Paths make no difference: /-/healthy is asked as well."""

    def __init__(
        self, app: ASGIApp, policies: Policies, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._policies = policies
        self._passwords = Passwords()
        self._limiter = RateLimiter(monotonic)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or say why not."""
        policy = self._policies.current()
        answer = _with_headers(policy, send)
        refusal = await self._refusal(policy, scope)
        await (refusal or self._app)(scope, receive, answer)

    async def _refusal(self, policy: Policy, scope: Scope) -> ASGIApp | None:
        if policy.context is not None and scope["scheme"] != "https":
            return PlainTextResponse("this port speaks HTTPS\n", status_code=400)
        if not self._limiter.allows(policy.interval_seconds, policy.burst):
            return PlainTextResponse("Too Many Requests\n", status_code=429)
        if not policy.users:
            return None
        user, password = _credentials(Headers(scope=scope).get("authorization", ""))
        client = scope["client"][0] if scope.get("client") else ""
        try:
            if password is not None and await self._passwords.right(
                policy.users, user, password, client
            ):
                return None
        except TooManyChecks:
            return PlainTextResponse(
                "too many passwords are being checked\n", status_code=429,
                headers={"Retry-After": "5"},
            )  # fmt: skip
        return PlainTextResponse(
            "Unauthorized\n", status_code=401,
            headers={"WWW-Authenticate": 'Basic realm="wxa-exporter"'},
        )  # fmt: skip


class RateLimiter:
    """One request each interval, and a burst at once. Another interval or burst begins anew."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._setting = (0.0, 0)
        self._left, self._at = 0.0, 0.0

    def allows(self, interval_seconds: float, burst: int) -> bool:
        """Whether this request may pass; with no interval every one may."""
        if not interval_seconds:
            return True
        now = self._monotonic()
        if self._setting != (interval_seconds, burst):
            self._setting, self._left, self._at = (interval_seconds, burst), float(burst), now
        self._left = min(burst, self._left + (now - self._at) / interval_seconds)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def _credentials(header: str) -> tuple[bytes, bytes | None]:
    """User and password; no password where the header is not of basic authentication."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return b"", None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return b"", None
    return user, password if colon else None


def _with_headers(policy: Policy, send: Send) -> Send:
    if not policy.headers:
        return send

    async def adding(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {name for name, _ in policy.headers}
            own = [pair for pair in message.get("headers", ()) if pair[0] not in given]
            message["headers"] = [*own, *policy.headers]
        await send(message)

    return adding
