"""The kinds of panels: each sets what all of its kind share, so that a dashboard only says what
it asks and in which words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from grafana_foundation_sdk.builders import (
    barchart,
    bargauge,
    common,
    dashboard,
    heatmap,
    prometheus,
    stat,
    timeseries,
)
from grafana_foundation_sdk.builders import table as table_builder
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana.source import queries
from grafana.source.words import common as said
from grafana.source.words.text import Language, Text, Words

DATASOURCE = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
Colour = tuple[float | None, str]
GREY: tuple[Colour, ...] = ((None, "text"),)
# Points enough for a year of days, so that Grafana never widens the step of a day.
MANY = 1000
# A change of less than a fifth is everyday noise and stays grey.
CHANGE: tuple[Colour, ...] = ((None, "red"), (-0.2, "text"), (0.2, "green"))

Panel = TypeVar(
    "Panel",
    barchart.Panel,
    bargauge.Panel,
    heatmap.Panel,
    stat.Panel,
    table_builder.Panel,
    timeseries.Panel,
)
Property = models.DynamicConfigValue


@dataclass(frozen=True)
class Look:
    """How numbers are written and coloured."""

    unit: str
    decimals: int | None = 0
    colours: tuple[Colour, ...] = GREY
    mapping: Mapping[str, tuple[Text, str | None]] = field(default_factory=dict)
    minimum: float | None = None
    maximum: float | None = None


COUNT = Look("locale", minimum=0)
SHARE = Look("percentunit", 1, minimum=0)
CHANGED = Look("percentunit", 0, CHANGE)
SECONDS = Look("s", 0, minimum=0)
PAGES = Look("none", 1, minimum=0)


def in_words(names: Mapping[str, Text]) -> Look:
    """The look of a label whose values have names."""
    return Look("none", None, GREY, {key: (text, None) for key, text in names.items()})


@dataclass(frozen=True)
class Query:
    """What is asked, and the name of its answer: {{label}} inside stands for a label's value."""

    expr: str
    legend: Text
    look: Look | None = None


@dataclass(frozen=True)
class Column:
    """A column of a table: a query of its own, or a label of them all when `label` is set."""

    header: Text
    look: Look | None = None
    expr: str = ""
    label: str = ""
    width: int | None = None
    cell: str = "auto"
    link: str = ""


def thresholds(colours: tuple[Colour, ...]) -> dashboard.ThresholdsConfig:
    """Colours by value, each from its value on."""
    steps = [models.Threshold(value, colour) for value, colour in colours]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)


def mappings(look: Look, language: Language) -> list[models.ValueMapping]:
    """Words and colours for single values."""
    if not look.mapping:
        return []
    results = {
        value: models.ValueMappingResult(text.in_(language), colour, index=index)
        for index, (value, (text, colour)) in enumerate(look.mapping.items())
    }
    return [models.ValueMap(results)]


def properties(look: Look, language: Language) -> list[Property]:
    """A look as overrides, for one of several queries or columns."""
    result = [Property("unit", look.unit)]
    if look.decimals is not None:
        result.append(Property("decimals", look.decimals))
    result.append(Property("thresholds", thresholds(look.colours).build()))
    result.append(Property("color", models.FieldColor(models.FieldColorModeId.THRESHOLDS)))
    result += [
        Property(name, value)
        for name, value in (("min", look.minimum), ("max", look.maximum))
        if value is not None
    ]
    if look.mapping:
        result.append(Property("mappings", mappings(look, language)))
    return result


def dressed(panel: Panel, language: Language, words: Words, look: Look) -> Panel:
    """A panel with everything that every panel has."""
    panel = (
        panel.title(words.title.in_(language))
        .description(words.description.in_(language))
        .datasource(DATASOURCE)
        .unit(look.unit)
        .thresholds(thresholds(look.colours))
        .mappings(mappings(look, language))
        .no_value(said.NO_DATA.in_(language))
    )
    if look.decimals is not None:
        panel = panel.decimals(look.decimals)
    if look.minimum is not None:
        panel = panel.min(look.minimum)
    if look.maximum is not None:
        panel = panel.max(look.maximum)
    return panel


def ref(number: int) -> str:
    """A, B, C, ..."""
    return chr(ord("A") + number)


def target(expr: str, number: int, legend: str = "") -> prometheus.Dataquery:
    """A query over the dashboard's time, as one series for each set of labels."""
    query = prometheus.Dataquery().expr(expr).ref_id(ref(number)).range()
    return query.format(PromQueryFormat.TIME_SERIES).legend_format(legend)


def instant(expr: str, number: int, legend: str = "") -> prometheus.Dataquery:
    """A query at the end of the dashboard's time."""
    return target(expr, number, legend).instant()


