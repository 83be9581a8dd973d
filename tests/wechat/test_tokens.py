"""Tokens from WeChat: which call, how often, and what the operator reads when it fails."""

import json
import os
from datetime import date
from pathlib import Path

import pytest

from exporter.config import TokenKind
from exporter.errors import Busy, NeedsOperator
from exporter.periods import Period, Window
from exporter.reports.table import BY_NAME
from exporter.simulator import Fault, SimulatedApp, Simulator
from tests.conftest import SHOP
from tests.http_server import Served, serving
from tests.support import FakeClock
from tests.wechat.conftest import Present, Wiring

REPORT = BY_NAME["daily_visit_trend"]
YESTERDAY = Window(Period.DAY, date(2026, 3, 17))


def token_calls(simulator: Simulator) -> list[str]:
    """The token calls that WeChat saw."""
    return [call.call for call in simulator.calls if call.call in ("token", "stable_token")]


def token_served(server: Served, **reply: object) -> None:
    """Let a server answer token calls like this."""
    server.body = json.dumps(reply).encode()


def test_by_default_only_the_stable_token_is_ever_asked_for(
    wiring: Wiring, simulator: Simulator, clock: FakeClock
) -> None:
    client = wiring.client()
    simulator.faults.add(Fault("errcode", code=40001, times=3))
    for _ in range(4):
        try:
            client.ask(REPORT, YESTERDAY)
        except NeedsOperator:
            clock.advance(hours=3)
    assert set(token_calls(simulator)) == {"stable_token"}


def test_a_refresh_is_never_forced_even_after_a_rejection(wiring: Wiring) -> None:
    with serving() as server:
        token_served(server, access_token="t", expires_in=7200)
        tokens = wiring.tokens(url=server.url)
        for _ in range(3):
            tokens.reject(tokens.token())
    assert [json.loads(asked.body) for asked in server.asked] == [
        {
            "grant_type": "client_credential", "appid": SHOP.appid, "secret": SHOP.secret,
            "force_refresh": False,
        }
    ] * 3  # fmt: skip


def test_the_token_that_another_service_holds_stays_good(
    wiring: Wiring, simulator: Simulator
) -> None:
    other = wiring.tokens()
    held = other.token()
    simulator.faults.add(Fault("errcode", code=40001, times=1))
    wiring.client().ask(REPORT, YESTERDAY)
    assert other.token() == held == wiring.tokens().token()


def test_a_token_is_kept_until_a_minute_before_its_end(
    wiring: Wiring, simulator: Simulator, clock: FakeClock
) -> None:
    tokens = wiring.tokens()
    first = tokens.token()
    clock.advance(seconds=7200 - 61)
    assert tokens.token() == first
    assert len(simulator.calls) == 1
    clock.advance(seconds=2)
    assert tokens.token() != first
    assert len(simulator.calls) == 2


def test_a_token_in_its_last_minute_is_asked_for_each_time(wiring: Wiring) -> None:
    with serving() as server:
        token_served(server, access_token="t", expires_in=45)
        tokens = wiring.tokens(url=server.url)
        assert [tokens.token().get_secret_value() for _ in range(3)] == ["t"] * 3
    assert len(server.asked) == 3


def test_a_token_without_a_life_is_kept_for_a_minute(wiring: Wiring, clock: FakeClock) -> None:
    with serving() as server:
        token_served(server, access_token="t", expires_in=None)
        tokens = wiring.tokens(url=server.url)
        for seconds in (0, 59, 2):
            clock.advance(seconds=seconds)
            tokens.token()
    assert len(server.asked) == 2


def test_rejecting_an_older_token_does_not_cost_the_newer_one(
    wiring: Wiring, simulator: Simulator, clock: FakeClock
) -> None:
    tokens = wiring.tokens()
    old = tokens.token()
    clock.advance(hours=3)
    new = tokens.token()
    tokens.reject(old)
    assert tokens.token() == new
    assert len(simulator.calls) == 2


def test_classic_tokens_are_asked_for_only_when_configured(
    wiring: Wiring, simulator: Simulator
) -> None:
    wiring.client(kind=TokenKind.CLASSIC).ask(REPORT, YESTERDAY)
    assert [call.call for call in simulator.calls] == ["token", REPORT.call]


