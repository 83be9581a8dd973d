"""Tokens from the user's own token service: by file, URL or command."""

import json
import shlex
import sys
from datetime import date
from pathlib import Path

import pytest

from exporter.errors import Busy, NeedsOperator
from exporter.periods import Period, Window
from exporter.reports.table import BY_NAME
from exporter.simulator import Simulator
from tests.http_server import serving
from tests.support import FakeClock
from tests.wechat.conftest import Wiring

REPORT = BY_NAME["daily_visit_trend"]
YESTERDAY = Window(Period.DAY, date(2026, 3, 17))
TOKEN = "80_" + "t" * 130


def command(script: str) -> str:
    """A token_command that runs a Python script."""
    return shlex.join([sys.executable, "-c", script])


def good_token(wiring: Wiring, simulator: Simulator) -> str:
    """A token that WeChat accepts, as the token service would hold it."""
    token = wiring.tokens().token().get_secret_value()
    simulator.calls.clear()
    return token


@pytest.mark.parametrize(
    "text",
    [
        TOKEN,
        f"\n {TOKEN}\r\n",
        json.dumps({"access_token": TOKEN, "expires_in": 7200}),
        json.dumps({"authorizer_access_token": TOKEN, "expires_in": 7200}),
        json.dumps({"errcode": 0, "access_token": TOKEN}),
    ],
    ids=["word", "lines", "json", "authorizer", "no life"],
)
def test_a_token_is_taken_as_a_word_or_as_wechats_json(
    wiring: Wiring, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "token"
    file.write_bytes(text.encode())
    show = command(f"print(open({str(file)!r}).read())")
    with serving(text.encode()) as server:
        sources = (
            wiring.tokens(token_file=str(file)),
            wiring.tokens(token_url=server.url),
            wiring.tokens(token_command=show),
        )
        assert [source.token().get_secret_value() for source in sources] == [TOKEN] * 3


def test_with_a_handed_in_token_wechats_token_calls_are_never_made(
    wiring: Wiring, simulator: Simulator
) -> None:
    with serving(good_token(wiring, simulator).encode()) as server:
        wiring.client(token_url=server.url).ask(REPORT, YESTERDAY)
    assert [call.call for call in simulator.calls] == [REPORT.call]


def test_a_rejected_token_is_asked_for_again_from_its_source(
    wiring: Wiring, simulator: Simulator
) -> None:
    good = good_token(wiring, simulator)
    with serving(b"out-of-date") as server:
        tokens = wiring.tokens(token_url=server.url)
        tokens.reject(tokens.token())
        server.body = good.encode()
        assert tokens.token().get_secret_value() == good


def test_a_token_service_that_is_out_of_date_needs_the_operator(
    wiring: Wiring, simulator: Simulator
) -> None:
    with (
        serving(b"out-of-date") as server,
        pytest.raises(NeedsOperator, match="is the token service out of date"),
    ):
        wiring.client(token_url=server.url).ask(REPORT, YESTERDAY)
    assert [call.outcome for call in simulator.calls] == ["40001", "40001"]


def test_a_rotated_file_is_taken_up_within_a_minute(
    wiring: Wiring, clock: FakeClock, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("first")
    tokens = wiring.tokens(token_file=str(file))
    assert tokens.token().get_secret_value() == "first"
    file.write_text("second")
    clock.advance(seconds=61)
    assert tokens.token().get_secret_value() == "second"


def test_a_stated_life_is_respected(wiring: Wiring, clock: FakeClock) -> None:
    reply = json.dumps({"access_token": TOKEN, "expires_in": 3600})
    with serving(reply.encode()) as server:
        tokens = wiring.tokens(token_url=server.url)
        for seconds in (0, 3500, 100):
            clock.advance(seconds=seconds)
            tokens.token()
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "gave no access token: a single word was expected"),
        ("two words", "gave no access token: a single word was expected"),
        ("<html></html>\n<p>", "gave no access token: a single word was expected"),
        ("töken", "gave no access token: a single word was expected"),
        ("t" * 3000, "gave no access token: a single word was expected"),
        ("{", "gave JSON without an access_token"),
        ('{"errcode":40013,"errmsg":"no"}', "gave JSON without an access_token"),
        ('{"access_token":""}', "gave JSON without an access_token"),
        ('{"access_token":["t"]}', "gave JSON without an access_token"),
    ],
)
def test_what_is_no_token_is_refused_without_being_quoted(
    wiring: Wiring, text: str, fault: str
) -> None:
    with serving(text.encode()) as server, pytest.raises(Busy) as refused:
        wiring.tokens(token_url=server.url).token()
    assert (refused.value.code, str(refused.value)) == (
        "malformed",
        f"token_url {fault}",
    )


@pytest.mark.parametrize(
    ("status", "code"), [(500, "http_500"), (302, "http_302"), (401, "http_401")]
)
def test_a_token_service_that_answers_with_an_error_is_named(
    wiring: Wiring, status: int, code: str
) -> None:
    with serving(b"token") as server:
        server.status = status
        tokens = wiring.tokens(token_url=server.url)
        with pytest.raises(Busy, match=r"^token_url: HTTP status") as refused:
            tokens.token()
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("line", "error", "fault"),
    [
        (command("raise SystemExit(3)"), Busy, "token_command ended with status 3"),
        (command("print('token'); raise SystemExit(1)"), Busy, "token_command ended with status 1"),
        (command(""), Busy, "token_command gave no access token: a single word was expected"),
        ("/no/such/program x", NeedsOperator,
         "token_command cannot be run (FileNotFoundError): check path and permissions"),
        ("/", NeedsOperator,
         "token_command cannot be run (PermissionError): check path and permissions"),
        ("echo \0", NeedsOperator,
         "token_command cannot be run (ValueError): check path and permissions"),
    ],
)  # fmt: skip
def test_a_command_that_fails_is_told_without_its_output(
    wiring: Wiring, line: str, error: type[Exception], fault: str
) -> None:
    with pytest.raises(error) as refused:
        wiring.tokens(token_command=line).token()
    assert str(refused.value) == fault


def test_a_command_runs_without_a_shell(wiring: Wiring) -> None:
    tokens = wiring.tokens(token_command="echo a;exit")
    assert tokens.token().get_secret_value() == "a;exit"


def test_a_command_that_reads_its_input_does_not_wait_for_the_terminal(wiring: Wiring) -> None:
    reads = command("import sys; sys.stdin.read(); print('token')")
    assert wiring.tokens(token_command=reads).token().get_secret_value() == "token"
