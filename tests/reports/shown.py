"""Samples as lines of /metrics, and bodies read as if WeChat had sent them."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from exporter.exposition.families import FAMILIES, lines
from exporter.periods import Window
from exporter.reports.report import Reading
from exporter.reports.table import BY_NAME
from exporter.reports.vocabulary import Sample

BY_FAMILY = {family.name: family for family in FAMILIES}


def shown(samples: Iterable[Sample]) -> list[str]:
    """The lines of the app `shop`, in the order of the samples."""
    return [
        lines(BY_FAMILY[sample.metric.name], [(("shop", *sample.labels), sample.value)])
        .text.decode()
        .removesuffix("\n")
        for sample in samples
    ]


def window_of(report: str, day: str) -> Window:
    """The window of a report's kind that contains a day."""
    return Window.containing(BY_NAME[report].period, date.fromisoformat(day))


def reading(report: str, day: str, body: dict[str, Any], newest_ask: int | None = None) -> Reading:
    """What a body about the window that contains `day` says."""
    return BY_NAME[report].read(window_of(report, day), body, newest_ask)


def seen(report: str, day: str, body: dict[str, Any], newest_ask: int | None = None) -> list[str]:
    """The lines on /metrics that a body gives, sorted: families stand apart there anyway."""
    return sorted(shown(reading(report, day, body, newest_ask).samples))
