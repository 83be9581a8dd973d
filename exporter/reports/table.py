"""THE TABLE: every report, and which field of its reply is which metric.

A metric is one line. Everything else (/metrics, /history, `wxa-exporter metrics`, docs/metrics.md,
the tests) is derived from here. The archive keeps bodies, so a metric added here appears for
every period that is archived already.
"""

from collections import Counter
from itertools import groupby
from operator import attrgetter

from exporter.periods import Period
from exporter.reports.calls import Datacube, Performance
from exporter.reports.codes import (
    AGES,
    DEPTHS,
    GENDERS,
    PLATFORMS,
    PROVINCES,
    SOURCES,
    STAY_TIMES,
)
from exporter.reports.report import Report
from exporter.reports.shapes import ByCode, ByCohort, ByMeasure, ByPage, ByTrait, Totals
from exporter.reports.vocabulary import Metric, TableError

# The second look at a finished period catches numbers that WeChat corrects late.
TWICE = (0, 1)

SUMMED = "list"
USERS = {"visit_uv_new": "new", "visit_uv": "active"}
COHORTS = ByCohort(users=USERS)
# WeChat answers about yesterday and the day before alone: what is not asked then is never known.
PORTRAIT_DAYS = 2
SPANS = {"1d": 1, "7d": 7, "30d": 30}
TRAITS = {"province": PROVINCES, "genders": GENDERS, "platforms": PLATFORMS, "ages": AGES}


def _visit_trend(prefix: str, span: str, span_zh: str, usual: bool = False) -> tuple[Metric, ...]:
    """The seven fields that the daily, weekly and monthly trend share."""
    return (
        Metric(prefix + "sessions", "session_cnt", "sessions", f"Times the Mini Program was opened in the {span}.", f"{span_zh}打开次数。", usual=usual),
        Metric(prefix + "visit_pv", "visit_pv", "page views", f"Page views in the {span}.", f"{span_zh}访问次数。"),
        Metric(prefix + "visit_uv", "visit_uv", "users", f"Visitors in the {span}, each counted once.", f"{span_zh}访问人数（去重）。", usual=usual),
        Metric(prefix + "visit_uv_new", "visit_uv_new", "users", f"Visitors in the {span} who had never come before.", f"{span_zh}新用户数（去重）。", usual=usual),
        Metric(prefix + "stay_time_uv_seconds", "stay_time_uv", "seconds", f"Mean stay per visitor in the {span}.", f"{span_zh}人均停留时长（秒）。"),
        Metric(prefix + "stay_time_session_seconds", "stay_time_session", "seconds", f"Mean stay per session in the {span}.", f"{span_zh}次均停留时长（秒）。"),
        Metric(prefix + "visit_depth", "visit_depth", "pages", f"Mean depth of a visit in the {span}, as WeChat computes it: not page views divided by sessions.", f"{span_zh}平均访问深度（微信口径，不等于访问次数除以打开次数）。"),
    )  # fmt: skip


def _retention(
    prefix: str, key: str, span: str, span_zh: str, usual: bool = False
) -> tuple[Metric, ...]:
    """Users who came back, and the size of the cohort they came from."""
    return (
        Metric(prefix + "retention_users", ByCohort.VALUE, "users", f"Users of the newest cohort known for this {key} who came back that many {span}s later ({key} 0: the cohort itself).", f"第 N {span_zh}的留存人数，取已有该数据的最新一批用户（{key} 为 0 时即这批用户的总数）。", ("user", key), usual=usual),
        Metric(prefix + "retention_cohort_users", ByCohort.COHORT_SIZE, "users", f"Size of the very cohort that {prefix}retention_users counts for this {key}: users / cohort_users is the retention rate.", f"{prefix}retention_users 对应的同一批用户的总数；前者除以它即为留存率。", ("user", key)),
    )  # fmt: skip


def _trait(name: str, field: str, by: str, by_zh: str) -> Metric:
    """Users by one trait."""
    return Metric(f"wxa_portrait_{name}_users", field, "users", f"Users of the 1, 7 or 30 days that end with the day shown, each counted once, by {by}; user is new or active.", f"截至所示日期的 1、7 或 30 天用户数（去重），按{by_zh}；user 为 new（新用户）或 active（活跃用户）。", ("user", "span", name))  # fmt: skip


