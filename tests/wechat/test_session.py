"""How a session finds its way: as requests does, and once for each URL."""

import json
import os
import ssl
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme
from urllib3 import Timeout
from urllib3.exceptions import SSLError

from exporter.wechat.session import Session
from tests.http_server import Asked, Served, serving

SOON = Timeout(total=5)


def test_a_session_repeats_nothing_by_itself_and_has_a_connection_for_each_app_at_once() -> None:
    with Session(12) as session:
        for url in ("http://x.invalid", "https://x.invalid"):
            adapter: Any = session.get_adapter(url)
            assert adapter.max_retries.total == 0
            assert adapter._pool_maxsize == 12


@pytest.fixture(autouse=True)
def _no_ways_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))


def sent(server: Served) -> list[tuple[Asked, dict[str, str]]]:
    """What a server was asked, and all headers with it."""
    return list(zip(server.asked, server.heads, strict=True))


def ask_both_ways(url: str, proxy: str | None = None) -> None:
    """One POST by requests' own means, one by ours."""
    query, content = {"access_token": "a b&c"}, {"begin_date": "20260317"}
    with requests.Session() as plain:
        proxies = {"http": proxy} if proxy else {}
        plain.post(url, params=query, json=content, proxies=proxies, timeout=5).close()
    with Session(1) as session:
        body, headers = json.dumps(content).encode(), {"Content-Type": "application/json"}
        session.ask("POST", url, SOON, proxy=proxy, query=query, body=body, headers=headers).close()


def test_what_is_sent_is_what_requests_sends() -> None:
    with serving() as server:
        ask_both_ways(f"{server.url}/datacube/a%20path")
        one, other = sent(server)
    assert one == other


def test_a_user_in_a_url_and_one_in_netrc_are_named_as_requests_does(tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password mine\n")
    with serving() as server:
        ask_both_ways(server.url)
        (tmp_path / "netrc").unlink()
        ask_both_ways(server.url.replace("http://", "http://you:yours@"))
        by_netrc, ours, by_url, ours_too = sent(server)
    assert (by_netrc, by_url) == (ours, ours_too)
    assert len(set(server.authorization)) == 2


@pytest.mark.parametrize("named", [True, False], ids=["configured", "environment"])
def test_a_proxy_is_given_the_whole_url_and_its_own_user(
    monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    with serving() as proxy, serving() as beside:
        address = proxy.url.replace("http://", "http://user:word@")
        monkeypatch.setenv("HTTP_PROXY", beside.url if named else address)
        monkeypatch.setenv("NO_PROXY", "127.0.0.0/8")
        ask_both_ways("http://wechat.invalid/x", address if named else None)
        ask_both_ways(beside.url)
        one, other = sent(proxy)
        around_it = sent(beside)
    assert one == other
    assert one[0].target == "http://wechat.invalid/x?access_token=a+b%26c"
    assert "proxy-authorization" in one[1]
    assert [head["host"] for _, head in around_it] == [beside.host] * 2


def test_a_server_is_believed_by_the_authorities_that_requests_would_believe(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with serving(tls=context) as server:
        with Session(1) as session, pytest.raises(SSLError):
            session.ask("GET", server.url, SOON)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
        with Session(1) as session, session.ask("GET", server.url, SOON) as response:
            assert response.status == 200


def test_the_way_is_found_once_for_a_url(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as first, serving() as second, Session(1) as session:
        for proxy in (first, second):
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            with session.ask("GET", "http://wechat.invalid/x", SOON) as response:
                response.read()
        assert (len(first.asked), len(second.asked)) == (2, 0)
