"""A call has one deadline for all of it, whatever of it is slow."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

import pytest

from exporter.errors import Busy
from tests.wechat.conftest import Wiring

PATIENCE = 0.4
PART = 0.25
HEADERS, BODY = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n", b"{}"

Talk = Callable[[socket.socket], None]


@contextmanager
def talking(talk: Talk) -> Iterator[str]:
    """The host and port of a server that speaks to each connection in its own way."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    Thread(target=speak, args=(connection,), daemon=True).start()

        def speak(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                talk(connection)

        Thread(target=accept, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def after(seconds: float) -> None:
    Event().wait(seconds)


def ask(wiring: Wiring, url: str, patience: float = PATIENCE) -> str:
    """What a GET ends with: ok, or the code of its error."""
    try:
        wiring.transport(patience).json("shop", "call", "GET", url)
    except Busy as error:
        return error.code
    return "ok"


def in_parts(connection: socket.socket) -> None:
    """Headers and body, each a little late."""
    connection.recv(65_536)
    after(PART)
    connection.sendall(HEADERS)
    after(PART)
    connection.sendall(BODY)


@pytest.mark.parametrize(("patience", "outcome"), [(PATIENCE, "timeout"), (5.0, "ok")])
def test_parts_that_are_each_in_time_are_late_together(
    wiring: Wiring, patience: float, outcome: str
) -> None:
    with talking(in_parts) as host:
        assert ask(wiring, f"http://{host}/", patience) == outcome


def test_headers_that_drip_are_a_timeout(wiring: Wiring) -> None:
    sent = 0

    def drip(connection: socket.socket) -> None:
        nonlocal sent
        connection.recv(65_536)
        for byte in HEADERS.replace(b"\r\n\r\n", b"\r\nx: " + b"y" * 400 + b"\r\n\r\n") + BODY:
            connection.sendall(bytes([byte]))
            sent += 1
            after(PATIENCE / 20)

    with talking(drip) as host:
        assert ask(wiring, f"http://{host}/") == "timeout"
    assert sent < 100


def test_a_handshake_that_never_comes_is_a_timeout(wiring: Wiring) -> None:
    def silent(connection: socket.socket) -> None:
        connection.recv(1)
        after(5)

    with talking(silent) as host:
        assert ask(wiring, f"https://{host}/") == "timeout"


def test_a_connection_is_used_again_and_each_call_has_its_own_time(wiring: Wiring) -> None:
    connections = 0

    def twice(connection: socket.socket) -> None:
        nonlocal connections
        connections += 1
        for _ in range(2):
            in_parts(connection)

    with talking(twice) as host:
        assert [ask(wiring, f"http://{host}/", 0.8) for _ in range(2)] == ["ok", "ok"]
    assert connections == 1


def test_addresses_share_the_time(wiring: Wiring) -> None:
    """localhost has two addresses where there is IPv6; whoever listens on one is found."""
    with talking(in_parts) as host:
        port = host.partition(":")[2]
        assert ask(wiring, f"http://localhost:{port}/", 5.0) == "ok"
