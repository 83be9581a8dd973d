"""WeChat's numeric keys and Chinese names as label words, with the names its console shows."""

from collections.abc import Mapping
from types import MappingProxyType

# key: (label, name in the console). 1 to 18 are the reference's; 59, 60 and 62 were reported by
# single users. Key 10 is "all other scenes".
SOURCE_NAMES: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        1: ("history_list", "小程序历史列表"),
        2: ("search", "搜索"),
        3: ("chat", "会话"),
        4: ("scan_qr_code", "扫一扫二维码"),
        5: ("official_account_profile", "公众号主页"),
        6: ("chat_top", "聊天顶部"),
        7: ("system_desktop", "系统桌面"),
        8: ("mini_program_profile", "小程序主页"),
        9: ("nearby_mini_programs", "附近的小程序"),
        10: ("other", "其他"),
        11: ("template_message", "模板消息"),
        12: ("customer_service_message", "客服消息"),
        13: ("official_account_menu", "公众号菜单"),
        14: ("app_share", "APP分享"),
        15: ("payment_complete_page", "支付完成页"),
        16: ("long_press_qr_code", "长按识别二维码"),
        17: ("album_qr_code", "相册选取二维码"),
        18: ("official_account_article", "公众号文章"),
        19: ("wallet", "钱包"),
        20: ("card_pack", "卡包"),
        21: ("in_app_coupon", "小程序内卡券"),
        22: ("other_mini_program", "其他小程序"),
        23: ("return_from_other_mini_program", "其他小程序返回"),
        24: ("coupon_store_list", "卡券适用门店列表"),
        25: ("search_box_shortcut", "搜索框快捷入口"),
        26: ("mini_program_customer_service_message", "小程序客服消息"),
        27: ("official_account_push", "公众号下发"),
        28: ("system_conversation_menu", "系统会话菜单"),
        29: ("taskbar_recent", "任务栏-最近使用"),
        30: ("long_press_menu", "长按小程序菜单圆点"),
        31: ("wifi_connected_page", "连wifi成功页"),
        32: ("city_service", "城市服务"),
        33: ("wechat_ads", "微信广告"),
        34: ("other_mobile_app", "其他移动应用"),
        35: ("discover_my_mini_programs", "发现入口-我的小程序"),
        36: ("taskbar_my_mini_programs", "任务栏-我的小程序"),
        37: ("wechat_circle", "微信圈子"),
        38: ("mobile_top_up", "手机充值"),
        39: ("h5", "H5"),
        40: ("plugin", "插件"),
        41: ("popular_now", "大家在用"),
        42: ("discover_page", "发现页"),
        43: ("floating_window", "浮窗"),
        44: ("people_nearby", "附近的人"),
        45: ("top_stories", "看一看"),
        46: ("moments", "朋友圈"),
        47: ("wecom", "企业微信"),
        48: ("video", "视频"),
        49: ("favorites", "收藏"),
        50: ("red_packet", "微信红包"),
        51: ("game_center", "微信游戏中心"),
        52: ("shake", "摇一摇"),
        53: ("official_account_shopping_guide_message", "公众号导购消息"),
        54: ("object_recognition", "识物"),
        55: ("mini_program_orders", "小程序订单"),
        56: ("mini_program_live", "小程序直播"),
        57: ("group_tools", "群工具"),
        59: ("group_todo", "群待办"),
        60: ("third_party_app", "第三方APP"),
        62: ("channels", "视频号"),
    }
)

SOURCES: Mapping[int, str] = MappingProxyType(
    {key: label for key, (label, _) in SOURCE_NAMES.items()}
)

# The reference prints 20-30s, 30-50s and 50-100s, which overlap; the console shows these.
STAY_TIMES: Mapping[int, str] = MappingProxyType(
    {
        1: "0-2s",
        2: "3-5s",
        3: "6-10s",
        4: "11-20s",
        5: "21-30s",
        6: "31-50s",
        7: "51-100s",
        8: ">100s",
    }
)

DEPTHS: Mapping[int, str] = MappingProxyType(
    {1: "1", 2: "2", 3: "3", 4: "4", 5: "5", 6: "6-10", 7: ">10"}
)


# Traits of a portrait whose names are a closed list. Only few of the ids were ever published, so
# the names are the keys.
GENDERS: Mapping[str, str] = MappingProxyType({"男": "male", "女": "female", "未知": "unknown"})
PLATFORMS: Mapping[str, str] = MappingProxyType(
    {"iPhone": "iphone", "android": "android", "其他": "other"}
)
AGES: Mapping[str, str] = MappingProxyType(
    {
        "17岁以下": "0-17",
        "18-24岁": "18-24",
        "25-29岁": "25-29",
        "30-39岁": "30-39",
        "40-49岁": "40-49",
        "50岁以上": "50+",
        "未知": "unknown",
    }
)
_PROVINCE_WORDS: Mapping[str, str] = {
    "北京": "beijing", "天津": "tianjin", "河北": "hebei", "山西": "shanxi",
    "内蒙古": "inner_mongolia", "辽宁": "liaoning", "吉林": "jilin", "黑龙江": "heilongjiang",
    "上海": "shanghai", "江苏": "jiangsu", "浙江": "zhejiang", "安徽": "anhui",
    "福建": "fujian", "江西": "jiangxi", "山东": "shandong", "河南": "henan",
    "湖北": "hubei", "湖南": "hunan", "广东": "guangdong", "广西": "guangxi",
    "海南": "hainan", "重庆": "chongqing", "四川": "sichuan", "贵州": "guizhou",
    "云南": "yunnan", "西藏": "tibet", "陕西": "shaanxi", "甘肃": "gansu",
    "青海": "qinghai", "宁夏": "ningxia", "新疆": "xinjiang", "台湾": "taiwan",
    "香港": "hong_kong", "澳门": "macao",
}  # fmt: skip
# WeChat's example says 广东省; whether 广西 comes with 壮族自治区 nobody published.
_PROVINCE_ENDS = (
    "", "省", "市", "自治区", "壮族自治区", "回族自治区", "维吾尔自治区", "特别行政区",
)  # fmt: skip
PROVINCES: Mapping[str, str] = MappingProxyType(
    {name + end: label for name, label in _PROVINCE_WORDS.items() for end in _PROVINCE_ENDS}
    | {"未知": "unknown", "其他": "other"}
)


def word(codes: Mapping[int, str], key: int) -> str:
    """The label for a key; `unknown_<key>` for one that WeChat added since."""
    return codes.get(key, f"unknown_{key}")
