"""One HTTP exchange: time, size, encodings, redirects, proxies."""

import gzip
import json
import os
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
import trustme

from exporter.clock import SystemClock
from exporter.errors import Busy
from exporter.simulator import Fault, Simulator
from exporter.wechat.transport import Reply, Transport
from tests.http_server import serving
from tests.support import free_port
from tests.wechat.conftest import Wiring

PATIENCE = 0.3


def get(transport: Transport, url: str) -> Reply:
    """One GET, counted as the call `call` of the app `shop`."""
    return transport.json("shop", "call", "GET", url)


def refusal(transport: Transport, url: str) -> Busy:
    """The error that a GET of `url` ends with."""
    with pytest.raises(Busy) as refused:
        get(transport, url)
    return refused.value


def test_a_reply_that_takes_too_long_to_begin_is_a_timeout(
    wiring: Wiring, simulator: Simulator
) -> None:
    simulator.faults.add(Fault("slow", call="token", seconds=PATIENCE * 3))
    error = refusal(wiring.transport(PATIENCE), f"{wiring.url}/cgi-bin/token")
    assert (error.code, str(error)) == ("timeout", "no answer within 0.3 s")
    assert wiring.counted() == {'{app="shop",call="call",code="timeout"}': 1}


def test_a_reply_that_drips_is_a_timeout_though_every_byte_is_in_time(
    wiring: Wiring, simulator: Simulator
) -> None:
    simulator.faults.add(Fault("drip", call="token", seconds=PATIENCE / 10))
    error = refusal(wiring.transport(PATIENCE, clock=SystemClock()), f"{wiring.url}/cgi-bin/token")
    assert error.code == "timeout"


def test_a_redirect_is_not_followed(wiring: Wiring, simulator: Simulator) -> None:
    with serving(b'{"list":[]}') as other:
        simulator.faults.add(Fault("redirect", call="token", location=f"{other.url}/elsewhere"))
        error = refusal(wiring.transport(), f"{wiring.url}/cgi-bin/token")
        assert other.asked == []
    assert error.code == "http_302"


def test_a_port_that_nobody_listens_on_is_told_without_the_url(wiring: Wiring) -> None:
    error = refusal(wiring.transport(), f"http://127.0.0.1:{free_port()}/secret-path")
    assert error.code == "connection"
    assert str(error).startswith("no connection, or it broke (NewConnectionError)")
    assert "secret-path" not in str(error)


