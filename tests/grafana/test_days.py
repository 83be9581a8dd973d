"""Numbers on charts stand on the right dates, with dated samples and without."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

import pytest

from exporter.periods import BEIJING, beijing_day
from exporter.reports.table import BY_NAME
from grafana.source import queries
from tests.grafana.boards import asked, interpolated
from tests.grafana.server import GIVEN, Prometheus, prometheus
from tests.http_server import serving
from tests.support import eventually

DAY = 86400
DAYS = 35
TODAY = datetime.combine(beijing_day(datetime.now(BEIJING)), time(), BEIJING)
# A Monday, as are the days 7, 14, 21 and 28.
FIRST = TODAY - timedelta(days=DAYS + 7 + TODAY.weekday())
EIGHT = timedelta(hours=8)
PUBLISHED = timedelta(hours=10, minutes=30)
# Seldom, so that the test is quick, but when subqueries look.
SCRAPE = timedelta(minutes=30)
HISTORY_FROM = 20  # from this day on there are dated samples, too
GAP = 25  # the one day without
RARE = 6  # the one day that has the page pages/rare
SHOP = {"app": "shop"}
# A Tuesday and a Saturday that scrapes told, then a Saturday and a Monday of dated samples.
KINDS = {8: "holiday", 12: "moved_workday", 26: "moved_workday", 28: "holiday"}
ALERTS = [
    ("WxaVisitorsDown", "firing"), ("WxaNoData", "firing"), ("WxaRevisions", "pending"),
    ("InstanceDown", "firing"),
]  # fmt: skip
FAILING = {"visit_page": "40164", "daily_retention": "40164", "weekly_retention": "timeout"}


def midnight(day: int) -> datetime:
    """The first moment of a day of this test."""
    return FIRST + timedelta(days=day)


def shown_at(moment: datetime) -> int:
    """The day that /metrics shows then."""
    return (moment - PUBLISHED - FIRST).days - 1


def line(name: str, labels: dict[str, str], value: float, moment: datetime) -> str:
    """A sample."""
    inside = ",".join(f'{key}="{text}"' for key, text in labels.items())
    return f"{name}{{{inside}}} {value} {moment.timestamp() * 1000:.0f}"


def live(moment: datetime, instance: str) -> Iterator[str]:
    """What a scrape of /metrics gives: each number tells its day."""
    scraped = {"instance": instance, "job": "wxa"}
    day = shown_at(moment)
    week = (day + 1) // 7 - 1  # the newest week that is over

    def sample(name: str, value: float, **labels: str) -> str:
        return line(name, SHOP | labels | scraped, value, moment)

    def start(report: str, first_day: int) -> str:
        begins = midnight(first_day).timestamp()
        return sample(queries.PERIOD_START, begins, report=report)

    elapsed = (moment - FIRST).total_seconds()
    for report, code in FAILING.items():
        yield sample("wxa_exporter_report_success", 0, report=report)
        yield sample("wxa_exporter_report_error", 1, report=report, code=code)
    yield sample("wxa_exporter_report_success", 1, report="daily_summary")
    yield sample("wxa_app_info", 1, appid="wx1")
    for alert, state in ALERTS:
        yield sample("ALERTS", 1, alertname=alert, alertstate=state)
    revised = {"report": "visit_page"}
    yield sample("wxa_exporter_report_revisions_total", elapsed // DAY, **revised)
    yield sample("wxa_visit_uv", 100 + day)
    # Usual is 80; from day 14 on so is a smaller distance from it.
    yield sample("wxa_usual_visit_uv", 80)
    yield sample("wxa_usual_visit_uv_deviation", 20 if day < 14 else 5)
    yield start("daily_visit_trend", day)
    if day in KINDS and day < HISTORY_FROM:
        yield sample("wxa_data_day_kind", 1, kind=KINDS[day])
    yield sample("wxa_page_visit_pv", 1000 + day, page="pages/index")
    if day == RARE:
        yield sample("wxa_page_visit_pv", 7, page="pages/rare")
    yield start("visit_page", day)
    yield start("daily_retention", day)
    for key in BY_NAME["daily_retention"].asks[:3]:
        labels = {"user": "new", "day": str(key)}
        yield sample("wxa_retention_users", 100 * key + day - key, **labels)
        yield sample("wxa_retention_cohort_users", 10_000, **labels)
    yield start("weekly_retention", 7 * week)
    for key in (0, 1):
        labels = {"user": "new", "week": str(key)}
        yield sample("wxa_weekly_retention_users", 100 * key + week - key, **labels)


def dated() -> Iterator[str]:
    """What scrapes of /history gave from HISTORY_FROM on: each number is 9000 more."""
    for day in range(HISTORY_FROM, DAYS - 1):
        if day != GAP:
            for job in ("wxa-history", "wxa-history-2"):
                labels = SHOP | {"job": job, "instance": "history"}
                yield line("wxa_history_visit_uv", labels, 9000 + day, midnight(day))
                if day in KINDS:
                    kind = labels | {"kind": KINDS[day]}
                    yield line("wxa_history_data_day_kind", kind, 1, midnight(day))


def samples() -> str:
    """All scrapes of two exporters, in the order of time."""
    lines = list(dated())
    for number in range(int(timedelta(days=DAYS - 2) / SCRAPE)):
        for instance in ("first", "second"):
            lines += live(midnight(2) + number * SCRAPE, instance)
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that scraped two exporters for five weeks, and dated samples for two."""
    with (
        serving(samples().encode(), content_type="text/plain; version=0.0.4") as given,
        prometheus(tmp_path_factory.mktemp("days"), GIVEN.format(target=given.host)) as running,
    ):
        newest = queries.now("wxa_visit_uv").replace("$app", "shop")
        end = midnight(DAYS).timestamp() - SCRAPE.total_seconds()
        eventually(lambda: bool(running.instant(newest, end)), 20, "all samples are scraped")
        yield running


