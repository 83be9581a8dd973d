"""The image's health check, against servers that answer in every way."""

import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.support import free_port, tool


def checked(port: int) -> int:
    """The exit status; a proxy, which must not be asked about this very container, is set."""
    return subprocess.run(
        [sys.executable, "-m", "exporter.web.healthcheck", str(port)],
        env=os.environ | {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"},
        capture_output=True, timeout=20,
    ).returncode  # fmt: skip


@contextmanager
def answering(status: int, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of a server that answers everything with the status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/-/healthy" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Quiet: a client that breaks the handshake off is what is tested."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if context:
            server.socket = context.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate and its key in one file."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    subprocess.run(
        [
            tool("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-subj", "/CN=exporter.example", "-keyout", path, "-out", f"{path}.crt",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


def context_of(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@pytest.mark.parametrize(("status", "exit_status"), [(200, 0), (401, 0), (403, 0), (503, 1)])
def test_it_follows_the_status(status: int, exit_status: int) -> None:
    with answering(status) as port:
        assert checked(port) == exit_status


@pytest.mark.parametrize(("status", "exit_status"), [(200, 0), (401, 0), (500, 1)])
def test_it_follows_the_status_behind_tls(tls: Path, status: int, exit_status: int) -> None:
    with answering(status, context_of(tls)) as port:
        assert checked(port) == exit_status


def test_a_server_that_wants_a_certificate_is_alive(tls: Path) -> None:
    context = context_of(tls)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(f"{tls}.crt")
    with answering(200, context) as port:
        assert checked(port) == 0


def test_nobody_there_is_a_failure() -> None:
    assert checked(free_port()) == 1
