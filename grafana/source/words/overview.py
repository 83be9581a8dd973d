"""Words of the overview."""

from grafana.source.words.text import Text, Words

_AGAINST = Text(
    " Beside it the change against the same weekday a week before: from dated samples, else from "
    "what was shown a week ago if that was the day a week before. Visitors, new visitors and "
    "sessions are compared with what is usual on comparable days where the exporter knows it, and "
    "tell between which numbers they usually lie (twice the usual deviation). Red from a fall of a "
    "fifth on, green from a rise of a fifth on, if that is not usual; of rates five points.",
    "旁边是与上周同一天相比的变化：优先取带日期的历史样本，"
    "没有时取一周前当时展示的数值（须恰为上周同日）。"
    "访问人数、新用户数和打开次数优先与可比日的通常值相比，"
    "并给出通常范围（上下各两倍通常偏差）。"
    "下降两成以上且超出通常范围为红色，上升两成以上且超出通常范围为绿色；比率以五个百分点为界。",
)


def _day(title: Text, description: Text) -> Words:
    return Words(title, Text(description.en + _AGAINST.en, description.zh + _AGAINST.zh))


DATA_DAY = Words(
    Text("The day shown", "当前展示的日期"),
    Text(
        "The day that the numbers of this dashboard describe (report daily_visit_trend). Red when "
        "it is later than 18:00 and WeChat's newer day has not arrived. Other reports may be a day "
        "behind. When there is no day, it says why; the exporter dashboard has the error.",
        "本页数值所描述的日期（日访问趋势报表）。过了 18:00 仍没有更新的一天时变红。"
        "其他报表可能晚一天。没有数据时说明原因，具体错误见“导出器”仪表盘。",
    ),
)
LATE = Text("late", "延迟")
ON_TIME = Text("data of", "数据日期")
WHY = Text("why there is no data", "没有数据的原因")
WHY_FAILED = Text("error {{code}}", "错误码 {{code}}")
NO_DAY = {
    "-1": (Text("not scraped", "未被抓取"), "red"),
    "-2": (Text("report fails", "查询失败"), "red"),
    "-3": (Text("not published yet", "微信尚未发布"), "text"),
}
SOURCES_MOVED = Words(
    Text("Sources that moved most", "变化最大的来源"),
    Text(
        "Sessions of the day shown by source, the five that differ most from comparable days, "
        "or from the same weekday a week before where the exporter does not know those. A source "
        "without sessions on the day shown is not listed.",
        "展示日期各来源的打开次数，取与可比日（未知时为上周同日）相差最多的五个。展示日期没有打开次数的来源不列出。",
    ),
)
PAGES_MOVED = Words(
    Text("Pages that moved most", "变化最大的页面"),
    Text(
        "Views of the day shown by page, the five that differ most from comparable days, or "
        "from the same weekday a week before where the exporter does not know those. A page that "
        "was not told for the day shown is not listed.",
        "展示日期各页面的访问次数，取与可比日（未知时为上周同日）相差最多的五个。展示日期未返回的页面不列出。",
    ),
)
MOVED_MOST = Words(
    Text("What moved most", "变化最大的来源与页面"),
    Text(
        "The source and the page of the day shown that differ most from comparable days, or from "
        "the same weekday a week before where the exporter does not know those.",
        "展示日期与可比日（未知时为上周同日）相差最多的来源和页面。",
    ),
)
SOURCE_MOVED = Text("{{source}} {{change}} sessions", "{{source}} 打开次数 {{change}}")
PAGE_MOVED = Text("{{page}} {{change}} views", "{{page}} 访问次数 {{change}}")
SOURCE = Text("Source", "来源")
MOVED = Text("Change", "变化")
SESSIONS_NOW = Text("Sessions", "打开次数")
COMPARED = Text("Usually", "可比日")
VISITORS = _day(
    Text("Visitors of the day", "当日访问人数"),
    Text(
        "Users who opened the Mini Program on the day shown, each counted once. Not added up over "
        "days or apps: the same person would count again.",
        "当日打开小程序的用户数（去重）。不能跨天或跨小程序相加，否则同一人会重复计数。",
    ),
)
NEW_VISITORS = _day(
    Text("New visitors of the day", "当日新用户数"),
    Text(
        "Visitors of the day shown who had never come before.",
        "当日首次访问小程序的用户数（去重）。",
    ),
)
SESSIONS = _day(
    Text("Sessions of the day", "当日打开次数"),
    Text("How often the Mini Program was opened on the day shown.", "当日打开小程序的总次数。"),
)
PAGE_VIEWS = _day(
    Text("Page views of the day", "当日访问次数"),
    Text("Pages opened on the day shown, all together.", "当日访问小程序内所有页面的总次数。"),
)
STAY = _day(
    Text("Stay per session", "次均停留时长"),
    Text(
        "Mean time from opening to leaving on the day shown, as WeChat computes it. A mean: a few "
        "very long sessions raise it.",
        "当日每次打开平均停留的时间，由微信计算。这是平均值，少数很长的停留会把它拉高。",
    ),
)
DEPTH = _day(
    Text("Depth of a visit", "平均访问深度"),
    Text(
        "Mean depth of a visit on the day shown, as WeChat computes it: not page views divided by "
        "sessions.",
        "当日平均访问深度，为微信口径，不等于访问次数除以打开次数。",
    ),
)
RETENTION = _day(
    Text("New users back on the next day", "新用户次日留存率"),
    Text(
        "Of the users who were new on the day before the day shown, the part who came on the day "
        "shown. Small cohorts jump.",
        "展示日期前一天的新用户中，在展示日期再次访问的比例。新用户很少时波动较大。",
    ),
)

