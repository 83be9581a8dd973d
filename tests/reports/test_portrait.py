"""The portrait of users: what is odd in it costs no more than itself, and what is kept of it."""

from datetime import date
from typing import Any

import pytest

from exporter.periods import Period, Window
from exporter.reports.limits import keep_largest
from exporter.reports.report import Reading
from tests.reports.shown import reading, samples, shown

DAY = "2026-03-17"


def portrait(**traits: object) -> dict[str, Any]:
    """A body with those traits of all active users."""
    return {"ref_date": "20260317", "visit_uv": traits}


def told(body: dict[str, Any]) -> list[str]:
    return shown(reading("user_portrait_1d", DAY, body).values)


def cities(**users: int) -> list[dict[str, object]]:
    return [{"id": 1, "name": name, "value": value} for name, value in users.items()]


def test_a_name_of_a_closed_list_becomes_a_word_and_any_other_stays_as_it_came() -> None:
    names = ["广西壮族自治区", "广西省", "香港", "北京市", "未知", "火星省"]
    items = [{"name": name, "value": 1} for name in names]
    found = reading("user_portrait_1d", DAY, portrait(province=items))
    assert [sample.labels[-1] for sample in samples(found.values)] == [
        "guangxi", "hong_kong", "beijing", "unknown", "火星省",
    ]  # fmt: skip
    assert found.oddities == ["province holds a name twice: the first is used"]


def test_zero_is_told_and_null_and_missing_say_nothing() -> None:
    items = [{"name": "男", "value": 0}, {"name": "女", "value": None}, {"name": "未知"}]
    found = reading("user_portrait_1d", DAY, portrait(genders=items))
    assert shown(found.values) == [
        'wxa_portrait_gender_users{app="shop",gender="male",span="1d",user="active"} 0.0'
    ]
    assert found.oddities == []


@pytest.mark.parametrize(
    ("broken", "oddity"),
    [
        ({"visit_uv_new": []}, "visit_uv_new is not an object"),
        ({"visit_uv_new": {"ages": {}}}, "ages is not an array"),
        ({"visit_uv_new": {"ages": ["x"]}}, "ages holds something that is not an object"),
        ({"visit_uv_new": {"ages": [{"value": 1}]}}, "ages holds an item without a name"),
        ({"visit_uv_new": {"ages": [{"name": 7}]}}, "ages holds an item without a name"),
        ({"visit_uv_new": {"zodiac": []}}, "unknown field of visit_uv_new 'zodiac'"),
        ({"visit_uv_lost": {}}, "unknown field 'visit_uv_lost'"),
    ],
)
def test_what_is_odd_costs_no_more_than_itself(broken: dict[str, Any], oddity: str) -> None:
    found = reading("user_portrait_1d", DAY, portrait(ages=cities(x=5)) | broken)
    assert shown(found.values) == [
        'wxa_portrait_age_users{age="x",app="shop",span="1d",user="active"} 5.0'
    ]
    assert found.oddities == [oddity]


@pytest.mark.parametrize("ref_date", ["20260311-20260317", "20260311"])
def test_a_span_may_be_named_by_its_days_or_by_the_first_of_them(ref_date: str) -> None:
    body = portrait(genders=cities(男=3)) | {"ref_date": ref_date}
    assert shown(reading("user_portrait_7d", DAY, body).values)


def kept(found: Reading, limit: int) -> tuple[list[str], dict[str, int]]:
    dropped = keep_largest(found, {"page": 1, "city": limit, "device": limit})
    return [f"{s.labels[0]} {s.labels[-1]} {s.value:g}" for s in samples(found.values)], dropped


def test_the_largest_cities_stay_by_their_larger_number_and_the_rest_is_counted() -> None:
    body = {
        "visit_uv_new": {"city": cities(a=1, b=30, c=2)},
        "visit_uv": {"city": cities(a=50, b=20, c=20, d=20), "province": cities(x=1, y=2)},
    }
    found = reading("user_portrait_1d", DAY, body)
    assert kept(found, 2) == (
        ["active x 1", "active y 2", "new a 1", "new b 30", "active a 50", "active b 20"],
        {"city": 2, "device": 0},
    )


def test_of_equal_cities_the_name_decides_and_below_the_limit_nothing_is_dropped() -> None:
    body = portrait(city=cities(b=1, a=1, c=1))
    assert kept(reading("user_portrait_1d", DAY, body), 1)[0] == ["active a 1"]
    assert kept(reading("user_portrait_1d", DAY, body), 3)[1] == {"city": 0, "device": 0}


def test_wechat_answers_about_yesterday_and_the_day_before() -> None:
    report = reading("user_portrait_30d", DAY, {}).report
    window = Window(Period.DAY, date(2026, 3, 17))
    answered = [report.answered_on(window, date(2026, 3, day)) for day in (18, 19, 20)]
    assert answered == [True, True, False]
