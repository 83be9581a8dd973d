"""An HTTP client that costs little itself: it asks, and reads until the answer is over."""

import base64
import gzip
import http.client
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import NamedTuple

from bench.table import BenchError

# What Prometheus sends.
ACCEPT = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
TIMEOUT_SECONDS = 60
END_OF_CHUNKS = b"0\r\n\r\n"


class Access(NamedTuple):
    """How a port is spoken to that not everybody may read: over TLS, and as whom."""

    context: ssl.SSLContext | None = None
    authorization: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """What every request says about who asks."""
        return {"Authorization": self.authorization} if self.authorization else {}

    def connected(self, port: int, source: str = "127.0.0.1") -> socket.socket:
        """A connection to the port, over TLS where that is spoken."""
        plain = socket.create_connection(
            ("127.0.0.1", port), TIMEOUT_SECONDS, source_address=(source, 0)
        )
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.context.wrap_socket(plain) if self.context else plain


def basic(user: str, password: str) -> str:
    """The header of basic authentication."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


OPEN = Access()


class Scraper:
    """Scrapes one address, over one kept connection or each time over a fresh one."""

    def __init__(
        self, port: int, path: str = "/metrics", keep: bool = True, access: Access = OPEN
    ) -> None:
        self._port = port
        self._access = access
        self._keep = keep
        self._socket: socket.socket | None = None
        self.first_byte_seconds = 0.0
        self._buffer = memoryview(bytearray(1 << 20))
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            f"Accept: {ACCEPT}",
            "Accept-Encoding: gzip",
            *(f"{name}: {value}" for name, value in access.headers.items()),
            *([] if keep else ["Connection: close"]),
        ]
        self._request = ("\r\n".join(lines) + "\r\n\r\n").encode()

    def __call__(self) -> int:
        """Ask once and read all of the answer. Gives the bytes read; raises BenchError."""
        connection = self._socket or self._connect()
        begin, head = time.perf_counter(), b""
        connection.sendall(self._request)
        while b"\r\n\r\n" not in head:
            got = connection.recv(65536)
            self.first_byte_seconds = time.perf_counter() - begin
            if not got:
                raise BenchError(f"port {self._port} closed the connection without an answer")
            head += got
        head, _, body = head.partition(b"\r\n\r\n")
        if b" 200 " not in head[:20]:
            raise BenchError(f"port {self._port} answered {head[:60]!r}")
        return self._rest(connection, head.lower(), body)

    def ready(self) -> None:
        """Open the kept connection anew: a server closes one that was idle for seconds."""
        if self._socket:
            self.close()
            self()

    def _rest(self, connection: socket.socket, head: bytes, body: bytes) -> int:
        """Read on until the body is over, as the head says it ends."""
        size, tail = len(body), body[-5:]
        _, told, after = head.partition(b"\r\ncontent-length:")
        length = int(after.partition(b"\r\n")[0]) if told else None
        chunked = b"\r\ntransfer-encoding: chunked" in head
        over = False
        while not over and size != length and not (chunked and tail == END_OF_CHUNKS):
            got = connection.recv_into(self._buffer)
            over = not got
            size += got
            tail = (tail + bytes(self._buffer[max(0, got - 5) : got]))[-5:]
        if over or not self._keep or head.startswith(b"http/1.0"):
            self.close()
        return size

    def _connect(self) -> socket.socket:
        self._socket = self._access.connected(self._port)
        return self._socket

    def close(self) -> None:
        """Let go of the connection."""
        if self._socket:
            self._socket.close()
            self._socket = None


def fetch(port: int, path: str = "/metrics", access: Access = OPEN) -> tuple[int, bytes]:
    """Status and decoded body, for checking what is going to be measured."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.sock = access.connected(port)
        connection.request("GET", path, headers={"Accept-Encoding": "gzip", **access.headers})
        response = connection.getresponse()
        body = response.read()
        if response.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return response.status, body
    finally:
        connection.close()


def page_samples(body: bytes) -> int:
    """How many samples of pages a text holds."""
    return body.count(b"\nwxa_page_") + body.startswith(b"wxa_page_")


@contextmanager
def reading_on(port: int, path: str) -> Iterator[None]:
    """One answer after the other is read during the block."""
    over = Event()

    def read_on() -> None:
        scraper = Scraper(port, path)
        while not over.is_set():
            scraper()
        scraper.close()

    reader = Thread(target=read_on, daemon=True)
    reader.start()
    try:
        yield
    finally:
        over.set()
        reader.join()
