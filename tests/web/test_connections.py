"""Clients that say nothing, half of it, or too much."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from exporter.web.access import Policies
from exporter.web.connections import Doorkeeper, Limits
from exporter.web.server import bind

QUESTION = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


async def endless(_: Request) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        while True:
            yield bytes(65536)
            await asyncio.sleep(0)

    return StreamingResponse(pieces())


APP = Starlette(routes=[Route("/", hello), Route("/endless", endless)])


IMPATIENT = Limits(head_seconds=0.1, kept_seconds=1.2, answer_seconds=0.5)


@asynccontextmanager
async def opened(
    limits: Limits = IMPATIENT, app: Starlette = APP
) -> AsyncIterator[tuple[Doorkeeper, tuple[str, int]]]:
    """A doorkeeper, and the address where it accepts connections."""
    config = Config(app, log_config=None, lifespan="off")
    config.load()
    doorkeeper = Doorkeeper(Policies(), limits)
    arguments = {"config": config, "server_state": ServerState(), "app_state": {}}
    with bind("127.0.0.1", 0) as listener:
        doorkeeper.open(listener, HttpToolsProtocol, arguments)
        yield doorkeeper, listener.getsockname()
        doorkeeper.close()
        await doorkeeper.wait_closed()
        for each in [*doorkeeper.waiting, *doorkeeper.answered]:
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
        async with opened() as (doorkeeper, address):
            assert await answer(address, said) == b""
            assert not doorkeeper.waiting

    asyncio.run(run())


def test_a_second_request_that_drips_has_no_more_time_than_the_first() -> None:
    async def run() -> None:
        async with opened() as (_, address):
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
        async with opened(Limits()) as (_, address):
            said = b"GET / HTTP/1.1\r\nX: " + b"x" * (Limits().head_bytes + 1)
            assert await answer(address, said) == b""

    asyncio.run(run())


def test_who_says_nothing_leaves_for_who_asks() -> None:
    async def run() -> None:
        async with opened(Limits(at_once=5)) as (doorkeeper, address):
            silent = [socket.create_connection(address) for _ in range(20)]
            reader, writer = await asyncio.open_connection(*address)
            writer.write(QUESTION)
            assert b"hello" in await asyncio.wait_for(reader.read(1000), 10)
            assert len(doorkeeper.waiting) <= 5
            writer.close()
            for each in silent:
                each.close()

    asyncio.run(run())


ENDLESS = QUESTION.replace(b"/", b"/endless", 1)


async def trickling(address: tuple[str, int]) -> None:
    """Take an answer drop by drop until the other side has enough."""
    reader, writer = await asyncio.open_connection(*address, limit=1024)
    writer.write(ENDLESS)
    try:
        while await reader.read(256):
            await asyncio.sleep(0.01)
    except ConnectionError:
        pass
    finally:
        writer.close()


def test_an_answer_that_is_taken_drop_by_drop_ends_at_its_deadline() -> None:
    async def run() -> None:
        async with opened() as (doorkeeper, address):
            slow = asyncio.ensure_future(trickling(address))
            for under_way in (True, False):
                async with asyncio.timeout(10):
                    while bool(doorkeeper.answered) is not under_way:
                        await asyncio.sleep(0.01)
            assert not doorkeeper.waiting
            slow.cancel()
            await asyncio.gather(slow, return_exceptions=True)

    asyncio.run(run())


def test_who_takes_an_answer_drop_by_drop_leaves_for_who_asks() -> None:
    async def run() -> None:
        async with opened(Limits(at_once=5)) as (doorkeeper, address):
            slow = []
            for number in range(5):
                slow.append(asyncio.ensure_future(trickling(address)))
                async with asyncio.timeout(10):
                    while len(doorkeeper.answered) <= number:
                        await asyncio.sleep(0.01)
            reader, writer = await asyncio.open_connection(*address)
            writer.write(QUESTION)
            assert b"hello" in await asyncio.wait_for(reader.read(1000), 10)
            writer.close()
            for each in slow:
                each.cancel()
            await asyncio.gather(*slow, return_exceptions=True)

    asyncio.run(run())
