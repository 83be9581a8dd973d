"""Charts with a number for each day in Beijing, and days off behind them."""

from grafana_foundation_sdk.builders import timeseries

from grafana.source import queries
from grafana.source.panels import Panel, Property, instant
from grafana.source.words import common as said
from grafana.source.words.text import Language

# Points enough for a year of days, so that Grafana never widens the step of a day.
MANY = 1000
DAY_OFF = "DAY_OFF"


def spaced_by_days(panel: Panel) -> Panel:
    """With a point for each day: Grafana sees a gap where two lie further apart than a step."""
    return panel.interval("1d").max_data_points(MANY)


def daily(panel: timeseries.Panel, language: Language, shown: str) -> timeseries.Panel:
    """A chart with one number for each day in Beijing, and days off behind it in grey."""
    panel = spaced_by_days(panel)
    name = said.DAY_OFF.in_(language)
    days_off = instant(queries.day_off(shown), 0, name).ref_id(DAY_OFF)
    return panel.with_target(days_off).override_by_query(
        DAY_OFF,
        [
            Property("custom.drawStyle", "line"),
            # Not bars: Grafana 9.4 makes them narrower than a day, as the bars of numbers.
            Property("custom.lineInterpolation", "stepAfter"),
            Property("custom.lineWidth", 0),
            Property("custom.showPoints", "never"),
            Property("custom.fillOpacity", 12),
            Property("custom.stacking", {"mode": "none", "group": DAY_OFF}),
            Property("custom.scaleDistribution", {"type": "linear"}),
            Property("custom.axisPlacement", "hidden"),
            Property("custom.hideFrom", {"legend": True, "tooltip": True, "viz": False}),
            Property("color", {"mode": "fixed", "fixedColor": "text"}),
            Property("unit", "bool"),
            Property("min", 0),
            Property("max", 1),
        ],
    )
