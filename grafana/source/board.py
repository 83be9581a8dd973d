"""What all dashboards have in common: variables, links, time, and the grid."""

from collections.abc import Iterator, Sequence

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as models

from grafana.source.panels import DATASOURCE
from grafana.source.words import common as said
from grafana.source.words.boards import BOARDS, LINKS
from grafana.source.words.text import Language, Text

GRID = 24
# Where several apps stand beside each other; the others are about one.
SEVERAL = ("wxa-fleet", "wxa-exporter")
# What wxa_app_info has of itself and from Prometheus.
NO_LABELS = ("app", "appid", "instance", "job")
# One row of the grid: its height, and panels with their widths.
Row = tuple[int, Sequence[tuple[int, Builder[models.Panel]]]]


def uid(board: str, language: Language) -> str:
    """A dashboard's uid: links stay in the language."""
    return board if language is Language.EN else f"{board}-{language}"


def address(board: str, language: Language) -> str:
    """A dashboard's path with the datasource, label and time of the one that links."""
    kept = "${datasource:queryparam}&${label:queryparam}&${__url_time_range}"
    return f"/d/{uid(board, language)}?{kept}"


def datasource_variable(language: Language) -> dashboard.DatasourceVariable:
    """Which Prometheus."""
    label = said.DATASOURCE.in_(language)
    # Without it Grafana opens the first of the alphabet.
    standard = models.VariableOption(selected=True, text="default", value="default")
    result = dashboard.DatasourceVariable("datasource").label(label).type("prometheus")
    # The row of variables and links is full, and the name of a datasource tells what it is.
    return result.current(standard).hide(models.VariableHide.HIDE_LABEL)


def variable(name: str, label: Text, query: str, language: Language) -> dashboard.QueryVariable:
    """What a query gives, to choose from."""
    result = dashboard.QueryVariable(name).label(label.in_(language)).datasource(DATASOURCE)
    result = result.query({"query": query, "refId": name})
    return result.refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED).sort(
        models.VariableSort.ALPHABETICAL_ASC
    )


def label_variable(language: Language) -> dashboard.QueryVariable:
    """A label that the configuration gives to apps, as a matcher: city="Beijing"."""
    result = variable("label", said.LABEL, "query_result(wxa_app_info)", language)
    everything = models.VariableOption(selected=True, text="All", value="$__all")
    result = result.include_all(True).all_value('app!=""').current(everything)
    return result.regex(rf'/(?<!\w)(?!(?:{"|".join(NO_LABELS)})=)(\w+="[^"]*")/g')


def app_variable(language: Language, several: bool) -> dashboard.QueryVariable:
    """Which app; or which apps, all of them to begin with."""
    # As it is: escaped for a regular expression it would be no matcher any more.
    labelled = "label_values(wxa_app_info{${label:raw}}, app)"
    result = variable("app", said.APP, labelled, language)
    if not several:
        return result
    everything = models.VariableOption(selected=True, text=["All"], value=["$__all"])
    # Not the names of them all, which with thousands of apps would be longer than a query may be;
    # queries.labelled() leaves those with the label.
    return result.multi(True).include_all(True).all_value(".+").current(everything)


def link(title: Text, url: str, keep_time: bool, language: Language) -> dashboard.DashboardLink:
    """A link at the top."""
    result = dashboard.DashboardLink(title.in_(language)).type(models.DashboardLinkType.LINK)
    # Without an icon: with it the row of variables and links is wider than a small screen.
    return result.url(url).keep_time(keep_time)


def links(name: str, language: Language) -> Iterator[dashboard.DashboardLink]:
    """Links to the other dashboards.

    Between those over days the time is kept; the exporter's is over hours. An app is kept unless
    several may be chosen here and but one there.
    """
    for other, title in LINKS.items():
        if other == name:
            continue
        url = f"/d/{uid(other, language)}?${{datasource:queryparam}}&${{label:queryparam}}"
        if name not in SEVERAL or other in SEVERAL:
            url += "&${app:queryparam}"
        yield link(title, url, "wxa-exporter" not in (name, other), language)


def board(name: str, language: Language, since: str = "now-30d/d") -> dashboard.Dashboard:
    """An empty dashboard."""
    words = BOARDS[name]
    result = (
        dashboard.Dashboard(words.title.in_(language))
        .uid(uid(name, language))
        .description(words.description.in_(language))
        .tags(["wechat", f"wxa-{language}"])
        .timezone("Asia/Shanghai")
        .week_start("monday")
        .time(since, "now")
        .refresh("5m")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .editable()
        .with_variable(datasource_variable(language))
        .with_variable(label_variable(language))
        .with_variable(app_variable(language, name in SEVERAL))
    )
    for each in links(name, language):
        result = result.link(each)
    return result


def filled(result: dashboard.Dashboard, rows: Sequence[Row]) -> dashboard.Dashboard:
    """The dashboard with its panels placed row by row and numbered."""
    top = number = 0
    for height, panels in rows:
        left = 0
        for width, builder in panels:
            number += 1
            panel = builder.build()
            panel.id_val = number
            panel.grid_pos = models.GridPos(h=height, w=width, x=left, y=top)
            result = result.with_panel(_Built(panel))
            left += width
        if left != GRID:
            raise ValueError(f"row at {top} is {left} wide, not {GRID}")
        top += height
    return result


class _Built(Builder[models.Panel]):
    def __init__(self, panel: models.Panel) -> None:
        self._panel = panel

    def build(self) -> models.Panel:
        return self._panel
