"""Scrapes: formats, encodings, and nothing but bytes."""

import asyncio
import gzip
import http.client
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import pytest
import requests
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as parse_classic
from starlette.types import Message

from exporter.describe import described
from exporter.exposition import Format, Page, Representation
from exporter.simulator import RunningSimulator
from exporter.web.metrics import TLS_PIECE_BYTES, Metrics
from tests.support import FakeClock
from tests.web.serving import Exporter
from tests.web.test_negotiate import PROMETHEUS_2_42, PROMETHEUS_3

CLASSIC = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class Raw(NamedTuple):
    """An answer as it came over the wire, nothing unpacked."""

    status: int
    headers: dict[str, str]
    body: bytes


def raw(exporter: Exporter, method: str = "GET", **headers: str) -> Raw:
    connection = http.client.HTTPConnection(exporter.url.removeprefix("http://"), timeout=10)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request(method, "/metrics", headers={"Accept-Encoding": "identity"} | named)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Raw(answer.status, found, answer.read())
    finally:
        connection.close()


def data_in(text: bytes) -> bytes:
    """The part of a text that tells about apps."""
    return text[: text.index(b"# HELP wxa_exporter_")]


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [(PROMETHEUS_2_42, OPENMETRICS), (PROMETHEUS_3, OPENMETRICS), ("*/*", CLASSIC)],
)
@pytest.mark.parametrize("encoding", ["gzip", "identity", "gzip;q=0", "*"])
def test_every_format_in_every_encoding(
    standing: Exporter, accept: str, content_type: str, encoding: str
) -> None:
    answer = raw(standing, Accept=accept, Accept_Encoding=encoding)
    assert answer.status == 200
    assert answer.headers["content-type"] == content_type
    assert int(answer.headers["content-length"]) == len(answer.body)
    assert answer.headers["vary"] == "Accept, Accept-Encoding"
    zipped = encoding in ("gzip", "*")
    assert answer.headers.get("content-encoding") == ("gzip" if zipped else None)
    text = (gzip.decompress(answer.body) if zipped else answer.body).decode()
    parse = parse_classic if content_type is CLASSIC else parse_openmetrics
    names = {sample.name for family in parse(text) for sample in family.samples}
    assert {
        "wxa_visit_pv", "wxa_page_visit_pv", "wxa_app_info", "wxa_exporter_build_info",
        "wxa_exporter_api_requests_total", "process_resident_memory_bytes", "python_info",
    } <= names  # fmt: skip
    assert text.endswith("# EOF\n") is (content_type is OPENMETRICS)


def test_both_formats_tell_the_same_of_the_apps(standing: Exporter) -> None:
    classic, openmetrics = raw(standing).body, raw(standing, Accept=PROMETHEUS_3).body
    assert data_in(classic) == data_in(openmetrics)
    assert data_in(classic).count(b'app="shop"') > 50


def test_no_sample_has_a_timestamp(standing: Exporter) -> None:
    for family in parse_classic(raw(standing).body.decode()):
        assert all(sample.timestamp is None for sample in family.samples)


def test_head_is_get_without_its_body(standing: Exporter) -> None:
    for headers in ({}, {"Accept": PROMETHEUS_3, "Accept-Encoding": "gzip"}):
        head, get = raw(standing, "HEAD", **headers), raw(standing, "GET", **headers)
        assert (head.status, head.body) == (200, b"")
        for name in ("content-type", "content-encoding", "vary"):
            assert head.headers.get(name) == get.headers.get(name)
        assert int(head.headers["content-length"]) > 1000


def test_before_the_archive_is_read_a_scrape_fails_instead_of_showing_half(
    tmp_path: Path, wechat: RunningSimulator, clock: FakeClock
) -> None:
    exporter = Exporter(tmp_path, wechat.url, clock).listen()
    try:
        answers = [exporter.get(path) for path in ("/metrics", "/-/ready", "/-/healthy", "/")]
        assert [answer.status_code for answer in answers] == [503, 503, 200, 200]
        assert "the archive is being read" in answers[0].text
        assert "The archive is being read" in answers[3].text
        assert raw(exporter, "HEAD").status == 503
    finally:
        exporter.close()


def test_scrapes_on_a_kept_connection_do_not_wait_for_acknowledgements(
    standing: Exporter,
) -> None:
    """Without TCP_NODELAY each of them takes 40 ms."""
    with requests.Session() as session:
        begin = perf_counter()
        for _ in range(40):
            assert session.get(f"{standing.url}/metrics", timeout=5).status_code == 200
        assert perf_counter() - begin < 0.8


def test_what_metrics_shows_is_listed_with_its_type_and_labels(standing: Exporter) -> None:
    listed = {each.name: each for each in described()}
    found = 0
    for family in parse_classic(raw(standing).body.decode()):
        if family.name.startswith(("process_", "python_")):
            continue
        each = listed.get(family.name) or listed[f"{family.name}_total"]
        assert family.type == each.type
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == set(each.labels)
            found += 1
    assert found > 100


def test_over_tls_a_page_is_sent_in_pieces_so_that_a_slow_reader_holds_one() -> None:
    page = Page({}, {Format.CLASSIC: Representation.of(bytes(range(256)) * 4096, b"end")})
    sent: list[bytes] = []

    async def send(message: Message) -> None:
        sent.append(bytes(message.get("body", b"")))

    async def receive() -> Message:
        raise AssertionError("it reads nothing")

    scope = {
        "type": "http", "method": "GET", "scheme": "https",
        "headers": [(b"accept-encoding", b"gzip")],
    }  # fmt: skip
    asyncio.run(Metrics(lambda: page)(scope, receive, send))
    assert max(map(len, sent)) == TLS_PIECE_BYTES
    assert b"".join(sent) == bytes(range(256)) * 4096 + b"end"
