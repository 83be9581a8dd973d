"""What the exporter tells about itself: names, labels and HELP of every metric."""

from typing import Literal, NamedTuple


class Own(NamedTuple):
    """One metric of the exporter about itself."""

    name: str
    kind: Literal["gauge", "counter", "histogram"]
    labels: tuple[str, ...]
    unit: str
    help: str
    help_zh: str


BUILD_INFO = Own("wxa_exporter_build_info", "gauge", ("version", "python"), "1", "Version of the exporter and of its Python.", "导出器与 Python 的版本。")  # fmt: skip
SUCCESS = Own("wxa_exporter_report_success", "gauge", ("app", "report"), "1 or 0", "1 if WeChat answered the last look for the report, be it with 'not ready'; else 0.", "最近一次查询成功（“尚未就绪”也算）为 1，否则为 0。")  # fmt: skip
ERROR = Own("wxa_exporter_report_error", "gauge", ("app", "report", "code"), "1", "1 while the last look for the report failed, with what: an errcode, or timeout, connection, http_<status>, malformed, secret, internal, token_service, or of a sealed reply not_verified, encryption, certificate, clock_skew.", "最近一次查询失败期间为 1，code 为失败原因：errcode 或 timeout、connection、http_<状态码>、malformed、secret、internal、token_service，或加密响应的 not_verified、encryption、certificate、clock_skew。")  # fmt: skip
LAST_SUCCESS = Own("wxa_exporter_report_last_success_timestamp_seconds", "gauge", ("app", "report"), "seconds", "When data of the report last arrived.", "该报表最近一次取得数据的时刻。")  # fmt: skip
DUE = Own("wxa_exporter_reports_due", "gauge", ("app",), "requests", "Looks that are due and not answered with data yet; some are normal from Beijing midnight until WeChat has published.", "待采集且尚未取得数据的查询数；北京时间零点到微信产出数据之前有一些属正常。")  # fmt: skip
REQUESTS = Own("wxa_exporter_api_requests_total", "counter", ("app", "call", "code"), "requests", "Calls of WeChat by errcode: 0 when fine, or timeout, connection, http_<status>, malformed.", "调用微信接口的次数，按结果：errcode（0 为成功），或 timeout、connection、http_<状态码>、malformed。")  # fmt: skip
DURATION = Own("wxa_exporter_api_request_duration_seconds", "histogram", ("call",), "seconds", "How long calls of WeChat took.", "调用微信接口的耗时。")  # fmt: skip
REVISIONS = Own("wxa_exporter_report_revisions_total", "counter", ("app", "report"), "periods", "Periods that came back with other numbers when asked again.", "再次查询时数值发生变化的周期数。")  # fmt: skip
PAGES_DROPPED = Own("wxa_exporter_pages_dropped", "gauge", ("app",), "pages", "Pages of the day shown that pages.limit leaves out.", "因 pages.limit 限制而未展示的页面数。")  # fmt: skip
PORTRAIT_DROPPED = Own("wxa_exporter_portrait_dropped", "gauge", ("app", "report", "dimension"), "values", "Cities and devices of the portrait shown that portrait.limit leaves out.", "因 portrait.limit 限制而未展示的城市数与机型数。")  # fmt: skip
ARCHIVE_WRITABLE = Own("wxa_exporter_archive_writable", "gauge", (), "1 or 0", "1 while the archive can be used, 0 since a start or a pass could not write it or it could not be read.", "存档可用为 1；启动或采集时无法写入，或存档无法读取，则为 0。")  # fmt: skip
TOKEN_SERVICE_UP = Own("wxa_exporter_token_service_up", "gauge", ("service",), "1 or 0", "1 if the token service behind token_url answers; 0 since two of its apps, one after the other, got no answer.", "token_url 指向的中控服务有响应为 1；接连两个小程序得不到响应后为 0。")  # fmt: skip
QUOTA_LIMIT = Own("wxa_api_quota_limit", "gauge", ("app", "call"), "requests", "How often WeChat lets the app make the call today; told once a day, from noon on.", "微信允许该小程序当日调用该接口的次数；每日中午后查询一次。")  # fmt: skip
QUOTA_USED = Own("wxa_api_quota_used", "gauge", ("app", "call"), "requests", "How often the call was made today when WeChat was asked, by whomever.", "查询时该接口当日已被调用的次数，含其他调用方。")  # fmt: skip
QUOTA_REMAINING = Own("wxa_api_quota_remaining", "gauge", ("app", "call"), "requests", "How often the call may still be made today.", "查询时该接口当日剩余的调用次数。")  # fmt: skip
SOURCE_INFO = Own("wxa_exporter_source_info", "gauge", ("source", "name"), "1", "WeChat's name of a source that the exporter has no word for.", "微信给出的访问来源名称，仅限导出器尚无对应标签的来源。")  # fmt: skip
RELOAD_SUCCESSFUL = Own("wxa_exporter_config_last_reload_successful", "gauge", (), "1 or 0", "1 if the last attempt to load the configuration succeeded.", "最近一次加载配置成功为 1，否则为 0。")  # fmt: skip
RELOAD_TIME = Own("wxa_exporter_config_last_reload_success_timestamp_seconds", "gauge", (), "seconds", "When the configuration was last loaded.", "最近一次成功加载配置的时刻。")  # fmt: skip
NEXT_COLLECTION = Own("wxa_exporter_next_collection_timestamp_seconds", "gauge", (), "seconds", "When the next pass of collection begins.", "下一轮采集开始的时刻。")  # fmt: skip

