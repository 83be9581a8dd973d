"""What the exporter tells about itself.

Three places, because they change at different times and in size: what every app has is many series
of which few change; the state of the whole changes with the passes; the process's own numbers
change always but are few.
"""

import platform
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from threading import Lock

from prometheus_client import (
    CollectorRegistry,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

from exporter import __version__
from exporter.telemetry.apps import AppSeries
from exporter.telemetry.own import (
    ARCHIVE_WRITABLE,
    BUILD_INFO,
    DISCOVERY_APPS,
    DISCOVERY_FAULTS,
    DISCOVERY_LAST_SUCCESS,
    DUE,
    ERROR,
    LAST_COLLECTION,
    LAST_SUCCESS,
    LISTS,
    NEXT_COLLECTION,
    OF_APPS,
    OWN,
    PAGES_DROPPED,
    PORTRAIT_DROPPED,
    QUOTA_LIMIT,
    QUOTA_REMAINING,
    QUOTA_USED,
    RELOAD_SUCCESSFUL,
    RELOAD_TIME,
    REQUESTS,
    REVISIONS,
    SHARD_ORDINAL,
    SOURCE_INFO,
    SUCCESS,
    TOKEN_SERVICE_UP,
    TOTAL_SHARDS,
    Own,
)

# WeChat answers in 50 to 500 ms as a rule; the timeout is 10 s by default.
DURATION_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Telemetry:
    """The metrics about the exporter. What changes `state` raises `version` afterwards."""

    def __init__(self, state: CollectorRegistry, process: CollectorRegistry) -> None:
        self.state, self.process = state, process
        self.version = 0
        ProcessCollector(registry=process)
        PlatformCollector(registry=process)
        self.apps = AppSeries()
        self._gauges: dict[Own, Gauge] = {}
        self._known: set[Own] = set()
        self._sources: set[str] = set()
        self._quota_day: date | None = None
        # By app and report, the code that its last look failed with: a pass or a tick tells it.
        self._answering = Lock()
        self._codes: dict[tuple[str, str], str] = {}
        for own in OWN:
            if own in OF_APPS:
                continue
            text = f"{own.help} {own.help_zh}"
            if own.kind == "histogram":
                self._duration = Histogram(
                    own.name, text, own.labels, buckets=DURATION_BUCKETS, registry=state
                )
            else:
                # Without labels it would stand on the page as 0 before anything is known.
                known = state if own.labels else None
                if own in LISTS:
                    known = process
                self._gauges[own] = Gauge(own.name, text, own.labels, registry=known)
        self._set(BUILD_INFO, 1, __version__, platform.python_version())

    def _set(self, own: Own, value: float, *labels: str) -> None:
        gauge = self._gauges[own]
        (gauge.labels(*labels) if labels else gauge).set(value)
        if not own.labels and own not in self._known:
            self._known.add(own)
            self.state.register(gauge)
        self.version += 1

    def begin(self, app: str, calls: Mapping[str, str]) -> None:
        """Begin to count for an app: by report, the call that is made for it.

        Counters that begin with their first event hide it: nothing rises from absent to 1.
        """
        for report, call in calls.items():
            self.apps.add(REVISIONS, app, report, value=0)
            self.apps.add(REQUESTS, app, call, "0", value=0)

    def request(self, app: str, call: str, code: str, seconds: float) -> None:
        """One HTTP call ended, with that outcome and after that time."""
        self._duration.labels(call).observe(seconds)
        self.version += 1
        self.apps.add(REQUESTS, app, call, code)

    def answered(self, app: str, report: str, error_code: str | None) -> None:
        """The last look for a report was answered by WeChat, or failed with that code."""
        with self._answering:
            earlier = self._codes.pop((app, report), None)
            # The new one first: a page between the two must not show that nothing fails.
            if error_code is not None:
                self._codes[app, report] = error_code
                self.apps.set(ERROR, app, report, error_code, value=1)
            self.apps.set(SUCCESS, app, report, value=error_code is None)
            if earlier is not None and earlier != error_code:
                self.apps.remove(ERROR, app, report, earlier)

    def arrived(self, app: str, report: str, at: datetime) -> None:
        """Data of a report arrived at that time."""
        self.apps.set(LAST_SUCCESS, app, report, value=at.timestamp())

    def revised(self, app: str, report: str) -> None:
        """A period came back with other numbers."""
        self.apps.add(REVISIONS, app, report)

    def due(self, app: str, looks: int) -> None:
        """So many looks are due for an app."""
        self.apps.set(DUE, app, value=looks)

    def dropped(self, app: str, report: str, label: str, values: int) -> None:
        """So many values of a label are left out of what is shown of a report."""
        if label == "page":
            self.apps.set(PAGES_DROPPED, app, value=values)
        else:
            self.apps.set(PORTRAIT_DROPPED, app, report, label, value=values)

    def archive_writable(self, writable: bool) -> None:
        """The archive can be used, or could not be lately."""
        self._set(ARCHIVE_WRITABLE, writable)

    def quota(
        self,
        app: str,
        call: str,
        day: date,
        limit: float | None,
        used: float | None,
        left: float | None,
    ) -> None:
        """What WeChat told of a day's quota of an app's call; None where it told nothing."""
        self.forget_quotas_before(day)
        self._quota_day = day
        for own, value in ((QUOTA_LIMIT, limit), (QUOTA_USED, used), (QUOTA_REMAINING, left)):
            if value is not None:
                self.apps.set(own, app, call, value=value)

    def forget_quotas_before(self, day: date) -> None:
        """What was left of an earlier day says nothing any more."""
        if self._quota_day is not None and self._quota_day < day:
            self._quota_day = None
            for own in (QUOTA_LIMIT, QUOTA_USED, QUOTA_REMAINING):
                self.apps.clear(own)

    def source(self, source: str, name: str) -> None:
        """What WeChat calls a source that the table does not know."""
        self._gauges[SOURCE_INFO].remove_by_labels({"source": source})
        self._set(SOURCE_INFO, 1, source, name)

    def token_service(self, service: str, up: bool) -> None:
        """A token service answers, or does not."""
        self._set(TOKEN_SERVICE_UP, up, service)

    def keep_token_services(self, services: set[str]) -> None:
        """Forget the series of every token service that is not named."""
        gauge = self._gauges[TOKEN_SERVICE_UP]
        for sample in [sample for family in gauge.collect() for sample in family.samples]:
            if sample.labels["service"] not in services:
                gauge.remove_by_labels(sample.labels)
        self.version += 1

    def reloaded(self, success: bool, at: datetime) -> None:
        """A configuration was loaded or refused."""
        self._set(RELOAD_SUCCESSFUL, success)
        if success:
            self._set(RELOAD_TIME, at.timestamp())

    def collected(self, at: datetime) -> None:
        """A pass ended."""
        self._set(LAST_COLLECTION, at.timestamp())

    def next_collection(self, at: datetime) -> None:
        """The next pass begins then."""
        self._set(NEXT_COLLECTION, at.timestamp())

    def sharded(self, ordinal: int, total: int) -> None:
        """This exporter is that one of so many."""
        self._set(SHARD_ORDINAL, ordinal)
        self._set(TOTAL_SHARDS, total)

    def listed(self, lists: Mapping[str, tuple[int, int, datetime | None]]) -> None:
        """What lists of apps came to, all of them: apps, faults, and when each was last good."""
        for own in LISTS:
            for source in self._sources - lists.keys():
                self._gauges[own].remove_by_labels({"source": source})
        self._sources = set(lists)
        for source, (apps, faults, last_success) in lists.items():
            self._gauges[DISCOVERY_APPS].labels(source).set(apps)
            self._gauges[DISCOVERY_FAULTS].labels(source).set(faults)
            if last_success is not None:
                at = last_success.timestamp()
                self._gauges[DISCOVERY_LAST_SUCCESS].labels(source).set(at)

    def forget_apps(self, apps: Collection[str]) -> None:
        """Forget every series of some apps."""
        self.apps.forget(apps)
        self._keep_codes(lambda app, _: app not in apps)

    def keep_apps(self, reports: Mapping[str, set[str]]) -> None:
        """Forget the series of every app, and of every report of an app, that is not named."""

        def wanted(app: str, report: str | None) -> bool:
            return app in reports and (report is None or report in reports[app])

        self.apps.keep(wanted)
        self._keep_codes(wanted)

    def _keep_codes(self, wanted: Callable[[str, str], bool]) -> None:
        for app, report in list(self._codes):
            if not wanted(app, report):
                self._codes.pop((app, report), None)


def new_telemetry() -> Telemetry:
    """The exporter's own metrics in fresh registries."""
    # Series that say when a counter was born double the counters, and nobody here reads them.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    return Telemetry(CollectorRegistry(), CollectorRegistry())
