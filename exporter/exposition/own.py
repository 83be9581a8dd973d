"""The exporter's own metrics as text, in each format."""

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from exporter.exposition.pages import Format


def text_of(registry: CollectorRegistry) -> dict[Format, bytes]:
    """The registry in each format; OpenMetrics without its end mark, so that texts can join."""
    openmetrics: bytes = generate_openmetrics(registry)  # type: ignore[no-untyped-call]
    return {
        Format.CLASSIC: generate_latest(registry),
        Format.OPENMETRICS: openmetrics.removesuffix(Format.OPENMETRICS.end),
    }


def joined(first: dict[Format, bytes], second: dict[Format, bytes]) -> dict[Format, bytes]:
    """Both texts in each format, with the end mark that OpenMetrics wants."""
    return ended({form: first[form] + second[form] for form in Format})


def ended(text: dict[Format, bytes]) -> dict[Format, bytes]:
    """The text in each format, with the end mark that OpenMetrics wants."""
    return {form: text[form] + form.end for form in Format}
