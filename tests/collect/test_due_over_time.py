"""The due rule over weeks in which anything may happen: what always holds."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.archive import Looked
from exporter.collect.due import due_windows, standing_wants
from exporter.periods import BEIJING, Window
from exporter.reports.report import Report
from exporter.reports.table import BY_NAME

CATCH_UP = 7
# Of the others WeChat itself loses what is not asked for in time.
ANSWERED_FOR_EVER = [report for report in BY_NAME.values() if report.answered_for is None]
A_MONTH = timedelta(days=31)
OUTCOMES = ("data", "data", "empty", "silence")

# A pass: so many days after the last one, at that hour, and what WeChat says to each question.
passes = st.lists(
    st.tuples(
        st.integers(0, CATCH_UP),
        st.integers(0, 23),
        st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=6),
    ),
    max_size=12,
)
starts = st.dates(date(2023, 12, 20), date(2026, 4, 10))


@dataclass
class Asker:
    """Asks by the rule, remembers the answers, and checks every question."""

    report: Report
    looks: dict[date, Looked] = field(default_factory=dict)
    wanted: set[Window] = field(default_factory=set)
    last_asked: dict[Window, date] = field(default_factory=dict)

    def run(self, moment: datetime, outcomes: list[str]) -> int:
        """A pass at that moment; gives the number of questions."""
        today = moment.date()
        wants = list(standing_wants(self.report, today, CATCH_UP))
        self.wanted |= {want.window for want in wants}
        newest = {want.window for want in wants if want.newest}
        windows = due_windows(iter(wants), self.looks, today)
        assert windows == sorted(set(windows), key=lambda w: w.first_day, reverse=True)
        for place, window in enumerate(windows):
            self.check(window, today, newest)
            self.answer(window, moment, outcomes[place % len(outcomes)])
        return len(windows)

    def check(self, window: Window, today: date, newest: set[Window]) -> None:
        assert window.last_day < today, "asked before it is over"
        passed = self.report.newest_ask(window, today)
        look = self.looks.get(window.first_day)
        answered = None if look is None else look.answered_ask
        assert passed is not None
        assert answered is None or answered < passed, "an answered ask is asked again"
        if window not in newest:
            assert self.last_asked.get(window) != today, "an old window twice on a day"

    def answer(self, window: Window, moment: datetime, outcome: str) -> None:
        if outcome == "silence":
            return
        self.last_asked[window] = moment.date()
        old = self.looks.get(window.first_day)
        answered = None if old is None else old.answered_ask
        if outcome == "data":
            answered = self.report.newest_ask(window, moment.date())
        self.looks[window.first_day] = Looked(int(moment.timestamp()), answered)


@settings(deadline=None)  # a busy machine is no fault of the rule
@given(st.sampled_from(sorted(BY_NAME)).map(BY_NAME.__getitem__), starts, passes)
def test_nothing_is_asked_early_or_again_and_everything_is_answered_in_the_end(
    report: Report, today: date, history: list[tuple[int, int, list[str]]]
) -> None:
    asker = Asker(report)
    moment = datetime.combine(today, time(), BEIJING)
    for days, hour, outcomes in history:
        moment = datetime.combine(moment.date() + timedelta(days=days), time(hour), BEIJING)
        asker.run(moment, outcomes)
    # A day on which WeChat has everything.
    moment = datetime.combine(moment.date() + timedelta(days=1), time(9), BEIJING)
    asker.run(moment, ["data"])
    assert asker.run(moment + timedelta(hours=1), ["data"]) == 0
    for want in standing_wants(report, moment.date(), CATCH_UP):
        answered = asker.looks[want.window.first_day].answered_ask
        settled = asker.last_asked[want.window] >= want.window.passed_on(want.ask) + A_MONTH
        assert settled or (answered is not None and answered >= want.ask)


@settings(deadline=None)  # a busy machine is no fault of the rule
@given(st.sampled_from(ANSWERED_FOR_EVER), starts, st.integers(1, 20), st.data())
def test_no_window_is_ever_lost_while_outages_are_shorter_than_catch_up_days(
    report: Report, today: date, days: int, data: st.DataObject
) -> None:
    asker, outage = Asker(report), 0
    moment = datetime.combine(today, time(9), BEIJING)
    asker.run(moment, ["data"])
    for _ in range(days):
        moment += timedelta(days=1)
        silent = outage < CATCH_UP - 1 and data.draw(st.booleans())
        outage = outage + 1 if silent else 0
        asker.run(moment, ["silence" if silent else "data"])
    asker.run(moment + timedelta(days=1), ["data"])
    for window in asker.wanted:
        look = asker.looks[window.first_day]
        passed = [
            ask
            for ask in report.asks
            if today - timedelta(days=CATCH_UP) <= window.passed_on(ask) <= moment.date()
        ]
        assert look.answered_ask is not None
        assert look.answered_ask >= max(passed, default=0)
