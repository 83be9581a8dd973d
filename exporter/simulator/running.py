"""The look-alike on a real port, for as long as a `with` block lasts."""

import asyncio
import socket
import time
from threading import Thread
from types import TracebackType
from typing import Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from exporter.simulator.server import create_app
from exporter.simulator.simulator import Simulator

POLL_SECONDS = 0.005


class ClosableProtocol(H11Protocol):
    """Lets a reply close its connection, which ASGI has no word for."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "close_connection": transport.abort}


class RunningSimulator:
    """A simulator that answers HTTP at `url` inside a `with` block, in a thread of its own."""

    def __init__(self, simulator: Simulator, host: str = "127.0.0.1", port: int = 0) -> None:
        self.simulator = simulator
        self._address = (host, port)
        self._server = uvicorn.Server(
            uvicorn.Config(
                create_app(simulator),
                http=ClosableProtocol,
                ws="none",
                lifespan="off",
                loop="asyncio",
                log_config=None,
                log_level="critical",
                access_log=False,
                timeout_graceful_shutdown=0,
            )
        )
        self._socket: socket.socket | None = None
        self._thread: Thread | None = None

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        if self._socket is None:
            raise RuntimeError("the simulator does not run")
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def __enter__(self) -> Self:
        # Bound here, so that an address in use is the caller's error and not a thread's.
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        self._socket = socket.create_server(self._address, family=family, backlog=2048)
        # asyncio does this only for sockets that name their protocol; else each reply takes 40 ms.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._thread = Thread(target=self._serve, name="simulator", daemon=True)
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(POLL_SECONDS)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join()
        if self._socket is not None:
            self._socket.close()

    def _serve(self) -> None:
        self._server.run(sockets=[] if self._socket is None else [self._socket])