def shown_by(authority: trustme.CA, name: str) -> ssl.SSLContext:
    """TLS with a certificate for `name`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_a_certificate_of_an_unknown_authority_is_told_with_where_to_name_it(
    wiring: Wiring,
) -> None:
    with serving(tls=shown_by(trustme.CA(), "127.0.0.1")) as server:
        error = refusal(wiring.transport(), f"{server.url}/secret-path")
    assert (error.code, str(error)) == (
        "connection",
        "the certificate is not accepted (unable to get local issuer certificate): if it is that "
        "of a proxy or of an authority of yours, give its CA in the file that the environment "
        "variable REQUESTS_CA_BUNDLE names",
    )


def test_a_proxys_certificate_is_told_as_a_servers_is(wiring: Wiring) -> None:
    with serving(tls=shown_by(trustme.CA(), "127.0.0.1")) as proxy:
        error = refusal(wiring.transport(proxy=proxy.url), "https://wechat.invalid/x")
    assert str(error).startswith("the certificate is not accepted (unable to get local issuer")


def test_a_certificate_for_another_host_is_told(wiring: Wiring, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    wiring.session.verify = str(tmp_path / "ca.pem")
    with serving(tls=shown_by(authority, "other.example")) as server:
        error = refusal(wiring.transport(), server.url)
    assert str(error).startswith(
        "the certificate is not accepted (IP address mismatch, certificate is not valid for "
        "'127.0.0.1'): "
    )


@pytest.mark.parametrize(
    ("content", "fault"), [(None, "is not there"), ("no PEM", "holds none in PEM")]
)
def test_a_file_of_authorities_that_cannot_be_used_is_told(
    wiring: Wiring, tmp_path: Path, content: str | None, fault: str
) -> None:
    path = tmp_path / "ca.pem"
    if content:
        path.write_text(content)
    wiring.session.verify = str(path)
    with serving(tls=shown_by(trustme.CA(), "127.0.0.1")) as server:
        error = refusal(wiring.transport(), server.url)
    told = f"the certificate is not accepted (the file of authorities {fault}): "
    assert (error.code, str(error).startswith(told)) == ("connection", True)


@pytest.mark.parametrize("url", ["http://", "http://[::1", "gopher://wechat", "http://a..b/"])
def test_a_url_that_leads_nowhere_is_a_connection_error(wiring: Wiring, url: str) -> None:
    assert refusal(wiring.transport(), url).code == "connection"


def test_a_compressed_reply_is_read(wiring: Wiring) -> None:
    body = {"list": [{"visit_uv": n} for n in range(20_000)]}
    with serving(gzip.compress(json.dumps(body).encode()), content_encoding="gzip") as server:
        assert get(wiring.transport(), server.url).body == body


def test_a_small_reply_that_unpacks_to_a_huge_one_is_refused(wiring: Wiring) -> None:
    with serving(gzip.compress(b" " * 50_000_000), content_encoding="gzip") as server:
        error = refusal(wiring.transport(), server.url)
    assert (error.code, str(error)) == ("malformed", "the reply is larger than 4000000 bytes")


def test_a_reply_that_only_says_it_is_compressed_is_a_connection_error(wiring: Wiring) -> None:
    with serving(b'{"list":[]}', content_encoding="gzip") as server:
        assert refusal(wiring.transport(), server.url).code == "connection"


def test_bytes_that_are_no_utf_8_cost_only_themselves(wiring: Wiring) -> None:
    with serving(b'{"list":[{"page_path":"a\xffb"}]}') as server:
        reply = get(wiring.transport(), server.url)
    assert reply.body == {"list": [{"page_path": "a\ufffdb"}]}


def test_a_query_and_a_body_arrive_as_wechat_wants_them(wiring: Wiring) -> None:
    with serving() as server:
        wiring.transport().json(
            "shop", "call", "POST", f"{server.url}/datacube/x",
            query={"access_token": "a b&c"}, content={"begin_date": "20260317"},
        )  # fmt: skip
    (asked,) = server.asked
    assert (asked.method, asked.target) == ("POST", "/datacube/x?access_token=a+b%26c")
    assert json.loads(asked.body) == {"begin_date": "20260317"}


def test_every_call_is_counted_with_its_outcome(wiring: Wiring, simulator: Simulator) -> None:
    simulator.faults.add(
        Fault("http", call="token", status=503, times=2), Fault("html", call="token", times=1)
    )
    transport = wiring.transport()
    for _ in range(4):
        with pytest.raises(Exception, match=r"HTTP|JSON|40002"):
            get(transport, f"{wiring.url}/cgi-bin/token")
    assert wiring.counted() == {
        '{app="shop",call="call",code="http_503"}': 2,
        '{app="shop",call="call",code="malformed"}': 1,
        '{app="shop",call="call",code="40002"}': 1,
    }


def test_the_configured_proxy_is_asked_for_the_whole_url(wiring: Wiring) -> None:
    with serving(b'{"list":[]}') as proxy:
        reply = get(wiring.transport(proxy=proxy.url), "http://wechat.invalid/datacube/x")
    assert reply.text == '{"list":[]}'
    assert [asked.target for asked in proxy.asked] == ["http://wechat.invalid/datacube/x"]


def test_a_token_service_is_not_asked_through_the_proxy_to_wechat(wiring: Wiring) -> None:
    with serving(b"from the service") as service, serving(b"from the proxy") as proxy:
        assert wiring.transport(proxy=proxy.url).text(service.url) == "from the service"
        assert proxy.asked == []


ONE_CALL = """
import sys
from threading import Event
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from exporter.clock import SystemClock
from exporter.telemetry import Telemetry
from exporter.wechat.pacing import Pacer
from exporter.wechat.session import Session
from exporter.wechat.transport import Transport
clock = SystemClock()
with Session(1) as session:
    transport = Transport(
        session, clock, Telemetry(CollectorRegistry(), CollectorRegistry()),
        Pacer(100, clock, Event()), 5, SecretStr(sys.argv[1]) if sys.argv[1] else None,
    )
    print(transport.json("shop", "call", "GET", "http://wechat.invalid/x").text)
"""


def one_call(proxy: str, environment: dict[str, str]) -> str:
    """The reply to a call of another process, which has these variables in its environment."""
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    done = subprocess.run(
        [sys.executable, "-c", ONE_CALL, proxy], env=kept | environment,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_the_configured_proxy_wins_over_the_environments(name: str) -> None:
    with serving(b'{"from":"file"}') as configured, serving(b'{"from":"env"}') as other:
        assert one_call(configured.url, {name: other.url}) == '{"from":"file"}'
        assert other.asked == []


def test_without_a_configured_proxy_the_environments_is_used() -> None:
    with serving(b'{"from":"env"}') as other:
        assert one_call("", {"HTTP_PROXY": other.url}) == '{"from":"env"}'
