"""Words of the dashboard about the exporter itself."""

from grafana.source.words.text import Text, Words

NEXT = Words(
    Text("Next look at WeChat", "下一轮采集"),
    Text(
        "When the next pass of collection begins. A moment in the past: the exporter does not run, "
        "or its schedule stands still.",
        "下一轮采集开始的时刻。若早于现在，说明导出器没有运行，或调度已停止。",
    ),
)
LAST = Words(
    Text("Last pass ended", "上一轮采集结束"),
    Text(
        "When the last pass of collection ended; of several exporters the one that waits longest. "
        "By day a pass ends every half hour, at night none does. Much longer ago while the next "
        "one moves on: a pass hangs.",
        "上一轮采集结束的时刻；多个导出器时取最早的。白天每半小时一轮，夜间停采。"
        "若远早于此而“下一轮采集”仍在推进，说明有一轮卡住了。",
    ),
)
DUE = Words(
    Text("Looks that are due", "待采集的查询数"),
    Text(
        "Looks whose time has come and that have no data yet, over the chosen apps. Some are "
        "normal "
        "until WeChat has published at 15:00; later they should be 0.",
        "待采集（尚未取得数据）的查询数，所选小程序合计。微信在 15:00 前陆续发布，"
        "此前有一些属正常，之后应为 0。",
    ),
)
FAILING = Words(
    Text("Reports that fail", "失败的报表"),
    Text(
        "Reports of the chosen apps whose last look WeChat did not answer; 'not ready yet' is an "
        "answer. Red from one on.",
        "所选小程序中最近一次查询失败的报表数；“尚未就绪”不算失败。有一个即为红色。",
    ),
)
RELOAD = Words(
    Text("Configuration", "配置"),
    Text(
        "Whether the last attempt to load the configuration succeeded. When refused, the exporter "
        "keeps the one before.",
        "最近一次加载配置是否成功；失败时导出器继续使用之前的配置。",
    ),
)
ARCHIVE = Words(
    Text("Archive", "存档"),
    Text(
        "Whether the last pass could write the archive. If not, nothing is asked until it works "
        "again. Empty after a start, until the first pass has ended.",
        "最近一轮能否写入存档；不能写入时暂停采集。启动后第一轮结束之前为空。",
    ),
)
VERSION = Words(
    Text("Version", "版本"),
    Text(
        "The version of each exporter that is scraped.",
        "每个被抓取的导出器的版本；版本不同时分别列出。",
    ),
)
GOOD = {"1": (Text("fine", "正常"), "green"), "0": (Text("refused", "失败"), "red")}
WRITABLE = {"1": (Text("fine", "正常"), "green"), "0": (Text("not writable", "无法写入"), "red")}
SUCCESS = {"1": (Text("yes", "是"), "green"), "0": (Text("no", "否"), "red")}

FRESHNESS = Words(
    Text(
        "How fresh each report is, the longest overdue first", "各报表的数据新鲜度，逾期最久的在前"
    ),
    Text(
        "Overdue: hours since the Beijing midnight after which WeChat should publish the period "
        "after the one shown; mornings are normal, yellow from 18:00, red from noon of the next "
        "day. Of retentions the newest cohort counts. Error: what the last look ended with.",
        "逾期：从下一个周期应当发布之日的零点（北京时间）算起的时间。上午属正常，18:00 起为黄色，"
        "次日正午起为红色。留存以最新一批为准。错误：最近一次查询失败的原因。",
    ),
)
OVERDUE = Text("Overdue", "逾期")
NEVER = Text("never had data", "从未取得")
SUCCEEDED = Text("success", "成功")
ANSWERED = Text("Last look answered", "最近查询成功")
ERROR = Text("Error", "错误")
ARRIVED = Text("Data last arrived", "最近取得数据")
CHANGED_LATER = Text("Changed later", "事后修正")
DUE_BY_TIME = Words(
    Text("Looks due over time", "待采集查询数的变化"),
    Text(
        "Looks whose time has come and that have no data yet, over the chosen apps. Rises at "
        "midnight, when a day is over, and falls to 0 when WeChat has published.",
        "待采集的查询数，所选小程序合计。零点一天结束时上升，微信发布后应回到 0。",
    ),
)
DUE_LINE = Text("due", "待采集")
FAILING_BY_CODE = Words(
    Text("What they fail with", "失败的原因"),
    Text(
        "Failing reports of the chosen apps by what their last look ended with: an error code of "
        "WeChat, or what went wrong on the way to it. The table above tells which. Empty while "
        "none fails.",
        "所选小程序的失败报表数，按最近一次查询的结果划分：微信错误码，或途中出现的问题。"
        "具体是哪些见上表。没有失败时为空。",
    ),
)
CALLS = Words(
    Text("Calls of WeChat by outcome", "调用微信接口的结果"),
    Text(
        "Calls in the time of each bar, by what they ended with. Counts are extrapolated by "
        "Prometheus and may have fractions.",
        "每根柱子对应时段内的调用次数，按结果划分。次数由 Prometheus 外推，可能有小数。",
    ),
)
LATENCY = Words(
    Text("How long WeChat takes to answer", "微信接口耗时"),
    Text(
        "Half and 95 % of the calls were faster, from the histogram: exact only to its buckets. "
        "Empty when nothing was called.",
        "分别有一半和 95% 的调用快于图中的值，由直方图估算，精度受分桶限制。没有调用时为空。",
    ),
)
MEDIAN, P95 = Text("half of the calls", "中位数"), Text("95 % of the calls", "95 分位")
REVISIONS = Words(
    Text("Numbers that WeChat changed later", "微信事后修正的数据"),
    Text(
        "Periods per day that came back with other numbers when asked again, by report. Some are "
        "normal; many mean that the first look comes too early.",
        "每天再次查询时数值发生变化的周期数，按报表。少量属正常；很多说明首次查询过早。",
    ),
)
MEMORY = Words(
    Text("Memory of the exporter", "导出器内存"),
    Text(
        "Resident memory of each exporter process. Grows with apps and pages, not with time.",
        "各导出器进程的常驻内存；随小程序和页面数增长，不应随时间增长。",
    ),
)
PROCESSOR = Words(
    Text("Processor of the exporter", "导出器 CPU"),
    Text(
        "Part of one processor core that each exporter process uses. Peaks belong to passes.",
        "各导出器进程占用单个 CPU 核的比例；采集期间会有峰值。",
    ),
)
BY_REPORT = Text("{{report}}", "{{report}}")
BY_INSTANCE = Text("{{instance}}", "{{instance}}")
BY_CODE = Text("{{code}}", "{{code}}")
BY_VERSION = Text("{{version}}", "{{version}}")
