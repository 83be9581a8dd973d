"""Whatever goes wrong, no error, traceback or log line shows a token or a secret."""

import json
import logging
import traceback
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import structlog

from exporter.clock import SystemClock
from exporter.config import TokenKind
from exporter.errors import Busy, WeChatError
from exporter.logs import LogFormat
from exporter.periods import Period, Window
from exporter.reports.table import BY_NAME
from exporter.simulator import Fault, FaultKind, Simulator
from exporter.simulator.errors import MESSAGES
from tests.conftest import SHOP
from tests.http_server import serving
from tests.logged import logged
from tests.support import free_port
from tests.wechat.conftest import Wiring

REPORT = BY_NAME["daily_visit_trend"]
YESTERDAY = Window(Period.DAY, date(2026, 3, 17))
PATIENCE = 0.1
# A token may not be shown in part either; so many characters are no accident.
PART = 10

log = structlog.get_logger()

EVERY_KIND = {
    FaultKind.ERRCODE: Fault("errcode", code=-1),
    FaultKind.HTTP: Fault("http", status=500),
    FaultKind.SLOW: Fault("slow", seconds=PATIENCE * 2),
    FaultKind.DRIP: Fault("drip", seconds=PATIENCE / 4),
    FaultKind.CUT: Fault("cut"),
    FaultKind.HTML: Fault("html"),
    FaultKind.REDIRECT: Fault("redirect"),
    FaultKind.HUGE: Fault("huge", size=4_100_000),
    FaultKind.BODY: Fault("body", body="no json"),
    FaultKind.CLOSE: Fault("close"),
}
FAULTS = [
    *EVERY_KIND.values(),
    Fault("cut", cut_json=True),
    *(Fault("errcode", code=code) for code in MESSAGES),
]


def leaked(text: str, secret: str) -> list[str]:
    """The parts of a secret that stand in a text."""
    parts = {secret[place : place + PART] for place in range(len(secret) - PART + 1)}
    return sorted(part for part in parts if part in text)


def all_that_is_told(fail: Callable[[], object]) -> str:
    """The error, its traceback and every log line of a call that may fail."""
    told = []
    with logged("debug") as logfmt, logged("debug", LogFormat.JSON) as lines:
        try:
            fail()
        except WeChatError as error:
            told += [str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)]
            log.error("look failed", error=str(error), exc_info=True)
            logging.getLogger("elsewhere").error("look failed: %s", error, exc_info=True)
    return "\n".join([*told, logfmt.getvalue(), lines.getvalue()])


def test_every_kind_of_fault_that_can_spoil_a_reply_is_driven() -> None:
    harmless = {FaultKind.EMPTY, FaultKind.REVISED, FaultKind.TAMPERED, FaultKind.PARTIAL}
    harmless |= {FaultKind.GAP, FaultKind.OTHER_PERIOD}
    assert EVERY_KIND.keys() == set(FaultKind) - harmless


