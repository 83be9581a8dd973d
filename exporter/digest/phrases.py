"""The words of a digest in both languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from exporter.days import DayKind
from exporter.digest.numbers import Why
from exporter.reports.codes import SOURCE_NAMES


class Language(StrEnum):
    """In which language a digest is."""

    ENGLISH = "en"
    CHINESE = "zh"


@dataclass(frozen=True, slots=True)
class Phrases:
    """What is said in one language. Braces stand for numbers and names."""

    weekdays: tuple[str, ...]
    kinds: Mapping[DayKind, str]
    visitors: str
    new_visitors: str
    sessions: str
    retention: str
    points: str
    usual: str
    nothing_known: str
    not_comparable: str
    as_usual: str
    above: str
    below: str
    moved: str
    source_moved: str
    page_moved: str
    source_heading: str
    page_heading: str
    missing: str
    why: Mapping[Why, str]
    more: str
    comma: str
    colon: str
    semicolon: str
    # What sources are called, where that is not the label.
    sources: Mapping[str, str]


PHRASES: Mapping[Language, Phrases] = {
    Language.ENGLISH: Phrases(
        weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        kinds={
            DayKind.WORKDAY: "working day",
            DayKind.WEEKEND: "weekend",
            DayKind.HOLIDAY: "public holiday",
            DayKind.MOVED_WORKDAY: "weekend day worked for a holiday",
        },
        visitors="Visitors",
        new_visitors="New visitors",
        sessions="Sessions",
        retention="Came back next day",
        points="{:+.1f} points",
        usual="usually {} ({} to {})",
        nothing_known="Nothing is known of this day.",
        not_comparable="Nothing to compare with: fewer than three days like it are archived.",
        as_usual="Visitors as usual.",
        above="Visitors {} above the usual.",
        below="Visitors {} below the usual.",
        moved=" Most moved: {}.",
        source_moved="sessions by {} {}",
        page_moved="views of {} {}",
        source_heading="Sessions by source",
        page_heading="Views of pages",
        missing="Missing",
        why={
            Why.NOT_COLLECTED: "left out of the configuration",
            Why.NOT_ANSWERED: "no answer is archived; not asked yet, or refused: see the "
            "exporter's page",
            Why.NOT_PUBLISHED: "WeChat had nothing when asked at {at}",
            Why.REFUSED: "since {at}: {message}",
            Why.EMPTY: "WeChat's answer of {at} has no number",
        },
        more="and {} more: see --app",
        comma=", ",
        colon=": ",
        semicolon="; ",
        sources={},
    ),
    Language.CHINESE: Phrases(
        weekdays=("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
        kinds={
            DayKind.WORKDAY: "工作日",
            DayKind.WEEKEND: "周末",
            DayKind.HOLIDAY: "节假日",
            DayKind.MOVED_WORKDAY: "调休上班日",
        },
        visitors="访问人数",
        new_visitors="新用户数",
        sessions="打开次数",
        retention="新用户次日留存",
        points="{:+.1f} 个百分点",
        usual="通常 {}（{} 至 {}）",
        nothing_known="该日尚无任何数据。",
        not_comparable="暂无可比数据：存档中的同类日子不足三天。",
        as_usual="访问人数与通常值相当。",
        above="访问人数比通常值高 {}。",
        below="访问人数比通常值低 {}。",
        moved="变动最大：{}。",
        source_moved="{}（打开次数 {}）",
        page_moved="{}（访问次数 {}）",
        source_heading="来源（打开次数）",
        page_heading="页面（访问次数）",
        missing="缺失",
        why={
            Why.NOT_COLLECTED: "未在配置中启用",
            Why.NOT_ANSWERED: "存档中没有响应：尚未查询或被微信拒绝，详见导出器首页",
            Why.NOT_PUBLISHED: "{at} 查询时微信尚无数据",
            Why.REFUSED: "自 {at} 起：{message}",
            Why.EMPTY: "微信 {at} 的响应中没有数值",
        },
        more="另有 {} 个小程序未列出，可用 --app 指定",
        comma="，",
        colon="：",
        semicolon="；",
        sources=dict(SOURCE_NAMES.values()),
    ),
}
