"""What of the due windows a pass asks about: who leads, who follows, and whose turn it is."""

from datetime import datetime, timedelta

from exporter.archive import Looked
from exporter.collect.due import Due, Turns, due_now, standing_wants
from exporter.config.models import DEFAULT_REPORTS
from exporter.periods import beijing_day
from exporter.reports.report import Report
from exporter.reports.table import BY_NAME
from tests.collect.world import day
from tests.support import beijing

TREND, RETENTION = BY_NAME["daily_visit_trend"], BY_NAME["daily_retention"]
DAILY = [BY_NAME[name] for name in DEFAULT_REPORTS if BY_NAME[name].period == "day"]
EVENING_BEFORE = beijing("2026-03-18 20:00")


def looked(moment: datetime, answered_ask: int | None) -> Looked:
    return Looked(int(moment.timestamp()), answered_ask)


def past(report: Report, moment: datetime = EVENING_BEFORE) -> dict[object, Looked]:
    """The looks of an exporter that got everything that there was at a moment."""
    today = beijing_day(moment)
    return {
        want.window.first_day: looked(moment, report.newest_ask(want.window, today))
        for want in standing_wants(report, today, 7)
    }


def due(report: Report, moment: str, looks: dict[object, Looked]) -> Due:
    now = beijing(moment)
    return due_now(list(standing_wants(report, beijing_day(now), 7)), looks, now)  # type: ignore[arg-type]


def test_yesterday_leads_and_the_other_asks_of_the_morning_follow() -> None:
    found = due(RETENTION, "2026-03-19 08:00", past(RETENTION))
    assert str(found.leading) == "2026-03-18"
    assert set(found.following) == set(found.windows) - {found.leading}
    assert len(found.following) == 9


def test_nothing_follows_a_window_that_has_come() -> None:
    looks = past(RETENTION) | {day("2026-03-18"): looked(beijing("2026-03-19 09:00"), 0)}
    found = due(RETENTION, "2026-03-19 09:00", looks)
    assert (found.leading, len(found.windows), list(found.following)) == (None, 9, [])


def test_what_was_missed_before_this_morning_waits_for_nothing() -> None:
    looks = past(TREND)
    del looks[day("2026-03-15")]
    looks[day("2026-03-17")] = looked(EVENING_BEFORE, None)
    found = due(TREND, "2026-03-19 08:00", looks)
    assert [str(window) for window in found.windows] == ["2026-03-18", "2026-03-17", "2026-03-15"]
    assert list(found.following) == []


def test_what_follows_is_asked_once_from_14_on_without_the_leading_window() -> None:
    looks = past(TREND)
    looks[day("2026-03-18")] = looked(beijing("2026-03-19 13:59"), None)
    assert len(due(TREND, "2026-03-19 13:59", looks).following) == 1
    assert len(due(TREND, "2026-03-19 14:00", looks).following) == 0
    looks[day("2026-03-17")] = looked(beijing("2026-03-19 14:00"), None)
    assert len(due(TREND, "2026-03-19 14:30", looks).following) == 1


def turns(began: str, passes: int = 1) -> Turns:
    """An app's turns after some passes; every report has come at that hour for days."""
    found = Turns(DAILY)
    for _ in range(passes):
        found.begin_pass()
    for report in DAILY:
        found.learn(report, past(report, beijing(f"2026-03-18 {began}")), day("2026-03-19"))  # type: ignore[arg-type]
    return found


def having(found: Turns, moment: str) -> list[str]:
    """Whose turn it is, and then it is the next ones' turn."""
    found.begin_pass()
    return [report.name for report in DAILY if found.has(report, beijing(moment))]


def test_the_first_pass_of_a_process_asks_every_report() -> None:
    assert len(having(turns("10:00", passes=0), "2026-03-19 08:00")) == len(DAILY)


def test_before_the_hour_of_the_last_weeks_each_report_is_asked_in_its_turn() -> None:
    found = turns("10:00")
    asked = [having(found, "2026-03-19 09:29") for _ in DAILY]
    assert [len(names) for names in asked] == [1] * len(DAILY)
    assert {names[0] for names in asked} == {report.name for report in DAILY}


def test_from_that_hour_on_no_report_is_left_out_of_two_passes_in_a_row() -> None:
    found = turns("10:00")
    first, second = (having(found, "2026-03-19 09:30") for _ in range(2))
    assert not set(first) & set(second)
    assert {*first, *second} == {report.name for report in DAILY}
    assert abs(len(first) - len(second)) <= 1


def test_an_app_without_a_past_is_asked_from_midnight_on() -> None:
    found = Turns(DAILY)
    found.begin_pass()
    first, second = (having(found, "2026-03-19 00:00") for _ in range(2))
    assert {*first, *second} == {report.name for report in DAILY}


def test_one_report_that_has_come_makes_it_every_ones_turn_for_that_day() -> None:
    found = turns("10:00")
    found.came(day("2026-03-19"))
    assert len(having(found, "2026-03-19 08:00")) == len(DAILY)
    assert len(having(found, "2026-03-20 08:00")) == 1


def test_a_restart_knows_from_the_archive_that_one_has_come() -> None:
    found = turns("10:00")
    came = {day("2026-03-18"): looked(beijing("2026-03-19 07:30"), 0)}
    found.learn(DAILY[0], came, day("2026-03-19"))
    assert len(having(found, "2026-03-19 08:00")) == len(DAILY)


def test_at_14_it_is_every_ones_turn_whatever_the_last_weeks_say() -> None:
    found = turns("19:00")
    assert len(having(found, "2026-03-19 13:59")) == 1
    assert len(having(found, "2026-03-19 14:00")) == len(DAILY)


def test_what_was_caught_up_on_a_later_day_tells_nothing_about_mornings() -> None:
    found = turns("10:00")
    late = {day("2026-03-10"): looked(beijing("2026-03-19 08:00"), 0)}
    found.learn(DAILY[0], late, day("2026-03-19") + timedelta(days=1))
    assert len(having(found, "2026-03-20 09:29")) == 1


def test_a_lonely_report_has_every_turn() -> None:
    found = Turns([TREND])
    for _ in range(3):
        found.begin_pass()
        assert found.has(TREND, beijing("2026-03-19 08:00"))
