"""Whatever comes: reading costs no good row, and raises nothing but Unreadable."""

import copy
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.errors import Unreadable
from exporter.reports.body import decode
from exporter.reports.table import BY_NAME
from tests.reports.shown import reading, samples, seen

DAY = "2026-03-17"
RETENTIONS = [name for name, report in BY_NAME.items() if report.grows]

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from([10**400, -1, "7", "7.0", "NaN", "\ud800", "20260317", "202603"])
)  # fmt: skip
names = st.sampled_from(
    ["list", "ref_date", "index", "item_list", "key", "value", "visit_uv", "visit_uv_new",
     "page_path", "page_visit_pv", "access_depth_info", "errcode"]
) | st.text(max_size=5)  # fmt: skip
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=5),
    max_leaves=25,
)
objects = st.dictionaries(names, anything, max_size=6)
junk = scalars | st.lists(scalars, max_size=2)

GOOD: dict[str, dict[str, Any]] = {
    "daily_visit_trend": {"list": [{"visit_uv": 3, "visit_pv": 9, "visit_depth": 1.5}]},
    "daily_summary": {"list": [{"visit_total": 3, "share_pv": 9}]},
    "visit_page": {
        "list": [
            {"page_path": f"pages/{n}", "page_visit_pv": n, "page_share_uv": 0} for n in range(4)
        ]
    },
    "visit_distribution": {
        "list": [
            {"index": index, "item_list": [{"key": key, "value": key} for key in (1, 2, 3)]}
            for index in ("access_source_session_cnt", "access_depth_info")
        ]
    },
    "daily_retention": {
        name: [{"key": key, "value": 90 - key} for key in (0, 1, 30)]
        for name in ("visit_uv_new", "visit_uv")
    },
}


def arrays_in(part: Any) -> list[list[Any]]:  # noqa: ANN401 - any piece of a JSON body
    """Every array of a body, at whatever depth."""
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    found = [part] if isinstance(part, list) else []
    return found + [array for piece in inner for array in arrays_in(piece)]


@settings(max_examples=100, deadline=None)
@given(report=st.sampled_from(list(GOOD)), data=st.data())
def test_junk_rows_never_cost_their_neighbours(report: str, data: st.DataObject) -> None:
    body = copy.deepcopy(GOOD[report])
    for array in arrays_in(body):
        for row in data.draw(st.lists(junk, max_size=3)):
            array.insert(data.draw(st.integers(0, len(array))), row)
    assert seen(report, DAY, body) == seen(report, DAY, GOOD[report])


@settings(max_examples=100, deadline=None)
@given(report=st.sampled_from(list(GOOD)), data=st.data())
def test_junk_values_cost_themselves_alone(report: str, data: st.DataObject) -> None:
    body = copy.deepcopy(GOOD[report])
    rows = [row for array in arrays_in(body) for row in array if "ref_date" not in row]
    spoilt = data.draw(
        st.sampled_from([row for row in rows if row.keys() - {"index", "item_list"}])
    )
    field = data.draw(st.sampled_from(sorted(spoilt.keys() - {"key", "page_path"})))
    spoilt[field] = data.draw(st.sampled_from([None, True, -5, "many", [], {}, float("nan")]))
    wanted = seen(report, DAY, GOOD[report])
    found = seen(report, DAY, body)
    assert [line for line in wanted if line in found] == found
    lost_with_a_cohort_size = 3 if spoilt.get("key") == 0 else 1
    assert len(wanted) - len(found) <= 1 + lost_with_a_cohort_size


@settings(max_examples=150, deadline=None)
@given(report=st.sampled_from(list(BY_NAME)), body=objects)
def test_reading_any_object_raises_nothing_but_busy(report: str, body: dict[str, Any]) -> None:
    with suppress(Unreadable):
        told = reading(report, DAY, body)
        keys = [(sample.metric, sample.labels) for sample in samples(told.values)]
        assert len(set(keys)) == len(keys)
        assert all(sample.value >= 0 for sample in samples(told.values))


@settings(max_examples=100, deadline=None)
@given(text=st.text() | anything.map(lambda value: json.dumps(value)))
def test_decoding_any_text_gives_an_object_or_busy(text: str) -> None:
    with suppress(Unreadable):
        assert isinstance(decode(text), dict)


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"a":' * 100_000, '{"a":' + "9" * 10_000 + "}", "", "null", "[]", "5", '"x"',
     "\ufeff{}", '{"a":1}{', "{'a': 1}", "\0"],
    ids=lambda text: f"{text[:8]!r}-{len(text)}",
)  # fmt: skip
def test_text_that_is_no_json_object_is_malformed(text: str) -> None:
    with pytest.raises(Unreadable):
        decode(text)


@pytest.mark.parametrize("depth", [100, 900, 940, 960, 980])
@pytest.mark.parametrize("report", ["daily_visit_trend", "visit_distribution", "daily_retention"])
@pytest.mark.parametrize(
    "body",
    ['{{"ref_date":{}}}', '{{"list":[{{"ref_date":{}}}]}}', '{{"list":[{{"index":{}}}]}}',
     '{{"visit_uv":{}}}', '{{"list":{}}}', '{{"list":[{{"visit_uv":{}}}]}}'],
)  # fmt: skip
def test_a_body_as_deep_as_can_be_decoded_is_read_without_overflow(
    body: str, report: str, depth: int
) -> None:
    def from_deeper(frames: int) -> None:
        if frames:
            return from_deeper(frames - 1)
        reading(report, DAY, nested)
        return None

    with suppress(Unreadable):
        nested = decode(body.format("[" * depth + "]" * depth))
        from_deeper(40)


def test_a_page_that_is_no_json_is_quoted_so_that_the_operator_recognises_it() -> None:
    with pytest.raises(Unreadable) as refused:
        decode("<!DOCTYPE html>\n<title>Portal login</title>" + "x" * 500)
    assert str(refused.value) == (
        "the reply is not JSON (JSONDecodeError), it begins '<!DOCTYPE html> <title>Portal "
        "login</title>xxxxxxxxxxxxxxxxx': a proxy or a login page may have answered in WeChat's "
        "place"
    )


@pytest.mark.parametrize(
    "text",
    [
        '{"access_token":"hunter2-token"',
        "Cannot GET /cgi-bin/token?secret=hunter2",
        "access_token=hunter2",
        ' \n{"access_token":"hunter2"',
    ],
)
def test_a_reply_is_never_quoted_as_far_as_a_token_or_secret(text: str) -> None:
    with pytest.raises(Unreadable) as refused:
        decode(text)
    assert "hunter2" not in str(refused.value)


@settings(max_examples=100, deadline=None)
@given(
    report=st.sampled_from(list(RETENTIONS)),
    newest=st.integers(0, 30),
    values=st.dictionaries(st.integers(0, 31), st.integers(1, 99)),
)
def test_no_retention_key_is_shown_before_its_time(
    report: str, newest: int, values: dict[int, int]
) -> None:
    body = {"visit_uv": [{"key": key, "value": value} for key, value in values.items()]}
    told = reading(report, DAY, body, newest_ask=newest)
    shown_keys = {int(sample.labels[1]) for sample in samples(told.values)}
    assert shown_keys == {key for key in values if key <= newest and key in BY_NAME[report].asks}
