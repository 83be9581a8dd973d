"""Small HTTP servers on loopback that say what they are told to and keep what they were asked."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple


class Asked(NamedTuple):
    """One request: its method, its target as it stood in the request line, its body."""

    method: str
    target: str
    body: bytes


@dataclass
class Served:
    """A running server: where it is, what it says next, what it was asked."""

    url: str
    body: bytes = b"{}"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    # The Authorization of each request that had one.
    authorization: list[str] = field(default_factory=list)
    # All headers of each request, by their names in small letters.
    heads: list[dict[str, str]] = field(default_factory=list)

    @property
    def host(self) -> str:
        """Host and port, as a scrape job names a target."""
        return self.url.removeprefix("http://")


@contextmanager
def serving(
    body: bytes = b"{}", tls: ssl.SSLContext | None = None, **headers: str
) -> Iterator[Served]:
    """A server that gives `body` to every GET and POST of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    scheme = "http"
    if tls:
        server.socket, scheme = tls.wrap_socket(server.socket, server_side=True), "https"
    served = Served(f"{scheme}://127.0.0.1:{server.server_port}", body, headers=headers)
    server.RequestHandlerClass = _handler(served)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(served: Served) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("content-length", 0))
            served.asked.append(Asked(self.command, self.path, self.rfile.read(length)))
            served.heads.append({name.lower(): value for name, value in self.headers.items()})
            if "authorization" in self.headers:
                served.authorization.append(self.headers["authorization"])
            self.send_response(served.status)
            for name, value in served.headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("content-length", str(len(served.body)))
            self.end_headers()
            self.wfile.write(served.body)

        do_GET: Callable[..., None] = answer  # noqa: N815 - http.server's name
        do_POST: Callable[..., None] = answer  # noqa: N815 - http.server's name

        def log_message(self, *arguments: object) -> None:
            del arguments

    return Handler
