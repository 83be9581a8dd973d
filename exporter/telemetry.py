"""What the exporter tells about itself, in registries passed in.

Two registries, because they change at different times: the state of apps and calls changes with
the passes, the process's own numbers change always but are few.
"""

import platform
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Literal, NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.metrics import MetricWrapperBase

from exporter import __version__

# WeChat answers in 50 to 500 ms as a rule; the timeout is 10 s by default.
DURATION_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Own(NamedTuple):
    """One metric of the exporter about itself."""

    name: str
    kind: Literal["gauge", "counter", "histogram"]
    labels: tuple[str, ...]
    unit: str
    help: str
    help_zh: str


BUILD_INFO = Own("wxa_exporter_build_info", "gauge", ("version", "python"), "1", "Version of the exporter and of its Python.", "导出器与 Python 的版本。")  # fmt: skip
SUCCESS = Own("wxa_exporter_report_success", "gauge", ("app", "report"), "1 or 0", "1 if WeChat answered the last look for the report, be it with 'not ready'; else 0.", "最近一次查询得到微信响应（含“尚未就绪”）为 1，否则为 0。")  # fmt: skip
ERROR = Own("wxa_exporter_report_error", "gauge", ("app", "report", "code"), "1", "1 while the last look for the report failed, with what: an errcode, or timeout, connection, http_<status>, malformed, secret, internal, token_service, or of a sealed reply not_verified, encryption, certificate, clock_skew.", "最近一次查询失败期间为 1，code 为失败原因：errcode 或 timeout、connection、http_<状态码>、malformed、secret、internal、token_service，或加密响应的 not_verified、encryption、certificate、clock_skew。")  # fmt: skip
LAST_SUCCESS = Own("wxa_exporter_report_last_success_timestamp_seconds", "gauge", ("app", "report"), "seconds", "When data of the report last arrived.", "该报表最近一次取得数据的时刻。")  # fmt: skip
DUE = Own("wxa_exporter_reports_due", "gauge", ("app",), "requests", "Looks that are due and not answered with data yet; some are normal in the morning.", "待采集的查询数，即尚未取得数据的；上午有若干属正常。")  # fmt: skip
REQUESTS = Own("wxa_exporter_api_requests_total", "counter", ("app", "call", "code"), "requests", "Calls of WeChat by errcode: 0 when fine, or timeout, connection, http_<status>, malformed.", "调用微信接口的次数，按 errcode（0 为成功）或 timeout、connection、http_<状态码>、malformed。")  # fmt: skip
DURATION = Own("wxa_exporter_api_request_duration_seconds", "histogram", ("call",), "seconds", "How long calls of WeChat took.", "调用微信接口的耗时。")  # fmt: skip
REVISIONS = Own("wxa_exporter_report_revisions_total", "counter", ("app", "report"), "periods", "Periods that came back with other numbers when asked again.", "再次查询时数值发生变化的周期数。")  # fmt: skip
PAGES_DROPPED = Own("wxa_exporter_pages_dropped", "gauge", ("app",), "pages", "Pages of the day shown that pages.limit leaves out.", "因 pages.limit 限制而未展示的页面数。")  # fmt: skip
PORTRAIT_DROPPED = Own("wxa_exporter_portrait_dropped", "gauge", ("app", "report", "dimension"), "values", "Cities and devices of the portrait shown that portrait.limit leaves out.", "因 portrait.limit 限制而未展示的城市数与机型数。")  # fmt: skip
ARCHIVE_WRITABLE = Own("wxa_exporter_archive_writable", "gauge", (), "1 or 0", "1 while the archive can be used, 0 since a pass could not write it or it could not be read.", "存档可用为 1；最近一轮采集写不进去，或存档读不出来时为 0。")  # fmt: skip
TOKEN_SERVICE_UP = Own("wxa_exporter_token_service_up", "gauge", ("service",), "1 or 0", "1 if the token service behind token_url answers; 0 since two of its apps, one after the other, got no answer.", "token_url 指向的中控服务有响应为 1；接连两个小程序得不到响应后为 0。")  # fmt: skip
QUOTA_LIMIT = Own("wxa_api_quota_limit", "gauge", ("app", "call"), "requests", "How often WeChat lets the app make the call today; told once a day, from noon on.", "微信允许该小程序当日调用该接口的次数；每日中午后查询一次。")  # fmt: skip
QUOTA_USED = Own("wxa_api_quota_used", "gauge", ("app", "call"), "requests", "How often the call was made today when WeChat was asked, by whomever.", "查询时该接口当日已被调用的次数，含其他调用方。")  # fmt: skip
QUOTA_REMAINING = Own("wxa_api_quota_remaining", "gauge", ("app", "call"), "requests", "How often the call may still be made today.", "查询时该接口当日剩余的调用次数。")  # fmt: skip
SOURCE_INFO = Own("wxa_exporter_source_info", "gauge", ("source", "name"), "1", "WeChat's name of a source that the exporter has no word for.", "导出器尚无标签的访问来源在微信中的名称。")  # fmt: skip
RELOAD_SUCCESSFUL = Own("wxa_exporter_config_last_reload_successful", "gauge", (), "1 or 0", "1 if the last attempt to load the configuration succeeded.", "最近一次加载配置成功为 1，否则为 0。")  # fmt: skip
RELOAD_TIME = Own("wxa_exporter_config_last_reload_success_timestamp_seconds", "gauge", (), "seconds", "When the configuration was last loaded.", "最近一次成功加载配置的时刻。")  # fmt: skip
NEXT_COLLECTION = Own("wxa_exporter_next_collection_timestamp_seconds", "gauge", (), "seconds", "When the next pass of collection begins.", "下一轮采集开始的时刻。")  # fmt: skip

