"""Replies as WeChat published or users posted them: each gives exactly these lines."""

from pathlib import Path

import pytest

from exporter.reports.body import decode
from exporter.reports.table import BY_NAME, REPORTS
from exporter.wechat.replies import TOKEN_CALL_REACTIONS, error_in
from tests.reports.shown import reading, seen
from tests.support import ROOT

REPLIES = ROOT / "tests" / "fixtures" / "wechat"

# The call in a file's name -> report. The others are replies that the exporter never asks for.
REPORT_OF = {
    "daily_visit_trend": "daily_visit_trend",
    "weekly_visit_trend": "weekly_visit_trend",
    "monthly_visit_trend": "monthly_visit_trend",
    "visit_distribution": "visit_distribution",
    "daily_retain": "daily_retention",
    "weekly_retain": "weekly_retention",
    "monthly_retain": "monthly_retention",
    "visit_page": "visit_page",
    "daily_summary": "daily_summary",
    "user_portrait": "user_portrait_7d",
    "performance_boot": "performance_memory_high",
}
NOT_ASKED_FOR = {"quota_get", "scene_list"}
NOT_REPORTS = {"error", "token", "stable_token", "authorizer_token"}

LINES = {
    "daily_visit_trend__official_doc": ("2017-03-13", """
        wxa_sessions{app="shop"} 142549.0
        wxa_visit_pv{app="shop"} 472351.0
        wxa_visit_uv{app="shop"} 55500.0
        wxa_visit_uv_new{app="shop"} 5464.0
        wxa_stay_time_session_seconds{app="shop"} 0.0
        wxa_visit_depth{app="shop"} 1.9838
    """),
    "daily_visit_trend__chartcontroller_20181129": ("2018-11-29", """
        wxa_sessions{app="shop"} 535.0
        wxa_visit_pv{app="shop"} 2998.0
        wxa_visit_uv{app="shop"} 167.0
        wxa_visit_uv_new{app="shop"} 16.0
        wxa_stay_time_uv_seconds{app="shop"} 204.7904
        wxa_stay_time_session_seconds{app="shop"} 63.9252
        wxa_visit_depth{app="shop"} 2.5551
    """),
    "daily_visit_trend__community_20200925_empty_list": ("2020-09-25", ""),
    "user_portrait__official_doc": ("2017-06-17", """
        wxa_portrait_province_users{app="shop",province="guangdong",span="7d",user="new"} 215.0
        wxa_portrait_province_users{app="shop",province="guangdong",span="7d",user="active"} 1341.0
        wxa_portrait_city_users{app="shop",city="广州",span="7d",user="new"} 78.0
        wxa_portrait_city_users{app="shop",city="广州",span="7d",user="active"} 234.0
        wxa_portrait_gender_users{app="shop",gender="male",span="7d",user="new"} 2146.0
        wxa_portrait_gender_users{app="shop",gender="male",span="7d",user="active"} 14534.0
        wxa_portrait_platform_users{app="shop",platform="iphone",span="7d",user="new"} 27642.0
        wxa_portrait_platform_users{app="shop",platform="iphone",span="7d",user="active"} 21750.0
        wxa_portrait_device_users{app="shop",device="OPPO R9",span="7d",user="new"} 61.0
        wxa_portrait_device_users{app="shop",device="OPPO R9",span="7d",user="active"} 617.0
        wxa_portrait_age_users{age="0-17",app="shop",span="7d",user="new"} 151.0
        wxa_portrait_age_users{age="0-17",app="shop",span="7d",user="active"} 3156.0
    """),
    "user_portrait__community_20220725_empty": ("2022-07-31", ""),
    "daily_visit_trend__community_20210912": ("2021-09-12", """
        wxa_sessions{app="shop"} 1082.0
        wxa_visit_pv{app="shop"} 4573.0
        wxa_visit_uv{app="shop"} 495.0
        wxa_visit_uv_new{app="shop"} 0.0
        wxa_stay_time_uv_seconds{app="shop"} 86.0586
        wxa_stay_time_session_seconds{app="shop"} 39.3706
        wxa_visit_depth{app="shop"} 2.6562
    """),
    "daily_visit_trend__ruby_20180713": ("2018-07-13", """
        wxa_sessions{app="shop"} 39.0
        wxa_visit_pv{app="shop"} 142.0
        wxa_visit_uv{app="shop"} 12.0
        wxa_visit_uv_new{app="shop"} 1.0
        wxa_stay_time_uv_seconds{app="shop"} 202.8333
        wxa_stay_time_session_seconds{app="shop"} 62.4103
        wxa_visit_depth{app="shop"} 2.0256
    """),
    "daily_visit_trend__wxjava_issue796_20181015": ("2018-10-15", """
        wxa_sessions{app="shop"} 7.0
        wxa_visit_pv{app="shop"} 36.0
        wxa_visit_uv{app="shop"} 3.0
        wxa_visit_uv_new{app="shop"} 0.0
        wxa_stay_time_uv_seconds{app="shop"} 492.3333
        wxa_stay_time_session_seconds{app="shop"} 211.0
        wxa_visit_depth{app="shop"} 2.4286
    """),
    "weekly_visit_trend__chartcontroller_20181119": ("2018-11-19", """
        wxa_weekly_sessions{app="shop"} 2470.0
        wxa_weekly_visit_pv{app="shop"} 8913.0
        wxa_weekly_visit_uv{app="shop"} 754.0
        wxa_weekly_visit_uv_new{app="shop"} 248.0
        wxa_weekly_stay_time_uv_seconds{app="shop"} 226.4748
        wxa_weekly_stay_time_session_seconds{app="shop"} 69.1344
        wxa_weekly_visit_depth{app="shop"} 1.9798
    """),
    "weekly_visit_trend__official_doc": ("2017-03-12", """
        wxa_weekly_sessions{app="shop"} 986780.0
        wxa_weekly_visit_pv{app="shop"} 3.25184e+06
        wxa_weekly_visit_uv{app="shop"} 189405.0
        wxa_weekly_visit_uv_new{app="shop"} 45592.0
        wxa_weekly_stay_time_session_seconds{app="shop"} 54.5346
        wxa_weekly_visit_depth{app="shop"} 1.9735
    """),
    "monthly_visit_trend__chartcontroller_201810": ("2018-10-31", """
        wxa_monthly_sessions{app="shop"} 10316.0
        wxa_monthly_visit_pv{app="shop"} 32040.0
        wxa_monthly_visit_uv{app="shop"} 1943.0
        wxa_monthly_visit_uv_new{app="shop"} 775.0
        wxa_monthly_stay_time_uv_seconds{app="shop"} 267.2872
        wxa_monthly_stay_time_session_seconds{app="shop"} 50.3431
        wxa_monthly_visit_depth{app="shop"} 1.6989
    """),
    "monthly_visit_trend__official_doc": ("2017-03-01", """
        wxa_monthly_sessions{app="shop"} 126513.0
        wxa_monthly_visit_pv{app="shop"} 426113.0
        wxa_monthly_visit_uv{app="shop"} 48659.0
        wxa_monthly_visit_uv_new{app="shop"} 6726.0
        wxa_monthly_stay_time_session_seconds{app="shop"} 56.4112
        wxa_monthly_visit_depth{app="shop"} 2.0189
    """),
    "monthly_visit_trend__seed_doc_2017": ("2017-02-28", """
        wxa_monthly_sessions{app="shop"} 126513.0
        wxa_monthly_visit_pv{app="shop"} 426113.0
        wxa_monthly_visit_uv{app="shop"} 48659.0
        wxa_monthly_visit_uv_new{app="shop"} 6726.0
        wxa_monthly_stay_time_session_seconds{app="shop"} 56.4112
        wxa_monthly_visit_depth{app="shop"} 2.0189
    """),
    "daily_summary__chartcontroller_20181129": ("2018-11-29", """
        wxa_cumulative_users{app="shop"} 5390.0
        wxa_share_pv{app="shop"} 28.0
        wxa_share_uv{app="shop"} 17.0
    """),
    "daily_summary__official_doc": ("2017-03-13", """
        wxa_cumulative_users{app="shop"} 391.0
        wxa_share_pv{app="shop"} 572.0
        wxa_share_uv{app="shop"} 383.0
    """),
    "visit_distribution__community_20210224": ("2021-02-24", """
        wxa_source_sessions{app="shop",source="scan_qr_code"} 1.0
        wxa_source_sessions{app="shop",source="history_list"} 1.0
        wxa_source_visit_uv{app="shop",source="scan_qr_code"} 1.0
        wxa_source_visit_uv{app="shop",source="history_list"} 1.0
        wxa_stay_time_sessions{app="shop",stay_time="51-100s"} 1.0
        wxa_stay_time_sessions{app="shop",stay_time="31-50s"} 1.0
        wxa_depth_sessions{app="shop",depth="5"} 1.0
        wxa_depth_sessions{app="shop",depth="2"} 1.0
    """),
    "daily_retain__community_20210102_all_zero": ("2021-01-02", ""),
    "daily_retain__inctone_20191024_key0_only": ("2019-10-24", """
        wxa_retention_users{app="shop",day="0",user="new"} 10272.0
        wxa_retention_cohort_users{app="shop",day="0",user="new"} 10272.0
        wxa_retention_users{app="shop",day="0",user="active"} 25487.0
        wxa_retention_cohort_users{app="shop",day="0",user="active"} 25487.0
    """),
    "daily_retain__official_doc": ("2017-03-13", """
        wxa_retention_users{app="shop",day="0",user="new"} 5464.0
        wxa_retention_cohort_users{app="shop",day="0",user="new"} 5464.0
        wxa_retention_users{app="shop",day="0",user="active"} 55500.0
        wxa_retention_cohort_users{app="shop",day="0",user="active"} 55500.0
    """),
    "weekly_retain__official_doc": ("2017-03-06", """
        wxa_weekly_retention_users{app="shop",user="new",week="0"} 0.0
        wxa_weekly_retention_cohort_users{app="shop",user="new",week="0"} 0.0
        wxa_weekly_retention_users{app="shop",user="new",week="1"} 16853.0
        wxa_weekly_retention_cohort_users{app="shop",user="new",week="1"} 0.0
        wxa_weekly_retention_users{app="shop",user="active",week="0"} 0.0
        wxa_weekly_retention_cohort_users{app="shop",user="active",week="0"} 0.0
        wxa_weekly_retention_users{app="shop",user="active",week="1"} 99310.0
        wxa_weekly_retention_cohort_users{app="shop",user="active",week="1"} 0.0
    """),
    "monthly_retain__official_doc": ("2017-02-01", """
        wxa_monthly_retention_users{app="shop",month="0",user="new"} 346249.0
        wxa_monthly_retention_cohort_users{app="shop",month="0",user="new"} 346249.0
        wxa_monthly_retention_users{app="shop",month="0",user="active"} 346249.0
        wxa_monthly_retention_cohort_users{app="shop",month="0",user="active"} 346249.0
    """),
}  # fmt: skip

