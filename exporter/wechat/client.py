"""One call: token, bounded retries; the reply or the error that fits."""

import random
from collections.abc import Mapping
from threading import Event
from typing import Any

from exporter.clock import Clock
from exporter.errors import Busy, NeedsOperator, TokenRejected, Waiting
from exporter.periods import Window
from exporter.reports.report import Report
from exporter.wechat.sealing import Seal
from exporter.wechat.tokens import TokenSource
from exporter.wechat.transport import Reply, Transport

ATTEMPTS = 3


class Client:
    """The calls of one app."""

    def __init__(
        self,
        app: str,
        base_url: str,
        tokens: TokenSource,
        transport: Transport,
        clock: Clock,
        stop: Event,
        seal: Seal | None = None,
    ) -> None:
        self._app = app
        self._seal = seal
        self._base_url = base_url.rstrip("/")
        self._tokens = tokens
        self._transport = transport
        self._clock = clock
        self._stop = stop

    def ask(self, report: Report, window: Window) -> Reply:
        """WeChat's reply about a window. Raises WeChatError; a stop ends waiting, not a call."""
        request, tried = report.request, 0
        while True:
            try:
                return self.once("POST", report.call, request.path, request.content(window))
            except Waiting:
                raise
            except Busy as error:
                tried += 1
                if tried == ATTEMPTS or self._clock.wait(_pause(tried, error), self._stop):
                    raise

    def once(
        self, method: str, call: str, path: str, content: Mapping[str, Any] | None = None
    ) -> Reply:
        """WeChat's reply to one try, and after a rejected token to one more with a new one.

        A GET goes out plain: WeChat has none that it wants sealed. Raises WeChatError.
        """
        try:
            return self._send(method, call, path, content)
        except TokenRejected:
            pass
        try:
            return self._send(method, call, path, content)
        except TokenRejected as error:
            raise NeedsOperator(str(error), code=error.code) from None

    def _send(self, method: str, call: str, path: str, content: Mapping[str, Any] | None) -> Reply:
        token = self._tokens.token()
        try:
            return self._transport.json(
                self._app,
                call,
                method,
                f"{self._base_url}{path}",
                query={"access_token": token.get_secret_value()},
                content=content,
                seal=self._seal if method == "POST" else None,
            )
        except TokenRejected:
            self._tokens.reject(token)
            raise


def _pause(tried: int, error: Busy) -> float:
    """Seconds until the next try, never less than the error asks for."""
    # Anything up to twice as long each time, so that many exporters do not come back together.
    jitter = random.uniform(0, 2 ** (tried - 1))  # noqa: S311 - nothing to guess
    return max(jitter, error.wait_seconds)