LAST_COLLECTION = Own("wxa_exporter_last_collection_timestamp_seconds", "gauge", (), "seconds", "When the last pass of collection ended.", "上一轮采集结束的时刻。")  # fmt: skip
SHARD_ORDINAL = Own("wxa_exporter_shard_ordinal", "gauge", (), "1", "Which of the shards this exporter is, counted from 0.", "本导出器是第几个分片（从 0 数起）。")  # fmt: skip
TOTAL_SHARDS = Own("wxa_exporter_total_shards", "gauge", (), "shards", "Among how many exporters the apps are shared; 1 when they are not.", "小程序分给多少个导出器采集；不分片时为 1。")  # fmt: skip
DISCOVERY_APPS = Own("wxa_exporter_discovery_apps", "gauge", ("source",), "apps", "Apps taken from a list of app_files or app_urls; while it is broken, those of its last good state.", "从 app_files 或 app_urls 的某个列表取得的小程序数；列表出错期间为最近一次正常时的数目。")  # fmt: skip
DISCOVERY_FAULTS = Own("wxa_exporter_discovery_faults", "gauge", ("source",), "faults", "What is wrong with a list of apps now: its bad entries, or the list itself; 0 when it is good.", "该小程序列表当前的错误数：有误的条目，或列表本身不可用；正常时为 0。")  # fmt: skip
DISCOVERY_LAST_SUCCESS = Own("wxa_exporter_discovery_last_success_timestamp_seconds", "gauge", ("source",), "seconds", "When a list of apps was last read and taken.", "该小程序列表最近一次成功读取的时刻。")  # fmt: skip
# Few, and set anew every minute: with the process's own numbers, lest all apps' be rendered again.
LISTS = (DISCOVERY_APPS, DISCOVERY_FAULTS, DISCOVERY_LAST_SUCCESS)

OWN: tuple[Own, ...] = (
    BUILD_INFO, SUCCESS, ERROR, LAST_SUCCESS, DUE, REQUESTS, DURATION, REVISIONS, PAGES_DROPPED,
    PORTRAIT_DROPPED, ARCHIVE_WRITABLE, TOKEN_SERVICE_UP, RELOAD_SUCCESSFUL, RELOAD_TIME,
    NEXT_COLLECTION, LAST_COLLECTION, SHARD_ORDINAL, TOTAL_SHARDS, *LISTS,
    QUOTA_LIMIT, QUOTA_USED, QUOTA_REMAINING, SOURCE_INFO,
)  # fmt: skip


