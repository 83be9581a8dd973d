"""Odd replies: each oddity costs itself, is told in words, and never becomes a wrong number."""

import json
from typing import Any

import pytest

from exporter.errors import Unreadable
from exporter.reports.body import decode
from exporter.reports.table import BY_NAME
from tests.reports.shown import reading, samples, seen, shown, window_of

DAY = "2026-03-17"


def trend(**fields: object) -> dict[str, Any]:
    """A daily visit trend with these fields."""
    return {"list": [{"ref_date": "20260317", **fields}]}


def pages(*rows: object) -> dict[str, Any]:
    """A reply of visit_page."""
    return {"ref_date": "20260317", "list": list(rows)}


def sources(*items: object) -> dict[str, Any]:
    """A distribution that has sessions by source alone."""
    rows = [{"index": "access_source_session_cnt", "item_list": list(items)}]
    return {"ref_date": "20260317", "list": rows}


def cohort(**arrays: list[tuple[object, object]]) -> dict[str, Any]:
    """A retention with arrays of key and value."""
    told = {
        name: [{"key": key, "value": value} for key, value in pairs]
        for name, pairs in arrays.items()
    }
    return {"ref_date": "20260317", **told}


@pytest.mark.parametrize(
    ("value", "shown_as"),
    [
        (0, "0.0"), (12, "12.0"), (12.5, "12.5"), ("12", "12.0"), (" 12.5 ", "12.5"),
        ("1e3", "1000.0"), (10**300, "1e+300"),
    ],
)  # fmt: skip
def test_a_number_also_as_text_becomes_a_sample(value: object, shown_as: str) -> None:
    told = reading("daily_visit_trend", DAY, trend(visit_uv=value))
    assert seen("daily_visit_trend", DAY, trend(visit_uv=value)) == [
        f'wxa_visit_uv{{app="shop"}} {shown_as}'
    ]
    assert told.oddities == []


@pytest.mark.parametrize(
    "written",
    ["NaN", "Infinity", "-Infinity", "true", "false", "-1", "-0.5", "1e999", "9" * 400,
     '"NaN"', '"inf"', '"-3"', '"1e999"', '"12 users"', '""', '"0x10"', '"1_000"',
     "[]", "{}", "[5]"],
)  # fmt: skip
def test_what_is_no_count_gives_no_sample_and_is_noted(written: str) -> None:
    body = decode(f'{{"list":[{{"visit_uv":{written},"visit_pv":7}}]}}')
    assert seen("daily_visit_trend", DAY, body) == ['wxa_visit_pv{app="shop"} 7.0']
    assert reading("daily_visit_trend", DAY, body).oddities == [
        "visit_uv is not a number that counts something"
    ]


def test_a_missing_field_and_null_give_no_sample_and_are_not_odd() -> None:
    body = trend(session_cnt=3, visit_pv=None)
    assert seen("daily_visit_trend", DAY, body) == ['wxa_sessions{app="shop"} 3.0']
    assert reading("daily_visit_trend", DAY, body).oddities == []


@pytest.mark.parametrize("body", [{}, {"list": []}, {"list": None}, {"list": [{}]}])
@pytest.mark.parametrize("report", BY_NAME)
def test_an_empty_answer_gives_no_zero(report: str, body: dict[str, Any]) -> None:
    assert seen(report, DAY, body) == []


def test_fields_that_nobody_knows_are_noted_and_cost_nothing() -> None:
    body = trend(visit_uv=3, visit_uv_vip=1) | {"extra": 1}
    assert seen("daily_visit_trend", DAY, body) == ['wxa_visit_uv{app="shop"} 3.0']
    assert reading("daily_visit_trend", DAY, body).oddities == [
        "unknown field 'extra'", "unknown field 'visit_uv_vip'",
    ]  # fmt: skip


def test_of_two_rows_of_totals_the_first_is_used() -> None:
    body = {"list": [{"visit_uv": 1}, {"visit_uv": 2}]}
    assert seen("daily_visit_trend", DAY, body) == ['wxa_visit_uv{app="shop"} 1.0']
    assert reading("daily_visit_trend", DAY, body).oddities == [
        "list holds more than one row: the first is used"
    ]


