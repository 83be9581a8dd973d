"""What happens in an app is believable and always the same."""

import dataclasses
from datetime import date, timedelta
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.periods import Period, Window
from exporter.simulator import SimulatedApp, demo_apps
from exporter.simulator.numbers import History, Visits, distinct_visitors, is_public_holiday
from exporter.simulator.spread import apportion, apportion_within

from .conftest import SHOP

TODAY = date(2026, 3, 18)
apps = st.builds(
    SimulatedApp,
    appid=st.integers(0, 10**9).map(lambda number: f"wx{number:016x}"),
    secret=st.just("secret"),
    visitors=st.sampled_from([1, 2, 7, 60, 3_000, 90_000]),
    first_day=st.dates(date(2024, 1, 1), date(2026, 1, 1)),
)
ages = st.integers(0, 800)


def visitors(app: SimulatedApp, day: date) -> int:
    visits = History(app).day(day)
    assert visits is not None
    return visits.visitors


@given(apps, ages)
def test_a_day_has_no_more_visitors_than_sessions_and_no_more_sessions_than_views(
    app: SimulatedApp, age: int
) -> None:
    visits = History(app).day(app.first_day + timedelta(days=age))
    assert visits is not None
    assert 0 <= visits.new_visitors <= visits.visitors <= visits.sessions <= visits.views
    assert visits.visitors >= 1
    assert 0 <= visits.sharers <= visits.shares
    assert 1 <= visits.depth <= visits.views / visits.sessions


@settings(deadline=None)
@given(apps, ages, st.sampled_from([Period.WEEK, Period.MONTH]))
def test_a_span_sums_its_days_and_counts_each_visitor_once(
    app: SimulatedApp, age: int, period: Period
) -> None:
    window = Window.containing(period, app.first_day + timedelta(days=age)).shifted(1)
    history = History(app)
    length = (window.last_day - window.first_day).days + 1
    days = [history.day(window.first_day + timedelta(days=number)) for number in range(length)]
    whole = history.window(window)
    assert whole is not None
    assert whole.sessions == sum(day.sessions for day in days if day)
    assert whole.views == sum(day.views for day in days if day)
    assert whole.new_visitors == sum(day.new_visitors for day in days if day)
    assert max(day.visitors for day in days if day) < whole.visitors
    assert whole.visitors < sum(day.visitors for day in days if day)
    assert whole.new_visitors <= whole.visitors


@pytest.mark.parametrize(("overlap", "visitors_at_all"), [(0.0, 19), (1e9, 11)])
def test_visitors_counted_once_stay_between_the_largest_day_and_the_sum(
    overlap: float, visitors_at_all: int
) -> None:
    day = Visits(10, 10, 10, 0, stay_seconds=100, depth=1.0)
    assert distinct_visitors([day, day], overlap) == visitors_at_all


@settings(deadline=None)
@given(apps, st.dates(date(2026, 1, 1), date(2027, 1, 1)))
def test_a_month_has_at_least_the_visitors_of_a_week_within_it(
    app: SimulatedApp, day: date
) -> None:
    month = Window.containing(Period.MONTH, day)
    week = Window.containing(Period.WEEK, month.first_day).shifted(1)
    history = History(app)
    month_visits, week_visits = history.window(month), history.window(week)
    assert month_visits is not None
    assert week_visits is not None
    assert month_visits.visitors >= week_visits.visitors


def test_the_same_app_has_the_same_days_every_time_and_another_app_has_others() -> None:
    other = dataclasses.replace(SHOP, appid="wx00000000000000a9")
    assert History(SHOP).day(TODAY) == History(SHOP).day(TODAY)
    assert History(SHOP).day(TODAY) != History(other).day(TODAY)


def test_a_day_is_the_same_whatever_was_asked_before() -> None:
    asked = History(SHOP)
    for age in range(50):
        asked.day(TODAY - timedelta(days=age))
    asked.total_users(TODAY)
    assert asked.day(TODAY) == History(SHOP).day(TODAY)


def test_nothing_happens_before_the_first_day_or_in_an_app_without_visitors() -> None:
    assert History(SHOP).day(SHOP.first_day - timedelta(days=1)) is None
    assert History(SHOP).day(SHOP.first_day) is not None
    assert History(dataclasses.replace(SHOP, visitors=0)).day(TODAY) is None


