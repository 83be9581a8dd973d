"""Tables: one query for each column, merged by labels."""

from dataclasses import replace

from grafana_foundation_sdk.builders import common
from grafana_foundation_sdk.builders import table as table_builder
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana.source import queries
from grafana.source.days import spaced_by_days
from grafana.source.panels import (
    Column,
    Look,
    Panel,
    Property,
    dressed,
    each_day,
    instant,
    properties,
    ref,
)
from grafana.source.words import common as said
from grafana.source.words.text import Language, Text, Words

MIN_WIDTH = 60


def merged(
    panel: Panel, renamed: dict[str, str], hidden: tuple[str, ...], ordering: str = ""
) -> Panel:
    """One table of all queries' answers, its columns renamed and in that order.

    The rows with most in the hidden column `ordering` come first: a table sorts by shown ones.
    """
    panel = panel.with_transformation(models.DataTransformerConfig("merge", options={}))
    if ordering:
        order = {"fields": {}, "sort": [{"field": ordering, "desc": True}]}
        panel = panel.with_transformation(models.DataTransformerConfig("sortBy", options=order))
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


def labelled(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """The columns, of those apps that have the chosen label."""
    return tuple(
        replace(each, expr=queries.labelled(each.expr)) if each.expr else each for each in columns
    )


def table(
    language: Language,
    words: Words,
    columns: tuple[Column, ...],
    sorted_by: Text | str,
    over_days: bool = False,
    empty: Text = said.NO_DATA,
) -> table_builder.Panel:
    """A table, the largest of a column first, or of an expression that no column shows.

    `over_days` gives a row to each day.
    """
    look = Look("none", None, empty=said.NO_HISTORY if over_days else empty)
    panel = dressed(table_builder.Panel(), language, words, look).show_header(True)
    # Grafana's own 150 pixels push the last columns out of a small screen.
    panel = panel.override_by_regexp("/.*/", [Property("custom.minWidth", MIN_WIDTH)])
    if isinstance(sorted_by, Text):
        order = common.TableSortByFieldState().display_name(sorted_by.in_(language)).desc(True)
        panel = panel.sort_by([order])
    panel = spaced_by_days(panel) if over_days else panel
    renamed: dict[str, str] = {}
    number = 0
    for column in columns:
        header = column.header.in_(language)
        if column.label:
            renamed[column.label] = header
        else:
            renamed[f"Value #{ref(number)}"] = header
            ask = each_day if over_days else instant
            panel = panel.with_target(ask(column.expr, number).format(PromQueryFormat.TABLE))
            number += 1
        panel = panel.override_by_name(header, _column_properties(column, language))
    if number < 2:
        raise ValueError(f"{words.title.en}: with one query Grafana names its column otherwise")
    # Where a table does not name the apps it is about the one that was chosen.
    hidden = {"app"} - renamed.keys() | ({"Time"} if not over_days else set())
    if isinstance(sorted_by, Text):
        return merged(panel, renamed, tuple(sorted(hidden)))
    panel = panel.with_target(instant(sorted_by, number).format(PromQueryFormat.TABLE))
    ordering = f"Value #{ref(number)}"
    return merged(panel, renamed, tuple(sorted(hidden | {ordering})), ordering)


def _column_properties(column: Column, language: Language) -> list[Property]:
    result = properties(column.look, language) if column.look else []
    # A label that some rows lack is empty, too.
    result.append(Property("noValue", "–"))
    # Words begin where their head does, numbers end there; Grafana takes each for the other.
    if column.look and column.look.mapping:
        result.append(Property("custom.align", "left"))
    if column.label == "change":
        result.append(Property("custom.align", "right"))
    if column.width:
        result.append(Property("custom.width", column.width))
    if column.cell != "auto":
        # Grafana 9.4 reads displayMode, later ones cellOptions; each ignores the other. Without
        # `solid` the background is a gradient.
        solid = "-solid" if column.cell == "color-background" else ""
        result.append(Property("custom.displayMode", column.cell + solid))
        options = {"type": column.cell, "mode": "basic"} if solid else {"type": column.cell}
        result.append(Property("custom.cellOptions", options))
    if column.link:
        title = column.header.in_(language)
        result.append(Property("links", [{"title": title, "url": column.link}]))
    return result
