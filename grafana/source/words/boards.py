"""What the dashboards are called and what they are for, in the order of their links."""

from grafana.source.words.text import Text, Words

BOARDS = {
    "wxa-overview": Words(
        Text("Mini Program: overview", "小程序：概览"),
        Text(
            "How the Mini Program did on the last day that WeChat has published.",
            "微信最近发布的一天里，小程序的表现如何。",
        ),
    ),
    "wxa-retention": Words(
        Text("Mini Program: retention", "小程序：留存"),
        Text("Who came back, and after how long.", "用户隔多久再次访问，有多少人再次访问。"),
    ),
    "wxa-pages": Words(
        Text("Mini Program: pages", "小程序：页面"),
        Text(
            "Which pages are visited, entered, left and shared.",
            "哪些页面被访问、进入、退出和转发。",
        ),
    ),
    "wxa-audience": Words(
        Text("Mini Program: audience", "小程序：用户画像"),
        Text("Who the users are, new and active ones.", "用户是谁：新用户与活跃用户。"),
    ),
    "wxa-performance": Words(
        Text("Mini Program: performance", "小程序：性能"),
        Text(
            "How fast it starts and how much memory it takes, and whether a release made it worse.",
            "启动多快、占用多少内存，发版后是否变差。",
        ),
    ),
    "wxa-fleet": Words(
        Text("Mini Programs: all of them", "小程序：总览"),
        Text(
            "Every Mini Program on one line, what needs a look first.",
            "每个小程序一行，需要关注的排在最前。",
        ),
    ),
    "wxa-exporter": Words(
        Text("Mini Program data: exporter", "小程序数据：导出器"),
        Text(
            "Whether the data arrives, and if not, why.",
            "数据是否按时到达；如果没有，原因是什么。",
        ),
    ),
}
# Short enough for one row of links.
LINKS = {
    "wxa-overview": Text("Overview", "概览"),
    "wxa-retention": Text("Retention", "留存"),
    "wxa-pages": Text("Pages", "页面"),
    "wxa-audience": Text("Audience", "用户画像"),
    "wxa-performance": Text("Performance", "性能"),
    "wxa-fleet": Text("Fleet", "总览"),
    "wxa-exporter": Text("Exporter", "导出器"),
}