# WeChat's module -> name of the reports and the metric, and what it tells. Which tables a module
# has was published for 10022 alone, so their ids are a label; of units nothing was published.
MODULES = (
    ("10016", "open_rate", "How often opening the Mini Program succeeded", "打开率"),
    ("10017", "startup", "How long the stages of starting took", "启动各阶段耗时"),
    ("10021", "page_switch", "How long switching pages took", "页面切换耗时"),
    ("10022", "memory", "Memory used and its growth", "内存占用及其增长"),
    ("10023", "memory_warning", "Memory warnings", "内存异常"),
)
# What follows the name of a report -> the labels network and device_level.
DEVICES = {
    "": ("all", "all"),
    "_high": ("all", "high"),
    "_middle": ("all", "middle"),
    "_low": ("all", "low"),
}
NETWORKS = {"_wifi": ("wifi", "all"), "_4g": ("4g", "all"), "_3g": ("3g", "all")}
BY_NETWORK = ("10016", "10017")
# The module whose numbers are judged.
STARTUP = "startup"


def _performance(name: str, told: str, told_zh: str) -> tuple[Metric, ...]:
    """The measures of one module."""
    return (
        Metric(f"wxa_performance_{name}", ByMeasure.VALUE, "as WeChat sends it", f"{told} on the day, as WeChat measures it; measure is the id of WeChat's table.", f"当日{told_zh}（微信口径），measure 为微信数据表的 id。", ("measure", "network", "device_level"), usual=name == STARTUP),
    )  # fmt: skip


_PAGE = ("page",)
PORTRAIT = (
    _trait("province", "province", "province", "省份"),
    _trait("city", "city", "city (the largest ones, see portrait.limit)", "城市（仅用户最多的若干个，见 portrait.limit）"),
    _trait("gender", "genders", "gender", "性别"),
    _trait("platform", "platforms", "platform", "终端平台"),
    _trait("device", "devices", "device model (the most used ones, see portrait.limit)", "机型（仅用户最多的若干个，见 portrait.limit）"),
    _trait("age", "ages", "age in years", "年龄"),
)  # fmt: skip

