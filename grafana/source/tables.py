"""Tables and charts over names instead of time: one query for each column, merged by labels."""

from grafana_foundation_sdk.builders import barchart, common, heatmap
from grafana_foundation_sdk.builders import table as table_builder
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana.source.panels import (
    MANY,
    Column,
    Look,
    Panel,
    Property,
    Query,
    dressed,
    instant,
    legend,
    properties,
    ref,
    target,
)
from grafana.source.words.text import Language, Text, Words


def merged(panel: Panel, renamed: dict[str, str], hidden: tuple[str, ...]) -> Panel:
    """One table of all queries' answers, its columns renamed and in that order."""
    panel = panel.with_transformation(models.DataTransformerConfig("merge", options={}))
    return panel.with_transformation(
        models.DataTransformerConfig(
            "organize",
            options={
                "excludeByName": dict.fromkeys(hidden, True),
                "indexByName": {name: index for index, name in enumerate(renamed)},
                "renameByName": renamed,
            },
        )
    )


def table(
    language: Language,
    words: Words,
    columns: tuple[Column, ...],
    sorted_by: Text,
    over_days: bool = False,
) -> table_builder.Panel:
    """A table, the largest of a column first; `over_days` gives a row to each day."""
    panel = dressed(table_builder.Panel(), language, words, Look("none", None)).show_header(True)
    panel = panel.sort_by(
        [common.TableSortByFieldState().display_name(sorted_by.in_(language)).desc(True)]
    )
    panel = panel.interval("1d").max_data_points(MANY) if over_days else panel
    renamed: dict[str, str] = {}
    number = 0
    for column in columns:
        header = column.header.in_(language)
        if column.label:
            renamed[column.label] = header
        else:
            renamed[f"Value #{ref(number)}"] = header
            ask = target if over_days else instant
            panel = panel.with_target(ask(column.expr, number).format(PromQueryFormat.TABLE))
            number += 1
        panel = panel.override_by_name(header, _column_properties(column, language))
    if number < 2:
        raise ValueError(f"{words.title.en}: with one query Grafana names its column otherwise")
    return merged(panel, renamed, () if over_days else ("Time",))


def _column_properties(column: Column, language: Language) -> list[Property]:
    result = properties(column.look, language) if column.look else []
    if column.expr:
        result.append(Property("noValue", "–"))
    if column.width:
        result.append(Property("custom.width", column.width))
    if column.cell != "auto":
        # Grafana 9.4 reads displayMode, later ones cellOptions; each ignores the other.
        result.append(Property("custom.displayMode", column.cell))
        kind, _, mode = column.cell.partition("-")
        options = {"type": column.cell, "mode": "basic" if mode == "background" else mode}
        result.append(Property("custom.cellOptions", options))
        if kind != "color":
            raise ValueError(f"{column.cell}: only color-text and color-background are known")
    if column.link:
        title = column.header.in_(language)
        result.append(Property("links", [{"title": title, "url": column.link}]))
    return result


def curve(
    language: Language, words: Words, look: Look, label: str, name: Text, *asked: Query
) -> barchart.Panel:
    """Upright bars over the values of a label, in the order of its letters."""
    panel = dressed(barchart.Panel(), language, words, look).legend(legend())
    panel = panel.orientation(kinds.VizOrientation.VERTICAL).show_value(kinds.VisibilityMode.AUTO)
    panel = panel.tooltip(common.VizTooltipOptions().mode(kinds.TooltipDisplayMode.MULTI))
    panel = panel.fill_opacity(70).line_width(1).x_field(name.in_(language))
    renamed = {label: name.in_(language)}
    for number, query in enumerate(asked):
        renamed[f"Value #{ref(number)}"] = query.legend.in_(language)
        panel = panel.with_target(instant(query.expr, number).format(PromQueryFormat.TABLE))
    panel = merged(panel, renamed, ("Time",))
    return panel.with_transformation(
        models.DataTransformerConfig(
            "sortBy", options={"fields": {}, "sort": [{"field": name.in_(language)}]}
        )
    )


def durations(language: Language, words: Words, expr: str) -> heatmap.Panel:
    """How many calls took how long, from the buckets of a histogram."""
    panel = dressed(heatmap.Panel(), language, words, Look("none", None)).calculate(False)
    buckets = target(expr, 0, "{{le}}").format(PromQueryFormat.HEATMAP)
    colour = heatmap.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME).scheme("Blues").steps(32)
    return (
        panel.with_target(buckets)
        .color(colour)
        .y_axis(heatmap.YAxisConfig().unit("s").axis_placement(kinds.AxisPlacement.LEFT))
        .show_tooltip()
    )