# Metric -> how many lines, and what they add up to.
TOTALS = {
    "performance_boot__official_doc": ("2021-01-04", {"wxa_performance_memory": (2, 374.3664)}),
    "daily_retain__inctone_20191015_keys0to7": ("2019-10-15", {
        "wxa_retention_users": (16, 109141 + 8155 + 119450 + 14301),
        "wxa_retention_cohort_users": (16, 8 * 109141 + 8 * 119450),
    }),
    "visit_distribution__official_doc": ("2017-03-13", {
        "wxa_source_sessions": (9, 142664),
        "wxa_stay_time_sessions": (8, 142664),
        "wxa_depth_sessions": (5, 142664),
    }),
    "visit_page__official_doc": ("2017-03-13", {
        "wxa_page_visit_pv": (5, 472351),
        "wxa_page_visit_uv": (5, 136046),
        "wxa_page_stay_time_seconds": (5, 67.276325),
        "wxa_page_entry_pv": (5, 142968),
        "wxa_page_exit_pv": (5, 115451),
        "wxa_page_share_pv": (5, 227),
        "wxa_page_share_uv": (5, 208),
    }),
}  # fmt: skip

ERRORS = {
    "error__40001_hint": "TokenRejected",
    "error__40001_rid": "TokenRejected",
    "error__40003_hint": "Bug",
    "error__40013_doc": "NeedsOperator",
    "error__42001_rid": "TokenRejected",
    "error__45009_hint_20181221": "QuotaSpent",
    "error__45009_rid_stable_token_20240804": "QuotaSpent",
    "error__61500_hint": "Bug",
    "error__61501_hint_20190211": "Bug",
    "error__61501_rid_20210913": "Bug",
    "error__61502_hint_20190409": "NeedsOperator",
    "error__61503_hint_20200805": "NotReady",
    "error__61503_rid_20201122": "NotReady",
}


