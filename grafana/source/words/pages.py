"""Words of the pages dashboard."""

from grafana.source.words.text import Text, Words

DATA_DAY = Words(
    Text("The day the pages are of", "页面数据的日期"),
    Text(
        "The day that the table describes (report visit_page). Red when "
        "it is later than 18:00 and WeChat's newer day has not arrived.",
        "表中数值所描述的日期（访问页面报表）。过了 18:00 仍没有更新的一天时变红。",
    ),
)
PAGES = Words(
    Text("Pages visited", "有访问的页面数"),
    Text(
        "Pages of the day shown that are exported, for each app. WeChat itself tells at most the "
        "200 most visited.",
        "展示日期导出的页面数，按小程序分别计数。微信接口最多返回访问最多的 200 个页面。",
    ),
)
DROPPED = Words(
    Text("Pages left out", "未展示的页面数"),
    Text(
        "Pages that WeChat told and pages.limit leaves out. Their views are missing from the "
        "table.",
        "微信已返回、但因 pages.limit 未导出的页面；它们的访问不在表中。",
    ),
)
COVERED = Words(
    Text("Page views covered by the table", "表中页面覆盖的访问次数"),
    Text(
        "Views of the pages in the table / all page views of the day. Below 100 % pages are left "
        "out; compared only when both reports show the same day.",
        "表中页面的访问次数 / 当日全部访问次数。低于 100% 说明有页面未列出；"
        "仅在两个报表为同一天时计算。",
    ),
)
ALL = Words(
    Text("All pages", "全部页面"),
    Text(
        "Pages of the day shown, the most visited first; a click on a page shows it over time "
        "below. Share of entries: of all sessions' first pages. Exit rate: of the page's views, "
        "the "
        "part after which the user left. Shared: forwardings / views. Visitors of "
        "pages do "
        "not add up. Pages with few views have jumping rates.",
        "展示日期的页面，按访问次数排序；点击页面可在下方看其变化。进入占比："
        "作为进入页的次数占全部进入的比例。"
        "退出率：该页面的访问中，看完即离开的比例。转发率：转发次数 / 访问次数。"
        "各页面的访问人数不能相加；"
        "访问很少的页面，比率波动较大。",
    ),
)
SHARES_PER_VIEW = Text("Shared", "转发率")
SHARERS = Text("Sharers", "转发人数")

_OVER_TIME = Text(
    " Of the page chosen above. From dated samples, else from what /metrics "
    "showed on the day after. A day on which the page was not among those told is absent, not 0.",
    "优先取带日期的历史样本，没有时取次日 /metrics 展示的数值。"
    "若某天该页面不在返回之列，则留空而不是 0。",
)


def _over_time(title: Text, en: str, zh: str) -> Words:
    return Words(title, Text(en + _OVER_TIME.en, zh + _OVER_TIME.zh))


VIEWS = _over_time(
    Text("Views day by day, chosen page", "所选页面：每日访问次数"),
    "Views of each day.",
    "每天的访问次数。",
)
VISITORS = _over_time(
    Text("Visitors day by day, chosen page", "所选页面：每日访问人数"),
    "Visitors of each day, each counted once.",
    "每天的访问人数（去重）。",
)
STAY = _over_time(
    Text("Stay per view, chosen page", "所选页面：次均停留时长"),
    "Mean time on the page per view.",
    "每次访问该页面平均停留的时间。",
)
EXITS = _over_time(
    Text("Entries and exits per view, chosen page", "所选页面：进入率与退出率"),
    "Of the page's views, the part with which a session began, and the part with which it ended.",
    "该页面的访问中，作为进入页和作为退出页的比例。",
)
SHARES = _over_time(
    Text("Shares per view, chosen page", "所选页面：转发率"),
    "Forwardings of the page / its views.",
    "该页面的转发次数 / 访问次数。",
)
ENTRIES_OF_APP = Text("entries", "进入")
EXITS_OF_APP = Text("exits", "退出")
