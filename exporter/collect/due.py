"""The due rule: the only place that decides which windows WeChat is asked about.

A report's `asks` say how many further periods are over when a window is asked: 0 when the window
itself is over, k once k further ones are. A want is a window together with an ask that has passed
for it. It is due until WeChat has answered at or after that ask; an empty answer leaves it due:
the newest window of each ask at every pass, older ones once a day, and after a month no more.
A window about which WeChat answers no more, by its report's row in the table, is never wanted.
A request that WeChat called wrong is not repeated for some hours: it may have been the clock.

Of what is due, a pass asks what may be there. What passed this morning comes out together:
- A report's newest window leads; those of its other asks follow once it has come, and at 14:00
  are asked once without it.
- An app's reports take turns with their leading windows while none has come today (`Turns`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from exporter.archive import Looked
from exporter.periods import BEIJING, Period, Window, beijing_day
from exporter.reports.report import Report

# Beside the newest window of an ask the one before it, so that a first start in the early
# morning, before WeChat publishes, shows the last week and month that exist.
ALWAYS_WANTED = 2
# WeChat publishes within a day as a rule; what it does not have after a month it never will.
SETTLED_AFTER = timedelta(days=31)
# WeChat asks not to repeat what it called wrong. But an exporter whose clock runs ahead asks about
# a day before it is over, and that request is right some hours later.
REFUSED_FOR = timedelta(hours=6)
# From this hour on nothing waits for an app's habits: WeChat publishes in the morning as a rule.
LATEST = time(14)
# How far back an app's mornings tell when the next one may begin, and how long before that
# reports take turns two by two: more than the schedule's jitter.
MORNINGS = 14
HEAD_START = timedelta(minutes=30)


class Want(NamedTuple):
    """A window, an ask that has passed for it, and whether it is the newest one of that ask."""

    window: Window
    ask: int
    newest: bool = False


class Due(NamedTuple):
    """What is due of a report, newest window first; of that, the window that leads, if any.

    Those that follow are not to be asked while the leading one has not come, and what WeChat
    refused is left out. What lacks its data is due tomorrow if nobody asks before.
    """

    windows: list[Window]
    leading: Window | None = None
    following: Collection[Window] = ()
    refused: int = 0
    lacking: Collection[Window] = ()


@lru_cache(maxsize=256)
def standing_wants(report: Report, today: date, catch_up_days: int) -> tuple[Want, ...]:
    """What serve wants: per ask the newest windows, and all whose ask passed lately."""
    # Kept, because all apps want the same: working it out for one takes a millisecond.
    return tuple(_standing_wants(report, today, catch_up_days))


def _standing_wants(report: Report, today: date, catch_up_days: int) -> Iterator[Want]:
    caught_up = today - timedelta(days=catch_up_days)
    newest_over = Window.newest_over(report.period, today)
    for ask in report.asks:
        age, window = 0, newest_over.shifted(-ask)
        while age < ALWAYS_WANTED or window.passed_on(ask) >= caught_up:
            if report.answered_on(window, today):
                yield Want(window, ask, newest=age == 0)
            age, window = age + 1, window.shifted(-1)


@lru_cache(maxsize=256)
def wanted_anew(
    report: Report, today: date, earlier: date, catch_up_days: int
) -> frozenset[Window]:
    """The windows that serve wants on a day for an ask that had not passed on an earlier one."""
    before = {(want.window, want.ask) for want in standing_wants(report, earlier, catch_up_days)}
    return frozenset(
        want.window
        for want in standing_wants(report, today, catch_up_days)
        if (want.window, want.ask) not in before
    )


def span_wants(report: Report, today: date, first: date, last: date) -> Iterator[Want]:
    """What a backfill wants: every passed ask of the windows that begin in the span."""
    window = Window.containing(report.period, last)
    while window.first_day >= first:
        for ask in report.asks:
            if window.passed_on(ask) <= today and report.answered_on(window, today):
                yield Want(window, ask)
        window = window.shifted(-1)


def due_windows(wants: Iterable[Want], looks: Mapping[date, Looked], today: date) -> list[Window]:
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
    if asked_on > today:  # the clock was ahead then
        return True
    if asked_on >= want.window.passed_on(want.ask) + SETTLED_AFTER:
        return False
    return want.newest or asked_on < today


def due_now(wants: Sequence[Want], looks: Mapping[date, Looked], now: datetime) -> Due:
    """What is due at a moment, and which of it waits for which."""
    today = beijing_day(now)
    found = due_windows(wants, looks, today)
    windows = [window for window in found if not _refused(looks.get(window.first_day), now)]
    refused = len(found) - len(windows)
    lacking = due_windows(wants, looks, today + timedelta(days=1))
    leading = next((want.window for want in wants if want.newest and want.ask == 0), None)
    if leading not in windows:
        return Due(windows, refused=refused, lacking=lacking)
    latest = datetime.combine(today, LATEST, BEIJING)

    def waits(want: Want) -> bool:
        look = looks.get(want.window.first_day)
        asked_since = look is not None and latest <= _asked(look) <= now
        return want.newest and (now < latest or asked_since)

    due = [want for want in wants if is_due(want, looks.get(want.window.first_day), today)]
    at_once = {want.window for want in due if not waits(want)}
    return Due(windows, leading, set(windows) - at_once - {leading}, refused, lacking)


def _refused(look: Looked | None, now: datetime) -> bool:
    if look is None or look.refused_at is None:
        return False
    return timedelta() <= now - datetime.fromtimestamp(look.refused_at, UTC) < REFUSED_FOR


class Turns:
    """Which of an app's reports are asked for their leading window at a pass.

    While none has come today: one report in its turn before the hour at which the last two weeks'
    mornings began, and every second report from then on. All of them as soon as one has come,
    from 14:00 at the latest, and at the first pass of a process.
    """

    def __init__(self, reports: Sequence[Report]) -> None:
        # Days first: they come out every morning, and one of them is to be among each pass.
        ordered = sorted(reports, key=lambda report: report.period is not Period.DAY)
        self._places = {report.name: place for place, report in enumerate(ordered)}
        days = sum(report.period is Period.DAY for report in reports)
        self._alone = days or len(reports)
        self._pass = -1
        self._came_on: date | None = None
        self._learned_on: dict[str, date] = {}
        self._mornings: dict[str, timedelta] = {}

    def begin_pass(self) -> None:
        """It is the next report's turn."""
        self._pass += 1

    def learn(self, report: Report, looks: Mapping[date, Looked], today: date) -> None:
        """Take up what earlier looks at a report tell about this morning and those before."""
        newest = looks.get(Window.newest_over(report.period, today).first_day)
        if newest and newest.answered_ask is not None and _asked(newest).date() == today:
            self.came(today)
        if self._learned_on.get(report.name) != today:
            self._learned_on[report.name] = today
            mornings = list(_mornings(report, looks, today))
            self._mornings.pop(report.name, None)
            if mornings:
                self._mornings[report.name] = min(mornings)

    def came(self, today: date) -> None:
        """A leading window has come."""
        self._came_on = today

    def has(self, report: Report, now: datetime) -> bool:
        """Whether a report is to be asked now."""
        today, hour = beijing_day(now), now.astimezone(BEIJING).time()
        if self._pass == 0 or self._came_on == today or hour >= LATEST:
            return True
        begins = min(self._mornings.values(), default=timedelta()) - HEAD_START
        early = _since_midnight(hour) < begins
        turns = self._alone if early else min(2, self._alone)
        return (self._places[report.name] + self._pass) % turns == 0


def _mornings(report: Report, looks: Mapping[date, Looked], today: date) -> Iterator[timedelta]:
    """At which times of the last days something was answered on the very day that it passed."""
    for first_day, look in looks.items():
        if look.answered_ask is not None:
            asked = _asked(look)
            passed_on = Window(report.period, first_day).passed_on(look.answered_ask)
            if asked.date() == passed_on >= today - timedelta(days=MORNINGS):
                yield _since_midnight(asked.time())


def _asked(look: Looked) -> datetime:
    return datetime.fromtimestamp(look.asked_at, BEIJING)


def _since_midnight(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)
