"""HTTP connections whose timeout is the whole call's: addresses, handshake, headers and body.

urllib3 gives it to each address and each read anew: a server that drips a byte a second holds a
call for as long as it likes.
"""

import io
import socket
from http.client import HTTPResponse
from time import monotonic
from typing import Any, cast

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

# A socket with a timeout of 0 does not wait at all, and says so with another error.
SHORTEST_SECONDS = 0.001


class _Reader(io.RawIOBase):
    """What comes from a socket, until the time that its timeout gives from now on is over."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._deadline = monotonic() + (sock.gettimeout() or 0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 - what io calls a buffer
        left = self._deadline - monotonic()
        if left <= 0:
            raise TimeoutError("the time of the call is over")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Received:
    """A socket as far as http.client's responses know it."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, _: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._sock))


class _WithinTime(HTTPConnection):
    """Connects within `timeout`, and reads what is left of it when the response begins."""

    def _new_conn(self) -> socket.socket:
        """Connect to the first address that answers; they share the time."""
        deadline = monotonic() + (self.timeout or 0)
        try:
            found = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            reason = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
            raise NameResolutionError(self.host, self, reason) from error
        failure: OSError = OSError("no address")
        for position, (family, kind, protocol, _, address) in enumerate(found):
            left = max(deadline - monotonic(), SHORTEST_SECONDS)
            sock = socket.socket(family, kind, protocol)
            sock.settimeout(left / (len(found) - position))
            try:
                sock.connect(address)
            except OSError as error:
                sock.close()
                failure = error
                continue
            for option in self.socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(max(deadline - monotonic(), SHORTEST_SECONDS))
            return sock
        if isinstance(failure, TimeoutError):
            raise ConnectTimeoutError(self, f"no connection within {self.timeout} s") from failure
        raise NewConnectionError(self, f"no connection: {failure}") from failure

    def response_class(  # type: ignore[override]
        self,
        sock: socket.socket,
        **named: Any,  # noqa: ANN401
    ) -> HTTPResponse:
        """http.client calls this with what a response is to be read from."""
        return HTTPResponse(cast("socket.socket", _Received(sock)), **named)


class _SecureWithinTime(_WithinTime, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _WithinTime


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureWithinTime


class DeadlineAdapter(HTTPAdapter):
    """requests' adapter over such connections; give it `urllib3.Timeout(total=seconds)`."""

    def init_poolmanager(self, *given: Any, **named: Any) -> None:  # noqa: ANN401
        super().init_poolmanager(*given, **named)
        self.poolmanager = _within_time(self.poolmanager)

    def proxy_manager_for(self, *given: Any, **named: Any) -> PoolManager:  # noqa: ANN401
        return _within_time(super().proxy_manager_for(*given, **named))


def _within_time(manager: PoolManager) -> PoolManager:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
    return manager
