"""The simulator starts and stops cleanly."""

import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from time import perf_counter

import pytest
import requests

from exporter.periods import Period, Window
from exporter.simulator import Fault, RunningSimulator, Simulator
from exporter.simulator.calls import DATACUBE_CALLS
from tests.support import FakeClock

from .conftest import NOON, SHOP, Client

PAGES = "getweanalysisappidvisitpage"


def test_it_stops_within_a_second_and_leaves_no_thread(simulator: Simulator) -> None:
    before = set(threading.enumerate())
    with RunningSimulator(simulator) as running, requests.Session() as session:
        assert "access_token" in Client(running.url, session).stable()
        url = running.url
        start = perf_counter()
    assert perf_counter() - start < 1
    assert set(threading.enumerate()) <= before
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(f"{url}/cgi-bin/token", timeout=1)


def test_an_ipv6_address_stands_in_brackets_in_its_url(simulator: Simulator) -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with RunningSimulator(simulator, "::1") as running, requests.Session() as session:
        assert running.url.startswith("http://[::1]:")
        assert "access_token" in Client(running.url, session).stable()


def test_it_stops_within_a_second_even_in_the_middle_of_a_slow_reply(simulator: Simulator) -> None:
    simulator.faults.add(Fault("slow", call="token", seconds=60))
    with RunningSimulator(simulator) as running:
        host, port = running.url.removeprefix("http://").split(":")
        waiting = socket.create_connection((host, int(port)))
        waiting.sendall(b"GET /cgi-bin/token HTTP/1.1\r\nHost: x\r\n\r\n")
        while not simulator.calls:
            pass
        start = perf_counter()
    assert perf_counter() - start < 1
    waiting.close()


def test_it_listens_on_the_port_it_is_given(simulator: Simulator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"), RunningSimulator(simulator, port=port):
            pass
    with RunningSimulator(simulator, port=port) as running:
        assert running.url == f"http://127.0.0.1:{port}"


def test_it_has_no_url_before_it_runs(simulator: Simulator) -> None:
    with pytest.raises(RuntimeError, match="does not run"):
        _ = RunningSimulator(simulator).url


def test_many_clients_at_once_get_the_truth_and_every_call_is_recorded() -> None:
    simulator = Simulator([SHOP], FakeClock(NOON))
    window = Window(Period.DAY, date(2026, 3, 10))
    with RunningSimulator(simulator) as running:

        def ask(_: int) -> list[dict[str, object]]:
            with requests.Session() as session:
                client = Client(running.url, session)
                token = client.stable()["access_token"]
                return [client.ask(PAGES, window, token) for _ in range(10)]

        with ThreadPoolExecutor(8) as pool:
            replies = [reply for part in pool.map(ask, range(8)) for reply in part]
    assert len(replies) == 80
    assert all(reply == simulator.truth(SHOP.appid, PAGES, window, NOON) for reply in replies)
    assert [call.call for call in simulator.calls].count(PAGES) == 80
    assert len(simulator.calls) == 88


def test_a_thousand_warm_answers_take_well_under_a_second_without_http() -> None:
    simulator = Simulator([SHOP], FakeClock(NOON))
    window = Window(Period.DAY, date(2026, 3, 10))
    query = {"grant_type": "client_credential", "appid": SHOP.appid, "secret": SHOP.secret}
    token = simulator.answer_token("GET", query).content.split(b'"')[3].decode()
    payload = f'{{"begin_date":"{window.begin_date}","end_date":"{window.end_date}"}}'.encode()
    simulator.answer_datacube("POST", PAGES, token, payload)
    start = perf_counter()
    for _ in range(1000):
        assert simulator.answer_datacube("POST", PAGES, token, payload).outcome == "0"
    assert perf_counter() - start < 0.8


def test_a_reply_on_a_kept_connection_does_not_wait_for_the_clients_acknowledgement(
    client: Client,
) -> None:
    client.stable()
    start = perf_counter()
    for _ in range(25):
        client.stable()
    assert perf_counter() - start < 0.8


def test_nothing_of_the_exporter_is_used_but_its_calendar_and_its_clock() -> None:
    code = (
        "import sys, exporter.simulator; print(*(n for n in sys.modules if n[:9] == 'exporter.'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    used = {name.split(".")[1] for name in done.stdout.split()}
    assert used == {"simulator", "periods", "clock"}


def test_the_calls_are_named_as_wechat_names_them() -> None:
    adverbs = ("daily", "weekly", "monthly")
    assert set(DATACUBE_CALLS) == {
        *(f"getweanalysisappid{adverb}visittrend" for adverb in adverbs),
        *(f"getweanalysisappid{adverb}retaininfo" for adverb in adverbs),
        "getweanalysisappidvisitdistribution",
        "getweanalysisappidvisitpage",
        "getweanalysisappiddailysummarytrend",
        "getweanalysisappiduserportrait",
    }
