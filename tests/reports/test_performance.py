"""What WeChat says about speed and memory: texts of one day, in tables that may be odd."""

import json
from datetime import date
from typing import Any

import pytest

from exporter.periods import Period, Window
from exporter.reports.table import BY_NAME
from tests.reports.shown import reading, shown
from tests.support import ROOT

DAY = "2026-03-17"


def tables(*found: object) -> dict[str, Any]:
    body = {"tables": list(found), "count": len(found)}
    return {"errcode": 0, "errmsg": "ok", "data": {"body": body}}


def table(name: object = "memory", value: object = "314", refdate: object = "20260317") -> object:
    field = {"refdate": refdate, "value": value}
    return {"id": name, "lines": [{"fields": [field]}], "zh": "内存均值"}


def told(body: dict[str, Any]) -> tuple[list[str], list[str]]:
    found = reading("performance_memory_low", DAY, body)
    return [line.split("measure=")[1] for line in shown(found.values)], found.oddities


def test_a_text_is_a_number_and_other_days_say_nothing() -> None:
    body = tables(table(), table("other", "7", "20260316"), table("zero", "0"), table("no", "-"))
    assert told(body) == (
        ['"memory",network="all"} 314.0', '"zero",network="all"} 0.0'],
        ["value is not a number that counts something"],
    )


@pytest.mark.parametrize(
    ("body", "oddities"),
    [
        (tables(), []),
        ({}, []),
        ({"errcode": 0, "data": None}, ["data holds no body"]),
        ({"data": {"body": []}}, ["data holds no body"]),
        (tables({"lines": []}), ["a table without id"]),
        (tables({"id": "x"}), []),
        (tables({"id": "x", "lines": {}}), ["lines is not an array"]),
        (tables("x"), ["tables holds something that is not an object"]),
        ({"list": []}, ["unknown field 'list'"]),
    ],
)
def test_what_holds_no_number_gives_none(body: dict[str, Any], oddities: list[str]) -> None:
    assert told(body) == ([], oddities)


def test_a_request_has_the_form_of_the_published_one() -> None:
    path = ROOT / "tests/fixtures/wechat/performance_boot__official_doc_request.json"
    published = json.loads(path.read_text(encoding="utf-8"))
    window = Window(Period.DAY, date(2021, 1, 3))
    ours = BY_NAME["performance_memory_high"].request.content(window)
    assert ours["module"] == published["module"]
    assert ours["time"].keys() == published["time"].keys()
    assert ours["time"]["begin_timestamp"] == published["time"]["begin_timestamp"]
    assert {"field": "device_level", "value": "1"} in ours["params"]
    assert {"field": "device_level", "value": "1"} in published["params"]


def test_a_request_names_one_closed_day_and_a_cut() -> None:
    window = Window(Period.DAY, date(2021, 1, 3))
    assert BY_NAME["performance_startup_4g"].request.content(window) == {
        "time": {"begin_timestamp": 1609603200, "end_timestamp": 1609689599},
        "module": "10017",
        "params": [
            {"field": "networktype", "value": "4g"}, {"field": "device_level", "value": "-1"},
        ],
    }  # fmt: skip
