"""Words that several dashboards share."""

from exporter.reports.codes import SOURCE_NAMES
from exporter.reports.table import BY_NAME
from grafana.source.words.text import Text

NO_DATA = Text(
    "no data: the exporter dashboard tells why",
    "暂无数据，见“导出器”仪表盘",
)
NO_HISTORY = Text(
    "no data: is /history scraped, and has the time come?",
    "暂无数据：请确认已抓取 /history，且相应天数已过",
)
NOT_SCRAPED = Text(
    "no data: Prometheus does not scrape the exporter",
    "暂无数据：Prometheus 没有抓取导出器",
)
# On tiles, whose letters are large.
UNSEEN = Text("not scraped", "未被抓取")
# The same, beside a tile that says why.
UNKNOWN = Text("–", "–")
NOTHING_HAPPENED = Text("none so far, if the exporter is scraped", "目前没有（前提是已抓取导出器）")
DAY_OFF = Text("day off", "休息日")
DATASOURCE = Text("Prometheus", "数据源 Prometheus")
APP = Text("Mini Program", "小程序")
LABEL = Text("Label", "标签")
PAGE = Text("Page", "页面")
USERS = Text("Users", "用户类型")
REPORT = Text("Report", "报表")
DATA_DAY = Text("Data of", "数据日期")
NEW, ACTIVE = Text("New users", "新用户"), Text("Active users", "活跃用户")
PERCENT_MORE = Text("{{change}} % on the week before", "较上周同日 {{change}}%")
POINTS_MORE = Text("{{change}} points on the week before", "较上周同日 {{change}} 个百分点")
PERCENT_UNUSUAL = Text("{{change}} %, usually {{usual}}", "{{change}}%，通常 {{usual}}")
PERCENT_UNLIKE = Text("{{change}} %", "{{change}}%")
NOT_COMPARED = Text("no day to compare with", "没有可比的日子")
BY_APP = Text("{{app}}", "{{app}}")
# Numbers alone: names of weekdays and months would come in the language of the browser.
DATE_FORMAT = Text("time:YYYY-MM-DD", "time:YYYY年M月D日")
MONTH_FORMAT = Text("time:YYYY-MM", "time:YYYY年M月")
MOMENT_FORMAT = Text("time:MM-DD HH:mm", "time:M月D日 HH:mm")

PAGE_VIEWS = Text("Page views", "访问次数")
VISITORS = Text("Visitors", "访问人数")
NEW_VISITORS = Text("New visitors", "新用户数")
STAY_PER_VIEW = Text("Stay per view", "次均停留")
EXIT_RATE = Text("Exit rate", "退出率")
ENTRY_SHARE = Text("Share of entries", "进入占比")

# What a report of performance is called by, and of which devices or network it is.
MODULES = {
    "open_rate": Text("Opening rate", "打开率"),
    "startup": Text("Start-up", "启动耗时"),
    "page_switch": Text("Page switches", "页面切换"),
    "memory": Text("Memory", "内存"),
    "memory_warning": Text("Memory warnings", "内存异常"),
}
PARTS = {
    "_high": Text(", high-end devices", "（高档机型）"),
    "_middle": Text(", mid-range devices", "（中档机型）"),
    "_low": Text(", low-end devices", "（低档机型）"),
    **{f"_{network}": Text(f", {name}", f"（{name}）") for network, name in (
        ("wifi", "Wi-Fi"), ("4g", "4G"), ("3g", "3G"),
    )},
}  # fmt: skip
REPORTS = {
    "daily_visit_trend": Text("Daily visits", "日访问趋势"),
    "weekly_visit_trend": Text("Weekly visits", "周访问趋势"),
    "monthly_visit_trend": Text("Monthly visits", "月访问趋势"),
    "visit_distribution": Text("Distribution of visits", "访问分布"),
    "daily_retention": Text("Daily retention", "日留存"),
    "weekly_retention": Text("Weekly retention", "周留存"),
    "monthly_retention": Text("Monthly retention", "月留存"),
    "visit_page": Text("Visited pages", "访问页面"),
    "daily_summary": Text("Daily summary", "日概况"),
    "user_portrait_1d": Text("Portrait of 1 day", "用户画像（1 天）"),
    "user_portrait_7d": Text("Portrait of 7 days", "用户画像（7 天）"),
    "user_portrait_30d": Text("Portrait of 30 days", "用户画像（30 天）"),
    **{
        f"performance_{module}{ending}": Text(name.en + part.en, name.zh + part.zh)
        for module, name in MODULES.items()
        for ending, part in {"": Text("", ""), **PARTS}.items()
        if f"performance_{module}{ending}" in BY_NAME
    },
}

