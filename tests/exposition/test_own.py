"""The exporter's own metrics as text."""

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as parse_classic

from exporter.exposition import Format, joined, text_of


@pytest.fixture
def registries() -> tuple[CollectorRegistry, CollectorRegistry]:
    state, process = CollectorRegistry(), CollectorRegistry()
    Counter("calls_total", "Calls.", ["code"], registry=state).labels("0").inc(3)
    Gauge("memory_bytes", "Memory.", registry=process).set(12)
    return state, process


def test_two_registries_make_one_text_that_each_formats_parser_reads(
    registries: tuple[CollectorRegistry, CollectorRegistry],
) -> None:
    both = joined(*map(text_of, registries))
    for parse, kind in ((parse_classic, Format.CLASSIC), (parse_openmetrics, Format.OPENMETRICS)):
        samples = [s for family in parse(both[kind].decode()) for s in family.samples]
        values = {s.name: s.value for s in samples if not s.name.endswith("_created")}
        assert values == {"calls_total": 3.0, "memory_bytes": 12.0}


def test_openmetrics_ends_with_its_mark_and_has_it_once(
    registries: tuple[CollectorRegistry, CollectorRegistry],
) -> None:
    both = joined(*map(text_of, registries))
    assert both[Format.OPENMETRICS].endswith(b"\n# EOF\n")
    assert both[Format.OPENMETRICS].count(b"# EOF") == 1
    assert b"# EOF" not in both[Format.CLASSIC]


def test_a_counter_is_named_as_each_format_wants_it(
    registries: tuple[CollectorRegistry, CollectorRegistry],
) -> None:
    text = text_of(registries[0])
    assert b"# TYPE calls_total counter\n" in text[Format.CLASSIC]
    assert b"# TYPE calls counter\n" in text[Format.OPENMETRICS]


def test_empty_registries_are_a_legal_text() -> None:
    both = joined(text_of(CollectorRegistry()), text_of(CollectorRegistry()))
    assert both == {Format.CLASSIC: b"", Format.OPENMETRICS: b"# EOF\n"}
