"""A client against a WeChat that answers, is late, is broken, refuses, or lies."""

import json
from datetime import date

import pytest

from exporter.errors import Bug, Busy, NeedsOperator, NotReady, QuotaSpent, WeChatError
from exporter.periods import Period, Window
from exporter.reports.table import BY_NAME
from exporter.simulator import Fault, Simulator
from tests.conftest import SHOP
from tests.wechat.conftest import Wiring

REPORT = BY_NAME["daily_visit_trend"]
YESTERDAY = Window(Period.DAY, date(2026, 3, 17))


def asked(simulator: Simulator) -> list[str]:
    """The calls that WeChat saw, in order, `datacube` for all data analysis calls."""
    return [c.call if "token" in c.call else "datacube" for c in simulator.calls]


def counter(code: str, call: str = REPORT.call) -> str:
    """The labels under which a request is counted."""
    return f'{{app="shop",call="{call}",code="{code}"}}'


def test_an_answer_is_given_as_it_came(wiring: Wiring, simulator: Simulator) -> None:
    reply = wiring.client().ask(REPORT, YESTERDAY)
    truth = simulator.truth(SHOP.appid, REPORT.call, YESTERDAY, wiring.clock.now())
    assert reply.body == truth == json.loads(reply.text)
    assert asked(simulator) == ["stable_token", "datacube"]
    assert wiring.counted() == {counter("0"): 1, counter("0", "stable_token"): 1}
    assert wiring.clock.waits == []


@pytest.mark.parametrize(
    ("report", "dates"),
    [
        ("daily_visit_trend", ("20260317", "20260317")),
        ("weekly_retention", ("20260309", "20260315")),
        ("monthly_visit_trend", ("20260201", "20260228")),
    ],
)
def test_a_window_is_asked_about_from_its_first_day_to_its_last(
    wiring: Wiring, simulator: Simulator, report: str, dates: tuple[str, str]
) -> None:
    row = BY_NAME[report]
    wiring.client().ask(row, Window.newest_over(row.period, date(2026, 3, 18)))
    assert (simulator.calls[-1].begin_date, simulator.calls[-1].end_date) == dates
    assert simulator.calls[-1].outcome == "0"


PASSING = [
    (Fault("errcode", code=-1), "-1", "errcode -1 (system error"),
    (Fault("errcode", code=61504), "61504", "errcode 61504 (system busy"),
    (Fault("errcode", code=45011), "45011", "lower api.requests_per_second"),
    (Fault("errcode", code=77777), "77777", "errcode 77777 (unknown error"),
    (Fault("http", status=500), "http_500", "HTTP status 500"),
    (Fault("http", status=502), "http_502", "HTTP status 502"),
    (Fault("http", status=404), "http_404", "HTTP status 404"),
    (Fault("redirect"), "http_302", "HTTP status 302"),
    (Fault("html"), "malformed", "not JSON (JSONDecodeError), it begins '<!DOCTYPE html><html>"),
    (Fault("cut", cut_json=True), "malformed", "not JSON"),
    (Fault("body", body=""), "malformed", "not JSON"),
    (Fault("body", body="[]"), "malformed", "JSON but not an object"),
    (Fault("cut"), "connection", "no connection, or it broke"),
    (Fault("close"), "connection", "no connection, or it broke"),
    (Fault("huge", size=4_100_000), "malformed", "larger than 4000000 bytes"),
]


@pytest.mark.parametrize(
    ("fault", "code", "text"), PASSING, ids=lambda value: getattr(value, "kind", None)
)
def test_a_passing_fault_is_tried_three_times_and_each_try_is_counted(
    wiring: Wiring, simulator: Simulator, fault: Fault, code: str, text: str
) -> None:
    simulator.faults.add(fault)
    with pytest.raises(Busy) as refused:
        wiring.client().ask(REPORT, YESTERDAY)
    assert refused.value.code == code
    assert text in str(refused.value)
    assert asked(simulator) == ["stable_token", "datacube", "datacube", "datacube"]
    assert wiring.counted()[counter(code)] == 3
    assert len(wiring.clock.waits) == 2


@pytest.mark.parametrize("kind", ["errcode", "http", "close"])
def test_a_fault_that_passes_in_time_costs_only_waiting(
    wiring: Wiring, simulator: Simulator, kind: str
) -> None:
    simulator.faults.add(Fault(kind, times=2))
    assert wiring.client().ask(REPORT, YESTERDAY).body["list"]
    assert asked(simulator)[1:] == ["datacube"] * 3
    assert wiring.counted()[counter("0")] == 1