REPORTS: tuple[Report, ...] = (
    Report(
        "daily_visit_trend", Datacube("getweanalysisappiddailyvisittrend"),
        Period.DAY, TWICE, Totals(SUMMED), _visit_trend("wxa_", "day", "当日", usual=True),
    ),
    Report(
        "weekly_visit_trend", Datacube("getweanalysisappidweeklyvisittrend"),
        Period.WEEK, TWICE, Totals(SUMMED), _visit_trend("wxa_weekly_", "week", "自然周"),
    ),
    Report(
        "monthly_visit_trend", Datacube("getweanalysisappidmonthlyvisittrend"),
        Period.MONTH, TWICE, Totals(SUMMED), _visit_trend("wxa_monthly_", "month", "自然月"),
    ),
    Report(
        "visit_distribution", Datacube("getweanalysisappidvisitdistribution"),
        Period.DAY, TWICE, ByCode(rows="list", index="index", items="item_list"),
        (
            Metric("wxa_source_sessions", "access_source_session_cnt", "sessions", "Sessions of the day by where they came from.", "当日打开次数，按访问来源。", ("source",), SOURCES, usual=True),
            Metric("wxa_source_visit_uv", "access_source_visit_uv", "users", "Visitors of the day by where they came from; one visitor can count in several sources.", "当日访问人数，按访问来源；同一用户可计入多个来源。", ("source",), SOURCES),
            Metric("wxa_stay_time_sessions", "access_staytime_info", "sessions", "Sessions of the day by how long they lasted.", "当日打开次数，按停留时长。", ("stay_time",), STAY_TIMES),
            Metric("wxa_depth_sessions", "access_depth_info", "sessions", "Sessions of the day by how many pages deep they went.", "当日打开次数，按访问深度（页数）。", ("depth",), DEPTHS),
        ),
    ),
    Report(
        "daily_retention", Datacube("getweanalysisappiddailyretaininfo"),
        Period.DAY, (0, 1, 2, 3, 4, 5, 6, 7, 14, 30), COHORTS, _retention("wxa_", "day", "day", "日", usual=True),
    ),
    Report(
        "weekly_retention", Datacube("getweanalysisappidweeklyretaininfo"),
        Period.WEEK, (0, 1, 2, 3, 4), COHORTS, _retention("wxa_weekly_", "week", "week", "周"),
    ),
    Report(
        "monthly_retention", Datacube("getweanalysisappidmonthlyretaininfo"),
        Period.MONTH, (0, 1), COHORTS, _retention("wxa_monthly_", "month", "month", "月"),
    ),
    Report(
        "visit_page", Datacube("getweanalysisappidvisitpage"),
        Period.DAY, TWICE, ByPage(rows="list", page="page_path", ranked_by="page_visit_pv"),
        (
            Metric("wxa_page_visit_pv", "page_visit_pv", "page views", "Views of the page on the day.", "当日页面访问次数。", _PAGE, usual=True),
            Metric("wxa_page_visit_uv", "page_visit_uv", "users", "Visitors of the page on the day, each counted once.", "当日页面访问人数（去重）。", _PAGE),
            Metric("wxa_page_stay_time_seconds", "page_staytime_pv", "seconds", "Mean stay on the page per view on the day.", "当日页面次均停留时长（秒）。", _PAGE),
            Metric("wxa_page_entry_pv", "entrypage_pv", "page views", "Times a session began on the page on the day.", "当日作为进入页的次数。", _PAGE),
            Metric("wxa_page_exit_pv", "exitpage_pv", "page views", "Times a session ended on the page on the day.", "当日作为退出页的次数。", _PAGE, usual=True),
            Metric("wxa_page_share_pv", "page_share_pv", "shares", "Times the page was shared on the day.", "当日页面转发次数。", _PAGE),
            Metric("wxa_page_share_uv", "page_share_uv", "users", "Users who shared the page on the day, each counted once.", "当日页面转发人数（去重）。", _PAGE),
        ),
    ),
    Report(
        "daily_summary", Datacube("getweanalysisappiddailysummarytrend"),
        Period.DAY, TWICE, Totals(SUMMED),
        (
            Metric("wxa_cumulative_users", "visit_total", "users", "All users that the Mini Program ever had, up to the end of the day.", "截至当日的累计用户数。"),
            Metric("wxa_share_pv", "share_pv", "shares", "Times the Mini Program was shared on the day.", "当日转发次数。"),
            Metric("wxa_share_uv", "share_uv", "users", "Users who shared the Mini Program on the day, each counted once.", "当日转发人数（去重）。"),
        ),
    ),
    *(
        Report(
            f"user_portrait_{span}", Datacube("getweanalysisappiduserportrait", days),
            Period.DAY, TWICE, ByTrait(USERS, span, TRAITS), PORTRAIT, answered_for=PORTRAIT_DAYS,
        )
        for span, days in SPANS.items()
    ),
    *(
        Report(
            f"performance_{name}{end}", Performance(module, *cut), Period.DAY, TWICE, ByMeasure(cut),
            _performance(name, told, told_zh), by_default=False,
        )
        for module, name, told, told_zh in MODULES
        for end, cut in (DEVICES | (NETWORKS if module in BY_NETWORK else {})).items()
    ),
)  # fmt: skip


def by_name(reports: tuple[Report, ...]) -> dict[str, Report]:
    """The reports by name. Raises TableError when two share a name, a request or a metric."""
    requests = [report.request for report in reports]
    # Reports may tell parts of the same metrics, but then of all of them.
    distinct = dict.fromkeys(report.metrics for report in reports)
    names = [metric.name for metrics in distinct for metric in metrics]
    for values in ([report.name for report in reports], map(str, requests), names):
        twice = sorted(value for value, count in Counter(values).items() if count > 1)
        if twice:
            raise TableError(f"stands twice in the table: {', '.join(twice)}")
    return {report.name: report for report in reports}


BY_NAME = by_name(REPORTS)
# Reports together with those that tell parts of the same metrics: a family stands in one piece.
GROUPS: tuple[tuple[Report, ...], ...] = tuple(
    tuple(group) for _, group in groupby(REPORTS, attrgetter("metrics"))
)
METRICS: tuple[Metric, ...] = tuple(metric for group in GROUPS for metric in group[0].metrics)
# What the exporter computes beside them.
USUAL: tuple[Metric, ...] = tuple(metric for group in GROUPS for metric in group[0].usual)