def test_an_array_that_is_none_is_noted() -> None:
    told = reading("visit_page", DAY, {"list": {"page_path": "a"}})
    assert (shown(told.values), told.oddities) == ([], ["list is not an array"])


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("pages/index", "pages/index"),
        ('pages/"quoted"', r"pages/\"quoted\""),
        ("pages\nnew", r"pages\nnew"),
        ("back\\slash", r"back\\slash"),
        ("nul\0byte", "nul\0byte"),
        ("表情/😀", "表情/😀"),
        ("lone\ud83dhalf", "lone\ufffdhalf"),
        (" ", " "),
    ],
)
def test_a_page_is_shown_under_its_path_whatever_stands_in_it(path: str, label: str) -> None:
    body = decode(json.dumps(pages({"page_path": path, "page_visit_pv": 3})))
    assert seen("visit_page", DAY, body) == [f'wxa_page_visit_pv{{app="shop",page="{label}"}} 3.0']


def test_a_page_named_twice_gives_one_series() -> None:
    body = pages(
        {"page_path": "a", "page_visit_pv": 3},
        {"page_path": "b", "page_visit_pv": 2},
        {"page_path": "a", "page_visit_pv": 1},
    )
    assert seen("visit_page", DAY, body) == [
        'wxa_page_visit_pv{app="shop",page="a"} 3.0',
        'wxa_page_visit_pv{app="shop",page="b"} 2.0',
    ]
    assert reading("visit_page", DAY, body).oddities == [
        "a page stands twice: its first row is used"
    ]


def test_two_paths_that_differ_in_a_lone_surrogate_alone_are_one_page() -> None:
    rows = [{"page_path": path, "page_visit_pv": 1} for path in ("a\ud800", "a\udfff")]
    assert len(seen("visit_page", DAY, pages(*rows))) == 1


@pytest.mark.parametrize("path", [None, "", 5, ["a"], {"a": 1}, True])
def test_a_row_without_a_page_is_noted(path: object) -> None:
    told = reading("visit_page", DAY, pages({"page_path": path, "page_visit_pv": 1}))
    assert (shown(told.values), told.oddities) == ([], ["a row without page_path"])


@pytest.mark.parametrize("key", [7, "7", " 7 ", "07", 7.0, "7.0"])
def test_a_key_counts_also_as_text_and_with_a_decimal_point(key: object) -> None:
    lines = seen("visit_distribution", DAY, sources({"key": key, "value": 4}))
    if key == "7.0":
        assert lines == []
    else:
        assert lines == ['wxa_source_sessions{app="shop",source="system_desktop"} 4.0']


@pytest.mark.parametrize("key", [None, True, -1, 7.5, "x", "", [], 10**12, "9999999999"])
def test_an_item_without_a_numeric_key_is_noted(key: object) -> None:
    told = reading("visit_distribution", DAY, sources({"key": key, "value": 4}))
    assert told.oddities == ["item_list holds an item without a numeric key"]
    assert shown(told.values) == []


def test_a_source_that_wechat_added_since_keeps_its_number() -> None:
    assert seen("visit_distribution", DAY, sources({"key": 58, "value": 4})) == [
        'wxa_source_sessions{app="shop",source="unknown_58"} 4.0'
    ]


def test_a_source_given_twice_gives_one_series() -> None:
    body = sources({"key": 2, "value": 4}, {"key": "2", "value": 5})
    assert seen("visit_distribution", DAY, body) == [
        'wxa_source_sessions{app="shop",source="search"} 4.0'
    ]
    assert reading("visit_distribution", DAY, body).oddities == [
        "item_list holds key 2 twice: the first is used"
    ]


def test_an_index_that_is_unknown_repeated_or_none_is_noted() -> None:
    rows = [
        {"index": "access_depth_info", "item_list": [{"key": 1, "value": 6}]},
        {"index": "access_depth_info", "item_list": [{"key": 2, "value": 7}]},
        {"index": "access_moon_phase", "item_list": [{"key": 1, "value": 8}]},
        {"index": ["access_depth_info"]},
        {"item_list": []},
    ]
    told = reading("visit_distribution", DAY, {"list": rows})
    assert seen("visit_distribution", DAY, {"list": rows}) == [
        'wxa_depth_sessions{app="shop",depth="1"} 6.0'
    ]
    assert told.oddities == [
        "unknown or repeated index 'access_depth_info'",
        "unknown or repeated index 'access_moon_phase'",
        "unknown or repeated index 'list'",
        "unknown or repeated index 'NoneType'",
    ]


