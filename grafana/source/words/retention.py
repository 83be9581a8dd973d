"""Words of the retention dashboard."""

from grafana.source.words.text import Text, Words

_NEWEST = Text(
    "Of the newest cohort for which WeChat has told it, the part that came back that day: users / "
    "cohort size. Each number has its own cohort, whose month and day stand beside it: day 30 is "
    "about people of a month ago. Small cohorts jump.",
    "取微信已给出该数据的最新一批用户，其中在那一天再次访问的比例（留存人数 / 这批用户总数）。"
    "各数值对应不同批次，旁边标出这批用户访问的月和日："
    "第 30 日留存反映的是一个月前的用户。用户很少时波动较大。",
)


def after(days: int) -> Words:
    """A big number for one key."""
    title = Text("Back on the next day", "次日留存率")
    if days > 1:
        title = Text(f"Back after {days} days", f"{days} 日留存率")
    return Words(title, _NEWEST)


CURVE = Words(
    Text("Who comes back, day 1 to 30", "留存曲线：第 1 至 30 日"),
    Text(
        "Part of a cohort of the chosen users that came back after so many days, each key from its "
        "newest cohort: neighbouring bars are about different people. The days are not evenly "
        "spaced.",
        "所选用户在各天之后再次访问的比例，每一天取已知的最新一批用户，"
        "因此相邻的柱子对应不同的用户。天数间隔不均匀。",
    ),
)
BY_COHORT = Words(
    Text(
        "Back on the next day and a week later, by cohort",
        "按批次看次日与 7 日留存",
    ),
    Text(
        "Retention of the chosen users of each day, at the date of that day. The newest "
        "days "
        "are missing until their time has come. From dated samples, else from what /metrics "
        "showed "
        "when the key was new.",
        "所选用户每天一批的留存率，标在这批用户访问的日期上；最近几天的留存要等到相应天数过后才有。"
        "优先取带日期的历史样本，"
        "没有时取当时 /metrics 展示的数值。",
    ),
)
NEXT_DAY = Text("next day", "次日")
WEEK_LATER = Text("7 days", "7 日")
_COHORTS = Text(
    "One row per cohort, one column per time that passed; the stronger the blue, the more came "
    "back. Empty until the time has come, or when it was never asked. From dated samples; days and "
    "weeks without them from what /metrics showed at the time.",
    "每行一批用户，每列为经过的时间，蓝色越浓留存越高。尚未到相应天数，或从未查询过，则为空。"
    "数据来自带日期的历史样本；"
    "没有时，日与周取当时 /metrics 展示的数值。",
)
DAYS = Words(
    Text("Daily cohorts of the last 60 days", "日留存表（近 60 天）"),
    _COHORTS,
)
WEEKS = Words(
    Text("Weekly cohorts of the last 90 days", "周留存表（近 90 天）"),
    _COHORTS,
)
MONTHS = Words(
    Text("Monthly cohorts of the last year", "月留存表（近一年）"),
    Text(
        "One row per month: how many users, and which part came in the month after. From dated "
        "samples alone, for months differ in length.",
        "每行一个月：用户数，以及次月再次访问的比例。各月长短不一，因此只取带日期的历史样本。",
    ),
)
WEEK_CURVE = Words(
    Text("Who comes back, week 1 to 4", "留存曲线：第 1 至 4 周"),
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
        "因此反映的是两个月前的用户。",
    ),
)
NEW_OF = Text("New users {{cohort}}", "新用户 {{cohort}}")
ACTIVE_OF = Text("Active users {{cohort}}", "活跃用户 {{cohort}}")
COHORT = Text("Cohort", "批次")
SIZE = Text("Users", "人数")


def days_later(key: int) -> Text:
    """A bar of the daily curve."""
    return Text(f"day {key}", f"第 {key} 日")


def weeks_later(key: int) -> Text:
    """A bar of the weekly curve."""
    return Text(f"week {key}", f"第 {key} 周")


def day_later(key: int) -> Text:
    """A column of the daily table."""
    return Text(f"D{key}", f"{key} 日")


def week_later(key: int) -> Text:
    """A column of the weekly table."""
    return Text(f"W{key}", f"{key} 周")


MONTH_NEW = Text("New back", "新用户次月")
MONTH_ACTIVE = Text("Active back", "活跃次月")
SIZE_NEW = Text("New", "新用户")
SIZE_ACTIVE = Text("Active", "活跃用户")
