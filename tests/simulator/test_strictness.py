"""Requests are checked as WeChat checks them."""

import json
import re
from datetime import date

import pytest

from exporter.periods import Period, Window
from exporter.simulator import Simulator
from exporter.simulator.calls import DATACUBE_CALLS

from .conftest import SHOP, Client, json_of

DAILY = "getweanalysisappiddailyvisittrend"
WEEKLY = "getweanalysisappidweeklyvisittrend"
MONTHLY = "getweanalysisappidmonthlyretaininfo"


def dates(begin: object, end: object) -> str:
    return json.dumps({"begin_date": begin, "end_date": end})


@pytest.mark.parametrize(
    ("call", "body", "code"),
    [
        (DAILY, "begin_date=20260310&end_date=20260310", 47001),
        (DAILY, "not json", 47001),
        (DAILY, "[1]", 47001),
        (DAILY, b"\xff\xfe{", 47001),
        (DAILY, "", 44002),
        (DAILY, "{}", 61500),
        (DAILY, '{"begin_date":"20260310"}', 61500),
        (DAILY, dates("2026-03-10", "2026-03-10"), 61500),
        (DAILY, dates(20260310, 20260310), 61500),
        (DAILY, dates("20260230", "20260230"), 61500),
        (DAILY, dates("\u0662\u0660260310", "20260310"), 61500),
        (DAILY, dates("20260309", "20260310"), 61501),
        (DAILY, dates("20260310", "20260309"), 61501),
        (DAILY, dates("20260318", "20260318"), 61501),
        (DAILY, dates("20260319", "20260319"), 61501),
        (DAILY, dates("99991231", "99991231"), 61501),
        (WEEKLY, dates("20260310", "20260316"), 61501),
        (WEEKLY, dates("20260309", "20260314"), 61501),
        (WEEKLY, dates("20260302", "20260315"), 61501),
        (WEEKLY, dates("20260316", "20260322"), 61501),
        (MONTHLY, dates("20260201", "20260227"), 61501),
        (MONTHLY, dates("20260202", "20260301"), 61501),
        (MONTHLY, dates("20260101", "20260228"), 61501),
        (MONTHLY, dates("20260301", "20260331"), 61501),
        ("getweanalysisappidnosuchcall", dates("20260310", "20260310"), 40066),
    ],
)
def test_a_wrong_body_gets_wechats_code(
    standing: tuple[Simulator, Client], call: str, body: str | bytes, code: int
) -> None:
    simulator, client = standing
    token = client.stable()["access_token"]
    url = f"{client.url}/datacube/{call}?access_token={token}"
    reply = json_of(client.session.post(url, data=body, timeout=5))
    assert reply["errcode"] == code
    assert re.search(r" rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$", reply["errmsg"])
    assert simulator.calls[-1].outcome == str(code)


def test_every_call_answers_a_right_request_without_an_errcode(
    client: Client, simulator: Simulator
) -> None:
    token = client.stable()["access_token"]
    for call, about in DATACUBE_CALLS.items():
        window = Window.newest_over(about.period, date(2026, 3, 18))
        reply = client.ask(call, window, token)
        assert reply == simulator.truth(SHOP.appid, call, window, simulator.clock.now())
        assert "errcode" not in reply
        assert simulator.calls[-1].outcome == "0"


def test_slashes_are_escaped_as_wechat_escapes_them(client: Client) -> None:
    token = client.stable()["access_token"]
    window = Window(Period.DAY, date(2026, 3, 10))
    text = client.post("getweanalysisappidvisitpage", window, token).text
    assert r'"page_path":"pages\/index\/index"' in text


def test_a_get_on_a_datacube_call_is_refused(client: Client) -> None:
    token = client.stable()["access_token"]
    url = f"{client.url}/datacube/{DAILY}?access_token={token}"
    assert json_of(client.session.get(url, timeout=5))["errcode"] == 43002


def test_the_method_of_the_token_calls_matters(client: Client) -> None:
    stable = client.session.get(f"{client.url}/cgi-bin/stable_token", timeout=5)
    assert json_of(stable)["errcode"] == 43002
    classic = client.session.post(f"{client.url}/cgi-bin/token", timeout=5)
    assert json_of(classic)["errcode"] == 43001


def test_a_missing_token_and_an_unknown_token_are_told_apart(client: Client) -> None:
    window = Window(Period.DAY, date(2026, 3, 10))
    assert client.ask(DAILY, window, "")["errcode"] == 41001
    assert client.ask(DAILY, window, "made-up")["errcode"] == 40001


def test_the_token_calls_check_who_asks(client: Client) -> None:
    assert client.classic(secret="wrong")["errcode"] == 40001
    assert client.stable(secret="wrong")["errcode"] == 40125
    for ask in (client.classic, client.stable):
        assert ask(appid="wx9999999999999999")["errcode"] == 40013
        assert ask(appid="")["errcode"] == 41002
        assert ask(secret="")["errcode"] == 41004
        assert ask(grant_type="password")["errcode"] == 40002


def test_a_stable_token_request_must_be_json(client: Client) -> None:
    reply = client.session.post(
        f"{client.url}/cgi-bin/stable_token", data={"appid": SHOP.appid}, timeout=5
    )
    assert json_of(reply)["errcode"] == 47001


def test_every_call_is_recorded_with_what_it_asked(client: Client, simulator: Simulator) -> None:
    window = Window(Period.WEEK, date(2026, 3, 9))
    client.ask(WEEKLY, window, client.classic()["access_token"])
    token_call, data_call = simulator.calls
    assert (token_call.call, token_call.appid, token_call.outcome) == ("token", SHOP.appid, "0")
    assert (data_call.begin_date, data_call.end_date) == ("20260309", "20260315")
    assert (data_call.moment, data_call.appid, data_call.call) == (
        simulator.clock.now(),
        SHOP.appid,
        WEEKLY,
    )
