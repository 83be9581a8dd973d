"""What the page for people says: a summary of all apps, and some of them in full."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from exporter.archive import Part, reading_of
from exporter.collect.app import AppCollector
from exporter.collect.status import ReportView
from exporter.config import App
from exporter.errors import ArchiveError
from exporter.periods import Period, Window, beijing_day
from exporter.reports.table import BY_NAME
from exporter.service import Service
from exporter.web.drawn_line import path_of
from exporter.wechat.replies import is_for_a_person

# So many stand on one page: their numbers are read from the archive for each request.
APPS_AT_ONCE = 20
# Up to so many apps show all of their reports at once; of more, those that need a look.
OPEN_AT_ONCE = 3
SEARCH_CHARACTERS = 100
DAYS = 30
WEEK = timedelta(days=7)
TREND, VISITORS = "daily_visit_trend", "wxa_visit_uv"


@dataclass(frozen=True, slots=True)
class Visitors:
    """The newest visitors of an app, their change against the same weekday, and a drawn line."""

    day: date
    count: float
    change: float | None
    path: str


@dataclass(frozen=True, slots=True)
class AppView:
    """One app in full."""

    app: App
    reports: list[ReportView]
    failing: int
    visitors: Visitors | None
    opened: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """The page. Counts are of all apps; `found` of those that were searched for.

    `archive_failure` is why the archive cannot be used now, empty while it can.
    """

    apps: int
    apps_failing: int
    apps_for_a_person: int
    reports: int
    reports_failing: int
    search: str
    found: int
    number: int
    pages: int
    shown: list[AppView]
    archive_failure: str


def overview(service: Service, search: str, page: str) -> Overview:
    """The page of that number, of the apps in which the search finds something."""
    # What needs a person, what fails, what is well. Of ten thousand apps nothing else is made for
    # each: the garbage collector would come, and stop the scrapes with everybody else.
    groups: tuple[list[AppCollector], ...] = ([], [], [])
    apps = service.runtime.collector.apps
    for collector in sorted(apps, key=lambda collector: collector.app.name):
        groups[_group(collector)].append(collector)
    search = search.strip()[:SEARCH_CHARACTERS]
    wanted = search.casefold()
    found = [each for group in groups for each in group if _holds(each.app, wanted)]
    pages = max(1, -(-len(found) // APPS_AT_ONCE))
    number = min(int(page[:9]), pages) if page.isdecimal() and page.strip("0") else 1
    some = found[(number - 1) * APPS_AT_ONCE : number * APPS_AT_ONCE]
    visitors, archive_failure = {}, service.archive_state.failure
    try:
        # Known to be away, it would only let everybody wait.
        if not service.archive_state.unread:
            visitors = _visitors(service, [each.app for each in some])
    except ArchiveError as error:
        archive_failure = str(error)
    return Overview(
        apps=len(apps),
        apps_failing=len(groups[0]) + len(groups[1]),
        apps_for_a_person=len(groups[0]),
        reports=sum(len(each.statuses) for each in apps),
        reports_failing=sum(each.statuses.failing for group in groups[:2] for each in group),
        search=search,
        found=len(found),
        number=number,
        pages=pages,
        shown=_shown(service, some, visitors),
        archive_failure=archive_failure,
    )


def _group(collector: AppCollector) -> int:
    group = 2
    for status in collector.statuses.values():
        if status.failure is not None:
            if is_for_a_person(status.failure.code):
                return 0
            group = 1
    return group


def _holds(app: App, wanted: str) -> bool:
    """Whether what is searched for, in small letters, stands in one of an app's texts."""
    if not wanted:
        return True
    return any(wanted in text.casefold() for text in (app.name, app.appid, *app.labels.values()))


def _shown(
    service: Service, some: Sequence[AppCollector], visitors: Mapping[str, Visitors]
) -> list[AppView]:
    views: dict[str, list[ReportView]] = {each.app.name: [] for each in some}
    for view in service.overview(views.keys()):
        views[view.app].append(view)
    return [
        AppView(
            each.app, views[each.app.name], each.statuses.failing, visitors.get(each.app.appid),
            opened=each.statuses.failing > 0 or len(some) <= OPEN_AT_ONCE,
        )
        for each in some
    ]  # fmt: skip


def _visitors(service: Service, apps: Collection[App]) -> dict[str, Visitors]:
    """By appid, of the apps that have any. Raises ArchiveError."""
    report, yesterday = BY_NAME[TREND], beijing_day(service.now()) - timedelta(days=1)
    first = yesterday - timedelta(days=DAYS - 1)
    part = Part(tuple(app.appid for app in apps), TREND, first - WEEK, yesterday)
    counts: dict[str, dict[date, float]] = {}
    for appid, day, kept in service.archived(part):
        reading = reading_of(report, Window(Period.DAY, day), kept)
        for value in reading.values[VISITORS].values():
            counts.setdefault(appid, {})[day] = value
    span = [first + timedelta(days=number) for number in range(DAYS)]
    found = {}
    for app in apps:
        window = service.runtime.publisher.days.get((app.name, TREND))
        by_day = counts.get(app.appid, {})
        if window and window.first_day in by_day:
            found[app.appid] = _told(window.first_day, by_day, span)
    return found


def _told(day: date, by_day: dict[date, float], span: Sequence[date]) -> Visitors:
    count, before = by_day[day], by_day.get(day - WEEK)
    change = count / before - 1 if before else None
    return Visitors(day, count, change, path_of([by_day.get(each) for each in span]))
