"""Words of the performance dashboard."""

from grafana.source.words.text import Text, Words

_TOLD = Text(
    " As WeChat measures it; units were not published. Collected only where `reports` names it. "
    "From dated samples, else from what /metrics showed on the day after.",
    "数值为微信口径，单位未公布。仅在 reports 中列出时采集。优先取带日期的历史样本，"
    "没有时取次日 /metrics 展示的数值。",
)
NOT_COLLECTED = Text(
    "no data: performance is not among the reports, or see the exporter dashboard",
    "暂无数据：reports 未列出性能报表，或见“导出器”仪表盘",
)


def _measured(title: Text, en: str, zh: str) -> Words:
    return Words(title, Text(en + _TOLD.en, zh + _TOLD.zh))


DATA_DAY = Words(
    Text("The day the numbers are of", "性能数据的日期"),
    Text(
        "The day that the start-up numbers describe (report performance_startup). Red when it is "
        "later than 18:00 and WeChat's newer day has not arrived.",
        "启动耗时所描述的日期（启动性能报表）。过了 18:00 仍没有更新的一天时变红。",
    ),
)
SLOWEST = _measured(
    Text("Start-up against the usual, the worst stage", "启动耗时较通常值：最差的阶段"),
    "By which part the stage that got worst takes longer than usual on such a day.",
    "与同类日子的通常值相比，变慢最多的阶段慢了多少。",
)
OPEN_RATE = _measured(
    Text("Opening rate", "打开率"),
    "How often opening the Mini Program succeeded on the day shown.",
    "展示日期的小程序打开率。",
)
STAGES = _measured(
    Text("Start-up: each stage against the usual", "启动各阶段较通常值"),
    "The newest day, what is usual on such a day, and the change. Red from a third more on: did "
    "the last release make it slower?",
    "最新一天、同类日子的通常值与变化；慢三分之一以上为红色：是否由最近一次发版引起？",
)
LEVELS = _measured(
    Text("Start-up by device level", "启动耗时：按机型档次"),
    "The newest day on all devices and on those of high, middle and low level.",
    "最新一天在全部机型以及高、中、低档机型上的数值。",
)
STARTUP = _measured(
    Text("Start-up day by day", "每日启动耗时"),
    "Each stage of starting on all devices and networks.",
    "全部机型与网络上，启动各阶段的耗时。",
)
PAGE_SWITCH = _measured(
    Text("Page switches day by day", "每日页面切换"),
    "How long switching pages took.",
    "页面切换耗时。",
)
MEMORY = _measured(
    Text("Memory day by day", "每日内存"),
    "Memory used and its growth; memorydiff is the growth.",
    "内存及其增长；memorydiff 为增长。",
)
WARNINGS = _measured(
    Text("Memory warnings day by day", "每日内存异常"),
    "Memory warnings of the day.",
    "当日的内存异常。",
)
MEASURE = Text("Measure", "指标")
NOW, USUAL, CHANGE = Text("Now", "当前"), Text("Usual", "通常值"), Text("Change", "变化")
ALL, HIGH = Text("All", "全部"), Text("High", "高档")
MIDDLE, LOW = Text("Middle", "中档"), Text("Low", "低档")
STAGE_CHANGED = Text("{{measure}} {{change}} %", "{{measure}} {{change}}%")
BY_MEASURE = Text("{{measure}}", "{{measure}}")
