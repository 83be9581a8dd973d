"""Log lines as an operator and a log collector get them."""

import json
import logging

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.logs import LEVELS, LogFormat
from tests.logged import logged

log = structlog.get_logger()
FORMS = list(LogFormat)


def one_line(form: LogFormat, event: str = "looked", **values: object) -> str:
    """The only line that one event gives."""
    with logged("debug", form) as text:
        log.info(event, **values)
    lines = text.getvalue().splitlines()
    assert len(lines) == 1
    return lines[0]


def test_logfmt_begins_with_time_level_event_app_and_report() -> None:
    line = one_line(LogFormat.LOGFMT, "look failed", code=61503, report="visit_page", app="shop")
    stamp, _, rest = line.partition(" ")
    assert stamp.startswith("ts=2")
    assert stamp.endswith("Z")
    assert rest == 'level=info event="look failed" app=shop report=visit_page code=61503'


def test_json_is_one_object_a_line_with_text_as_it_is() -> None:
    told = json.loads(one_line(LogFormat.JSON, "查询失败", app="shop", due=3, ok=True))
    assert told.pop("ts").endswith("Z")
    assert told == {"level": "info", "event": "查询失败", "app": "shop", "due": 3, "ok": True}
    assert "查询失败" in one_line(LogFormat.JSON, "查询失败")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "text", ["a\nb", "a\r\nb", "a\x1b[31mb", "a\x00b", "a\u2028b", "a\x85b\x0bc"]
)
def test_one_event_is_one_line_whatever_stands_in_it(form: LogFormat, text: str) -> None:
    line = one_line(form, text, detail=text)
    assert line.isprintable()


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=100, deadline=None)
@given(text=st.text())
def test_no_text_breaks_a_line(form: LogFormat, text: str) -> None:
    assert one_line(form, "event", detail=text).count("\n") == 0


@pytest.mark.parametrize("form", FORMS)
def test_a_traceback_stays_on_its_line(form: LogFormat) -> None:
    with logged("debug", form) as text:
        try:
            raise LookupError("first\nsecond")
        except LookupError:
            log.exception("report failed", app="shop")
            logging.getLogger("library").exception("failed")
    lines = text.getvalue().splitlines()
    assert len(lines) == 2
    for line in lines:
        assert "Traceback" in line
        assert r"LookupError: first\nsecond" in line


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "text",
    [
        "GET /datacube/x?access_token=hunter2&x=1",
        "secret=hunter2",
        "{'secret': 'hunter2'}",
        '{"access_token":"hunter2","expires_in":7200}',
        "SECRET: hunter2",
        "appsecret = hunter2",
        "password='hunter2'",
    ],
)
def test_a_secret_in_any_text_is_masked(form: LogFormat, text: str) -> None:
    with logged("debug", form) as lines:
        log.info("called", detail=text)
        logging.getLogger("library").warning("called %s", text)
        try:
            raise ValueError(text)
        except ValueError:
            log.exception("failed")
    told = lines.getvalue()
    assert len(told.splitlines()) == 3
    assert "hunter2" not in told
    assert told.count("***") >= 3


@pytest.mark.parametrize("form", FORMS)
def test_what_only_names_a_secret_is_not_masked(form: LogFormat) -> None:
    for text in (
        "set secret_env or secret_file; no token there",
        "[7].secret: must be a text; put it in quotes",
        "apps[0].secret: is empty",
    ):
        assert text in one_line(form, "checked", detail=text)


@pytest.mark.parametrize("name", ["urllib3", "urllib3.connectionpool", "uvicorn"])
def test_libraries_are_quiet_at_debug_and_heard_when_they_warn(name: str) -> None:
    with logged("debug") as text:
        logging.getLogger(name).debug("GET /x?a=1")
        logging.getLogger(name).info("GET /x?a=1")
        assert text.getvalue() == ""
        logging.getLogger(name).warning("pool is full")
    assert 'level=warning event="pool is full"' in text.getvalue()


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_lets_itself_and_graver_events_through(level: str) -> None:
    with logged(level) as text:
        for name in LEVELS:
            getattr(log, name)(f"ours-{name}")
            getattr(logging.getLogger("library"), name)(f"theirs-{name}")
    shown = [line.split(" event=")[1] for line in text.getvalue().splitlines()]
    heard = LEVELS[LEVELS.index(level) :]
    assert shown == [f"{whose}-{name}" for name in heard for whose in ("ours", "theirs")]


def test_configuring_again_leaves_one_handler() -> None:
    with logged() as first, logged() as second:
        log.info("once")
    assert first.getvalue() == ""
    assert len(second.getvalue().splitlines()) == 1
