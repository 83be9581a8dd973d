"""The due rule: the only place that decides which windows WeChat is asked about.

A report's `asks` say how many further periods are over when a window is asked: 0 when the window
itself is over, k once k further ones are. A want is a window together with an ask that has passed
for it. It is due until WeChat has answered at or after that ask; an empty answer leaves it due:
the newest window of each ask at every pass, older ones once a day, and after a month no more.
A window about which WeChat answers no more, by its report's row in the table, is never wanted.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from exporter.archive import Looked
from exporter.periods import Window, beijing_day
from exporter.reports.report import Report

# Beside the newest window of an ask the one before it, so that a first start in the early
# morning, before WeChat publishes, shows the last week and month that exist.
ALWAYS_WANTED = 2
# WeChat publishes within a day as a rule; what it does not have after a month it never will.
SETTLED_AFTER = timedelta(days=31)


class Want(NamedTuple):
    """A window, an ask that has passed for it, and whether it is the newest one of that ask."""

    window: Window
    ask: int
    newest: bool = False


def standing_wants(report: Report, today: date, catch_up_days: int) -> Iterator[Want]:
    """What serve wants: per ask the newest windows, and all whose ask passed lately."""
    caught_up = today - timedelta(days=catch_up_days)
    newest_over = Window.newest_over(report.period, today)
    for ask in report.asks:
        age, window = 0, newest_over.shifted(-ask)
        while age < ALWAYS_WANTED or window.passed_on(ask) >= caught_up:
            if report.answered_on(window, today):
                yield Want(window, ask, newest=age == 0)
            age, window = age + 1, window.shifted(-1)


def span_wants(report: Report, today: date, first: date, last: date) -> Iterator[Want]:
    """What a backfill wants: every passed ask of the windows that begin in the span."""
    window = Window.containing(report.period, last)
    while window.first_day >= first:
        for ask in report.asks:
            if window.passed_on(ask) <= today and report.answered_on(window, today):
                yield Want(window, ask)
        window = window.shifted(-1)


def due_windows(wants: Iterator[Want], looks: Mapping[date, Looked], today: date) -> list[Window]:
    """The windows to ask about now, newest first: each once, whatever asks it is due for."""
    due = {want.window for want in wants if is_due(want, looks.get(want.window.first_day), today)}
    return sorted(due, key=lambda window: window.first_day, reverse=True)


def is_due(want: Want, look: Looked | None, today: date) -> bool:
    """Whether WeChat is to be asked for a want, given what is known of earlier looks."""
    if look is None:
        return True
    if look.answered_ask is not None and look.answered_ask >= want.ask:
        return False
    asked_on = beijing_day(datetime.fromtimestamp(look.asked_at, UTC))
    if asked_on >= want.window.passed_on(want.ask) + SETTLED_AFTER:
        return False
    return want.newest or asked_on < today


def newest_passed_ask(report: Report, window: Window, today: date) -> int | None:
    """The last ask that has passed for a window; None while the window runs."""
    passed = [ask for ask in report.asks if window.passed_on(ask) <= today]
    return passed[-1] if passed else None
