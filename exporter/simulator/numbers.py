"""What happens in an app on a day: believable, and the same in every process."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from threading import Lock

from exporter.periods import Period, Window
from exporter.simulator.apps import SimulatedApp
from exporter.simulator.spread import seeded

SPRING_FESTIVALS = (date(2025, 1, 29), date(2026, 2, 17), date(2027, 2, 6), date(2028, 1, 26))
LAUNCH_BOOST = 2.5
LAUNCH_DECAY_DAYS = 5
INCIDENT_FACTOR = 0.5
# Below a half, so that a day never consists of new visitors alone.
LARGEST_NEW_SHARE = 0.45


@dataclass(frozen=True, slots=True)
class Visits:
    """What happened in an app in a day, a week or a month."""

    sessions: int
    views: int
    visitors: int
    new_visitors: int
    stay_seconds: int
    depth: float
    shares: int = 0
    sharers: int = 0


@dataclass(frozen=True, slots=True)
class Traits:
    """What stays the same about one app's visitors from day to day."""

    weekdays: tuple[float, ...]
    holiday: float
    new_share: float
    sessions_per_visitor: float
    views_per_session: float
    session_seconds: float
    overlap: float
    shares_per_visitor: float
    active_return: float
    new_return: float


def traits_of(appid: str) -> Traits:
    """The traits of an app, drawn from its appid."""
    draw = seeded(appid).uniform
    weekend = draw(0.8, 1.35)
    active_return = draw(0.3, 0.45)
    return Traits(
        weekdays=(*(draw(0.95, 1.05) for _ in range(5)), weekend, weekend * draw(0.93, 1.03)),
        holiday=draw(0.85, 1.4),
        new_share=draw(0.07, 0.2),
        sessions_per_visitor=draw(1.4, 2.6),
        views_per_session=draw(2.5, 5.0),
        session_seconds=draw(40, 120),
        overlap=draw(0.4, 0.9),
        shares_per_visitor=draw(0.01, 0.04),
        active_return=active_return,
        new_return=active_return * draw(0.4, 0.6),
    )


def is_public_holiday(day: date) -> bool:
    """Whether China is on holiday, roughly: working weekends and moved days are left out."""
    if (day.month, day.day) == (1, 1):
        return True
    if (day.month == 5 and day.day <= 5) or (day.month == 10 and day.day <= 7):
        return True
    return any(-1 <= (day - festival).days <= 6 for festival in SPRING_FESTIVALS)


def launch_boost(app: SimulatedApp, day: date) -> float:
    """How many times the usual visitors a launch adds on that day."""
    if app.launch is None or day < app.launch:
        return 0.0
    return LAUNCH_BOOST * math.exp(-(day - app.launch).days / LAUNCH_DECAY_DAYS)


def expected_visitors(app: SimulatedApp, traits: Traits, day: date) -> float:
    """The visitors of a day before chance has its say."""
    age = (day - app.first_day).days
    expected = app.visitors * traits.weekdays[day.weekday()]
    expected *= math.exp(0.0005 * (age - 200))  # about a fifth more every year
    expected *= 1 - 0.8 * math.exp(-age / 10)  # a young app is hardly known
    expected *= 1 + launch_boost(app, day)
    if is_public_holiday(day):
        expected *= traits.holiday
    if day == app.incident:
        expected *= INCIDENT_FACTOR
    return expected


