"""Clients that one would rather not have, in a process of their own.

python -m bench.crowd KIND COUNT PORT [tls]: says "here" when all of them have come.
"""

import asyncio
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import count
from typing import NamedTuple

from bench.scraper import basic
from bench.secured import PASSWORD, USER

SLOW, WRONG = "slow", "wrong-passwords"
# Another address than the scraper's, as it would be elsewhere.
SOURCE = "127.0.0.2"
DRIP_SECONDS, TAKEN_BYTES = 1.0, 256
# A client that is closed comes again so soon.
AGAIN_SECONDS = 0.5
# A wrong password is followed by the next so soon: 8 of them make at most 800 a second.
NEXT_PASSWORD_SECONDS = 0.01


class Way(NamedTuple):
    """How to get to the server."""

    port: int
    context: ssl.SSLContext | None

    async def opened(
        self, *, greet: bool = True
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection; without `greet` the other side waits for a handshake in vain."""
        connection = socket.socket()
        connection.setblocking(False)
        # Small, so that an answer does not vanish in the kernel.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.bind((SOURCE, 0))
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self.port))
        return await asyncio.open_connection(
            sock=connection, ssl=self.context if greet else None,
            server_hostname="127.0.0.1" if greet and self.context else None, limit=1024,
        )  # fmt: skip


def head(password: str) -> bytes:
    """A request without the empty line that ends its head."""
    return (
        "GET /metrics HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n"
        f"Authorization: {basic(USER, password)}\r\n"
    ).encode()


async def silent(way: Way, came: Callable[[], None]) -> None:
    """Say nothing, not even hello."""
    reader, writer = await way.opened(greet=False)
    came()
    await reader.read()
    writer.close()


async def half(way: Way, came: Callable[[], None]) -> None:
    """Send a head that has no end, byte by byte."""
    _, writer = await way.opened()
    came()
    writer.write(head(PASSWORD) + b"X: ")
    while not writer.is_closing():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(DRIP_SECONDS)


async def reading(way: Way, came: Callable[[], None]) -> None:
    """Ask for the page and take it drop by drop."""
    reader, writer = await way.opened()
    came()
    writer.write(head(PASSWORD) + b"\r\n")
    while await reader.read(TAKEN_BYTES):
        await asyncio.sleep(DRIP_SECONDS)
    writer.close()


PASSWORDS = count()


async def guessing(way: Way, came: Callable[[], None]) -> None:
    """Try one password after the other over a kept connection."""
    reader, writer = await way.opened()
    came()
    while not writer.is_closing():
        writer.write(head(f"{next(PASSWORDS)}") + b"\r\n")
        answer = await reader.readuntil(b"\r\n\r\n")
        _, _, rest = answer.lower().partition(b"content-length:")
        await reader.readexactly(int(rest.partition(b"\r\n")[0]))
        await asyncio.sleep(NEXT_PASSWORD_SECONDS)


Manner = Callable[[Way, Callable[[], None]], Awaitable[None]]
MANNERS: dict[str, tuple[Manner, ...]] = {SLOW: (silent, half, reading), WRONG: (guessing,)}


async def crowd(kind: str, size: int, way: Way) -> None:
    """So many clients for ever."""
    here = 0
    all_here = asyncio.Event()

    def came() -> None:
        nonlocal here
        here += 1
        if here >= size:
            all_here.set()

    async def again_and_again(manner: Manner) -> None:
        while True:
            with suppress(OSError, asyncio.IncompleteReadError):
                await manner(way, came)
            await asyncio.sleep(AGAIN_SECONDS)

    manners = MANNERS[kind]
    tasks = [
        asyncio.create_task(again_and_again(manners[number % len(manners)]))
        for number in range(size)
    ]
    await all_here.wait()
    print("here", flush=True)
    await asyncio.gather(*tasks)


def trusting() -> ssl.SSLContext:
    """Who guesses passwords does not ask who answers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


if __name__ == "__main__":
    kind, size, port, *tls = sys.argv[1:]
    asyncio.run(crowd(kind, int(size), Way(int(port), trusting() if tls else None)))
