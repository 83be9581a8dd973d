"""One HTTP exchange, and the border where requests' exceptions become our errors.

requests puts the URL, and so the access token, into its exceptions: no text of theirs goes on,
and none is chained.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
import urllib3
from pydantic import SecretStr

from exporter.clock import Clock
from exporter.errors import Busy, Unreadable, WeChatError
from exporter.reports.body import Body, decode
from exporter.telemetry import Telemetry
from exporter.wechat.pacing import Pacer
from exporter.wechat.replies import REACTIONS, Reaction, error_in
from exporter.wechat.sealing import Seal

# The largest real body, 200 pages, is about 60 kB.
MAX_BODY_BYTES = 4_000_000
CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply without an errcode: the text as it came, and the object in it."""

    text: str
    body: Body


class Transport:
    """Sends one request and gives its JSON, or raises the WeChatError that fits. Thread safe."""

    def __init__(
        self,
        session: requests.Session,
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
        # One for connecting, headers and body together, over a session with a DeadlineAdapter.
        self._whole: Any = urllib3.Timeout(total=timeout_seconds)
        # Given with each request, because an environment's HTTPS_PROXY would win over a session's.
        self._proxies = dict.fromkeys(("http", "https"), proxy.get_secret_value()) if proxy else {}

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
                text, _ = self._exchange(method, url, self._proxies, query, content)
            else:
                sealed = seal.seal(url, content or {})
                text, told = self._exchange(
                    method, url, self._proxies, query, sealed.body, sealed.headers
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
        text, _ = self._exchange("GET", url, {}, None, None)
        return text

    def _exchange(
        self,
        method: str,
        url: str,
        proxies: dict[str, str],
        query: Mapping[str, str] | None,
        content: Mapping[str, Any] | bytes | None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[str, Mapping[str, str]]:
        """Body and headers of a 200 reply. Raises Busy for whatever else comes, or does not come.

        Bytes go out as they are, anything else as JSON.
        """
        ready = isinstance(content, bytes)
        try:
            with self._session.request(
                method, url, params=query, data=content if ready else None,
                json=None if ready else content, headers=headers, timeout=self._whole,
                allow_redirects=False, stream=True, proxies=proxies,
            ) as response:  # fmt: skip
                # A redirect is not followed: it would carry the token to another host.
                if response.status_code != 200:
                    raise Busy(
                        f"HTTP status {response.status_code}: whoever answered is out of order, "
                        "or is not who was meant: check URL and proxy",
                        code=f"http_{response.status_code}",
                    )
                return self._body(response), response.headers
        except (requests.Timeout, urllib3.exceptions.TimeoutError):
            raise Busy(f"no answer within {self._timeout:g} s", code="timeout") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise Busy(
                f"no connection, or it broke ({_cause(error)}): check network, DNS and proxy",
                code="connection",
            ) from None

    def _body(self, response: requests.Response) -> str:
        """The decoded text, read piece by piece so that its size is bounded."""
        pieces, size = [], 0
        while piece := response.raw.read1(CHUNK_BYTES, decode_content=True):
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
    names = [type(error).__name__]
    inner = error.args[0] if error.args else None
    reason = getattr(inner, "reason", inner)
    if isinstance(reason, BaseException):
        names.append(type(reason).__name__)
    return ", ".join(names)