LAST_COLLECTION = Own("wxa_exporter_last_collection_timestamp_seconds", "gauge", (), "seconds", "When the last pass of collection ended.", "上一轮采集结束的时刻。")  # fmt: skip
SHARD_ORDINAL = Own("wxa_exporter_shard_ordinal", "gauge", (), "1", "Which of the shards this exporter is, counted from 0.", "本导出器的分片序号，从 0 起。")  # fmt: skip
TOTAL_SHARDS = Own("wxa_exporter_total_shards", "gauge", (), "shards", "Among how many exporters the apps are shared; 1 when they are not.", "分片总数，即由多少个导出器分担采集；不分片时为 1。")  # fmt: skip
DISCOVERY_APPS = Own("wxa_exporter_discovery_apps", "gauge", ("source",), "apps", "Apps taken from a list of app_files or app_urls; while it is broken, those of its last good state.", "从 app_files 或 app_urls 的某个列表取得的小程序数；列表出错期间为最近一次正常时的数目。")  # fmt: skip
DISCOVERY_FAULTS = Own("wxa_exporter_discovery_faults", "gauge", ("source",), "faults", "What is wrong with a list of apps now: its bad entries, or the list itself; 0 when it is good.", "该小程序列表当前的错误数：有误的条目数，列表本身不可用时也计入；正常时为 0。")  # fmt: skip
DISCOVERY_LAST_SUCCESS = Own("wxa_exporter_discovery_last_success_timestamp_seconds", "gauge", ("source",), "seconds", "When a list of apps was last read and taken.", "该小程序列表最近一次成功读取的时刻。")  # fmt: skip
# Few, and set anew every minute: with the process's own numbers, lest all apps' be rendered again.
LISTS = (DISCOVERY_APPS, DISCOVERY_FAULTS, DISCOVERY_LAST_SUCCESS)

OWN: tuple[Own, ...] = (
    BUILD_INFO, SUCCESS, ERROR, LAST_SUCCESS, DUE, REQUESTS, DURATION, REVISIONS, PAGES_DROPPED,
    PORTRAIT_DROPPED, ARCHIVE_WRITABLE, TOKEN_SERVICE_UP, RELOAD_SUCCESSFUL, RELOAD_TIME,
    NEXT_COLLECTION, LAST_COLLECTION, SHARD_ORDINAL, TOTAL_SHARDS, *LISTS,
    QUOTA_LIMIT, QUOTA_USED, QUOTA_REMAINING, SOURCE_INFO,
)  # fmt: skip
# Of which every app has series: at 10,000 apps some hundred thousand, see `apps`.
OF_APPS = tuple(own for own in OWN if "app" in own.labels)
