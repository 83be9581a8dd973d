"""/history over HTTP: formats, defaults, refusals, and what a fault does to an answer."""

import gzip
import re
import socket
import sqlite3
import statistics
import threading
import time
from contextlib import closing, suppress
from datetime import date
from pathlib import Path

import pytest
import requests
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as classic

from exporter import demo
from exporter.simulator import RunningSimulator
from exporter.web.connections import Limits
from tests.cli.running import wxa
from tests.conftest import CAFE, SHOP
from tests.history.synthetic import page_body
from tests.logged import logged
from tests.support import FakeClock, eventually
from tests.web.serving import Exporter

OPENMETRICS = "application/openmetrics-text;version=1.0.0"


def samples(text: str) -> set[str]:
    """Names and labels of the series."""
    return {line.rsplit(" ", 2)[0] for line in text.splitlines() if not line.startswith("#")}


def times(text: str) -> list[int]:
    return [int(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line[0] != "#"]


def test_classic_text_is_the_default_and_openmetrics_is_negotiated(standing: Exporter) -> None:
    plain = standing.get("/history")
    dated = standing.get("/history", Accept=OPENMETRICS)
    assert plain.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert dated.headers["Content-Type"].startswith("application/openmetrics-text")
    assert [time // 1000 for time in times(plain.text)] == times(dated.text)
    counts = [
        sum(len(list(family.samples)) for family in parse(answer.text))
        for parse, answer in ((classic, plain), (openmetrics, dated))
    ]
    assert counts[0] == counts[1] > 100
    assert samples(plain.text) == samples(dated.text)


def test_gzip_holds_the_same(standing: Exporter) -> None:
    with requests.get(
        f"{standing.url}/history", headers={"Accept-Encoding": "gzip"}, stream=True, timeout=10
    ) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        packed = answer.raw.read(decode_content=False)
    plain = standing.get("/history", Accept_Encoding="identity")
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed) == plain.content


def test_head_has_the_headers_alone(standing: Exporter) -> None:
    answer = requests.head(f"{standing.url}/history", timeout=10)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_by_itself_it_gives_what_was_learned_in_the_last_day(
    exporter: Exporter, clock: FakeClock
) -> None:
    learned = exporter.get("/history").text
    assert "wxa_history_visit_pv" in learned
    clock.advance(hours=23, minutes=59)
    assert exporter.get("/history").text == learned
    clock.advance(minutes=2)
    assert exporter.get("/history").text == ""
    assert exporter.get("/history?since=2026-03-01").text == learned


def test_by_itself_it_gives_nothing_older_than_the_age_allowed(
    exporter: Exporter, clock: FakeClock
) -> None:
    demo.fill(exporter.service, 60)
    age = min(clock.now().timestamp() - at / 1000 for at in times(exporter.get("/history").text))
    oldest = max(clock.now().timestamp() - at / 1000 for at in times(exporter.get("/history").text))
    assert age < 2 * 86400
    assert 34 * 86400 < oldest <= 35 * 86400
    older = times(exporter.get("/history?since=2026-01-17").text)
    assert clock.now().timestamp() - min(older) / 1000 > 59 * 86400


def test_app_and_report_narrow_and_may_be_repeated(standing: Exporter) -> None:
    shop = standing.get("/history?app=shop&report=daily_visit_trend").text
    assert {line.split('"')[1] for line in samples(shop)} == {"shop"}
    assert not {line for line in samples(shop) if "history_page" in line}
    both = "/history?app=shop&app=cafe&report=daily_visit_trend&report=visit_page"
    assert standing.get(both).text == standing.get("/history").text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("app=nobody", "there is no app 'nobody'; there are shop, cafe"),
        ("report=weather", "there is no report 'weather'; there are daily_visit_trend, "),
        ("until=2026-03-01", "there is no parameter 'until'; there are since, app, report"),
        ("since=soon", "since must be a day like 2026-03-18, not 'soon'"),
        ("since=", "since must be a day like 2026-03-18, not ''"),
        ("since=2026-03-19", "since is 2026-03-19; the newest day possible is 2026-03-18"),
        ("since=2016-03-18", "2016-03-18 is before 2017-01-09, when the first Mini Programs"),
        ("since=2026-03-01&since=2026-03-02", "since stands more than once: name one day"),
        ("app=%0aHTTP", "there is no app '\\nHTTP'; there are shop, cafe"),
    ],
)
def test_bad_parameters_get_400_and_a_sentence(
    standing: Exporter, query: str, sentence: str
) -> None:
    answer = standing.get(f"/history?{query}")
    assert answer.status_code == 400
    assert answer.text.startswith(sentence)
    assert answer.text.count("\n") == 1


