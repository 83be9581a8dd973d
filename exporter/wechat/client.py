"""One call: token, bounded retries; the reply or the error that fits."""

from collections.abc import Mapping
from threading import Event
from typing import Any

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    retry_if_not_exception_type,
    stop_after_attempt,
    stop_when_event_set,
    wait_random_exponential,
)

from exporter.clock import Clock
from exporter.errors import Busy, NeedsOperator, TokenRejected, Waiting, WeChatError
from exporter.periods import Window
from exporter.reports.report import Report
from exporter.wechat.sealing import Seal
from exporter.wechat.tokens import TokenSource
from exporter.wechat.transport import Reply, Transport

ATTEMPTS = 3
# Full jitter, so that many exporters do not come back at the same moment.
BACKOFF = wait_random_exponential(multiplier=1, max=20)


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
        attempts = Retrying(
            stop=stop_after_attempt(ATTEMPTS) | stop_when_event_set(self._stop),
            wait=_pause,
            retry=retry_if_exception_type(Busy) & retry_if_not_exception_type(Waiting),
            sleep=self._sleep,
            reraise=True,
        )
        request = report.request
        return attempts(self.once, "POST", report.call, request.path, request.content(window))

    def _sleep(self, seconds: float) -> None:
        self._clock.wait(seconds, self._stop)

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


def _pause(state: RetryCallState) -> float:
    """Backoff with jitter, and never less than the error asks for."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait_seconds if isinstance(error, WeChatError) else 0.0
    return max(BACKOFF(state), asked)
