"""uvicorn on sockets of our own, in a thread of its own: signals stay with the main thread."""

import socket
from collections.abc import Callable, Sequence
from threading import Thread

import uvicorn
from starlette.applications import Starlette

GRACE_SECONDS = 1
# Longer than scrape intervals: with uvicorn's 5 s each scrape would open a connection anew.
KEEP_ALIVE_SECONDS = 120
BACKLOG = 128


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; an empty host means all interfaces, IPv4 and IPv6. Raises OSError."""
    listener = _listener(host, port)
    # asyncio sets this on sockets of its own only; without it a kept connection waits 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _listener(host: str, port: int) -> socket.socket:
    if host:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    if socket.has_dualstack_ipv6():
        return socket.create_server(
            ("", port), family=socket.AF_INET6, backlog=BACKLOG, dualstack_ipv6=True
        )
    return socket.create_server(("", port), backlog=BACKLOG)


class Server:
    """The web server between `start` and `stop`."""

    def __init__(
        self,
        app: Starlette,
        sockets: Sequence[socket.socket],
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        """`ended` is called when the server stops answering, asked to or not."""
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS, timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._sockets = list(sockets)
        self._ended = ended
        self._thread = Thread(target=self._run, name="web", daemon=True)

    def _run(self) -> None:
        try:
            self._server.run(sockets=self._sockets)
        finally:
            self._ended()

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Finish open answers, a second at most, and close the sockets."""
        self._server.should_exit = True
        self._thread.join(GRACE_SECONDS + 1)
        for each in self._sockets:
            each.close()
