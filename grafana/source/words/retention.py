"""Words of the retention dashboard."""

from grafana.source.words.text import Text, Words

_NEWEST = Text(
    "Of the newest cohort for which WeChat has told it, the part that came back that day: users / "
    "cohort size. Each number has its own cohort, so day 30 is about people of a month ago. With "
    "several apps each has its own number. Small cohorts jump.",
    "取微信已给出该数据的最新一批用户，其中在那一天再次访问的比例（留存人数 / 这批用户总数）。"
    "各数值对应不同批次："
    "第 30 日留存说的是一个月前的用户。选择多个小程序时分别显示；用户很少时波动较大。",
)


def after(days: int) -> Words:
    """A big number for one key."""
    title = Text("Back on the next day", "次日留存率")
    if days > 1:
        title = Text(f"Back after {days} days", f"{days} 日留存率")
    return Words(title, _NEWEST)


NEW_OF_APP = Text("{{app}}, new", "{{app}}，新用户")
ACTIVE_OF_APP = Text("{{app}}, active", "{{app}}，活跃用户")
CURVE = Words(
    Text("Who comes back, day 0 to 30", "留存曲线：第 0 至 30 日"),
    Text(
        "Part of a cohort that came back after so many days, each key from its newest cohort: "
        "neighbouring bars are about different people. Over the chosen apps users and cohorts are "
        "added up; someone who uses two apps counts twice. The days are not evenly spaced.",
        "各天之后再次访问的比例，每一天取已知的最新一批用户，因此相邻的柱子说的是不同的人。"
        "选择多个小程序时人数相加，"
        "同时使用两个小程序的人计两次。横轴的天数间隔不均匀。",
    ),
)
AFTER_DAYS = Text("Days later", "第 N 日")
AFTER_WEEKS = Text("Weeks later", "第 N 周")
BY_COHORT = Words(
    Text(
        "New users back on the next day and a week later, by cohort",
        "按批次看新用户次日与 7 日留存",
    ),
    Text(
        "Retention of the users who were new on each day, at the date of that day. The newest "
        "days "
        "are missing until their time has come. From dated samples, else from what /metrics "
        "showed "
        "when the key was new.",
        "每天的新用户的留存率，标在他们首次访问的日期上；最近几天要到期后才有。"
        "优先取带日期的历史样本，"
        "没有时取当时 /metrics 展示的数值。",
    ),
)
NEXT_DAY = Text("{{app}}, next day", "{{app}}，次日")
WEEK_LATER = Text("{{app}}, 7 days", "{{app}}，7 日")
_COHORTS = Text(
    "One row per cohort, one column per time that passed; the darker, the more came back. Empty "
    "until the time has come, or when it was never asked. From dated samples; days and weeks "
    "without them from what /metrics showed at the time.",
    "每行一批用户，每列为经过的时间，颜色越深留存越高。未到期或从未查询过则为空。"
    "数据来自带日期的历史样本；"
    "没有时，日与周取当时 /metrics 展示的数值。",
)
DAYS = Words(
    Text("Daily cohorts", "日留存表"),
    Text(_COHORTS.en + " Always the last 60 days.", _COHORTS.zh + "总是显示最近 60 天。"),
)
WEEKS = Words(
    Text("Weekly cohorts", "周留存表"),
    Text(_COHORTS.en + " Always the last 90 days.", _COHORTS.zh + "总是显示最近 90 天。"),
)
MONTHS = Words(
    Text("Monthly cohorts", "月留存表"),
    Text(
        "One row per month: how many users, and which part came in the month after. From dated "
        "samples alone, for months differ in length. Always the last year.",
        "每行一个月：用户数，以及次月再次访问的比例。各月长短不一，因此只取带日期的历史样本。总是显示最近一年。",
    ),
)
WEEK_CURVE = Words(
    Text("Who comes back, week 0 to 4", "留存曲线：第 0 至 4 周"),
    Text(
        "As the daily curve, with cohorts of calendar weeks from Monday.",
        "同日留存曲线，按自然周（周一起）分批。",
    ),
)
MONTH = Words(
    Text("Back in the month after", "次月留存率"),
    Text(
        "Of the users of the newest month for which it is known, the part who came in the month "
        "after. Known only when that month is over: it is about people of two months ago.",
        "已知的最新一个月的用户中，次月再次访问的比例。次月结束后才有数据，"
        "因此说的是两个月前的用户。",
    ),
)
COHORT = Text("Cohort", "批次")
SIZE = Text("Users", "人数")


def day_later(key: int) -> Text:
    """A column of the daily table."""
    return Text(f"Day {key}", f"{key} 日")


def week_later(key: int) -> Text:
    """A column of the weekly table."""
    return Text(f"Week {key}", f"{key} 周")


MONTH_NEW = Text("New, month after", "新用户次月")
MONTH_ACTIVE = Text("Active, month after", "活跃用户次月")
SIZE_NEW = Text("New users", "新用户数")
SIZE_ACTIVE = Text("Active users", "活跃用户数")