def day_visits(app: SimulatedApp, traits: Traits, day: date) -> Visits:
    """One day of an app."""
    randomness = seeded(f"{app.appid}:{day}")
    draw = randomness.uniform
    visitors = max(1, round(expected_visitors(app, traits, day) * randomness.gauss(1, 0.04)))
    new_share = traits.new_share * draw(0.85, 1.15) + 0.2 * launch_boost(app, day) / LAUNCH_BOOST
    sessions = max(visitors, round(visitors * traits.sessions_per_visitor * draw(0.95, 1.05)))
    views = max(sessions, round(sessions * traits.views_per_session * draw(0.95, 1.05)))
    shares = round(visitors * traits.shares_per_visitor * draw(0.7, 1.3))
    return Visits(
        sessions=sessions,
        views=views,
        visitors=visitors,
        new_visitors=round(visitors * min(LARGEST_NEW_SHARE, new_share)),
        stay_seconds=round(sessions * traits.session_seconds * draw(0.9, 1.1)),
        # WeChat counts pages once per session, so the depth stays below views per session.
        depth=1 + (views / sessions - 1) * draw(0.5, 0.6),
        shares=shares,
        sharers=math.ceil(shares * draw(0.6, 0.9)),
    )


def distinct_visitors(days: Sequence[Visits], overlap: float) -> int:
    """Who came on any of the days: all the new ones, and ever fewer others the more days there are.

    Ranked by size, so that a longer span never has fewer visitors than a part of it.
    """
    returning = sorted((day.visitors - day.new_visitors for day in days), reverse=True)
    distinct = sum(day.new_visitors for day in days)
    distinct += round(sum(count / (1 + overlap * rank) for rank, count in enumerate(returning)))
    most = max(day.visitors for day in days)
    total = sum(day.visitors for day in days)
    return max(most, min(max(distinct, most + 1), total - 1))


def combined(days: Sequence[Visits], overlap: float) -> Visits:
    """The visits of several days as one: counts summed, visitors counted once."""
    if len(days) == 1:
        return days[0]
    sessions = sum(day.sessions for day in days)
    return Visits(
        sessions=sessions,
        views=sum(day.views for day in days),
        visitors=distinct_visitors(days, overlap),
        new_visitors=sum(day.new_visitors for day in days),
        stay_seconds=sum(day.stay_seconds for day in days),
        depth=sum(day.depth * day.sessions for day in days) / sessions,
    )


class History:
    """All days of one app, computed when asked for and kept."""

    def __init__(self, app: SimulatedApp) -> None:
        self.app = app
        self.traits = traits_of(app.appid)
        # People who tried the app before it was published.
        self.base_users = 10 + app.visitors // 50
        self._windows: dict[Window, Visits | None] = {}
        self._totals: list[int] = []
        self._totals_lock = Lock()

    def window(self, window: Window) -> Visits | None:
        """What happened in a window; None when the app had no visitor in it."""
        if window not in self._windows:
            self._windows[window] = self._compute(window)
        return self._windows[window]

    def day(self, day: date) -> Visits | None:
        """What happened on a day; None when the app had no visitor on it."""
        return self.window(Window(Period.DAY, day))

    def span(self, last_day: date, days: int) -> Visits | None:
        """What happened in the `days` days up to and including `last_day`; None for no visitor."""
        if self.app.visitors <= 0 or last_day < self.app.first_day:
            return None
        start = max(last_day - timedelta(days=days - 1), self.app.first_day)
        length = (last_day - start).days + 1
        found = [self.day(start + timedelta(days=number)) for number in range(length)]
        return combined([visits for visits in found if visits], self.traits.overlap)

    def total_users(self, day: date) -> int:
        """Everyone who ever came, up to and including that day, which is not before the first."""
        place = (day - self.app.first_day).days
        with self._totals_lock:
            while len(self._totals) <= place:
                self._totals.append(self._next_total())
            return self._totals[place]

    def _next_total(self) -> int:
        before = self._totals[-1] if self._totals else self.base_users
        visits = self.day(self.app.first_day + timedelta(days=len(self._totals)))
        return before + (visits.new_visitors if visits else 0)

    def _compute(self, window: Window) -> Visits | None:
        if self.app.visitors <= 0 or window.last_day < self.app.first_day:
            return None
        if window.period is Period.DAY:
            return day_visits(self.app, self.traits, window.first_day)
        return self.span(window.last_day, (window.last_day - window.first_day).days + 1)