def by_day(server: Prometheus, expr: str, until: int = DAYS) -> dict[int, float]:
    """What a chart shows at 08:00 of a day: day -> number. There must be one series at most."""
    asked = (
        queries.day_by_day(expr).replace("$app", "shop").replace("$__range", f"{24 * until + 1}h")
    )
    found = server.instant(asked, (midnight(until) + EIGHT).timestamp())
    assert len(found) <= 1
    return {
        round((moment - (FIRST + EIGHT).timestamp()) / DAY): float(value)
        for series in found
        for moment, value in series["values"]
    }


def test_without_dated_samples_each_day_shows_what_was_scraped_on_the_day_after(
    server: Prometheus,
) -> None:
    found = by_day(server, queries.dated("wxa_visit_uv"), until=HISTORY_FROM - 1)

    # The first scrapes, in the morning of day 2, still showed day 0, and on that day day 1 came.
    assert found == {day: 100 + day for day in range(1, HISTORY_FROM)}


def test_dated_samples_win_and_the_other_way_fills_their_gap(server: Prometheus) -> None:
    found = by_day(server, queries.dated("wxa_visit_uv"))

    assert found[HISTORY_FROM - 1] == 100 + HISTORY_FROM - 1
    assert found[HISTORY_FROM] == 9000 + HISTORY_FROM
    assert found[GAP] == 100 + GAP
    assert found[DAYS - 2] == 9000 + DAYS - 2
    assert DAYS - 1 not in found


def test_a_page_not_visited_on_a_day_has_no_number_for_it(server: Prometheus) -> None:
    always = queries.dated("wxa_page_visit_pv", 'page="pages/index"')
    once = queries.dated("wxa_page_visit_pv", 'page="pages/rare"')

    assert by_day(server, always)[RARE] == 1000 + RARE
    assert by_day(server, once) == {RARE: 7}


@pytest.mark.parametrize("key", [0, 1, 2])
def test_a_cohort_has_the_number_that_came_when_its_time_had_come(
    key: int, server: Prometheus
) -> None:
    labels = f'user="new",day="{key}"'

    found = by_day(server, queries.dated("wxa_retention_users", labels, key=key))

    # The cohort of a day is known for a key that many days later; scrapes show day 1 to DAYS - 2.
    assert found == {day: 100 * key + day for day in range(max(1 - key, 0), DAYS - 1 - key)}


@pytest.mark.parametrize("key", [0, 1])
def test_a_week_stands_on_its_monday(key: int, server: Prometheus) -> None:
    labels = f'user="new",week="{key}"'

    found = by_day(server, queries.dated("wxa_weekly_retention_users", labels, key=key))

    assert found == {7 * week: 100 * key + week for week in range(4 - key)}


def test_two_exporters_and_two_jobs_do_not_double_a_number(server: Prometheus) -> None:
    at = midnight(12).timestamp() + 15 * 3600

    found = server.instant(queries.now("wxa_visit_uv").replace("$app", "shop"), at)

    assert [series["value"][1] for series in found] == ["111"]


