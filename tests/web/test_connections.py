"""Clients that say nothing, half of it, or too much."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from exporter.web import connections
from exporter.web.access import Policies
from exporter.web.connections import Bounded, Doorkeeper
from exporter.web.server import bind

QUESTION = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


APP = Starlette(routes=[Route("/", hello)])


class Impatient(Bounded):
    """Waits a hundredth of what a running server waits."""

    def _arm(self, seconds: float) -> None:
        super()._arm(seconds / 100)


@asynccontextmanager
async def opened(
    bounds: type[Bounded] = Bounded, at_once: int = 100
) -> AsyncIterator[tuple[Doorkeeper, tuple[str, int]]]:
    """A doorkeeper, and the address where it accepts connections."""
    config = Config(APP, log_config=None, lifespan="off")
    config.load()
    doorkeeper = Doorkeeper(Policies(), at_once)
    doorkeeper.bounds = bounds
    arguments = {"config": config, "server_state": ServerState(), "app_state": {}}
    with bind("127.0.0.1", 0) as listener:
        doorkeeper.open(listener, HttpToolsProtocol, arguments)
        yield doorkeeper, listener.getsockname()
        doorkeeper.close()
        await doorkeeper.wait_closed()
        for each in list(doorkeeper.waiting):
            each.leave()
        await asyncio.sleep(0.01)


async def answer(address: tuple[str, int], said: bytes) -> bytes:
    """All that comes until the other side ends the connection."""
    reader, writer = await asyncio.open_connection(*address)
    writer.write(said)
    try:
        return await asyncio.wait_for(reader.read(), 10)
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize("said", [b"", b"GET / HT", QUESTION[:-2]], ids=["nothing", "half", "most"])
def test_a_connection_without_a_whole_request_is_closed(said: bytes) -> None:
    async def run() -> None:
        async with opened(Impatient) as (doorkeeper, address):
            assert await answer(address, said) == b""
            assert not doorkeeper.waiting

    asyncio.run(run())


def test_a_second_request_that_drips_has_no_more_time_than_the_first() -> None:
    async def run() -> None:
        async with opened(Impatient) as (_, address):
            reader, writer = await asyncio.open_connection(*address)
            writer.write(QUESTION)
            assert b"hello" in await reader.read(1000)

            async def drip() -> None:
                # As long as nothing ends it, each byte would win more time.
                writer.write(QUESTION[:-2] + b"X: ")
                while not writer.is_closing():
                    writer.write(b"x")
                    await asyncio.sleep(0.02)

            dripping = asyncio.ensure_future(drip())
            ended = asyncio.ensure_future(reader.read())
            await asyncio.wait([ended], timeout=10)
            assert ended.done()
            assert isinstance(ended.exception(), ConnectionError) or ended.result() == b""
            dripping.cancel()
            writer.close()

    asyncio.run(run())


def test_a_head_without_end_is_refused() -> None:
    async def run() -> None:
        async with opened() as (_, address):
            said = b"GET / HTTP/1.1\r\nX: " + b"x" * (connections.HEAD_BYTES + 1)
            assert await answer(address, said) == b""

    asyncio.run(run())


def test_who_says_nothing_leaves_for_who_asks() -> None:
    async def run() -> None:
        async with opened(at_once=5) as (doorkeeper, address):
            silent = [socket.create_connection(address) for _ in range(20)]
            reader, writer = await asyncio.open_connection(*address)
            writer.write(QUESTION)
            assert b"hello" in await asyncio.wait_for(reader.read(1000), 10)
            assert len(doorkeeper.waiting) <= 5
            writer.close()
            for each in silent:
                each.close()

    asyncio.run(run())
