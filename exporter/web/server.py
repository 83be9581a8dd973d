"""uvicorn on sockets of our own, in a thread of its own: signals stay with the main thread."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from math import ceil
from threading import Thread

import uvicorn
from starlette.types import ASGIApp

from exporter.web.access import Policies
from exporter.web.access.gatekeeper import Gatekeeper
from exporter.web.connections import FAREWELL_SECONDS, Doorkeeper, Limits
from exporter.web.memory import give_back

GRACE_SECONDS = 1
# Readers that take long leave much behind, and it would stay.
GIVE_BACK_SECONDS = 30
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


class _Server(uvicorn.Server):
    """uvicorn with connections that are accepted here, since it knows one TLS context for all."""

    def __init__(self, config: uvicorn.Config, policies: Policies, limits: Limits) -> None:
        super().__init__(config)
        self._doorkeeper = Doorkeeper(policies, limits)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        arguments = {"config": self.config, "server_state": self.server_state, "app_state": {}}
        for each in sockets or ():
            self._doorkeeper.open(each, self.config.http_protocol_class, arguments)
        self.servers = [self._doorkeeper]  # type: ignore[list-item]
        self.started = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(FAREWELL_SECONDS / 10)  # the loop lets go of them


async def _give_back() -> None:
    await asyncio.get_running_loop().run_in_executor(None, give_back)


class Server:
    """The web server between `start` and `stop`."""

    def __init__(
        self,
        app: ASGIApp,
        sockets: Sequence[socket.socket],
        ended: Callable[[], None] = lambda: None,
        policies: Policies | None = None,
        limits: Limits | None = None,
    ) -> None:
        """`ended` is called when the server stops answering, asked to or not.

        Without `policies` everybody is answered, in the clear.
        """
        policies, limits = policies or Policies(), limits or Limits()
        config = uvicorn.Config(
            Gatekeeper(app, policies), log_config=None, access_log=False, lifespan="off",
            server_header=False, ws="none",
            timeout_graceful_shutdown=GRACE_SECONDS, timeout_keep_alive=ceil(limits.kept_seconds),
            callback_notify=_give_back, timeout_notify=GIVE_BACK_SECONDS,
        )  # fmt: skip
        self._server = _Server(config, policies, limits)
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