def test_an_incident_costs_about_half_of_that_day_alone() -> None:
    app = dataclasses.replace(SHOP, incident=TODAY)
    assert visitors(app, TODAY) == pytest.approx(visitors(SHOP, TODAY) / 2, rel=0.01)
    assert visitors(app, TODAY + timedelta(days=1)) == visitors(SHOP, TODAY + timedelta(days=1))


def test_a_launch_is_a_big_jump_that_decays() -> None:
    app = dataclasses.replace(SHOP, launch=TODAY)

    def times_as_many(age: int) -> float:
        day = TODAY + timedelta(days=age)
        return visitors(app, day) / visitors(SHOP, day)

    assert times_as_many(-1) == 1
    assert times_as_many(0) > 3
    assert times_as_many(0) > times_as_many(5) > times_as_many(12) > 1
    assert times_as_many(40) < 1.05


def test_visitors_follow_the_weekdays_and_grow_slowly() -> None:
    history = History(SHOP)
    days = [TODAY + timedelta(days=age) for age in range(364)]
    counts = {day: history.day(day) for day in days if not is_public_holiday(day)}
    means = []
    for weekday in range(7):
        one = [
            visits.visitors for day, visits in counts.items() if visits and day.weekday() == weekday
        ]
        means.append(sum(one) / len(one))
    assert max(means) > 1.05 * min(means)
    assert 1.05 < visitors(SHOP, TODAY + timedelta(days=364)) / visitors(SHOP, TODAY) < 1.5


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 1, 1),
        date(2025, 1, 28),
        date(2026, 2, 17),
        date(2027, 2, 12),
        date(2028, 1, 26),
        date(2026, 5, 5),
        date(2026, 10, 7),
    ],
)
def test_public_holidays_are_known(day: date) -> None:
    assert is_public_holiday(day)


@pytest.mark.parametrize("day", [date(2026, 1, 2), date(2026, 2, 24), date(2026, 5, 6)])
def test_a_working_day_is_no_holiday(day: date) -> None:
    assert not is_public_holiday(day)


def test_the_total_of_users_grows_by_each_days_new_ones() -> None:
    history = History(SHOP)
    expected = history.base_users
    for age in range(200):
        day = SHOP.first_day + timedelta(days=age)
        visits = history.day(day)
        assert visits is not None
        expected += visits.new_visitors
        assert history.total_users(day) == expected
    assert history.total_users(SHOP.first_day) < expected


def test_a_year_of_days_is_computed_in_well_under_a_second() -> None:
    start = perf_counter()
    History(SHOP).total_users(SHOP.first_day + timedelta(days=365))
    assert perf_counter() - start < 0.5


@given(
    st.integers(0, 10**9), st.lists(st.floats(1e-6, 1e6, allow_nan=False), min_size=1, max_size=300)
)
def test_what_is_apportioned_sums_to_the_total(total: int, weights: list[float]) -> None:
    counts = apportion(total, weights)
    assert sum(counts) == total
    assert min(counts) >= 0


@given(st.lists(st.tuples(st.integers(0, 50), st.floats(0.01, 9)), min_size=1), st.data())
def test_what_is_apportioned_within_limits_keeps_to_them(
    parts: list[tuple[int, float]], data: st.DataObject
) -> None:
    limits = [limit for limit, _ in parts]
    total = data.draw(st.integers(0, sum(limits)))
    counts = apportion_within(total, [weight for _, weight in parts], limits)
    assert sum(counts) == total
    assert all(0 <= count <= limit for count, limit in zip(counts, limits, strict=True))


def test_the_demonstration_has_three_different_apps_and_more_on_request() -> None:
    shop, restaurant, community = demo_apps(3, TODAY)
    assert (shop.visitors, restaurant.visitors, community.visitors) == (12_000, 300, 80_000)
    assert (restaurant.pages, community.pages) == (12, 260)
    assert shop.launch == TODAY - timedelta(days=20)
    assert restaurant.incident == TODAY - timedelta(days=3)
    many = demo_apps(100, TODAY)
    assert len({app.appid for app in many}) == len({app.name for app in many}) == 100
    assert all(app.first_day == TODAY - timedelta(days=400) for app in many)
    assert all(len(app.appid) == 18 and int(app.appid[2:], 16) >= 0 for app in many)


def test_a_secret_does_not_show_in_the_text_of_an_app() -> None:
    assert SHOP.secret not in repr(SHOP)
