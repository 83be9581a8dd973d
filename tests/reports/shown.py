"""Values as lines of /metrics, and bodies read as if WeChat had sent them."""

from datetime import date
from typing import Any, NamedTuple

from exporter.exposition.families import FAMILIES, LabelTexts, lines
from exporter.periods import Window
from exporter.reports.report import Reading
from exporter.reports.table import BY_NAME
from exporter.reports.vocabulary import ByMetric, Labels

BY_FAMILY = {family.name: family for family in FAMILIES}


class Sample(NamedTuple):
    """One number that a body tells."""

    metric: str
    labels: Labels
    value: float


def samples(values: ByMetric) -> list[Sample]:
    """The values one by one."""
    return [
        Sample(name, labels, value)
        for name, of_metric in values.items()
        for labels, value in of_metric.items()
    ]


def shown(values: ByMetric) -> list[str]:
    """The lines of the app `shop`, in the order of the values."""
    texts = LabelTexts("shop")
    rendered = [lines(BY_FAMILY[name], of_metric, texts) for name, of_metric in values.items()]
    return b"".join(rendered).decode().removesuffix("\n").split("\n") if any(rendered) else []


def window_of(report: str, day: str) -> Window:
    """The window of a report's kind that contains a day."""
    return Window.containing(BY_NAME[report].period, date.fromisoformat(day))


def reading(report: str, day: str, body: dict[str, Any], newest_ask: int | None = None) -> Reading:
    """What a body about the window that contains `day` says."""
    return BY_NAME[report].read(window_of(report, day), body, newest_ask)


def seen(report: str, day: str, body: dict[str, Any], newest_ask: int | None = None) -> list[str]:
    """The lines on /metrics that a body gives, sorted: families stand apart there anyway."""
    return sorted(shown(reading(report, day, body, newest_ask).values))