def text_of(name: str) -> str:
    """A published reply as it stands in its file."""
    return (REPLIES / f"{name}.json").read_text(encoding="utf-8")


def call_of(path: Path) -> str:
    """The call in a file's name."""
    return path.stem.split("__")[0]


def test_every_published_reply_is_replayed() -> None:
    stems = {path.stem for path in REPLIES.glob("*.json") if call_of(path) in REPORT_OF}
    stems -= {"performance_boot__official_doc_request"}  # no reply
    errors = {path.stem for path in REPLIES.glob("error__*.json")}
    others = {call_of(path) for path in REPLIES.glob("*.json")} - REPORT_OF.keys()
    assert stems == LINES.keys() | TOTALS.keys()
    assert errors == ERRORS.keys()
    assert others == NOT_ASKED_FOR | NOT_REPORTS


def test_every_report_of_the_table_has_a_published_reply() -> None:
    replied = {BY_NAME[name].call for name in REPORT_OF.values()}
    assert {report.call for report in REPORTS} == replied


@pytest.mark.parametrize("name", LINES)
def test_a_published_reply_gives_exactly_these_lines(name: str) -> None:
    day, wanted = LINES[name]
    report = REPORT_OF[name.split("__")[0]]
    lines = [line.strip() for line in wanted.strip().splitlines()]
    assert seen(report, day, decode(text_of(name))) == sorted(lines)


