"""One HTTP exchange, and the border where foreign exceptions become our errors.

They hold the URL, and so the access token: no text of theirs goes on, and none is chained.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from pydantic import SecretStr
from urllib3 import BaseHTTPResponse, Timeout
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as TookTooLong

from exporter.clock import Clock
from exporter.errors import Busy, Unreadable, WeChatError, certificate_refusal
from exporter.reports.body import Body, decode
from exporter.telemetry import Telemetry
from exporter.wechat.pacing import Pacer
from exporter.wechat.replies import REACTIONS, Reaction, error_in
from exporter.wechat.sealing import Seal
from exporter.wechat.session import Session

# The largest real body, 200 pages, is about 60 kB.
MAX_BODY_BYTES = 4_000_000
CHUNK_BYTES = 65_536
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply without an errcode: the text as it came, and the object in it."""

    text: str
    body: Body


class Transport:
    """Sends one request and gives its JSON, or raises the WeChatError that fits. Thread safe."""

    def __init__(
        self,
        session: Session,
        clock: Clock,
        telemetry: Telemetry,
        pacer: Pacer,
        timeout_seconds: float,
        proxy: SecretStr | None = None,
    ) -> None:
        self._session = session
        self._pacer = pacer
        self._clock = clock
        self._telemetry = telemetry
        self._timeout = timeout_seconds
        # One for connecting, headers and body together.
        self._whole = Timeout(total=timeout_seconds)
        self._proxy = proxy.get_secret_value() if proxy else None

    def json(
        self,
        app: str,
        call: str,
        method: str,
        url: str,
        *,
        query: Mapping[str, str] | None = None,
        content: Mapping[str, Any] | None = None,
        reactions: Mapping[int, Reaction] = REACTIONS,
        seal: Seal | None = None,
    ) -> Reply:
        """WeChat's reply to one request, paced and counted under `app` and `call`.

        With a `seal` the request goes out sealed, and only a reply that it opens is given.
        """
        self._pacer.wait()
        code, begin = "0", self._clock.monotonic()
        try:
            if seal is None:
                plain = (json.dumps(content).encode(), JSON) if content else (None, None)
                text, _ = self._exchange(method, url, self._proxy, query, *plain)
            else:
                sealed = seal.seal(url, content or {})
                text, told = self._exchange(
                    method, url, self._proxy, query, sealed.body, sealed.headers
                )
                text = seal.open(url, told, text)
            hidden = _secrets(query, content)
            try:
                body = decode(text, hidden)
            except Unreadable as unreadable:
                raise Busy(str(unreadable), code="malformed") from None
            error = error_in(body, reactions, hidden)
            if error is not None:
                raise error
        except WeChatError as fault:
            code = fault.code
            raise
        finally:
            self._telemetry.request(app, call, code, self._clock.monotonic() - begin)
        return Reply(text, body)

    def text(self, url: str) -> str:
        """The body behind a URL that is not WeChat's. Raises Busy when there is none."""
        text, _ = self._exchange("GET", url)
        return text

    def _exchange(
        self,
        method: str,
        url: str,
        proxy: str | None = None,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[str, Mapping[str, str]]:
        """Body and headers of a 200 reply. Raises Busy for whatever else comes or does not come."""
        try:
            with self._session.ask(
                method, url, self._whole, proxy=proxy, query=query, body=body, headers=headers
            ) as response:
                # A redirect is not followed: it would carry the token to another host.
                if response.status != 200:
                    raise Busy(
                        f"HTTP status {response.status}: whoever answered is out of order, "
                        "or is not who was meant: check URL and proxy",
                        code=f"http_{response.status}",
                    )
                return _text(response), response.headers
        except (requests.RequestException, HTTPError, OSError) as error:
            # urllib3 counts a refused connection among what took too long.
            if isinstance(error, TookTooLong) and not isinstance(error, NewConnectionError):
                raise Busy(f"no answer within {self._timeout:g} s", code="timeout") from None
            if refusal := certificate_refusal(error):
                raise Busy(
                    f"the certificate is not accepted ({refusal}): if it is that of a proxy or of "
                    "an authority of yours, give its CA in the file that the environment variable "
                    "REQUESTS_CA_BUNDLE names",
                    code="connection",
                ) from None
            raise Busy(
                f"no connection, or it broke ({_cause(error)}): check network, DNS and proxy",
                code="connection",
            ) from None


def _text(response: BaseHTTPResponse) -> str:
    """The decoded text, read piece by piece so that its size is bounded."""
    pieces, size = [], 0
    while piece := response.read1(CHUNK_BYTES, decode_content=True):
        pieces.append(piece)
        size += len(piece)
        if size > MAX_BODY_BYTES:
            raise Busy(f"the reply is larger than {MAX_BODY_BYTES} bytes", code="malformed")
    return b"".join(pieces).decode("utf-8", errors="replace")


def _secrets(*sent: Mapping[str, Any] | None) -> list[str]:
    """The token and secret that were sent: what answers can repeat them, and is told to people."""
    return [
        parameters[name]
        for parameters in sent
        for name in ("access_token", "secret")
        if parameters and name in parameters
    ]


def _cause(error: BaseException) -> str:
    """The class names from the exception inwards: they say what happened and hold no URL."""
    inner = [each for each in error.args if isinstance(each, BaseException)]
    return ", ".join(type(each).__name__ for each in (error, *inner))
