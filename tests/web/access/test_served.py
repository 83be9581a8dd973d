"""What clients get of a port with a policy: requests, curl, openssl and Prometheus as clients."""

import asyncio
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bcrypt
import pytest
import requests
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from exporter.web.access import Policies
from exporter.web.access.gatekeeper import RateLimiter
from exporter.web.access.passwords import CHECKS_AT_ONCE, SHARE, Passwords, TooManyChecks
from exporter.web.server import Server, bind
from tests.logged import logged
from tests.prometheus_server import prometheus
from tests.support import eventually, tool
from tests.web.access.conftest import HASHED, PASSWORD, Certificates

TLS = "tls_server_config: {cert_file: server.pem, key_file: server.key"
CLIENTS = TLS + (
    ", client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem, "
    "client_allowed_sans: [scraper.example]}\n"
)
USERS = f'basic_auth_users: {{ann: "{HASHED}"}}\n'
ANN = ("ann", PASSWORD)
UNAUTHORIZED = 401


async def metrics(_: Request) -> Response:
    return PlainTextResponse("answer 42\n", media_type=CONTENT_TYPE_LATEST)


APP = Starlette(routes=[Route("/metrics", metrics), Route("/-/healthy", metrics)])


@contextmanager
def served(file: Path) -> Iterator[int]:
    """The port on which that policy is kept."""
    listener = bind("127.0.0.1", 0)
    server = Server(APP, [listener], policies=Policies(file))
    port: int = listener.getsockname()[1]
    with logged("info"):
        server.start()
        try:
            yield port
        finally:
            server.stop()


def written(certificates: Certificates, text: str) -> Path:
    path = certificates.folder / "web.yml"
    path.write_text(text)
    return path


def get(
    certificates: Certificates, port: int, *, client: str = "", auth: tuple[str, str] | None = None,
    path: str = "/metrics",
) -> requests.Response:  # fmt: skip
    """The answer over TLS to a client that trusts the test's authority alone."""
    own = [str(certificates.folder / f"{client}{end}") for end in (".pem", ".key")]
    return requests.get(
        f"https://127.0.0.1:{port}{path}", auth=auth, timeout=10,
        verify=str(certificates.folder / "ca.pem"), cert=(own[0], own[1]) if client else None,
    )  # fmt: skip


@pytest.mark.parametrize("path", ["/metrics", "/-/healthy", "/nowhere"])
def test_every_path_asks_for_the_password(certificates: Certificates, path: str) -> None:
    with served(written(certificates, TLS + "}\n" + USERS)) as port:
        for auth in (None, ("ann", "wrong"), ("eve", PASSWORD), ("ann", ""), ("ann", "\0")):
            refused = get(certificates, port, auth=auth, path=path)
            assert (refused.status_code, refused.text) == (UNAUTHORIZED, "Unauthorized\n")
            assert refused.headers["WWW-Authenticate"].startswith("Basic")
        for _ in range(2):
            assert get(certificates, port, auth=ANN, path=path).status_code != UNAUTHORIZED


@pytest.mark.parametrize("header", ["Basic", "Basic !", "Basic YW5u", "Bearer x", "Basic \xff"])
def test_a_header_that_is_no_credential_is_none(certificates: Certificates, header: str) -> None:
    with served(written(certificates, USERS)) as port:
        url = f"http://127.0.0.1:{port}/metrics"
        sent = {"Authorization": header.encode("latin-1")}
        assert requests.get(url, headers=sent, timeout=10).status_code == UNAUTHORIZED


def test_nothing_is_answered_in_the_clear(certificates: Certificates) -> None:
    with served(written(certificates, TLS + "}")) as port:
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10)
        assert get(certificates, port).text == "answer 42\n"


def test_a_client_needs_a_certificate_with_an_allowed_name(certificates: Certificates) -> None:
    with served(written(certificates, CLIENTS)) as port:
        assert get(certificates, port, client="client").text == "answer 42\n"
        for other in ("", "stranger"):
            with pytest.raises(requests.ConnectionError):
                get(certificates, port, client=other)


def test_a_kept_connection_does_not_outlive_the_policy_it_came_under(
    certificates: Certificates,
) -> None:
    path = written(certificates, "")
    question = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
    with served(path) as port, socket.create_connection(("127.0.0.1", port)) as kept:
        kept.sendall(question)
        answer = b""
        while b"answer 42\n" not in answer:
            answer += kept.recv(65536)
        path.write_text(TLS + "}")
        kept.sendall(question)
        assert kept.recv(65536) == b""
        assert get(certificates, port).text == "answer 42\n"


def test_a_new_certificate_serves_the_next_connection(certificates: Certificates) -> None:
    def shown(port: int) -> str:
        return ssl.get_server_certificate(("127.0.0.1", port))

    with served(written(certificates, TLS + "}")) as port:
        before = shown(port)
        certificates.issue("server", "127.0.0.1")
        after = shown(port)
        assert after != before
        (certificates.folder / "server.key").write_text("half a ke")
        assert shown(port) == after


def test_the_headers_of_the_file_are_on_every_answer(certificates: Certificates) -> None:
    text = "http_server_config: {headers: {X-Frame-Options: deny}}\n" + USERS
    with served(written(certificates, text)) as port:
        for auth in (None, ANN):
            answer = requests.get(f"http://127.0.0.1:{port}/metrics", auth=auth, timeout=10)
            assert answer.headers["X-Frame-Options"] == "deny"


