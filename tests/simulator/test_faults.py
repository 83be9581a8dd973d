"""Every fault, as a client meets it."""

import random
from datetime import date
from time import perf_counter

import pytest
import requests

from exporter.periods import Period, Window
from exporter.simulator import Fault, Faults, RunningSimulator, Simulator
from tests.support import FakeClock

from .conftest import GAME, NOON, SHOP, Client, json_of

DAILY = "getweanalysisappiddailyvisittrend"
PAGES = "getweanalysisappidvisitpage"
WINDOW = Window(Period.DAY, date(2026, 3, 10))


@pytest.fixture
def token(client: Client) -> str:
    return str(client.stable()["access_token"])


def truth(simulator: Simulator, call: str = DAILY) -> dict[str, object]:
    return simulator.truth(SHOP.appid, call, WINDOW, NOON)


def test_an_errcode_is_sent_in_wechats_words(
    client: Client, simulator: Simulator, token: str
) -> None:
    simulator.faults.add(Fault("errcode", code=45009))
    reply = client.ask(DAILY, WINDOW, token)
    assert reply["errcode"] == 45009
    assert reply["errmsg"].startswith("reach max api daily quota limit rid: ")
    assert simulator.calls[-1].outcome == "45009"


def test_a_refused_address_is_named(client: Client, simulator: Simulator) -> None:
    simulator.faults.add(Fault("errcode", call="stable_token", code=40164))
    message = "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: "
    assert client.stable()["errmsg"].startswith(message)
    assert "access_token" in client.classic()


def test_an_http_status_comes_with_a_page(client: Client, simulator: Simulator, token: str) -> None:
    simulator.faults.add(Fault("http", status=502))
    reply = client.post(DAILY, WINDOW, token)
    assert (reply.status_code, reply.headers["content-type"][:9]) == (502, "text/html")
    assert simulator.calls[-1].outcome == "http"


def test_a_slow_reply_is_late_and_true(client: Client, simulator: Simulator, token: str) -> None:
    simulator.faults.add(Fault("slow", seconds=0.2))
    start = perf_counter()
    assert client.ask(DAILY, WINDOW, token) == truth(simulator)
    assert perf_counter() - start >= 0.2


def test_a_dripping_reply_outlasts_a_read_timeout_but_each_byte_is_in_time(
    client: Client, simulator: Simulator, token: str
) -> None:
    simulator.faults.add(Fault("drip", seconds=0.002))
    url = f"{client.url}/datacube/{DAILY}?access_token={token}"
    body = {"begin_date": WINDOW.begin_date, "end_date": WINDOW.end_date}
    start = perf_counter()
    reply = client.session.post(url, json=body, timeout=0.25)
    assert json_of(reply) == truth(simulator)
    assert perf_counter() - start > 0.002 * (len(reply.content) - 1) > 0.25


def test_a_cut_connection_breaks_the_promise_of_its_length(
    client: Client, simulator: Simulator, token: str
) -> None:
    simulator.faults.add(Fault("cut"))
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        client.post(DAILY, WINDOW, token)


def test_cut_json_arrives_whole_and_cannot_be_read(
    client: Client, simulator: Simulator, token: str
) -> None:
    simulator.faults.add(Fault("cut", cut_json=True))
    reply = client.post(DAILY, WINDOW, token)
    assert reply.status_code == 200
    assert reply.text.startswith('{"list":[')
    with pytest.raises(requests.exceptions.JSONDecodeError):
        reply.json()


def test_a_portal_answers_with_its_own_page(
    client: Client, simulator: Simulator, token: str
) -> None:
    simulator.faults.add(Fault("html"))
    reply = client.post(DAILY, WINDOW, token)
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/html")
    assert "<html>" in reply.text


def test_a_redirect_points_elsewhere(client: Client, simulator: Simulator, token: str) -> None:
    simulator.faults.add(Fault("redirect", location="https://elsewhere.invalid/"))
    url = f"{client.url}/datacube/{DAILY}?access_token={token}"
    reply = client.session.post(url, json={}, timeout=5, allow_redirects=False)
    assert (reply.status_code, reply.headers["location"]) == (302, "https://elsewhere.invalid/")


@pytest.mark.parametrize(("size", "received"), [(3_000_000, 3_000_000), (0, 11)])
def test_a_huge_reply_has_the_size_asked_for_and_does_not_tell_it(
    client: Client, simulator: Simulator, token: str, size: int, received: int
) -> None:
    simulator.faults.add(Fault("huge", size=size))
    reply = client.post(DAILY, WINDOW, token)
    assert len(reply.content) == received
    assert "content-length" not in reply.headers
    assert reply.json() == {"list": []}


def test_a_given_text_is_the_reply(client: Client, simulator: Simulator, token: str) -> None:
    simulator.faults.add(Fault("body", body='{"list":null,"名":"值"}'))
    assert client.ask(DAILY, WINDOW, token) == {"list": None, "名": "值"}


