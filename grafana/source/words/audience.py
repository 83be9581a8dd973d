"""Words of the audience dashboard."""

from collections.abc import Mapping

from exporter.reports import codes
from grafana.source.words.text import Text, Words

_TOLD = Text(
    " Users of the chosen days, each counted once, as far as WeChat knows it of them. Where very "
    "few came there is no portrait.",
    "取所选天数内的用户（去重），仅含微信已知的部分；用户极少时没有画像。",
)


def _trait(title: Text, en: str, zh: str) -> Words:
    return Words(title, Text(en + _TOLD.en, zh + _TOLD.zh))


def _names(chinese: Mapping[str, str], english: Mapping[str, str]) -> dict[str, Text]:
    """Label -> names; of several Chinese ones of a label the shortest."""
    found: dict[str, Text] = {}
    for name, label in sorted(chinese.items(), key=lambda pair: -len(pair[0])):
        spelled = english.get(label, label.replace("_", " ").title())
        found[label] = Text(spelled, name)
    return found


DATA_DAY = Words(
    Text("The last day of the portrait", "画像截止日期"),
    Text(
        "The day with which the 1, 7 or 30 days end (report user_portrait_1d). Red when it is "
        "later than 18:00 and WeChat's newer day has not arrived.",
        "1、7 或 30 天均截至此日（用户画像报表）。过了 18:00 仍没有更新的一天时变红。",
    ),
)
KNOWN = _trait(
    Text("Users in the portrait", "画像用户数"),
    "The chosen users, added up over genders, unknown ones included.",
    "所选用户按性别相加，含未知。",
)
DROPPED = Words(
    Text("Cities and devices left out", "未展示的城市与机型"),
    Text(
        "How many cities and device models WeChat told that portrait.limit leaves out; the largest "
        "ones are kept.",
        "微信已返回、但因 portrait.limit 未导出的城市数与机型数；只保留最大的若干个。",
    ),
)
CITY, DEVICE = Text("cities", "城市"), Text("devices", "机型")
GENDERS = _trait(Text("Gender", "性别"), "Part of users by gender.", "按性别的用户占比。")
AGES = _trait(Text("Age", "年龄"), "Part of users by age in years.", "按年龄的用户占比。")
PLATFORMS = _trait(
    Text("Platform", "终端平台"),
    "Part of users by the platform of their phone.",
    "按终端平台的用户占比。",
)
PROVINCES = _trait(
    Text("Provinces", "省份"),
    "Part of users by province, the largest 20.",
    "按省份的用户占比，前 20。",
)
CITIES = _trait(
    Text("Cities", "城市"),
    "Users by city, the largest 20 of those that portrait.limit keeps, named as WeChat does.",
    "按城市的用户数，取 portrait.limit 所保留的前 20。",
)
DEVICES = _trait(
    Text("Device models", "机型"),
    "Users by device model, the largest 20 of those that portrait.limit keeps.",
    "按机型的用户数，取 portrait.limit 所保留的前 20。",
)
NEW_AND_ACTIVE = _trait(
    Text("New users beside active ones, by age", "新用户与活跃用户对比：年龄"),
    "Is the Mini Program finding other people than it has? Parts are of the users of each kind.",
    "新来的用户与已有的用户是否不同？占比分别以各自的用户为基数。",
)
AGE = Text("Age", "年龄")
NEW_SHARE, ACTIVE_SHARE = Text("of new", "占新用户"), Text("of active", "占活跃用户")
SPAN = Text("Days", "天数")
SPAN_NAMES = {
    "1d": Text("1 day", "1 天"), "7d": Text("7 days", "7 天"), "30d": Text("30 days", "30 天"),
}  # fmt: skip
GENDER_NAMES = _names(codes.GENDERS, {})
# Android says the same in both languages.
PLATFORM_NAMES = {
    "iphone": Text("iPhone", "苹果 iPhone"), "android": Text("Android", "安卓"),
    "other": Text("Other", "其他"),
}  # fmt: skip
AGE_NAMES = _names(
    codes.AGES, {"unknown": "Unknown"} | {a: a for a in codes.AGES.values() if a[0].isdigit()}
)
PROVINCE_NAMES = _names(codes.PROVINCES, {})
