"""Connections: accepted one by one, each under the policy of that moment, none for ever."""

import asyncio
import resource
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from exporter.web.access import Policies, Policy
from exporter.web.access.tls import allowed

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as Http
else:
    Http = object

# How long a client has to agree to the end of a TLS connection; most just go.
FAREWELL_SECONDS = 0.5
FULL_PAUSE_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client, and all of them, may take."""

    handshake_seconds: float = 10
    # From the first byte, or from the connection, to the end of a request's head.
    head_seconds: float = 10
    head_bytes: int = 64 * 1024
    # Longer than scrape intervals: with uvicorn's 5 s each scrape would open a connection anew.
    kept_seconds: float = 120
    # From the request's head to the last byte of the answer.
    answer_seconds: float = 120
    # Half of what the process may open: the rest is for the archive and for WeChat.
    at_once: int = field(
        default_factory=lambda: min(1024, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
    )


Leaving = TypeVar("Leaving")

log = structlog.get_logger()


class Bounded(Http):
    """What uvicorn's protocol lacks: ends for a head, for an answer, and for an old policy."""

    doorkeeper: "Doorkeeper"
    accepted_under: Policy
    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _answering = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request; without an allowed name in the certificate there will be none."""
        super().connection_made(transport)
        self._wait(self.doorkeeper.limits.head_seconds)
        tls = self.accepted_under.tls
        if tls and not allowed(tls, transport.get_extra_info("peercert")):
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Pass on what belongs to a request that may still be answered."""
        if not self._answering:
            if self.doorkeeper.policies.current().context is not self.accepted_under.context:
                # Of another policy. Scrapers connect anew by themselves.
                self.transport.close()
                return
            if not self._head_bytes:
                self._wait(self.doorkeeper.limits.head_seconds)
            self._head_bytes += len(data)
            if self._head_bytes > self.doorkeeper.limits.head_bytes:
                self.transport.abort()
                return
        super().data_received(data)
        if not self._answering and self.cycle and not self.cycle.response_complete:
            self._answering = True
            self._arm(self.doorkeeper.limits.answer_seconds)
            self.doorkeeper.waiting.pop(self, None)
            self.doorkeeper.answered[self] = None

    def on_response_complete(self) -> None:
        """Wait for the next request of a kept connection."""
        super().on_response_complete()
        if self.transport.is_closing():
            # What is still to be sent has until the answer's end.
            return
        if self.cycle.response_complete:
            self._answering, self._head_bytes = False, 0
            self._wait(self.doorkeeper.limits.kept_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        super().connection_lost(exc)
        self.doorkeeper.waiting.pop(self, None)
        self.doorkeeper.answered.pop(self, None)
        if self._deadline:
            self._deadline.cancel()

    def leave(self) -> None:
        """End the connection, whatever is on its way."""
        self.transport.abort()

    def _wait(self, seconds: float) -> None:
        self._arm(seconds)
        self.doorkeeper.answered.pop(self, None)
        self.doorkeeper.waiting.pop(self, None)
        self.doorkeeper.waiting[self] = None

    def _arm(self, seconds: float) -> None:
        if self._deadline:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, self.leave)


class Doorkeeper:
    """Accepts connections on listening sockets, so many at once."""

    def __init__(self, policies: Policies, limits: Limits) -> None:
        self.policies = policies
        self.limits = limits
        # Connections without a whole request, and those that take their answer; the oldest first.
        self.waiting: dict[Bounded, None] = {}
        self.answered: dict[Bounded, None] = {}
        self._greeted: dict[asyncio.Task[None], None] = {}
        self._accepting: list[asyncio.Task[None]] = []

    def open(self, listener: socket.socket, protocol: type[Any], arguments: dict[str, Any]) -> None:
        """Accept on a socket; `protocol` is uvicorn's, made with these arguments."""
        listener.setblocking(False)
        bounded = type("BoundedHttp", (Bounded, protocol), {"doorkeeper": self})
        self._accepting.append(asyncio.ensure_future(self._accept(listener, bounded, arguments)))

    def close(self) -> None:
        """Accept no more."""
        for task in self._accepting:
            task.cancel()
        # Not before each has begun, and owns its connection: nobody else would close it.
        asyncio.get_running_loop().call_soon(self._end_greetings)

    def _end_greetings(self) -> None:
        for task in list(self._greeted):
            task.cancel()

    async def wait_closed(self) -> None:
        """Until nothing accepts."""
        await asyncio.gather(*self._accepting, *self._greeted, return_exceptions=True)

    async def _accept(
        self, listener: socket.socket, protocol: type[Any], arguments: dict[str, Any]
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                # Not by the loop: what it has accepted is lost when the waiting ends by `close`.
                connection, _ = listener.accept()
                connection.setblocking(False)
            except BlockingIOError:
                await _readable(listener)
                continue
            except OSError as error:
                if listener.fileno() < 0:
                    raise
                log.warning("no connection accepted", error=error.strerror)
                await asyncio.sleep(FULL_PAUSE_SECONDS)
                continue
            if self._has_room(arguments["server_state"].connections):
                greeting = loop.create_task(self._greet(connection, protocol, arguments))
                self._greeted[greeting] = None
                greeting.add_done_callback(lambda done: self._greeted.pop(done, None))
            else:
                connection.close()
            # Whoever comes next: those who are here are answered meanwhile, and a greeting begins,
            # and owns its connection, before it can be ended.
            await asyncio.sleep(0)

    def _has_room(self, connections: set[Any]) -> bool:
        """Whether one more may come; who has said nothing, or read, for the longest leaves."""
        if len(connections) + len(self._greeted) < self.limits.at_once:
            return True
        if self.waiting:
            _oldest(self.waiting).leave()
        elif self._greeted:
            _oldest(self._greeted).cancel()
        elif self.answered:
            _oldest(self.answered).leave()
        else:
            return False
        return True

    async def _greet(
        self, connection: socket.socket, protocol: type[Any], arguments: dict[str, Any]
    ) -> None:
        policy = self.policies.current()

        def new() -> asyncio.Protocol:
            made: asyncio.Protocol = protocol(**arguments)
            made.accepted_under = policy  # type: ignore[attr-defined]
            return made

        times: dict[str, Any] = {}
        if policy.context:
            times["ssl_handshake_timeout"] = self.limits.handshake_seconds
            times["ssl_shutdown_timeout"] = FAREWELL_SECONDS
        # A client that gave up or was refused is no event: scanners would fill the log.
        with suppress(OSError):
            await asyncio.get_running_loop().connect_accepted_socket(
                new, connection, ssl=policy.context, **times
            )


async def _readable(listener: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = loop.create_future()

    def settle() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(listener, settle)
    try:
        await ready
    finally:
        loop.remove_reader(listener)


def _oldest(some: dict[Leaving, None]) -> Leaving:
    """The first one, which is then no more among them."""
    oldest = next(iter(some))
    del some[oldest]
    return oldest