def test_a_rate_limit_refuses_what_comes_too_soon(certificates: Certificates) -> None:
    with served(written(certificates, "rate_limit: {interval: 1h, burst: 2}")) as port:
        url = f"http://127.0.0.1:{port}/metrics"
        assert [requests.get(url, timeout=10).status_code for _ in range(3)] == [200, 200, 429]


def test_the_limit_fills_up_again_as_time_goes_by() -> None:
    now = [0.0]
    limiter = RateLimiter(lambda: now[0])
    assert [limiter.allows(2, 1), limiter.allows(2, 1)] == [True, False]
    now[0] = 2.0
    assert [limiter.allows(2, 1), limiter.allows(2, 1)] == [True, False]
    assert [limiter.allows(2, 0), limiter.allows(0, 0)] == [False, True]


def test_a_flood_of_wrong_passwords_is_bounded_and_passes_by_who_is_known() -> None:
    users = {b"ann": HASHED.encode()}

    async def flooded() -> None:
        passwords = Passwords()
        assert await passwords.right(users, b"ann", PASSWORD.encode(), "prometheus")
        flood = [
            asyncio.ensure_future(passwords.right(users, b"ann", b"%d" % n, "eve"))
            for n in range(50)
        ]
        await asyncio.sleep(0)
        # Without a check, so before any of the flood is through.
        assert await passwords.right(users, b"ann", PASSWORD.encode(), "prometheus")
        assert not any(each.done() and not each.exception() for each in flood)
        ends = await asyncio.gather(*flood, return_exceptions=True)
        assert ends.count(False) == CHECKS_AT_ONCE * SHARE
        assert sum(isinstance(end, TooManyChecks) for end in ends) == 50 - CHECKS_AT_ONCE * SHARE
        # Another hash in the file, and what was right is so no more.
        other = {b"ann": bcrypt.hashpw(b"another", bcrypt.gensalt(4))}
        assert not await passwords.right(other, b"ann", PASSWORD.encode(), "prometheus")
        assert PASSWORD.encode() not in b"".join(passwords._right)

    asyncio.run(flooded())


def test_a_flood_from_many_addresses_leaves_room_for_a_scraper_from_elsewhere() -> None:
    users = {b"ann": HASHED.encode()}

    async def flooded() -> None:
        passwords = Passwords()
        flood = [
            asyncio.ensure_future(
                passwords.right(users, b"ann", b"%d" % n, f"eve-{n % (CHECKS_AT_ONCE // 2)}")
            )
            for n in range(20 * CHECKS_AT_ONCE)
        ]
        await asyncio.sleep(0)
        assert await passwords.right(users, b"ann", PASSWORD.encode(), "prometheus")
        ends = await asyncio.gather(*flood, return_exceptions=True)
        assert 0 < ends.count(False) < CHECKS_AT_ONCE

    asyncio.run(flooded())


def test_openssl_is_refused_an_old_protocol(certificates: Certificates) -> None:
    openssl = tool("openssl")

    def connects(port: int, version: str) -> bool:
        command = (openssl, "s_client", "-connect", f"127.0.0.1:{port}", version,
                   "-cipher", "ALL:@SECLEVEL=0")  # fmt: skip
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
        return done.returncode == 0

    with served(written(certificates, TLS + "}")) as port:
        versions = ("-tls1", "-tls1_1", "-tls1_2", "-tls1_3")
        assert [connects(port, each) for each in versions] == [False, False, True, True]
    with served(written(certificates, TLS + ", min_version: TLS13}")) as port:
        assert [connects(port, each) for each in ("-tls1_2", "-tls1_3")] == [False, True]


def test_curl_is_answered(certificates: Certificates) -> None:
    folder = certificates.folder
    with served(written(certificates, CLIENTS + USERS)) as port:
        done = subprocess.run(
            (tool("curl"), "-sS", "--cacert", folder / "ca.pem", "--cert", folder / "client.pem",
             "--key", folder / "client.key", "-u", f"ann:{PASSWORD}",
             f"https://127.0.0.1:{port}/metrics"),
            capture_output=True, text=True, timeout=20,
        )  # fmt: skip
        assert (done.stdout, done.stderr) == ("answer 42\n", "")


def test_prometheus_scrapes_with_tls_config_and_basic_auth(certificates: Certificates) -> None:
    folder = certificates.folder
    with served(written(certificates, CLIENTS + USERS)) as port:
        job = {
            "job_name": "wxa", "scheme": "https", "scrape_interval": "1s", "scrape_timeout": "1s",
            "static_configs": [{"targets": [f"127.0.0.1:{port}"]}],
            "basic_auth": {"username": "ann", "password": PASSWORD},
            "tls_config": {"ca_file": str(folder / "ca.pem"),
                           "cert_file": str(folder / "client.pem"),
                           "key_file": str(folder / "client.key")},
        }  # fmt: skip
        with prometheus(folder, {"scrape_configs": [job]}) as server:
            eventually(lambda: bool(server.query("answer == 42")), 20, "the answer in Prometheus")
            certificates.issue("server", "127.0.0.1")
            eventually(
                lambda: bool(server.query("count_over_time(up[10s]) > 3")), 20, "more scrapes"
            )
            assert server.query("min_over_time(up[10s])")[0]["value"][1] == "1"
