"""What is asked for: defaults by the clock, and refusals in sentences."""

from datetime import date
from pathlib import Path

import pytest

from exporter.history import Asked, BadQuestion, day
from exporter.history.query import past_span
from tests.history.synthetic import config
from tests.support import beijing


@pytest.mark.parametrize(
    ("moment", "first", "last"),
    [
        ("2026-03-18 16:00", date(2026, 2, 12), date(2026, 3, 18)),
        # 00:00 of the first day is never older than the age allowed, whatever the hour.
        ("2026-03-18 00:00", date(2026, 2, 12), date(2026, 3, 18)),
        ("2026-03-18 23:59", date(2026, 2, 12), date(2026, 3, 18)),
    ],
)
def test_the_default_is_not_older_than_max_age_days(
    tmp_path: Path, moment: str, first: date, last: date
) -> None:
    now = beijing(moment)
    asked = Asked.recent(config(tmp_path), now, (), ())
    assert (asked.first, asked.last) == (first, last)
    assert asked.learned_since == int(now.timestamp()) - 24 * 3600


def test_apps_and_reports_narrow(tmp_path: Path) -> None:
    asked = Asked.span(
        config(tmp_path), date(2026, 1, 1), date(2026, 2, 1), ["app-1"], ["daily_summary"]
    )
    assert [(app.name, [r.name for r in reports]) for app, reports in asked.apps] == [
        ("app-1", ["daily_summary"])
    ]


@pytest.mark.parametrize(
    ("first", "last", "apps", "reports", "sentence"),
    [
        ("2016-12-31", None, [], [], "2016-12-31 is before 2017-01-09, when the first Mini"),
        ("2026-03-02", "2026-03-01", [], [], "begins on 2026-03-02 and ends before, on 2026-03-01"),
        ("2026-03-18", None, [], [], "--from is 2026-03-18; the newest day possible is 2026-03-17"),
        ("2026-03-01", "2026-04-01", [], [], "--to is 2026-04-01; the newest day possible is"),
        ("yesterday", None, [], [], "--from must be a day like 2026-03-18, not 'yesterday'"),
        ("2026-02-30", None, [], [], "--from must be a day like 2026-03-18, not '2026-02-30'"),
        ("2026-03-01", None, ["nobody"], [], "there is no app 'nobody'; there are app-0, app-1"),
        (
            "2026-03-01",
            None,
            [],
            ["weather"],
            "there is no report 'weather'; there are daily_visit",
        ),
    ],
)
def test_a_question_that_makes_no_sense_is_answered_with_a_sentence(
    tmp_path: Path, first: str, last: str | None, apps: list[str], reports: list[str], sentence: str
) -> None:
    with pytest.raises(BadQuestion, match="^.*" + sentence.replace("(", r"\(")):
        past_span(config(tmp_path), beijing("2026-03-18 16:00"), first, last, apps, reports)


def test_the_first_day_of_mini_programs_is_allowed() -> None:
    assert day("2017-01-09", "since", date(2026, 3, 18)) == date(2017, 1, 9)
