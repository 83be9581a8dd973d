"""The kinds of panels: each sets what all of its kind share, so that a dashboard only says what
it asks and in which words.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
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
# The words for an empty chart would stand at each tick of an axis that has no number. Grafana takes
# what is left empty, or blank, for a 0 and draws days without a number as 0; this is neither.
NOTHING = "\u200b"
Panel = TypeVar(
    "Panel",
    bargauge.Panel,
    stat.Panel,
    table_builder.Panel,
    timeseries.Panel,
)
Property = models.DynamicConfigValue
Ask = Callable[[str, int, str], prometheus.Dataquery]


@dataclass(frozen=True)
class Look:
    """How numbers are written and coloured."""

    unit: str | Text
    decimals: int | None = 0
    colours: tuple[Colour, ...] = GREY
    mapping: Mapping[str, tuple[Text, str | None]] = field(default_factory=dict)
    # The same for texts that fit a regular expression, as (expression, text, colour).
    patterns: tuple[tuple[str, str, str], ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    # What the panel says when it has nothing to show.
    empty: Text = said.NO_DATA


COUNT = Look("locale", minimum=0)
SHARE = Look("percentunit", 1, minimum=0)
# A share as a number of hundredths: Grafana's own bars of shares reach to 100 %.
PERCENT = Look(Text("suffix: %", "suffix:%"), 1, minimum=0)
# Changes written by queries.signed(), in hundredths and as they are.
CHANGED = Look("string", None, patterns=((r"/^(.+)$/", "$1 %", "text"),))
MOVED = Look("string", None, patterns=((r"/^(-.+)$/", "$1", "red"), (r"/^(\+.+)$/", "$1", "green")))
# Not Grafana's own seconds: they turn 98 s into 2 min.
SECONDS = Look(Text("suffix: s", "suffix: 秒"), 0, minimum=0)
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
    result: list[models.ValueMapping] = [
        models.RegexMap(
            models.DashboardRegexMapOptions(
                pattern, models.ValueMappingResult(text, colour, index=index)
            )
        )
        for index, (pattern, text, colour) in enumerate(look.patterns)
    ]
    if not look.mapping:
        return result
    results = {
        value: models.ValueMappingResult(text.in_(language), colour, index=index)
        for index, (value, (text, colour)) in enumerate(look.mapping.items())
    }
    return [*result, models.ValueMap(results)]


def properties(look: Look, language: Language) -> list[Property]:
    """A look as overrides, for one of several queries or columns."""
    unit = look.unit.in_(language) if isinstance(look.unit, Text) else look.unit
    result = [Property("unit", unit)]
    if look.decimals is not None:
        result.append(Property("decimals", look.decimals))
    result.append(Property("thresholds", thresholds(look.colours).build()))
    result.append(Property("color", models.FieldColor(models.FieldColorModeId.THRESHOLDS)))
    result += [
        Property(name, value)
        for name, value in (("min", look.minimum), ("max", look.maximum))
        if value is not None
    ]
    if look.mapping or look.patterns:
        result.append(Property("mappings", mappings(look, language)))
    return result


def dressed(panel: Panel, language: Language, words: Words, look: Look) -> Panel:
    """A panel with everything that every panel has."""
    panel = (
        panel.title(words.title.in_(language))
        .description(words.description.in_(language))
        .datasource(DATASOURCE)
        .unit(look.unit.in_(language) if isinstance(look.unit, Text) else look.unit)
        .thresholds(thresholds(look.colours))
        .mappings(mappings(look, language))
        .no_value(look.empty.in_(language))
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


def each_day(expr: str, number: int, legend: str = "") -> prometheus.Dataquery:
    """A query for each day of the dashboard's time."""
    return instant(queries.day_by_day(expr), number, legend)


def instant(expr: str, number: int, legend: str = "") -> prometheus.Dataquery:
    """A query at the end of the dashboard's time."""
    return target(expr, number, legend).instant()


def last() -> common.ReduceDataOptions:
    """The one value of an instant query."""
    return common.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields("")


def big(
    language: Language, words: Words, look: Look, *asked: Query, ask: Ask = instant
) -> stat.Panel:
    """Large letters; with several answers each has its name."""
    panel = dressed(stat.Panel(), language, words, look).reduce_options(last())
    panel = panel.graph_mode(kinds.BigValueGraphMode.NONE).text_mode(kinds.BigValueTextMode.AUTO)
    panel = panel.color_mode(kinds.BigValueColorMode.VALUE).orientation(kinds.VizOrientation.AUTO)
    # The same size on every tile: left alone, Grafana fills each with what it has to say.
    panel = panel.text(common.VizTextDisplayOptions().title_size(14).value_size(34))
    for number, query in enumerate(asked):
        panel = panel.with_target(ask(query.expr, number, query.legend.in_(language)))
        if query.look:
            panel = panel.override_by_query(ref(number), properties(query.look, language))
    return panel


def coloured(panel: stat.Panel, *colours: str) -> stat.Panel:
    """With a colour for each of the first queries; an empty one leaves it as it is."""
    for number, colour in enumerate(colours):
        if colour:
            fixed = Property("color", {"mode": "fixed", "fixedColor": colour})
            panel = panel.override_by_query(ref(number), [fixed])
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
    # Left alone, Grafana fills each panel, and few bars get letters larger than many.
    panel = panel.text(common.VizTextDisplayOptions().title_size(12).value_size(14))
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


def lines(
    language: Language, words: Words, look: Look, *asked: Query, ask: Ask = target
) -> timeseries.Panel:
    """Lines over time; asked by `each_day` for `daily`."""
    panel = dressed(timeseries.Panel(), language, words, look).legend(legend())
    panel = panel.draw_style(kinds.GraphDrawStyle.LINE).line_width(2).fill_opacity(0)
    panel = panel.override_by_field_type("number", [Property("noValue", NOTHING)])
    panel = panel.tooltip(
        common.VizTooltipOptions()
        .mode(kinds.TooltipDisplayMode.MULTI)
        .sort(kinds.SortOrder.DESCENDING)
    )
    for number, query in enumerate(asked):
        panel = panel.with_target(ask(query.expr, number, query.legend.in_(language)))
    return panel


def bars(
    language: Language,
    words: Words,
    look: Look,
    *asked: Query,
    ask: Ask = target,
    stacked: bool = False,
) -> timeseries.Panel:
    """Bars over time; asked by `each_day` for `daily`."""
    panel = lines(language, words, look, *asked, ask=ask).draw_style(kinds.GraphDrawStyle.BARS)
    panel = panel.bar_alignment(kinds.BarAlignment.CENTER).line_width(1).fill_opacity(60)
    return on_each_other(panel) if stacked else panel


def on_each_other(panel: timeseries.Panel) -> timeseries.Panel:
    """Parts of a sum, which would hide each other where they are equal."""
    panel = panel.stacking(common.StackingConfig().mode(kinds.StackingMode.NORMAL).group("A"))
    return panel.fill_opacity(60)
