"""The table against what users rely on: calls, periods, asks, names, labels, fields."""

from datetime import date

import pytest

from exporter.periods import Period, Window
from exporter.reports.table import BY_NAME, METRICS, REPORTS, by_name
from exporter.reports.vocabulary import Metric, TableError

CALLS = {
    "daily_visit_trend": "getweanalysisappiddailyvisittrend",
    "weekly_visit_trend": "getweanalysisappidweeklyvisittrend",
    "monthly_visit_trend": "getweanalysisappidmonthlyvisittrend",
    "visit_distribution": "getweanalysisappidvisitdistribution",
    "daily_retention": "getweanalysisappiddailyretaininfo",
    "weekly_retention": "getweanalysisappidweeklyretaininfo",
    "monthly_retention": "getweanalysisappidmonthlyretaininfo",
    "visit_page": "getweanalysisappidvisitpage",
    "daily_summary": "getweanalysisappiddailysummarytrend",
    "user_portrait_1d": "getweanalysisappiduserportrait",
    "user_portrait_7d": "getweanalysisappiduserportrait",
    "user_portrait_30d": "getweanalysisappiduserportrait",
}

PERIODS_AND_ASKS = {
    "daily_visit_trend": (Period.DAY, (0, 1)),
    "weekly_visit_trend": (Period.WEEK, (0, 1)),
    "monthly_visit_trend": (Period.MONTH, (0, 1)),
    "visit_distribution": (Period.DAY, (0, 1)),
    "daily_retention": (Period.DAY, (0, 1, 2, 3, 4, 5, 6, 7, 14, 30)),
    "weekly_retention": (Period.WEEK, (0, 1, 2, 3, 4)),
    "monthly_retention": (Period.MONTH, (0, 1)),
    "visit_page": (Period.DAY, (0, 1)),
    "daily_summary": (Period.DAY, (0, 1)),
    "user_portrait_1d": (Period.DAY, (0, 1)),
    "user_portrait_7d": (Period.DAY, (0, 1)),
    "user_portrait_30d": (Period.DAY, (0, 1)),
}

PROMISED = """
wxa_sessions                         daily_visit_trend    session_cnt
wxa_visit_pv                         daily_visit_trend    visit_pv
wxa_visit_uv                         daily_visit_trend    visit_uv
wxa_visit_uv_new                     daily_visit_trend    visit_uv_new
wxa_stay_time_uv_seconds             daily_visit_trend    stay_time_uv
wxa_stay_time_session_seconds        daily_visit_trend    stay_time_session
wxa_visit_depth                      daily_visit_trend    visit_depth
wxa_weekly_sessions                  weekly_visit_trend   session_cnt
wxa_weekly_visit_pv                  weekly_visit_trend   visit_pv
wxa_weekly_visit_uv                  weekly_visit_trend   visit_uv
wxa_weekly_visit_uv_new              weekly_visit_trend   visit_uv_new
wxa_weekly_stay_time_uv_seconds      weekly_visit_trend   stay_time_uv
wxa_weekly_stay_time_session_seconds weekly_visit_trend   stay_time_session
wxa_weekly_visit_depth               weekly_visit_trend   visit_depth
wxa_monthly_sessions                 monthly_visit_trend  session_cnt
wxa_monthly_visit_pv                 monthly_visit_trend  visit_pv
wxa_monthly_visit_uv                 monthly_visit_trend  visit_uv
wxa_monthly_visit_uv_new             monthly_visit_trend  visit_uv_new
wxa_monthly_stay_time_uv_seconds     monthly_visit_trend  stay_time_uv
wxa_monthly_stay_time_session_seconds monthly_visit_trend stay_time_session
wxa_monthly_visit_depth              monthly_visit_trend  visit_depth
wxa_source_sessions                  visit_distribution   access_source_session_cnt  source
wxa_source_visit_uv                  visit_distribution   access_source_visit_uv     source
wxa_stay_time_sessions               visit_distribution   access_staytime_info       stay_time
wxa_depth_sessions                   visit_distribution   access_depth_info          depth
wxa_retention_users                  daily_retention      value          user day
wxa_retention_cohort_users           daily_retention      value@0        user day
wxa_weekly_retention_users           weekly_retention     value          user week
wxa_weekly_retention_cohort_users    weekly_retention     value@0        user week
wxa_monthly_retention_users          monthly_retention    value          user month
wxa_monthly_retention_cohort_users   monthly_retention    value@0        user month
wxa_page_visit_pv                    visit_page           page_visit_pv     page
wxa_page_visit_uv                    visit_page           page_visit_uv     page
wxa_page_stay_time_seconds           visit_page           page_staytime_pv  page
wxa_page_entry_pv                    visit_page           entrypage_pv      page
wxa_page_exit_pv                     visit_page           exitpage_pv       page
wxa_page_share_pv                    visit_page           page_share_pv     page
wxa_page_share_uv                    visit_page           page_share_uv     page
wxa_cumulative_users                 daily_summary        visit_total
wxa_share_pv                         daily_summary        share_pv
wxa_share_uv                         daily_summary        share_uv
wxa_portrait_province_users          user_portrait        province    user span province
wxa_portrait_city_users              user_portrait        city        user span city
wxa_portrait_gender_users            user_portrait        genders     user span gender
wxa_portrait_platform_users          user_portrait        platforms   user span platform
wxa_portrait_device_users            user_portrait        devices     user span device
wxa_portrait_age_users               user_portrait        ages        user span age
wxa_performance_open_rate       performance_open_rate       value measure network device_level
wxa_performance_startup         performance_startup         value measure network device_level
wxa_performance_page_switch     performance_page_switch     value measure network device_level
wxa_performance_memory          performance_memory          value measure network device_level
wxa_performance_memory_warning  performance_memory_warning  value measure network device_level
"""
# What tells parts of one report's metrics.
DEVICES, NETWORKS = ("", "_high", "_middle", "_low"), ("_wifi", "_4g", "_3g")
PARTS = {
    "user_portrait": ["user_portrait_1d", "user_portrait_7d", "user_portrait_30d"],
    "performance_open_rate": [f"performance_open_rate{end}" for end in (*DEVICES, *NETWORKS)],
    "performance_startup": [f"performance_startup{end}" for end in (*DEVICES, *NETWORKS)],
    "performance_page_switch": [f"performance_page_switch{end}" for end in DEVICES],
    "performance_memory": [f"performance_memory{end}" for end in DEVICES],
    "performance_memory_warning": [f"performance_memory_warning{end}" for end in DEVICES],
}
PERFORMANCE = [name for parts in PARTS.values() for name in parts if name.startswith("performance")]
CALLS |= dict.fromkeys(PERFORMANCE, "performance_boot")
PERIODS_AND_ASKS |= dict.fromkeys(PERFORMANCE, (Period.DAY, (0, 1)))