def last() -> common.ReduceDataOptions:
    """The one value of an instant query."""
    return common.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields("")


def big(language: Language, words: Words, look: Look, *asked: Query) -> stat.Panel:
    """Large letters; with several answers each has its name."""
    panel = dressed(stat.Panel(), language, words, look).reduce_options(last())
    panel = panel.graph_mode(kinds.BigValueGraphMode.NONE).text_mode(kinds.BigValueTextMode.AUTO)
    panel = panel.color_mode(kinds.BigValueColorMode.VALUE).orientation(kinds.VizOrientation.AUTO)
    for number, query in enumerate(asked):
        panel = panel.with_target(instant(query.expr, number, query.legend.in_(language)))
        if query.look:
            panel = panel.override_by_query(ref(number), properties(query.look, language))
    return panel


def ranked(
    language: Language,
    words: Words,
    look: Look,
    *asked: Query,
    names: dict[str, Text] | None = None,
) -> bargauge.Panel:
    """Bars lying one under the other, in the order of queries and answers."""
    panel = dressed(bargauge.Panel(), language, words, look).reduce_options(last())
    panel = panel.orientation(kinds.VizOrientation.HORIZONTAL).show_unfilled(False)
    panel = panel.display_mode(kinds.BarGaugeDisplayMode.BASIC).min_viz_height(10)
    panel = panel.color_scheme(blue() if look.colours is GREY else by_thresholds())
    for number, query in enumerate(asked):
        panel = panel.with_target(instant(query.expr, number, query.legend.in_(language)))
    for key, name in (names or {}).items():
        panel = panel.override_by_name(key, [Property("displayName", name.in_(language))])
    return panel


def by_thresholds() -> dashboard.FieldColor:
    """Coloured by value."""
    return dashboard.FieldColor().mode(models.FieldColorModeId.THRESHOLDS)


def blue() -> dashboard.FieldColor:
    """One colour, where colour means nothing."""
    return dashboard.FieldColor().mode(models.FieldColorModeId.FIXED).fixed_color("blue")


def legend(shown: bool = True) -> common.VizLegendOptions:
    """Names under a chart."""
    options = common.VizLegendOptions().show_legend(shown).calcs([])
    return options.display_mode(kinds.LegendDisplayMode.LIST).placement(
        kinds.LegendPlacement.BOTTOM
    )


def lines(language: Language, words: Words, look: Look, *asked: Query) -> timeseries.Panel:
    """Lines over time."""
    panel = dressed(timeseries.Panel(), language, words, look).legend(legend())
    panel = panel.draw_style(kinds.GraphDrawStyle.LINE).line_width(2).fill_opacity(0)
    panel = panel.tooltip(
        common.VizTooltipOptions()
        .mode(kinds.TooltipDisplayMode.MULTI)
        .sort(kinds.SortOrder.DESCENDING)
    )
    for number, query in enumerate(asked):
        panel = panel.with_target(target(query.expr, number, query.legend.in_(language)))
    return panel


def bars(
    language: Language, words: Words, look: Look, *asked: Query, stacked: bool = False
) -> timeseries.Panel:
    """Bars over time, each reaching from its moment to the next."""
    panel = lines(language, words, look, *asked).draw_style(kinds.GraphDrawStyle.BARS)
    panel = panel.bar_alignment(kinds.BarAlignment.AFTER).bar_width_factor(0.9).line_width(1)
    if stacked:
        mode = common.StackingConfig().mode(kinds.StackingMode.NORMAL).group("A")
        return panel.stacking(mode).fill_opacity(70)
    return panel.fill_opacity(30)


def daily(panel: timeseries.Panel, language: Language, shown: str) -> timeseries.Panel:
    """A chart with one point for each day in Beijing, and weekends behind it in grey."""
    name = said.WEEKEND.in_(language)
    weekend = prometheus.Dataquery().expr(queries.weekend(shown)).ref_id("WEEKEND").range()
    return (
        panel.interval("1d")
        .max_data_points(MANY)
        .with_target(weekend.format(PromQueryFormat.TIME_SERIES).legend_format(name))
        .override_by_query(
            "WEEKEND",
            [
                Property("custom.drawStyle", "bars"),
                Property("custom.barAlignment", 1),
                Property("custom.barWidthFactor", 1),
                Property("custom.lineWidth", 0),
                Property("custom.fillOpacity", 12),
                Property("custom.stacking", {"mode": "none", "group": "weekend"}),
                Property("custom.axisPlacement", "hidden"),
                Property("custom.hideFrom", {"legend": False, "tooltip": True, "viz": False}),
                Property("color", {"mode": "fixed", "fixedColor": "text"}),
                Property("unit", "bool"),
                Property("min", 0),
                Property("max", 1),
            ],
        )
    )