def test_the_waits_before_another_try_are_short_and_bounded_by_twice_the_last(
    wiring: Wiring, simulator: Simulator
) -> None:
    simulator.faults.add(Fault("errcode", code=-1))
    with pytest.raises(Busy):
        wiring.client().ask(REPORT, YESTERDAY)
    first, second = wiring.clock.waits
    assert 0 <= first <= 1
    assert 0 <= second <= 2


def test_too_many_calls_a_minute_are_answered_by_waiting_a_minute(
    wiring: Wiring, simulator: Simulator
) -> None:
    simulator.faults.add(Fault("errcode", code=45011, times=2))
    assert wiring.client().ask(REPORT, YESTERDAY).body["list"]
    assert len(wiring.clock.waits) == 2
    assert all(wait >= 60 for wait in wiring.clock.waits)


@pytest.mark.parametrize(
    ("code", "error", "report_only"),
    [
        (61503, NotReady, False), (45009, QuotaSpent, False), (40013, NeedsOperator, False),
        (48001, NeedsOperator, True), (48004, NeedsOperator, True), (61502, NeedsOperator, False),
        (50002, NeedsOperator, False), (61501, Bug, False), (47001, Bug, False),
    ],
)  # fmt: skip
def test_what_waiting_cannot_help_is_asked_once(
    wiring: Wiring, simulator: Simulator, code: int, error: type[WeChatError], report_only: bool
) -> None:
    simulator.faults.add(Fault("errcode", code=code))
    with pytest.raises(error) as refused:
        wiring.client().ask(REPORT, YESTERDAY)
    assert (refused.value.code, refused.value.report_only) == (str(code), report_only)
    assert asked(simulator) == ["stable_token", "datacube"]
    assert wiring.clock.waits == []


def test_an_empty_list_is_a_reply_and_no_error(wiring: Wiring, simulator: Simulator) -> None:
    simulator.faults.add(Fault("empty"))
    assert wiring.client().ask(REPORT, YESTERDAY).text == '{"list":[]}'


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_rejected_token_is_fetched_anew_once_and_the_call_repeated_once(
    wiring: Wiring, simulator: Simulator, code: int
) -> None:
    simulator.faults.add(Fault("errcode", code=code, times=1))
    assert wiring.client().ask(REPORT, YESTERDAY).body["list"]
    assert asked(simulator) == ["stable_token", "datacube", "stable_token", "datacube"]
    assert wiring.counted()[counter(str(code))] == 1
    assert wiring.clock.waits == []


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_token_that_is_rejected_again_needs_the_operator(
    wiring: Wiring, simulator: Simulator, code: int
) -> None:
    simulator.faults.add(Fault("errcode", code=code))
    with pytest.raises(NeedsOperator, match="does another service fetch tokens") as refused:
        wiring.client().ask(REPORT, YESTERDAY)
    assert refused.value.code == str(code)
    assert asked(simulator) == ["stable_token", "datacube"] * 2
    assert wiring.counted()[counter(str(code))] == 2


def test_a_good_token_is_used_for_many_calls(wiring: Wiring, simulator: Simulator) -> None:
    client = wiring.client()
    for name in ("daily_visit_trend", "daily_summary", "visit_page"):
        client.ask(BY_NAME[name], YESTERDAY)
    assert asked(simulator) == ["stable_token", "datacube", "datacube", "datacube"]


def test_a_token_call_that_fails_is_tried_three_times_too(
    wiring: Wiring, simulator: Simulator
) -> None:
    simulator.faults.add(Fault("http", call="stable_token", status=503))
    with pytest.raises(Busy) as refused:
        wiring.client().ask(REPORT, YESTERDAY)
    assert refused.value.code == "http_503"
    assert asked(simulator) == ["stable_token"] * 3
    assert wiring.counted() == {counter("http_503", "stable_token"): 3}


def test_a_stop_lets_no_further_try_begin(wiring: Wiring, simulator: Simulator) -> None:
    simulator.faults.add(Fault("errcode", code=-1))
    wiring.stop.set()
    with pytest.raises(Busy):
        wiring.client().ask(REPORT, YESTERDAY)
    assert asked(simulator) == ["stable_token", "datacube"]


def test_a_slash_at_the_end_of_the_base_url_does_no_harm(
    wiring: Wiring, simulator: Simulator
) -> None:
    wiring.url += "/"
    assert wiring.client().ask(REPORT, YESTERDAY).body["list"]
    assert asked(simulator) == ["stable_token", "datacube"]