def promised() -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """Metric name -> report, WeChat's field, labels beside app."""
    rows = [line.split() for line in PROMISED.strip().splitlines()]
    return {
        name: (report, field.replace("value@0", "value at key 0"), tuple(labels))
        for name, report, field, *labels in rows
    }


def test_no_metric_is_missing_and_none_was_added_without_a_promise() -> None:
    assert sorted(metric.name for metric in METRICS) == sorted(promised())


@pytest.mark.parametrize("name", promised())
def test_a_metric_comes_from_the_promised_report_and_field_under_the_promised_labels(
    name: str,
) -> None:
    report, field, labels = promised()[name]
    found = [
        (owner.name, metric.field, metric.labels)
        for owner in REPORTS
        for metric in owner.metrics
        if metric.name == name
    ]
    assert found == [(part, field, labels) for part in PARTS.get(report, [report])]


def test_each_report_is_the_call_of_the_reference() -> None:
    assert {name: report.call for name, report in BY_NAME.items()} == CALLS


def test_each_report_has_its_period_and_is_asked_when_wechat_can_know_more() -> None:
    found = {name: (report.period, report.asks) for name, report in BY_NAME.items()}
    assert found == PERIODS_AND_ASKS


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_metric_named_in_seconds_has_the_unit_seconds_and_no_other_has(metric: Metric) -> None:
    assert metric.name.endswith("_seconds") == (metric.unit == "seconds")


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_the_unit_fits_what_the_name_counts(metric: Metric) -> None:
    kind = metric.name.removesuffix("_seconds").rsplit("_", 1)[-1]
    if metric.name.startswith("wxa_performance_"):
        assert metric.unit == "as WeChat sends it"
    elif metric.unit == "seconds":
        assert "stay_time" in metric.name
    elif "share_pv" in metric.name:
        assert metric.unit == "shares"
    else:
        units = {"pv": "page views", "uv": "users", "new": "users", "users": "users"}
        assert metric.unit == (units | {"sessions": "sessions", "depth": "pages"})[kind]


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_both_helps_name_the_period(metric: Metric) -> None:
    english, chinese = ("day", "日")
    if metric.name.startswith("wxa_weekly_"):
        english, chinese = ("week", "周")
    elif metric.name.startswith("wxa_monthly_"):
        english, chinese = ("month", "月")
    assert english in metric.help.lower()
    if not metric.field.startswith("value at"):
        assert chinese in metric.help_zh


def test_no_two_metrics_share_a_help_in_either_language() -> None:
    assert len({metric.help for metric in METRICS}) == len(METRICS)
    chinese = [metric.help_zh for metric in METRICS if "retention" not in metric.name]
    assert len(set(chinese)) == len(chinese)


def test_history_names_follow_from_the_names_on_metrics() -> None:
    names = {metric.name: metric.history_name for metric in METRICS}
    assert names["wxa_visit_uv"] == "wxa_history_visit_uv"
    assert names["wxa_weekly_visit_uv"] == "wxa_history_weekly_visit_uv"
    assert all(new == old.replace("wxa_", "wxa_history_", 1) for old, new in names.items())


def test_the_portraits_ask_about_spans_that_end_with_their_window() -> None:
    window = Window(Period.DAY, date(2026, 3, 17))
    asked = {name: BY_NAME[name].request.content(window) for name in PARTS["user_portrait"]}
    assert asked == {
        "user_portrait_1d": {"begin_date": "20260317", "end_date": "20260317"},
        "user_portrait_7d": {"begin_date": "20260311", "end_date": "20260317"},
        "user_portrait_30d": {"begin_date": "20260216", "end_date": "20260317"},
    }


def test_performance_is_asked_for_where_it_is_named_alone() -> None:
    assert [name for name, report in BY_NAME.items() if not report.by_default] == PERFORMANCE


def test_a_report_that_stands_twice_is_refused() -> None:
    with pytest.raises(TableError, match=r"^stands twice in the table: daily_visit_trend$"):
        by_name((REPORTS[0], REPORTS[0]))