class Telemetry:
    """The wxa_exporter_ metrics. Every method that changes `state` raises `version` afterwards."""

    def __init__(self, state: CollectorRegistry, process: CollectorRegistry) -> None:
        self.state, self.process = state, process
        self.version = 0
        ProcessCollector(registry=process)
        PlatformCollector(registry=process)
        self._gauges: dict[Own, Gauge] = {}
        self._known: set[Own] = set()
        self._sources: set[str] = set()
        self._quota_day: date | None = None
        # By app and report, the code that its last look failed with.
        self._codes: dict[tuple[str, str], str] = {}
        self._counters: dict[Own, Counter] = {}
        for own in OWN:
            text = f"{own.help} {own.help_zh}"
            match own.kind:
                case "gauge":
                    # Without labels it would stand on the page as 0 before anything is known.
                    known = state if own.labels else None
                    if own in LISTS:
                        known = process
                    self._gauges[own] = Gauge(own.name, text, own.labels, registry=known)
                case "counter":
                    self._counters[own] = Counter(own.name, text, own.labels, registry=state)
                case "histogram":
                    self._duration = Histogram(
                        own.name, text, own.labels, buckets=DURATION_BUCKETS, registry=state
                    )
        self._set(BUILD_INFO, 1, __version__, platform.python_version())

    def _set(self, own: Own, value: float, *labels: str) -> None:
        gauge = self._gauges[own]
        (gauge.labels(*labels) if labels else gauge).set(value)
        if not own.labels and own not in self._known:
            self._known.add(own)
            self.state.register(gauge)
        self.version += 1

    def _count(self, own: Own, *labels: str) -> None:
        self._counters[own].labels(*labels).inc()
        self.version += 1

    def begin(self, app: str, calls: Mapping[str, str]) -> None:
        """Begin to count for an app: by report, the call that is made for it.

        Counters that begin with their first event hide it: nothing rises from absent to 1.
        """
        for report, call in calls.items():
            self._counters[REVISIONS].labels(app, report)
            self._counters[REQUESTS].labels(app, call, "0")
        self.version += 1

    def request(self, app: str, call: str, code: str, seconds: float) -> None:
        """One HTTP call ended, with that outcome and after that time."""
        self._duration.labels(call).observe(seconds)
        self._count(REQUESTS, app, call, code)

    def answered(self, app: str, report: str, error_code: str | None) -> None:
        """The last look for a report was answered by WeChat, or failed with that code."""
        earlier = self._codes.pop((app, report), None)
        # The new one first: a page between the two must not show that nothing fails.
        if error_code is not None:
            self._codes[app, report] = error_code
            self._set(ERROR, 1, app, report, error_code)
        self._set(SUCCESS, error_code is None, app, report)
        if earlier is not None and earlier != error_code:
            self._gauges[ERROR].remove(app, report, earlier)
            self.version += 1

    def arrived(self, app: str, report: str, at: datetime) -> None:
        """Data of a report arrived at that time."""
        self._set(LAST_SUCCESS, at.timestamp(), app, report)

    def revised(self, app: str, report: str) -> None:
        """A period came back with other numbers."""
        self._count(REVISIONS, app, report)

    def due(self, app: str, looks: int) -> None:
        """So many looks are due for an app."""
        self._set(DUE, looks, app)

    def dropped(self, app: str, report: str, label: str, values: int) -> None:
        """So many values of a label are left out of what is shown of a report."""
        if label == "page":
            self._set(PAGES_DROPPED, values, app)
        else:
            self._set(PORTRAIT_DROPPED, values, app, report, label)

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
                self._set(own, value, app, call)

    def forget_quotas_before(self, day: date) -> None:
        """What was left of an earlier day says nothing any more."""
        if self._quota_day is not None and self._quota_day < day:
            self._quota_day = None
            for own in (QUOTA_LIMIT, QUOTA_USED, QUOTA_REMAINING):
                self._gauges[own].clear()
            self.version += 1

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
        for own, metric in (*self._gauges.items(), *self._counters.items()):
            if "app" in own.labels and len(apps) == 1:
                metric.remove_by_labels({"app": next(iter(apps))})
            elif "app" in own.labels and apps:  # one look at all series, however many apps
                self._keep(own, metric, lambda labels: labels["app"] not in apps)
        self._keep_codes(lambda app, _: app not in apps)
        self.version += 1

    def keep_apps(self, reports: Mapping[str, set[str]]) -> None:
        """Forget the series of every app, and of every report of an app, that is not named."""

        def named(labels: Mapping[str, str]) -> bool:
            app, report = labels["app"], labels.get("report")
            return app in reports and (not report or report in reports[app])

        for own, metric in (*self._gauges.items(), *self._counters.items()):
            if "app" in own.labels:
                self._keep(own, metric, named)
        self._keep_codes(lambda app, report: app in reports and report in reports[app])
        self.version += 1

    def _keep_codes(self, wanted: Callable[[str, str], bool]) -> None:
        for app, report in list(self._codes):
            if not wanted(app, report):
                self._codes.pop((app, report), None)

    def _keep(
        self, own: Own, metric: MetricWrapperBase, wanted: Callable[[Mapping[str, str]], bool]
    ) -> None:
        found = [sample.labels for family in metric.collect() for sample in family.samples]
        for labels in found:
            if not wanted(labels):
                metric.remove(*(labels[name] for name in own.labels))


def new_telemetry() -> Telemetry:
    """The exporter's own metrics in fresh registries."""
    # Series that say when a counter was born double the counters, and nobody here reads them.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    return Telemetry(CollectorRegistry(), CollectorRegistry())
