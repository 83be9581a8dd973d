"""One family's lines for one app: legal, or refused."""

import zlib
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from exporter.errors import PublishError
from exporter.exposition.families import (
    APP_INFO,
    FAMILIES,
    PERIOD_START,
    Family,
    LabelTexts,
    chunk,
    header,
    lines,
)
from exporter.reports.table import METRICS, USUAL
from exporter.reports.vocabulary import Labels

PAGE_PV = next(family for family in FAMILIES if family.name == "wxa_page_visit_pv")


def test_every_metric_of_the_table_is_a_family_once_after_the_common_ones() -> None:
    names = [family.name for family in FAMILIES]
    assert names == [
        "wxa_app_info",
        "wxa_data_period_start_timestamp_seconds",
        "wxa_data_day_kind",
        *(m.name for m in (*METRICS, *USUAL)),
    ]
    assert len(set(names)) == len(names)


def test_a_header_is_help_and_type() -> None:
    assert header(APP_INFO).decode() == (
        "# HELP wxa_app_info The appid of an app, and the labels that the configuration gives it. "
        "小程序的 appid，以及配置中为它设置的标签。\n# TYPE wxa_app_info gauge\n"
    )


def test_help_reads_the_same_in_both_formats() -> None:
    """OpenMetrics escapes a quote in HELP and classic text does not, so there is none."""
    for family in FAMILIES:
        assert not set(family.help) & set('"\\\n'), family.name


def test_lines_are_samples_without_header_and_without_timestamp() -> None:
    text = lines(PAGE_PV, {("pages/index",): 12.0, ("pages/cart",): 0.5}, LabelTexts("shop"))
    assert text.decode() == (
        'wxa_page_visit_pv{app="shop",page="pages/index"} 12.0\n'
        'wxa_page_visit_pv{app="shop",page="pages/cart"} 0.5\n'
    )


def test_no_samples_are_no_lines() -> None:
    assert lines(PAGE_PV, {}, LabelTexts("shop")) == b""


def test_a_timestamp_keeps_every_second() -> None:
    text = lines(PERIOD_START, {("visit_page",): 1_773_676_800.0}, LabelTexts("shop"))
    assert float(text.split()[-1]) == 1_773_676_800


@pytest.mark.parametrize("labels", [(), ("pages/index", "more")])
def test_a_wrong_number_of_label_values_is_refused(labels: tuple[str, ...]) -> None:
    with pytest.raises(PublishError, match=r"wxa_page_visit_pv has the labels \('app', 'page'\)"):
        lines(PAGE_PV, {labels: 1.0}, LabelTexts("shop"))


def test_a_long_text_follows_a_short_one_and_the_other_way_round() -> None:
    long, short = chunk(b"".join(b"line %d\n" % number for number in range(9000))), chunk(b"x\n")
    stream = b"".join(each.deflated for each in (short, long, short))
    inflated = zlib.decompressobj(-zlib.MAX_WBITS).decompress(stream)
    assert inflated == short.text + long.text + short.text


def test_deflated_chunks_may_follow_one_another_in_any_order() -> None:
    first, second = chunk(b"one line\n" * 50), chunk(b"another line\n" * 50)
    for pair in ((first, second), (second, first)):
        stream = b"".join(part.deflated for part in pair)
        inflated = zlib.decompressobj(-zlib.MAX_WBITS).decompress(stream)
        assert inflated == b"".join(part.text for part in pair)


class Gauges(Collector):
    """One family, as prometheus_client writes it."""

    def __init__(self, family: Family, app: str, values: Mapping[Labels, float]) -> None:
        self._gauge = GaugeMetricFamily(family.name, family.help, labels=family.label_names)
        for labels, value in values.items():
            self._gauge.add_metric((app, *labels), value)

    def collect(self) -> Iterator[Metric]:
        yield self._gauge


@given(
    app=st.text(st.characters(exclude_categories=["Cs"])),
    label_names=st.lists(st.sampled_from("abcdefg"), unique=True, max_size=4),
    rows=st.lists(
        st.tuples(
            st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=4, max_size=4),
            st.floats(),
        ),
        max_size=4,
        unique_by=lambda row: tuple(row[0]),
    ),
)
def test_lines_are_those_of_prometheus_client(
    app: str, label_names: list[str], rows: list[tuple[list[str], float]]
) -> None:
    family = Family("wxa_some_thing", "Help.", ("app", *label_names))
    values = {tuple(row[: len(label_names)]): value for row, value in rows}
    text = header(family) + lines(family, values, LabelTexts(app))
    assert text == generate_latest(Gauges(family, app, values))
