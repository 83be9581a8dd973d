"""One reply into the archive: what becomes of it, and of what was there."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from operator import itemgetter
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.archive import Archive, Kept, reading_of
from exporter.archive.engines import engine_of
from exporter.collect.record import Outcome, record_no_data
from exporter.errors import Unreadable
from exporter.periods import Window
from exporter.reports.report import Report
from exporter.reports.table import BY_NAME
from tests.collect.world import day, kept, told
from tests.conftest import SHOP
from tests.support import beijing

TREND, PAGES = BY_NAME["daily_visit_trend"], BY_NAME["visit_page"]
RETENTION, SOURCES = BY_NAME["daily_retention"], BY_NAME["visit_distribution"]
WINDOW = Window(TREND.period, day("2026-03-10"))
FIRST, SECOND = beijing("2026-03-11 12:00"), beijing("2026-03-12 12:00")
AT_FIRST, AT_SECOND = int(FIRST.timestamp()), int(SECOND.timestamp())


def held(archive: Archive, report: Report = TREND) -> tuple[object, ...]:
    """When asked, when answered and for which ask, when last news came, and the body."""
    found = kept(archive, report, WINDOW)
    return found.asked_at, found.answered_at, found.answered_ask, found.learned_at, found.body


NOTHING = (None, None, None, None)


def counts(found: Kept) -> dict[tuple[str, ...], float]:
    """The counts that an archived retention says, by user and key."""
    return reading_of(RETENTION, WINDOW, found).values["wxa_retention_users"]


@contextmanager
def new_archive() -> Iterator[Archive]:
    """An archive for one example of a property."""
    with TemporaryDirectory() as folder:
        archive = Archive(engine_of(f"sqlite:///{folder}/archive.db"))
        archive.open()
        yield archive
        archive.close()


def trend(**values: object) -> dict[str, object]:
    return {"list": [{"ref_date": "20260310"} | values]}


def retention(new: dict[int, int], active: dict[int, int]) -> dict[str, object]:
    def items(values: dict[int, int]) -> list[dict[str, int]]:
        return [{"key": key, "value": value} for key, value in values.items()]

    return {"ref_date": "20260310", "visit_uv_new": items(new), "visit_uv": items(active)}


def pages(*rows: tuple[str, int]) -> dict[str, object]:
    found = [{"page_path": path, "page_visit_pv": views} for path, views in rows]
    return {"ref_date": "20260310", "list": found}


def test_data_is_kept_as_received_with_when_and_for_which_ask(archive: Archive) -> None:
    body = trend(visit_uv=5, visit_pv=9, new_field="kept as well")
    outcome, oddities = told(archive, TREND, WINDOW, body, FIRST)
    assert outcome is Outcome.ARRIVED
    assert oddities == ["unknown field 'new_field'"]
    assert held(archive) == (AT_FIRST, AT_FIRST, 0, AT_FIRST, json.dumps(body))


@pytest.mark.parametrize("rows", [[], [{"ref_date": "20260310", "visit_uv": None}], None])
def test_an_empty_reply_is_noted_as_a_look_and_answers_nothing(
    archive: Archive, rows: object
) -> None:
    assert told(archive, TREND, WINDOW, {"list": rows}, FIRST).outcome is Outcome.EMPTY
    assert held(archive) == (AT_FIRST, *NOTHING)


def test_an_empty_reply_never_replaces_data(archive: Archive) -> None:
    told(archive, TREND, WINDOW, trend(visit_uv=5), FIRST)
    body = kept(archive, TREND, WINDOW).body
    assert told(archive, TREND, WINDOW, {"list": []}, SECOND).outcome is Outcome.EMPTY
    assert held(archive) == (AT_SECOND, AT_FIRST, 0, AT_FIRST, body)


def test_a_retention_of_zeros_alone_is_not_ready(archive: Archive) -> None:
    body = retention({0: 0, 1: 0}, {0: 0, 1: 0})
    assert told(archive, RETENTION, WINDOW, body, SECOND).outcome is Outcome.EMPTY
    assert held(archive, RETENTION) == (AT_SECOND, *NOTHING)


def test_a_retention_with_one_user_is_data(archive: Archive) -> None:
    body = retention({0: 0, 1: 0}, {0: 1, 1: 0})
    assert told(archive, RETENTION, WINDOW, body, SECOND).outcome is Outcome.ARRIVED
    assert kept(archive, RETENTION, WINDOW).answered_ask == 1


def test_a_reply_that_lacks_a_field_of_the_archived_one_is_kept_out(archive: Archive) -> None:
    told(archive, TREND, WINDOW, trend(visit_uv=5, visit_pv=9), FIRST)
    body = kept(archive, TREND, WINDOW).body
    assert told(archive, TREND, WINDOW, trend(visit_uv=6), SECOND).outcome is Outcome.LESS
    assert held(archive) == (AT_SECOND, AT_FIRST, 0, AT_FIRST, body)


def test_every_key_of_a_retention_that_ever_arrived_stays(archive: Archive) -> None:
    told(archive, RETENTION, WINDOW, retention({0: 4, 1: 2}, {0: 9, 1: 3}), SECOND)
    later = beijing("2026-03-13 12:00")
    body = retention({0: 4, 2: 1}, {0: 9, 1: 3, 2: 2})
    assert told(archive, RETENTION, WINDOW, body, later).outcome is Outcome.ARRIVED
    found = kept(archive, RETENTION, WINDOW)
    assert (found.answered_ask, counts(found)) == (
        2,
        {("new", "0"): 4, ("new", "1"): 2, ("new", "2"): 1}
        | {("active", "0"): 9, ("active", "1"): 3, ("active", "2"): 2},
    )


def test_a_zero_does_not_take_the_place_of_a_count_that_came_back(archive: Archive) -> None:
    told(archive, RETENTION, WINDOW, retention({0: 4, 1: 2}, {0: 9, 1: 3}), SECOND)
    body = retention({0: 4, 1: 0}, {0: 9, 1: 0})
    told(archive, RETENTION, WINDOW, body, SECOND + timedelta(hours=1))
    assert counts(kept(archive, RETENTION, WINDOW))["active", "1"] == 3


def test_a_key_that_one_kind_of_user_lacks_is_kept_and_does_not_answer_its_ask(
    archive: Archive,
) -> None:
    later = beijing("2026-03-13 12:00")
    half, whole = retention({0: 4, 1: 2}, {0: 9, 1: 3, 2: 2}), {0: 4, 1: 2, 2: 1}
    told(archive, RETENTION, WINDOW, half, later)
    found = kept(archive, RETENTION, WINDOW)
    assert (found.answered_ask, counts(found)["active", "2"]) == (1, 2)
    recorded = told(archive, RETENTION, WINDOW, retention(whole, {0: 9, 1: 3, 2: 2}), later)
    found = kept(archive, RETENTION, WINDOW)
    assert (recorded.outcome, found.answered_ask) == (Outcome.ARRIVED, 2)
    assert counts(found)["new", "2"] == 1


def test_zeros_where_the_key_before_counts_many_are_believed_from_the_next_day_on(
    archive: Archive,
) -> None:
    body = retention({0: 40, 1: 20, 2: 0}, {0: 90, 1: 30, 2: 0})
    told(archive, RETENTION, WINDOW, body, beijing("2026-03-13 12:00"))
    assert kept(archive, RETENTION, WINDOW).answered_ask == 1
    told(archive, RETENTION, WINDOW, body, beijing("2026-03-14 12:00"))
    assert kept(archive, RETENTION, WINDOW).answered_ask == 2


cohorts = st.dictionaries(st.sampled_from([0, 1, 2, 3, 7, 14]), st.integers(0, 3), max_size=6)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(cohorts, cohorts, st.integers(1, 34)), min_size=1, max_size=6))
def test_whatever_keys_come_in_whatever_order_the_counts_stay_and_answers_are_whole(
    replies: list[tuple[dict[int, int], dict[int, int], int]],
) -> None:
    with new_archive() as archive:
        expected: dict[tuple[str, str], int] = {}
        for new, active, days in sorted(replies, key=itemgetter(2)):
            passed = RETENTION.newest_ask(WINDOW, WINDOW.first_day + timedelta(days=days))
            asked = FIRST + timedelta(days=days - 1)
            told(archive, RETENTION, WINDOW, retention(new, active), asked)
            said = {
                (user, str(key)): value
                for user, keys in (("new", new), ("active", active))
                for key, value in keys.items()
                if passed is not None and key <= passed
            }
            if any(said.values()):
                expected |= {k: v for k, v in said.items() if v or not expected.get(k)}
        found = kept(archive, RETENTION, WINDOW)
        assert counts(found) == expected
        answered = str(found.answered_ask)
        users = {user for (user, key), value in expected.items() if key == "0" and value}
        assert all((user, answered) in expected for user in users) or found.answered_ask is None


def test_other_numbers_for_a_period_are_a_revision(archive: Archive) -> None:
    told(archive, TREND, WINDOW, trend(visit_uv=5), FIRST)
    body = trend(visit_uv=6)
    assert told(archive, TREND, WINDOW, body, SECOND).outcome is Outcome.REVISED
    assert held(archive) == (AT_SECOND, AT_SECOND, 1, AT_SECOND, json.dumps(body))


def test_pages_may_vanish_in_a_revision(archive: Archive) -> None:
    told(archive, PAGES, WINDOW, pages(("a", 5), ("b", 3)), FIRST)
    assert told(archive, PAGES, WINDOW, pages(("a", 5)), SECOND).outcome is Outcome.REVISED


def test_pages_that_lost_more_than_half_of_their_views_are_kept_out(archive: Archive) -> None:
    many = pages(*((f"page-{number}", 5) for number in range(200)))
    told(archive, PAGES, WINDOW, many, FIRST)
    assert told(archive, PAGES, WINDOW, pages(("page-1", 5)), SECOND).outcome is Outcome.LESS
    assert held(archive, PAGES) == (AT_SECOND, AT_FIRST, 0, AT_FIRST, json.dumps(many))


def test_a_week_after_the_last_ask_such_a_fall_is_taken_for_a_correction(archive: Archive) -> None:
    told(archive, PAGES, WINDOW, pages(("a", 5), ("b", 5)), FIRST)
    for when, outcome in (("18 23:59", Outcome.LESS), ("19 00:00", Outcome.REVISED)):
        asked = beijing(f"2026-03-{when}")
        assert told(archive, PAGES, WINDOW, pages(("a", 2)), asked).outcome is outcome


def test_sources_that_lost_more_than_half_of_their_sessions_are_kept_out(archive: Archive) -> None:
    def sources(*values: int) -> dict[str, object]:
        items = [{"key": key, "value": value} for key, value in enumerate(values, start=1)]
        rows = [{"index": "access_source_session_cnt", "item_list": items}]
        return {"ref_date": "20260310", "list": rows}

    told(archive, SOURCES, WINDOW, sources(50, 40, 10), FIRST)
    assert told(archive, SOURCES, WINDOW, sources(0, 40), SECOND).outcome is Outcome.LESS
    assert told(archive, SOURCES, WINDOW, sources(50), SECOND).outcome is Outcome.REVISED


def test_a_retention_that_grew_by_a_key_is_news_and_no_revision(archive: Archive) -> None:
    told(archive, RETENTION, WINDOW, retention({0: 4}, {0: 9}), FIRST)
    body = retention({0: 4, 1: 2}, {0: 9, 1: 3})
    assert told(archive, RETENTION, WINDOW, body, SECOND).outcome is Outcome.ARRIVED
    assert held(archive, RETENTION) == (AT_SECOND, AT_SECOND, 1, AT_SECOND, json.dumps(body))


def test_a_retention_answers_the_last_key_it_has_and_no_more(archive: Archive) -> None:
    later = beijing("2026-03-18 08:00")
    body = retention({0: 4, 1: 2, 5: 0}, {0: 9, 1: 3, 5: 1})
    told(archive, RETENTION, WINDOW, body, later)
    assert kept(archive, RETENTION, WINDOW).answered_ask == 5


def test_a_key_before_its_time_answers_nothing(archive: Archive) -> None:
    recorded = told(archive, RETENTION, WINDOW, retention({0: 4, 1: 0}, {0: 9, 1: 0}), FIRST)
    assert recorded.oddities == [
        "key 1 in visit_uv_new before its time", "key 1 in visit_uv before its time",
    ]  # fmt: skip
    assert kept(archive, RETENTION, WINDOW).answered_ask == 0


def test_the_same_numbers_again_answer_the_second_look_and_are_no_news(archive: Archive) -> None:
    told(archive, TREND, WINDOW, trend(visit_uv=5, visit_pv=9), FIRST)
    again = trend(visit_pv=9.0, visit_uv="5")
    assert told(archive, TREND, WINDOW, again, SECOND).outcome is Outcome.ARRIVED
    assert held(archive) == (AT_SECOND, AT_SECOND, 1, AT_FIRST, json.dumps(again))


def test_the_same_numbers_in_another_order_are_no_news(archive: Archive) -> None:
    told(archive, PAGES, WINDOW, pages(("a", 5), ("b", 5)), FIRST)
    recorded = told(archive, PAGES, WINDOW, pages(("b", 5), ("a", 5)), SECOND)
    assert recorded.outcome is Outcome.ARRIVED
    assert kept(archive, PAGES, WINDOW).learned_at == AT_FIRST


def test_pages_that_came_later_are_a_revision(archive: Archive) -> None:
    told(archive, PAGES, WINDOW, pages(("a", 5)), FIRST)
    recorded = told(archive, PAGES, WINDOW, pages(("a", 5), ("b", 3)), SECOND)
    assert recorded.outcome is Outcome.REVISED
    assert kept(archive, PAGES, WINDOW).learned_at == AT_SECOND


def test_a_reply_about_another_period_is_refused_and_leaves_no_trace(archive: Archive) -> None:
    body = {"list": [{"ref_date": "20260309", "visit_uv": 5}]}
    with pytest.raises(Unreadable, match="the reply describes '20260309': not used"):
        told(archive, TREND, WINDOW, body, FIRST)
    assert list(archive.bodies(SHOP.appid, TREND.name, WINDOW.first_day)) == []
    assert archive.looks(SHOP.appid, TREND.name, WINDOW.first_day, WINDOW.first_day) == {}


def test_a_refusal_is_noted_as_a_look_and_keeps_the_data(archive: Archive) -> None:
    record_no_data(archive, SHOP.appid, TREND, WINDOW, FIRST)
    assert held(archive) == (AT_FIRST, *NOTHING)
    told(archive, TREND, WINDOW, trend(visit_uv=5), SECOND)
    body = kept(archive, TREND, WINDOW).body
    record_no_data(archive, SHOP.appid, TREND, WINDOW, SECOND + timedelta(hours=1))
    assert held(archive) == (AT_SECOND + 3600, AT_SECOND, 1, AT_SECOND, body)


def test_an_archived_body_that_cannot_be_read_gives_way_to_a_good_one(archive: Archive) -> None:
    with archive.transaction() as transaction:
        broken = Kept(AT_FIRST, AT_FIRST, 0, AT_FIRST, body="<html>")
        transaction.write(SHOP.appid, TREND.name, WINDOW.first_day, broken)
    assert told(archive, TREND, WINDOW, trend(visit_uv=5), SECOND).outcome is Outcome.ARRIVED
    assert kept(archive, TREND, WINDOW).answered_ask == 1