def test_an_archive_that_cannot_be_read_is_a_503(exporter: Exporter, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "archive.db")) as connection:
        connection.execute("DROP TABLE replies")
    for method in ("GET", "HEAD"):
        answer = requests.request(method, f"{exporter.url}/history", timeout=10)
        assert answer.status_code == 503
    assert "cannot be read" in exporter.get("/history").text


@pytest.fixture
def large(exporter: Exporter, clock: FakeClock) -> Exporter:
    """An exporter whose whole history is far larger than what a connection buffers."""
    return enlarged(exporter, clock)


def enlarged(exporter: Exporter, clock: FakeClock) -> Exporter:
    at = int(clock.now().timestamp())
    body = page_body([f"pages/{'section' * 8}/{n}" for n in range(200)], 1)
    with exporter.archive.transaction() as transaction:
        kept = transaction.read(SHOP.appid, "visit_page", date(2026, 3, 17))
        assert kept is not None
        kept = type(kept)(at, at, 1, at, kept.news, body)
        for number in range(300):
            day = date.fromordinal(date(2025, 5, 1).toordinal() + number)
            for app in (SHOP, CAFE):
                transaction.write(app.appid, "visit_page", day, kept)
    return exporter


def begun(exporter: Exporter) -> socket.socket:
    """A reader that has asked for everything and takes the beginning alone."""
    host, port = exporter.url.removeprefix("http://").split(":")
    reader = socket.create_connection((host, int(port)), timeout=30)
    reader.sendall(b"GET /history?since=2025-05-01 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert reader.recv(12) == b"HTTP/1.1 200"
    return reader


def test_a_fault_in_mid_stream_breaks_the_connection(large: Exporter, tmp_path: Path) -> None:
    with closing(begun(large)) as reader:
        large.archive.close()  # connections made from now on are new ones
        with closing(sqlite3.connect(tmp_path / "archive.db", timeout=30)) as connection:
            connection.execute("DROP TABLE replies")
            connection.commit()
        got = b""
        while piece := reader.recv(1_000_000):
            got += piece
    assert not got.endswith(b"0\r\n\r\n")  # what ends a chunked answer that is whole


def test_stalled_readers_are_few_and_a_further_one_is_told(large: Exporter) -> None:
    readers = [begun(large) for _ in range(4)]
    refused = large.get("/history")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
    assert large.get("/metrics").status_code == 200
    large.archive.check_writable()
    for reader in readers:
        reader.close()
    eventually(lambda: large.get("/history").status_code == 200, 20, "a place is free again")


def test_readers_that_trickle_make_room_when_their_time_is_over(
    tmp_path: Path, wechat: RunningSimulator, clock: FakeClock
) -> None:
    limits = Limits(answer_seconds=3)
    with logged("info"), Exporter(tmp_path, wechat.url, clock, limits=limits) as exporter:
        enlarged(exporter, clock)
        readers = [begun(exporter) for _ in range(4)]
        assert exporter.get("/history").status_code == 503

        def answered() -> bool:
            for reader in readers:
                with suppress(ConnectionError):
                    reader.recv(1000)
            return exporter.get("/history").status_code == 200

        eventually(answered, 20, "a place is free again")
        for reader in readers:
            reader.close()


def test_metrics_stay_quick_while_a_large_answer_is_made(large: Exporter) -> None:
    def p50() -> float:
        spans = []
        with requests.Session() as session:
            for _ in range(40):
                begin = time.perf_counter()
                session.get(f"{large.url}/metrics", timeout=10)
                spans.append(time.perf_counter() - begin)
        return statistics.median(spans)

    alone, over = p50(), threading.Event()
    took: list[float] = []

    def read() -> None:
        begin = time.perf_counter()
        large.get("/history?since=2025-05-01")
        took.append(time.perf_counter() - begin)
        over.set()

    reader = threading.Thread(target=read)
    reader.start()
    beside = p50()
    reader.join(60)
    assert over.is_set()
    # The test itself shares the interpreter with the exporter: far from exact, and far from
    # waiting for the answer.
    assert beside < max(took[0] / 5, 20 * alone)


def test_a_day_is_of_the_kind_that_the_users_file_says_here_and_exported(
    exporter: Exporter, tmp_path: Path
) -> None:
    days = tmp_path / "days.yaml"
    days.write_text("2026-03-17: holiday\n")
    exporter.write(calendar={"file": str(days)})
    assert exporter.reload().ok

    told = exporter.get("/history").text
    exported = wxa("export", f"--config.file={exporter.config_file}", "--report=daily_visit_trend")

    for text in (told, exported.stdout):
        kinds = re.findall(r'wxa_history_data_day_kind{app="\w+",kind="(\w+)"}', text)
        assert {"holiday", "workday"} <= set(kinds), exported.stderr
