"""Each error code and the reaction to it, as the operator reads it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.errors import (
    Bug,
    Busy,
    NeedsOperator,
    NotReady,
    QuotaSpent,
    TokenRejected,
    WeChatError,
)
from exporter.wechat.replies import REACTIONS, TOKEN_CALL_REACTIONS, error_in, printable

EXPECTED: dict[int, tuple[type[WeChatError], str]] = {
    61503: (NotReady, "WeChat publishes between 8 and 15 o'clock Beijing time"),
    -1: (Busy, "WeChat is busy"),
    61504: (Busy, "WeChat is busy"),
    45011: (Busy, "lower api.requests_per_second"),
    40001: (TokenRejected, "the access token was rejected"),
    40014: (TokenRejected, "the access token was rejected"),
    42001: (TokenRejected, "the access token was rejected"),
    45009: (QuotaSpent, "asked again after Beijing midnight"),
    40013: (NeedsOperator, "does not know this appid"),
    40125: (NeedsOperator, "copy the AppSecret again"),
    41004: (NeedsOperator, "copy the AppSecret again"),
    40243: (NeedsOperator, "the AppSecret is frozen"),
    40164: (NeedsOperator, "IP whitelist"),
    45035: (NeedsOperator, "IP whitelist"),
    89503: (NeedsOperator, "the administrator of the Mini Program must confirm this IP"),
    89506: (NeedsOperator, "the administrator of the Mini Program must confirm this IP"),
    89507: (NeedsOperator, "the administrator of the Mini Program must confirm this IP"),
    48001: (NeedsOperator, "no permission for this data"),
    48004: (NeedsOperator, "no permission for this data"),
    50002: (NeedsOperator, "the account is limited or closed"),
    50007: (NeedsOperator, "the account is limited or closed"),
    61003: (NeedsOperator, "authorise the third-party platform"),
    61007: (NeedsOperator, "authorise the third-party platform"),
    61023: (NeedsOperator, "authorise the third-party platform"),
    61502: (NeedsOperator, "mini game"),
    **dict.fromkeys(
        (40230, 40231, 40232, 40233), (NeedsOperator, "give its keys to `encryption` of the app")
    ),
    40234: (NeedsOperator, "private_key_file is not the key"),
    40235: (NeedsOperator, "symmetric_key_file and symmetric_serial must be"),
    40236: (NeedsOperator, "the token is another appid's"),
    40237: (NeedsOperator, "the token is another appid's"),
    40238: (NeedsOperator, "set both keys"),
    40239: (NeedsOperator, "set both keys"),
    40240: (NeedsOperator, "set this machine's clock"),
    41001: (Bug, "please report it"),
    40002: (Bug, "please report it"),
    40003: (Bug, "please report it"),
    43002: (Bug, "please report it"),
    44002: (Bug, "please report it"),
    47001: (Bug, "please report it"),
    61500: (Bug, "please report it"),
    61501: (Bug, "please report it"),
}
REPORT_ONLY = {48001, 48004}
WAITS = {45011: 60.0}


def error(code: object, message: object = "text rid: 1", **more: Any) -> WeChatError:  # noqa: ANN401
    """The error of a reply, which must be one."""
    found = error_in({"errcode": code, "errmsg": message}, **more)
    assert found is not None
    return found


def test_no_code_of_the_reference_is_missing_and_none_is_more() -> None:
    assert REACTIONS.keys() == EXPECTED.keys()
    assert TOKEN_CALL_REACTIONS.keys() == EXPECTED.keys()


@pytest.mark.parametrize("code", EXPECTED)
def test_a_code_becomes_the_error_named_for_its_reaction_and_says_what_to_do(code: int) -> None:
    kind, advice = EXPECTED[code]
    found = error(code)
    assert type(found) is kind
    assert str(found).startswith(f"errcode {code} (text rid: 1): ")
    assert advice in str(found)
    assert found.code == str(code)
    assert found.report_only == (code in REPORT_ONLY)
    assert found.wait_seconds == WAITS.get(code, 0.0)


@pytest.mark.parametrize("code", sorted(EXPECTED.keys() - {40001}))
def test_at_the_token_call_every_other_code_means_the_same(code: int) -> None:
    assert TOKEN_CALL_REACTIONS[code] == REACTIONS[code]


def test_at_the_token_call_40001_means_the_secret() -> None:
    found = error(40001, reactions=TOKEN_CALL_REACTIONS)
    assert type(found) is NeedsOperator
    assert "the secret is wrong or was reset" in str(found)


@pytest.mark.parametrize(
    ("message", "address"),
    [
        ("invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 1", "203.0.113.7"),
        ("invalid ip 2001:db8::7, not in whitelist", "2001:db8::7"),
    ],
)
def test_an_ip_that_is_not_in_the_whitelist_is_shown(message: str, address: str) -> None:
    advice = str(error(40164, message)).partition("): ")[2]
    assert advice.startswith(f"put the IP {address} into the IP whitelist")


def test_without_an_address_in_the_message_the_advice_stands_by_itself() -> None:
    advice = str(error(45035, "access clientip is not registered")).partition("): ")[2]
    assert advice.startswith("put this machine's public IP into the IP whitelist")


def test_an_unknown_code_is_busy_and_shows_code_and_message() -> None:
    found = error(12345, "something new")
    assert type(found) is Busy
    assert str(found) == (
        "errcode 12345 (something new): "
        "the exporter does not know this code: asked again at the next pass"
    )


@pytest.mark.parametrize("code", ["61503", " 61503 "])
def test_a_code_may_come_as_text(code: str) -> None:
    assert type(error(code)) is NotReady


@pytest.mark.parametrize("code", [True, "x", "", [], {}, 1.5])
def test_a_code_that_is_no_number_is_busy(code: object) -> None:
    assert (type(error(code)), error(code).code) == (Busy, "-1")


@pytest.mark.parametrize("body", [{}, {"errcode": 0}, {"errcode": "0", "errmsg": "ok"}])
def test_a_reply_without_a_code_or_with_zero_is_data(body: dict[str, Any]) -> None:
    assert error_in(body) is None


def test_a_message_is_one_short_line() -> None:
    found = str(error(-1, "a\nb\r\x1b[31mc\x00\u2028d" + "e" * 5000))
    assert found.isprintable()
    assert found.startswith("errcode -1 (a b [31mc de")
    assert len(found) < 300


@pytest.mark.parametrize("message", [None, 5, ["a"], {"a": 1}])
def test_a_message_that_is_no_text_is_left_out(message: object) -> None:
    assert str(error(-1, message)).startswith("errcode -1 (): ")


@settings(max_examples=100, deadline=None)
@given(
    code=st.none() | st.integers() | st.text(max_size=8) | st.floats() | st.lists(st.none()),
    message=st.text() | st.none() | st.lists(st.text()),
)
def test_whatever_comes_as_code_and_message_an_error_is_one_printable_line(
    code: object, message: object
) -> None:
    found = error_in(json.loads(json.dumps({"errcode": code, "errmsg": message})))
    assert found is None or "\n" not in str(found)


@given(st.text())
@settings(max_examples=100, deadline=None)
def test_printable_text_breaks_no_line(text: str) -> None:
    assert len(printable(text).splitlines()) <= 1