@pytest.mark.parametrize("call", [None, "stable_token", "token"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.kind}-{fault.outcome}")
def test_a_fault_shows_neither_token_nor_secret(
    wiring: Wiring, simulator: Simulator, fault: Fault, call: str | None
) -> None:
    kind = TokenKind.CLASSIC if call == "token" else TokenKind.STABLE
    token = wiring.tokens(kind).token().get_secret_value()
    values = {name: getattr(fault, name) for name in ("kind", "code", "status", "seconds", "size")}
    simulator.faults.add(Fault(**values, call=call, body=fault.body, cut_json=fault.cut_json))
    client = wiring.client(kind, transport=wiring.transport(PATIENCE, clock=SystemClock()))
    told = all_that_is_told(lambda: client.ask(REPORT, YESTERDAY))
    assert leaked(told, token) + leaked(told, SHOP.secret) == []


@pytest.mark.parametrize(
    "page",
    [
        "Cannot POST /datacube/x?access_token={token}",
        "access_token={token} refused",
        '{{"access_token":"{token}"',
        "<html>/x?access_token={token}</html>",
    ],
)
def test_an_error_page_that_repeats_the_url_is_not_quoted_that_far(
    wiring: Wiring, simulator: Simulator, page: str
) -> None:
    token = wiring.tokens().token().get_secret_value()
    simulator.faults.add(Fault("body", body=page.format(token=token)))
    told = all_that_is_told(lambda: wiring.client().ask(REPORT, YESTERDAY))
    assert "not JSON" in told
    assert leaked(told, token) == []


def test_an_errmsg_that_repeats_the_token_is_told_without_it(
    wiring: Wiring, simulator: Simulator
) -> None:
    token = wiring.tokens().token().get_secret_value()
    body = f'{{"errcode": 12345, "errmsg": "no route for {token}"}}'
    simulator.faults.add(Fault("body", body=body))
    told = all_that_is_told(lambda: wiring.client().ask(REPORT, YESTERDAY))
    assert "no route for ***" in told
    assert leaked(told, token) == []


def test_what_people_read_is_masked_and_a_reply_is_data_as_it_came(wiring: Wiring) -> None:
    """A secret of one letter stands in every reply."""
    told = json.dumps({"access_token": "the-token", "expires_in": 7200, "note": "seen the-token"})
    with serving(told.encode()) as server:
        source = wiring.tokens(url=server.url, secret="e")
        assert source.token().get_secret_value() == "the-token"
        reply = wiring.transport().json(
            "shop", "call", "POST", server.url, query={"access_token": "the-token"}
        )
        assert reply.text == told
        server.body = b"the-token is not known here"
        with pytest.raises(Busy, match=r"it begins '\*\*\* is not known here'"):
            wiring.transport().json(
                "shop", "call", "POST", server.url, query={"access_token": "the-token"}
            )


def test_an_address_that_nobody_listens_on_shows_neither(wiring: Wiring) -> None:
    wiring.url = f"http://127.0.0.1:{free_port()}"
    told = all_that_is_told(lambda: wiring.client(TokenKind.CLASSIC).ask(REPORT, YESTERDAY))
    assert "no connection" in told
    assert leaked(told, SHOP.secret) == []


def test_a_proxy_that_is_not_there_keeps_its_password(wiring: Wiring) -> None:
    proxy = f"http://user:password-of-the-proxy@127.0.0.1:{free_port()}"
    client = wiring.client(transport=wiring.transport(proxy=proxy))
    told = all_that_is_told(lambda: client.ask(REPORT, YESTERDAY))
    assert "ProxyError" in told
    assert leaked(told, "password-of-the-proxy") == []


@pytest.mark.parametrize(
    "answer", ["token-of-the-service and more", '{"access_token":"token-of-the-']
)
def test_a_token_service_that_answers_oddly_shows_neither_its_token_nor_its_url(
    wiring: Wiring, answer: str
) -> None:
    with serving(answer.encode()) as server:
        url = f"{server.url}/tokens?key=key-to-the-service"
        told = all_that_is_told(lambda: wiring.client(token_url=url).ask(REPORT, YESTERDAY))
    assert "token_url gave" in told
    assert leaked(told, "token-of-the-service") + leaked(told, "key-to-the-service") == []


def test_a_token_command_that_fails_shows_neither_its_output_nor_itself(
    wiring: Wiring, tmp_path: Path
) -> None:
    script = tmp_path / "command"
    script.write_text("#!/bin/sh\necho token-of-the-service; exit 3\n")
    script.chmod(0o700)
    source = wiring.tokens(token_command=f"{script} key-to-the-service")
    told = all_that_is_told(source.token)
    assert "ended with status 3" in told
    assert leaked(told, "token-of-the-service") + leaked(told, "key-to-the-service") == []


def test_a_part_of_a_secret_counts_as_leaked() -> None:
    assert leaked("... secret-of-the ...", SHOP.secret)
    assert not leaked("... a secret ...", SHOP.secret)
