"""Who an app's visitors are: the same people as the trends count, by trait."""

from collections.abc import Mapping, Sequence
from typing import Any

from exporter.simulator.numbers import Visits
from exporter.simulator.spread import apportion, seeded

# Province and the cities that WeChat names in it, with about their share of its users.
PROVINCES: Mapping[str, tuple[float, tuple[str, ...]]] = {
    "广东省": (0.18, ("广州", "深圳", "佛山", "东莞", "珠海")),
    "浙江省": (0.1, ("杭州", "宁波", "温州", "金华")),
    "江苏省": (0.1, ("苏州", "南京", "无锡", "徐州")),
    "山东省": (0.08, ("济南", "青岛", "潍坊")),
    "河南省": (0.07, ("郑州", "洛阳")),
    "四川省": (0.07, ("成都", "绵阳")),
    "上海市": (0.06, ("上海",)),
    "北京市": (0.06, ("北京",)),
    "湖北省": (0.05, ("武汉", "宜昌")),
    "福建省": (0.05, ("厦门", "福州")),
    "重庆市": (0.03, ("重庆",)),
    "广西壮族自治区": (0.03, ("南宁",)),
    "新疆维吾尔自治区": (0.01, ("乌鲁木齐",)),
    "香港特别行政区": (0.005, ("香港",)),
}
GENDERS = {"男": 0.44, "女": 0.52, "未知": 0.04}
PLATFORMS = {"iPhone": 0.31, "android": 0.67, "其他": 0.02}
AGES = {
    "17岁以下": 0.04, "18-24岁": 0.2, "25-29岁": 0.22, "30-39岁": 0.31,
    "40-49岁": 0.14, "50岁以上": 0.07, "未知": 0.02,
}  # fmt: skip
MODELS = (
    "OPPO R9",
    "HUAWEI P40",
    "vivo X60",
    "iPhone 13",
    "iPhone 15 Pro",
    "Redmi K40",
    "HONOR 50",
)
DEVICES = 40
# WeChat does not know where everybody is, and lists no device that hardly anybody uses.
LOCATED, LISTED_DEVICES = 0.96, 0.85


def portrait(appid: str, visits: Visits) -> dict[str, Any]:
    """The two objects of a portrait: the new and all the visitors of a span, by trait."""
    return {
        "visit_uv_new": _traits(f"{appid}:portrait:new", visits.new_visitors),
        "visit_uv": _traits(f"{appid}:portrait", visits.visitors),
    }


def empty_portrait() -> dict[str, Any]:
    """What WeChat sends before a span is computed, and when there are too few users."""
    names = ("province", "city", "genders", "platforms", "devices", "ages")
    return {field: {name: [] for name in names} for field in ("visit_uv_new", "visit_uv")}


def _traits(seed: str, users: int) -> dict[str, Any]:
    draw = seeded(seed).uniform
    weights = [share * draw(0.7, 1.3) for share, _ in PROVINCES.values()]
    provinces = dict(zip(PROVINCES, apportion(round(users * LOCATED), weights), strict=True))
    cities: dict[str, int] = {}
    for name, count in provinces.items():
        named = PROVINCES[name][1]
        # What lives elsewhere in the province is left after the last named city.
        parts = apportion(count, [*(draw(0.5, 1.5) / (n + 1) for n in range(len(named))), 0.3])
        cities |= dict(zip(named, parts, strict=False))
    models = {_model(number): 1 / (number + 2) for number in range(DEVICES)}
    devices = apportion(round(users * LISTED_DEVICES), list(models.values()))
    return {
        "province": _items(provinces, list(PROVINCES)),
        "city": _items(cities, list(cities)),
        "genders": _items(_split(users, GENDERS, draw), list(GENDERS)),
        "platforms": _items(_split(users, PLATFORMS, draw), list(PLATFORMS)),
        "devices": _items(dict(zip(models, devices, strict=True)), None),
        "ages": _items(_split(users, AGES, draw), list(AGES)),
    }


def _split(users: int, shares: Mapping[str, float], draw: Any) -> dict[str, int]:  # noqa: ANN401
    counts = apportion(users, [share * draw(0.8, 1.2) for share in shares.values()])
    return dict(zip(shares, counts, strict=True))


def _model(number: int) -> str:
    name = MODELS[number % len(MODELS)]
    return name if number < len(MODELS) else f"{name} {number // len(MODELS)}"


def _items(counts: Mapping[str, int], numbered: Sequence[str] | None) -> list[dict[str, Any]]:
    """The items of an array, the largest first; devices are the ones without an id."""
    found = [
        {"id": numbered.index(name) + 1, "name": name, "value": count}
        if numbered is not None
        else {"name": name, "value": count}
        for name, count in counts.items()
        if count
    ]
    return sorted(found, key=lambda item: -int(str(item["value"])))
