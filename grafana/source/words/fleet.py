"""Words of the fleet dashboard."""

from grafana.source.words.text import Text, Words

APPS = Words(
    Text("Mini Programs", "小程序数量"),
    Text(
        "Apps in the configuration of the exporter, with data or not.",
        "导出器配置中的小程序数量，无论是否已有数据。",
    ),
)
LATE = Words(
    Text("Without their newest day", "数据延迟的小程序"),
    Text(
        "Apps whose daily visits are missing, or are of a day that WeChat should have followed up "
        "by 18:00. Red from one on.",
        "没有日访问趋势数据，或过了 18:00 仍没有更新一天的小程序数量。有一个即为红色。",
    ),
)
FAILING = Words(
    Text("With a report that fails", "有报表失败的小程序"),
    Text(
        "Apps with at least one report whose last look WeChat did not answer. 'Not ready yet' "
        "is an "
        "answer. Red from one on.",
        "至少一个报表最近一次查询失败的小程序数量；“尚未就绪”不算失败。有一个即为红色。",
    ),
)
SESSIONS = Words(
    Text("Sessions of the day, all added up", "当日打开次数合计"),
    Text(
        "Sessions of the day shown, over the chosen apps. Apps may show different days in the "
        "morning. Visitors are not added up: one person may use several apps.",
        "所选小程序展示日期的打开次数之和；上午各小程序可能处于不同日期。访问人数不相加："
        "同一人可能使用多个小程序。",
    ),
)
TABLE = Words(
    Text("Every Mini Program, what needs a look first", "全部小程序，需要关注的在前"),
    Text(
        "A click on a name opens its overview. State: no data at all, then data late, then a "
        "report that fails, then visitors changed by a fifth or "
        "more and beyond what is usual. Change: against comparable "
        "days, or the same weekday a week before where the exporter does not know those. Next day: "
        "part of the new visitors who came again on the next day. Failing: reports that fail. "
        "Error: what the last look for most of the failing reports ended with, and for how many; "
        "it leaves with the next look that succeeds. Alerts: how many of wxa.alerts.yml fire for "
        "the app, where this Prometheus evaluates them.",
        "点击名称进入概览。状态依次为：没有数据、数据延迟、有报表失败、访问人数变化两成以上且超出通常范围。"
        "变化：与可比日相比，未知时与上周同一天相比。"
        "次日留存：新用户在次日再次访问的比例。失败报表：查询失败的报表数。错误：失败报表最近一次查询中最多见的原因及其报表数，"
        "下一次查询成功后即消失。"
        "告警：wxa.alerts.yml 中正在为该小程序触发的告警数（须由此 Prometheus 计算这些规则）。",
    ),
)
TILE = Words(
    Text("$tile", "$tile"),
    Text(
        "Visitors of the day shown, their change as in the table, and below them the visitors of "
        "each day, in a scale of its own. Red from a fall of a fifth on, green from a rise of a "
        "fifth on, if that is not usual. "
        "The 24 apps with most visitors have a tile. From dated samples, else from what "
        "/metrics showed on the day after.",
        "展示日期的访问人数及其变化（与表中相同），下方为每天的访问人数（去重），各自的纵轴互不相同。"
        "下降两成以上且超出通常范围为红色，上升则为绿色。仅访问人数最多的 24 个小程序有此面板。"
        "优先取带日期的历史样本，没有时取次日 /metrics 展示的数值。",
    ),
)
OPEN = Text("Open its overview", "打开概览")
STATE = Text("State", "状态")
# Grafana writes in white on all but the brightest.
STATES = {
    "4": (Text("no data", "没有数据"), "dark-red"),
    "3": (Text("data late", "数据延迟"), "dark-red"),
    "2": (Text("a report fails", "有报表失败"), "super-light-orange"),
    "1": (Text("visitors changed", "访问人数异动"), "yellow"),
    "0": (Text("fine", "正常"), "dark-green"),
}
CHANGE = Text("Change", "变化")
NEW = Text("New", "新用户")
RETENTION = Text("Next day", "次日留存")
FAILING_REPORTS = Text("Failing", "失败报表")
ERROR = Text("Error", "错误")
ERRORS = Text("Reports", "报表数")
ALERTS = Text("Alerts", "告警")