@pytest.mark.parametrize(
    ("hour", "day", "before"),
    [
        (9, 15, 106),  # in the morning day 13 is shown, and day 6 lies a week before it
        (15, 15, 107),
        (9, 29, 9020),
        (15, 29, 9021),
        (15, 33, 100 + GAP),
    ],
)
def test_the_week_before_is_the_same_weekday(
    hour: int, day: int, before: float, server: Prometheus
) -> None:
    at = midnight(day).timestamp() + hour * 3600

    found = server.instant(queries.week_before("wxa_visit_uv").replace("$app", "shop"), at)

    assert [float(series["value"][1]) for series in found] == [before]


def test_days_off_are_those_the_exporter_tells_else_weekends_from_midnight_to_midnight(
    server: Prometheus,
) -> None:
    asked = queries.day_off("vector(1)").replace("$app", "shop").replace("$__range", f"{DAYS}d")
    (found,) = server.instant(asked, midnight(DAYS).timestamp() - 1)

    hours: dict[int, list[int]] = {}
    for moment, value in found["values"]:
        day, hour = divmod(round((moment - FIRST.timestamp()) / 3600), 24)
        if value == "1":
            hours.setdefault(day, []).append(hour)
    # The first day is a Monday.
    weekends = {day for day in range(DAYS) if day % 7 >= 5}
    told = {day for day, kind in KINDS.items() if kind in ("weekend", "holiday")}
    assert set(hours) == weekends - set(KINDS) | told
    assert all(each == [0, 8, 16] for each in hours.values())


def test_an_empty_chart_has_no_days_off_either(server: Prometheus) -> None:
    nothing = queries.day_off(queries.dated("wxa_visit_pv")).replace("$app", "shop")

    assert server.instant(nothing.replace("$__range", "6d"), midnight(6).timestamp()) == []


def shown(
    server: Prometheus, title: str, ref: str, *labels: str
) -> dict[tuple[str | None, ...], float]:
    """What a panel's query gives at noon: the labels' values -> number."""
    (query,) = (
        each for each in asked()
        if (each.panel["title"], each.target["refId"]) == (title, ref)
    )  # fmt: skip
    moment = midnight(12) + timedelta(hours=12)
    found = server.instant(interpolated(query, "shop", ""), moment.timestamp())
    result = {
        tuple(series["metric"].get(label) for label in labels): float(series["value"][1])
        for series in found
    }
    assert len(result) == len(found)
    return result


@pytest.mark.parametrize(
    ("title", "ref"),
    [
        ("Numbers that WeChat changed later", "A"),
        ("How fresh each report is, the longest overdue first", "E"),
    ],
)
def test_a_number_changed_later_names_its_report(title: str, ref: str, server: Prometheus) -> None:
    found = shown(server, title, ref, "report")

    assert list(found) == [("visit_page",)]
    assert all(found.values())


def test_the_fleet_names_the_code_that_most_reports_of_an_app_fail_with(
    server: Prometheus,
) -> None:
    found = shown(server, "Every Mini Program, what needs a look first", "G", "app", "code")

    assert found == {("shop", "40164"): 2}


@pytest.mark.parametrize(("day", "surprises"), [(11, []), (14, [114 / 80 - 1])])
def test_a_change_within_what_is_usual_is_no_surprise(
    day: int, surprises: list[float], server: Prometheus
) -> None:
    noon = midnight(day + 1) + timedelta(hours=12)

    found = server.instant(
        queries.surprise("wxa_visit_uv").replace("$app", "shop"), noon.timestamp()
    )

    assert [float(series["value"][1]) for series in found] == pytest.approx(surprises)


def test_the_fleet_counts_the_alerts_that_fire_for_an_app(server: Prometheus) -> None:
    found = shown(server, "Every Mini Program, what needs a look first", "H", "app")

    assert found == {("shop",): 2}


def test_failing_reports_are_counted_by_code(server: Prometheus) -> None:
    found = shown(server, "What they fail with", "A", "code")

    assert found == {("40164",): 2, ("timeout",): 1}


def test_each_report_was_answered_or_says_with_what_it_failed(server: Prometheus) -> None:
    table = "How fresh each report is, the longest overdue first"

    found = shown(server, table, "C", "report", "code")

    assert found == dict.fromkeys(FAILING.items(), 0) | {("daily_summary", None): 1}