_DATED = Text(
    " Dated samples (wxa_history_); days without them from what /metrics showed on the day after, "
    "which has a gap when nothing was scraped then. Each bar stands within its own day in Beijing; "
    "days off are grey behind: weekends and public holidays, less the weekend days that are worked "
    "for them; where the exporter does not know the kind of a day, Saturdays and Sundays.",
    "数据来自带日期的历史样本（wxa_history_）；没有的日子取次日 /metrics 展示的数值，"
    "次日没有抓取则留空。"
    "每根柱子位于其北京时间的一天之内。灰色背景为休息日，即周末与法定节假日，调休上班日除外；"
    "导出器不知道日期类型时，以周六、周日为准。",
)


def _days(title: Text, description: Text) -> Words:
    return Words(title, Text(description.en + _DATED.en, description.zh + _DATED.zh))


VISITORS_BY_DAY = _days(
    Text("Visitors day by day", "每日访问人数"),
    Text(
        "Visitors of each day, each person counted once.",
        "每天的访问人数（去重）。",
    ),
)
NEW_BY_DAY = _days(
    Text("New visitors day by day", "每日新用户数"),
    Text(
        "Visitors of each day who had never come before.",
        "每天首次访问的用户数（去重）。",
    ),
)
SESSIONS_BY_DAY = _days(
    Text("Sessions day by day", "每日打开次数"),
    Text(
        "How often the Mini Program was opened on each day.",
        "每天打开小程序的总次数。",
    ),
)
VIEWS_BY_DAY = _days(
    Text("Page views day by day", "每日访问次数"),
    Text(
        "Pages opened on each day, all together.",
        "每天访问小程序内所有页面的总次数。",
    ),
)

SOURCES = Words(
    Text("Where sessions come from, the 15 largest", "访问来源，最大的 15 个"),
    Text(
        "Sessions of the day shown by source, the fifteen largest. "
        "unknown_NN is a source that WeChat added and has not named.",
        "展示日期的打开次数按来源划分，取最大的十五个。unknown_NN 为微信新增而尚未命名的来源。",
    ),
)
STAY_TIMES = Words(
    Text("How long sessions last", "停留时长分布"),
    Text(
        "Part of the sessions of the day shown that lasted so long.",
        "展示日期各停留时长的打开次数占比。",
    ),
)
DEPTHS = Words(
    Text("How deep sessions go", "访问深度分布"),
    Text(
        "Part of the sessions of the day shown that went so many pages deep.",
        "展示日期各访问深度（页数）的打开次数占比。",
    ),
)
TOP_PAGES = Words(
    Text("The ten most visited pages", "访问最多的十个页面"),
    Text(
        "Pages of the day shown by views. Exit rate: of the views of a page, the part after which "
        "the user left; high is normal for a page where things end, as after paying. Visitors of "
        "pages do not add up to visitors.",
        "展示日期按访问次数排序的页面。退出率：该页面的访问中，看完即离开小程序的比例；"
        "支付完成等终点页偏高属正常。"
        "各页面的访问人数不能相加。",
    ),
)


def seconds(span: str) -> Text:
    """A span of stay times, like 0-2s."""
    span = span.removesuffix("s").replace("-", "–")
    return Text(f"{span} s", f"{span} 秒")


def pages(depth: str) -> Text:
    """A number of pages, like 6-10."""
    depth = depth.replace("-", "–")
    return Text(f"{depth} page" if depth == "1" else f"{depth} pages", f"{depth} 页")