@pytest.mark.parametrize("kind", TokenKind)
def test_a_wrong_secret_needs_the_operator_and_says_what_to_do(
    wiring: Wiring, simulator: Simulator, kind: TokenKind
) -> None:
    with pytest.raises(NeedsOperator, match="copy the AppSecret again") as refused:
        wiring.client(kind, secret="wrong-secret").ask(REPORT, YESTERDAY)
    assert refused.value.code == {"stable": "40125", "classic": "40001"}[kind]
    assert "wrong-secret" not in str(refused.value)
    assert len(simulator.calls) == 1


def test_an_ip_outside_the_whitelist_is_named(wiring: Wiring, simulator: Simulator) -> None:
    simulator.faults.add(Fault("errcode", call="stable_token", code=40164))
    with pytest.raises(NeedsOperator, match=r"put the IP 203\.0\.113\.7 into the IP whitelist"):
        wiring.tokens().token()


@pytest.mark.parametrize("reply", [{}, {"access_token": None}, {"access_token": 5}, {"token": "t"}])
def test_a_reply_without_a_token_is_malformed(wiring: Wiring, reply: dict[str, object]) -> None:
    with serving() as server:
        token_served(server, **reply)
        with pytest.raises(Busy, match="the reply to the token call has no access_token") as e:
            wiring.tokens(url=server.url).token()
    assert e.value.code == "malformed"


def test_a_secret_is_read_from_its_file_each_time_so_that_a_new_one_is_taken_up(
    wiring: Wiring, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    file.write_text("out of date\n")
    tokens = wiring.tokens(secret_file=str(file))
    with pytest.raises(NeedsOperator, match="copy the AppSecret again"):
        tokens.token()
    file.write_text(f"{SHOP.secret}\n")
    assert tokens.token()


def test_a_secret_that_an_editor_of_windows_saved_is_the_secret(
    wiring: Wiring, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"\xef\xbb\xbf" + SHOP.secret.encode() + b"\r\n")
    assert wiring.tokens(secret_file=str(file)).token()


def test_blanks_and_line_breaks_around_a_secret_are_none_of_it(wiring: Wiring) -> None:
    assert wiring.tokens(secret=f" {SHOP.secret}\n").token()


def test_a_secret_is_read_from_the_environment(
    one_server: tuple[Present, str], wiring: Wiring, clock: FakeClock
) -> None:
    known = SimulatedApp(SHOP.appid, os.environ["PATH"].strip(), 10, SHOP.first_day)
    one_server[0].simulator = Simulator([known], clock)
    assert wiring.tokens(secret_env="PATH").token()


def test_an_environment_variable_that_is_not_set_is_named(wiring: Wiring) -> None:
    with pytest.raises(NeedsOperator) as refused:
        wiring.tokens(secret_env="WXA_NOBODY_SETS_THIS").token()
    assert str(refused.value) == (
        "the environment variable WXA_NOBODY_SETS_THIS is not set or empty: secret_env names the "
        "variable that holds the AppSecret"
    )


@pytest.mark.parametrize("key", ["secret_file", "token_file"])
@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "cannot be read (FileNotFoundError): check path and permissions"),
        (b"\xff\xfe", "cannot be read (UnicodeDecodeError): check path and permissions"),
        (b" \n", "is empty"),
    ],
    ids=["missing", "not text", "empty"],
)
def test_a_file_that_gives_nothing_is_named(
    wiring: Wiring, tmp_path: Path, key: str, content: bytes | None, fault: str
) -> None:
    file = tmp_path / "handed-in"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(NeedsOperator) as refused:
        wiring.tokens(TokenKind.STABLE, None, **{key: str(file)}).token()
    assert str(refused.value) == f"{key} {file} {fault}"
    assert wiring.counted() == {}


@pytest.mark.parametrize("key", ["secret_file", "token_file"])
def test_a_path_that_no_file_can_have_is_an_operators_matter(wiring: Wiring, key: str) -> None:
    with pytest.raises(NeedsOperator, match=r"cannot be read \(ValueError\)"):
        wiring.tokens(TokenKind.STABLE, None, **{key: "nul\0byte"}).token()


def test_a_directory_in_the_files_place_is_named(wiring: Wiring, tmp_path: Path) -> None:
    with pytest.raises(NeedsOperator, match=r"cannot be read \(IsADirectoryError\)"):
        wiring.tokens(token_file=str(tmp_path)).token()
