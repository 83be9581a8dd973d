"""Listening: addresses, and an end that waits for nobody."""

import socket
import threading
from time import perf_counter

import pytest
import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from exporter.web.server import Server, bind


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


APP = Starlette(routes=[Route("/", hello)])


def test_an_empty_host_means_every_interface() -> None:
    listening = bind("", 0)
    port = listening.getsockname()[1]
    server = Server(APP, [listening])
    server.start()
    try:
        assert requests.get(f"http://127.0.0.1:{port}/", timeout=5).text == "hello"
        if socket.has_dualstack_ipv6():
            assert requests.get(f"http://[::1]:{port}/", timeout=5).text == "hello"
    finally:
        server.stop()


def test_one_server_answers_on_several_sockets() -> None:
    sockets = [bind("127.0.0.1", 0), bind("127.0.0.1", 0)]
    ports = [each.getsockname()[1] for each in sockets]
    server = Server(APP, sockets)
    server.start()
    try:
        for port in ports:
            assert requests.get(f"http://127.0.0.1:{port}/", timeout=5).status_code == 200
    finally:
        server.stop()


def test_an_address_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"already in use.*{port}"):
            bind("127.0.0.1", port)


def test_a_client_that_says_nothing_does_not_hold_the_end_up() -> None:
    listening = bind("127.0.0.1", 0)
    address = listening.getsockname()
    server, before = Server(APP, [listening]), set(threading.enumerate())
    server.start()
    assert requests.get(f"http://127.0.0.1:{address[1]}/", timeout=5).text == "hello"
    with socket.create_connection(address) as silent:
        silent.sendall(b"GET / HTTP/1.1\r\n")
        begin = perf_counter()
        server.stop()
        assert perf_counter() - begin < 2
    assert set(threading.enumerate()) <= before
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{address[1]}/", timeout=5)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_server_that_ends_by_itself_tells_so() -> None:
    told = threading.Event()
    broken = bind("127.0.0.1", 0)
    broken.close()
    server = Server(APP, [broken], told.set)
    server.start()
    assert told.wait(10)
    server.stop()