def test_a_revised_reply_differs_a_bit_and_the_same_way_each_time(
    client: Client, simulator: Simulator, token: str
) -> None:
    simulator.faults.add(Fault("revised"))
    reply = client.ask(DAILY, WINDOW, token)
    true = client_row(truth(simulator))
    assert reply == client.ask(DAILY, WINDOW, token)
    assert true["visit_uv"] < client_row(reply)["visit_uv"] < 1.05 * true["visit_uv"]
    assert client_row(reply)["ref_date"] == true["ref_date"]


def client_row(body: dict[str, object]) -> dict[str, int]:
    rows = body["list"]
    assert isinstance(rows, list)
    row: dict[str, int] = rows[0]
    return row


def test_a_closed_connection_gives_no_reply_at_all(
    client: Client, simulator: Simulator, token: str
) -> None:
    simulator.faults.add(Fault("close", times=1))
    with pytest.raises(requests.exceptions.ConnectionError):
        client.post(DAILY, WINDOW, token)
    assert client.ask(DAILY, WINDOW, token) == truth(simulator)


def test_an_empty_reply_is_an_empty_list(client: Client, simulator: Simulator, token: str) -> None:
    simulator.faults.add(Fault("empty"))
    assert client.post(PAGES, WINDOW, token).text == '{"list":[]}'
    assert simulator.calls[-1].outcome == "empty"


def test_a_fault_meets_the_requests_it_names_and_no_others(
    client: Client, simulator: Simulator, token: str
) -> None:
    game = client.stable(appid=GAME.appid, secret=GAME.secret)["access_token"]
    simulator.faults.add(
        Fault("errcode", code=-1, appid=SHOP.appid, call=DAILY, begin_date=WINDOW.begin_date)
    )
    assert client.ask(DAILY, WINDOW, token)["errcode"] == -1
    assert "errcode" not in client.ask(DAILY, WINDOW, game)
    assert "errcode" not in client.ask(PAGES, WINDOW, token)
    assert "errcode" not in client.ask(DAILY, WINDOW.shifted(-1), token)


def test_a_fault_without_a_call_spares_the_token_calls(
    client: Client, simulator: Simulator, token: str
) -> None:
    simulator.faults.add(Fault("errcode", code=-1))
    assert "access_token" in client.stable()
    assert "access_token" in client.classic()
    assert client.ask(DAILY, WINDOW, token)["errcode"] == -1


def test_a_fault_happens_as_often_as_it_says_and_then_the_next_one(
    client: Client, simulator: Simulator, token: str
) -> None:
    simulator.faults.add(Fault("errcode", code=-1, times=2), Fault("errcode", code=61504, times=1))
    codes = [client.ask(DAILY, WINDOW, token).get("errcode") for _ in range(4)]
    assert codes == [-1, -1, 61504, None]


def test_a_probable_fault_happens_about_as_often_and_the_same_way_with_the_same_seed() -> None:
    def met(seed: int) -> list[bool]:
        faults = Faults(random.Random(seed))  # noqa: S311
        faults.add(Fault("close", probability=0.25))
        return [faults.take(SHOP.appid, DAILY, "20260310") is not None for _ in range(1000)]

    assert met(1) == met(1) != met(2)
    assert 200 < sum(met(1)) < 300


def test_faults_come_and_go_over_http(client: Client, simulator: Simulator, token: str) -> None:
    url = f"{client.url}/_simulator/faults"
    faults = [{"kind": "errcode", "code": 48001, "call": DAILY}, {"kind": "empty"}]
    assert json_of(client.session.post(url, json=faults, timeout=5)) == {"added": 2}
    assert client.ask(DAILY, WINDOW, token)["errcode"] == 48001
    assert client.ask(PAGES, WINDOW, token) == {"list": []}
    assert json_of(client.session.delete(url, timeout=5)) == {"cleared": True}
    assert client.ask(DAILY, WINDOW, token) == truth(simulator)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '[{"kind":"no such kind"}]',
        '[{"call":"token"}]',
        '[{"kind":"slow","secnods":1}]',
        '[{"kind":"slow","call":"dailyvisittrend"}]',
        '[{"kind":"slow","probability":2}]',
        '[{"kind":"slow","seconds":"1"}]',
        "3",
        "[3]",
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(
    standing: tuple[Simulator, Client], text: str
) -> None:
    simulator, client = standing
    reply = client.session.post(f"{client.url}/_simulator/faults", data=text, timeout=5)
    assert reply.status_code == 400
    assert reply.json()["error"]
    assert simulator.faults.take(SHOP.appid, DAILY, "20260310") is None


def test_a_slow_reply_to_one_client_does_not_hold_up_another(
    client: Client, simulator: Simulator
) -> None:
    simulator.faults.add(Fault("slow", call="token", seconds=30))
    query = {"grant_type": "client_credential", "appid": SHOP.appid, "secret": SHOP.secret}
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.get(f"{client.url}/cgi-bin/token", params=query, timeout=0.05)
    start = perf_counter()
    assert "access_token" in client.stable()
    assert perf_counter() - start < 1


def test_latency_is_added_to_every_reply() -> None:
    slow = Simulator([SHOP], FakeClock(NOON), latency_seconds=0.1)
    with RunningSimulator(slow) as running, requests.Session() as session:
        start = perf_counter()
        Client(running.url, session).stable()
        assert perf_counter() - start >= 0.1
