"""Archived replies are read by the table as it is today."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text

from exporter.archive import Archive, Kept, reading_of
from exporter.periods import Window
from exporter.reports.table import BY_NAME
from tests.archive.conftest import APPID, DAY, REPORT, write

TREND = BY_NAME[REPORT]
WINDOW = Window(TREND.period, DAY)
BODY = '{"list":[{"ref_date":"20260310","visit_uv":5,"visit_pv":9}]}'


def values(kept: Kept) -> dict[str, float]:
    return {name: told[()] for name, told in reading_of(TREND, WINDOW, kept).values.items() if told}


def test_a_body_gives_the_values_of_its_period() -> None:
    assert values(Kept(1, 1, 0, 1, body=BODY)) == {"wxa_visit_uv": 5, "wxa_visit_pv": 9}


def test_no_body_gives_no_values() -> None:
    assert values(Kept(1)) == {}


def test_a_metric_that_the_table_gains_later_is_read_from_old_bodies() -> None:
    known = tuple(metric for metric in TREND.metrics if metric.field != "visit_pv")
    before = replace(TREND, metrics=known)
    old = Kept(1, 1, 0, 1, body=BODY)
    told = reading_of(before, WINDOW, old).values
    assert [name for name, values in told.items() if values] == ["wxa_visit_uv"]
    assert "wxa_visit_pv" in values(old)


@pytest.mark.parametrize(
    "body", ["<html>", "[]", "", '{"list":[{"ref_date":"20260309","visit_uv":5}]}', "{" * 100_000]
)
def test_a_body_that_cannot_be_read_gives_no_samples(body: str) -> None:
    assert values(Kept(1, 1, 0, 1, body=body)) == {}


def test_a_damaged_body_hides_no_other(archive: Archive) -> None:
    write(archive, BODY)
    write(archive, "damaged", date(2026, 3, 11))
    with archive._database._engine.begin() as connection:
        connection.execute(
            text("UPDATE replies SET body = :damaged WHERE first_day = '2026-03-11'"),
            {"damaged": b"\x00\xff\x00"},
        )
    read = {day: values(kept) for day, kept in archive.bodies(APPID, REPORT, DAY)}
    assert read[DAY] == {"wxa_visit_uv": 5, "wxa_visit_pv": 9}
    assert read[date(2026, 3, 11)] == {}