def test_retention_keys_come_in_any_order_each_beside_the_size_of_its_cohort() -> None:
    body = cohort(visit_uv_new=[(7, 5), ("1", 20), (0, 100)])
    assert seen("daily_retention", DAY, body) == sorted([
        'wxa_retention_users{app="shop",day="0",user="new"} 100.0',
        'wxa_retention_cohort_users{app="shop",day="0",user="new"} 100.0',
        'wxa_retention_users{app="shop",day="1",user="new"} 20.0',
        'wxa_retention_cohort_users{app="shop",day="1",user="new"} 100.0',
        'wxa_retention_users{app="shop",day="7",user="new"} 5.0',
        'wxa_retention_cohort_users{app="shop",day="7",user="new"} 100.0',
    ])  # fmt: skip


def test_the_size_of_a_cohort_is_shown_only_beside_those_who_came_back() -> None:
    body = cohort(visit_uv_new=[(0, 100), (1, None), (2, "many")], visit_uv=[(3, 9)])
    assert seen("daily_retention", DAY, body) == sorted([
        'wxa_retention_users{app="shop",day="0",user="new"} 100.0',
        'wxa_retention_cohort_users{app="shop",day="0",user="new"} 100.0',
        'wxa_retention_users{app="shop",day="3",user="active"} 9.0',
    ])  # fmt: skip


def test_a_retention_of_zeros_alone_gives_nothing() -> None:
    body = cohort(visit_uv_new=[(0, 0), (1, 0)], visit_uv=[(0, "0"), (1, 0.0)])
    assert seen("daily_retention", DAY, body) == []


def test_a_cohort_of_zero_beside_users_who_came_back_is_kept() -> None:
    assert seen("daily_retention", DAY, cohort(visit_uv=[(0, 0), (1, 12)])) == sorted([
        'wxa_retention_users{app="shop",day="0",user="active"} 0.0',
        'wxa_retention_cohort_users{app="shop",day="0",user="active"} 0.0',
        'wxa_retention_users{app="shop",day="1",user="active"} 12.0',
        'wxa_retention_cohort_users{app="shop",day="1",user="active"} 0.0',
    ])  # fmt: skip


def test_a_key_before_its_time_is_dropped_and_noted() -> None:
    told = reading("daily_retention", DAY, cohort(visit_uv=[(0, 50), (1, 9), (2, 0)]), newest_ask=1)
    assert {sample.labels for sample in samples(told.values)} == {("active", "0"), ("active", "1")}
    assert told.oddities == ["key 2 in visit_uv before its time"]


def test_a_retention_key_that_nobody_knows_is_noted() -> None:
    told = reading("daily_retention", DAY, cohort(visit_uv=[(0, 50), (8, 9)]))
    assert {sample.labels for sample in samples(told.values)} == {("active", "0")}
    assert told.oddities == ["unknown key 8 in visit_uv"]


@pytest.mark.parametrize(
    ("report", "body"),
    [
        ("daily_visit_trend", {"list": [{"ref_date": "20260316", "visit_uv": 1}]}),
        ("weekly_visit_trend", {"list": [{"ref_date": "20260316", "visit_uv": 1}]}),
        ("monthly_visit_trend", {"list": [{"ref_date": "202602", "visit_uv": 1}]}),
        ("visit_page", pages() | {"ref_date": "20260318"}),
        ("visit_distribution", sources() | {"ref_date": "20250317"}),
        ("daily_retention", cohort() | {"ref_date": ""}),
        ("weekly_retention", cohort() | {"ref_date": "20260309-20260315"}),
        ("monthly_retention", cohort() | {"ref_date": ["202603"]}),
        ("daily_summary", {"list": [{"ref_date": "2026-03-17", "visit_total": 1}]}),
    ],
)
def test_a_reply_about_another_period_is_refused(report: str, body: dict[str, Any]) -> None:
    wanted = window_of(report, DAY).ref_date
    with pytest.raises(
        Unreadable, match=rf"^asked about {wanted}, the reply describes .*: not used$"
    ):
        reading(report, DAY, body)


def test_the_period_of_a_reply_may_be_a_number() -> None:
    body = {"list": [{"ref_date": 20260317, "visit_uv": 1}]}
    assert seen("daily_visit_trend", DAY, body) == ['wxa_visit_uv{app="shop"} 1.0']


def test_every_report_reads_its_own_call_and_no_other_row_name() -> None:
    nothing = {"rows": [{"visit_uv": 1}]}
    assert all(not shown(r.read(window_of(n, DAY), nothing).values) for n, r in BY_NAME.items())