# What the operator should think of at once; WeChat's codes with the same reaction have the same
# words. Codes that are not here are shown as they are.
_TOKEN_REJECTED = Text("access token rejected", "access_token 被拒")
_SECRET_REFUSED = Text("secret refused", "AppSecret 错误")
_NOT_WHITELISTED = Text("IP not in whitelist", "IP 不在白名单")
_IP_UNCONFIRMED = Text("IP not confirmed", "IP 待管理员确认")
_NO_PERMISSION = Text("no permission", "没有接口权限")
_ACCOUNT_CLOSED = Text("account limited or closed", "账号受限或已注销")
_UNAUTHORISED = Text("authorisation missing", "第三方平台未授权")
_BUSY = Text("WeChat busy", "微信系统繁忙")
_WRONG_REQUEST = Text("exporter asks wrongly", "请求有误（导出器缺陷）")
ERRORS = {
    "61503": Text("not published yet", "数据尚未发布"),
    "secret": Text("secret not readable", "密钥无法读取"),
    **dict.fromkeys(("40125", "41004"), _SECRET_REFUSED),
    "40243": Text("secret frozen", "AppSecret 已冻结"),
    **dict.fromkeys(("40001", "40014", "42001"), _TOKEN_REJECTED),
    "40013": Text("appid unknown", "AppID 无效"),
    **dict.fromkeys(("40164", "45035"), _NOT_WHITELISTED),
    **dict.fromkeys(("89503", "89506", "89507"), _IP_UNCONFIRMED),
    **dict.fromkeys(("48001", "48004"), _NO_PERMISSION),
    **dict.fromkeys(("50002", "50007"), _ACCOUNT_CLOSED),
    **dict.fromkeys(("61003", "61007", "61023"), _UNAUTHORISED),
    "61502": Text("mini games have no data", "小游戏无此数据"),
    **dict.fromkeys(
        ("40230", "40231", "40232", "40233"),
        Text("API security: keys missing", "API 安全：未配置密钥"),
    ),
    "40234": Text("API security: signature refused", "API 安全：签名错误"),
    "40235": Text("API security: encryption refused", "API 安全：加密错误"),
    **dict.fromkeys(("40236", "40237"), Text("token of another appid", "token 与 AppID 不符")),
    **dict.fromkeys(
        ("40238", "40239"), Text("API security: no key in the console", "API 安全：后台未设密钥")
    ),
    "40240": Text("clock wrong", "本机时钟有误"),
    "45009": Text("quota spent", "当日调用次数已用完"),
    "45011": Text("too many calls a minute", "调用过于频繁"),
    **dict.fromkeys(("-1", "61504"), _BUSY),
    **dict.fromkeys(
        ("40002", "40003", "41001", "43002", "44002", "47001", "61500"), _WRONG_REQUEST
    ),
    "61501": Text("wrong day asked, clock?", "请求日期有误（检查本机时钟）"),
    "token_service": Text("token service out of order", "中控服务无响应"),
    "not_verified": Text("reply not verified", "响应未通过验签"),
    "encryption": Text("reply not decrypted", "响应无法解密"),
    "certificate": Text("platform certificate missing", "缺少平台证书"),
    "clock_skew": Text("clock off", "时钟偏差"),
    "timeout": Text("timeout", "超时"),
    "connection": Text("no connection", "连接失败"),
    "malformed": Text("reply not understood", "响应无法解析"),
    "internal": Text("fault of the exporter", "导出器内部错误"),
}

# English names are the labels in words, but for these.
_SPELLED = {
    "qr": "QR",
    "app": "app",
    "wifi": "Wi-Fi",
    "h5": "H5",
    "wecom": "WeCom",
    "wechat": "WeChat",
}


def _in_words(label: str) -> str:
    words = " ".join(_SPELLED.get(word, word) for word in label.split("_"))
    return words[0].upper() + words[1:]


SOURCES = {label: Text(_in_words(label), name) for label, name in SOURCE_NAMES.values()}