@pytest.mark.parametrize("name", TOTALS)
def test_a_large_published_reply_gives_these_totals(name: str) -> None:
    day, wanted = TOTALS[name]
    values = reading(REPORT_OF[name.split("__")[0]], day, decode(text_of(name))).values
    found = {
        metric: (len(told), round(sum(told.values()), 6)) for metric, told in values.items() if told
    }
    assert found == wanted


@pytest.mark.parametrize("name", [*LINES, *TOTALS])
def test_nothing_in_a_published_reply_is_odd(name: str) -> None:
    day = (LINES | TOTALS)[name][0]
    assert reading(REPORT_OF[name.split("__")[0]], day, decode(text_of(name))).oddities == []


@pytest.mark.parametrize("name", ERRORS)
def test_a_published_error_becomes_the_error_named_for_the_reaction(name: str) -> None:
    error = error_in(decode(text_of(name)))
    assert type(error).__name__ == ERRORS[name]
    assert str(error).startswith(f"errcode {name.split('__')[1][:5]} (")


@pytest.mark.parametrize(
    "path", sorted(REPLIES.glob("*token__ok*.json")), ids=lambda path: path.stem
)
def test_a_published_token_reply_is_no_error(path: Path) -> None:
    assert error_in(decode(path.read_text(encoding="utf-8")), TOKEN_CALL_REACTIONS) is None
