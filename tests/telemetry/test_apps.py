"""What every app has: as prometheus_client would write it, rendered again where it changed."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as classic

from exporter.exposition import AppChunks, Format
from exporter.telemetry import OF_APPS, AppSeries, Own
from exporter.telemetry.own import DUE, ERROR, REQUESTS, REVISIONS, SUCCESS

Parse = Callable[..., object]


@pytest.fixture
def series() -> AppSeries:
    return AppSeries()


def text(chunks: AppChunks, form: Format = Format.CLASSIC) -> str:
    return b"".join(chunk.text for chunk in chunks.chunks()[form]).decode()


def samples(chunks: AppChunks) -> list[str]:
    return [line for line in text(chunks).splitlines() if not line.startswith("#")]


def test_each_metric_has_its_help_and_type_also_without_any_app(series: AppSeries) -> None:
    told = text(AppChunks(series))
    assert [line.split()[2:4] for line in told.splitlines() if line.startswith("# TYPE")] == [
        [own.name, own.kind] for own in OF_APPS
    ]


def test_a_counter_is_named_as_each_format_wants_it(series: AppSeries) -> None:
    series.add(REQUESTS, "shop", "token", "0")
    chunks = AppChunks(series)
    assert "# TYPE wxa_exporter_api_requests_total counter\n" in text(chunks)
    assert "# TYPE wxa_exporter_api_requests counter\n" in text(chunks, Format.OPENMETRICS)
    assert text(chunks, Format.OPENMETRICS).count("wxa_exporter_api_requests_total{") == 1


def test_what_did_not_change_is_the_same_object(series: AppSeries) -> None:
    series.set(DUE, "shop", value=3)
    chunks = AppChunks(series)
    before = chunks.chunks()
    series.set(DUE, "shop", value=3)
    assert chunks.chunks() is before
    series.set(DUE, "shop", value=4)
    assert chunks.chunks() is not before


def test_an_app_of_which_the_same_is_said_again_need_not_be_rendered(series: AppSeries) -> None:
    series.set(DUE, "shop", value=3)
    series.add(REVISIONS, "shop", "visit_page", value=0)
    number, _ = series.changed_since(0)
    series.set(DUE, "shop", value=3)
    series.add(REVISIONS, "shop", "visit_page", value=0)
    series.remove(ERROR, "shop", "visit_page", "-1")
    series.clear(ERROR)
    series.set(DUE, "cafe", value=0)
    assert list(series.changed_since(number)[1]) == ["cafe"]


def test_two_readers_each_see_every_change(series: AppSeries) -> None:
    one, other = AppChunks(series), AppChunks(series)
    series.set(DUE, "shop", value=1)
    assert samples(one) == ['wxa_exporter_reports_due{app="shop"} 1.0']
    series.set(DUE, "shop", value=2)
    assert samples(one) == samples(other) == ['wxa_exporter_reports_due{app="shop"} 2.0']


def test_apps_and_reports_that_are_gone_leave_no_line(series: AppSeries) -> None:
    for app in ("shop", "cafe", "bar"):
        for report in ("visit_page", "daily_summary"):
            series.set(SUCCESS, app, report, value=1)
            series.add(REVISIONS, app, report)
    chunks = AppChunks(series)
    chunks.chunks()
    series.forget({"bar"})
    series.keep(lambda app, report: app == "shop" and report in (None, "visit_page"))
    assert samples(chunks) == [
        'wxa_exporter_report_success{app="shop",report="visit_page"} 1.0',
        'wxa_exporter_report_revisions_total{app="shop",report="visit_page"} 1.0',
    ]


def test_a_metric_that_is_cleared_ends_for_all_apps(series: AppSeries) -> None:
    series.set(ERROR, "shop", "visit_page", "-1", value=1)
    series.set(DUE, "shop", value=1)
    chunks = AppChunks(series)
    chunks.chunks()
    series.clear(ERROR)
    assert samples(chunks) == ['wxa_exporter_reports_due{app="shop"} 1.0']


changes = st.lists(
    st.tuples(
        st.sampled_from((SUCCESS, DUE, REQUESTS)),
        st.sampled_from(("a", "b")),
        st.sampled_from(("x", 'y"\\')),
        st.floats(0, 1e9),
    ),
    max_size=20,
)


@given(changes)
def test_both_formats_read_what_was_set(made: list[tuple[Own, str, str, float]]) -> None:
    series, wanted = AppSeries(), dict[tuple[str, ...], float]()
    chunks = AppChunks(series)
    for own, app, label, value in made:
        labels = (label,) * (len(own.labels) - 1)
        series.set(own, app, *labels, value=value)
        wanted[own.name, app, *labels] = value
        chunks.chunks()
    for parse, form in ((classic, Format.CLASSIC), (openmetrics, Format.OPENMETRICS)):
        told = text(chunks, form) + form.end.decode()
        found = {
            (sample.name, *(sample.labels[name] for name in own.labels)): sample.value
            for family in parse(told)
            for sample in family.samples
            for own in OF_APPS
            if own.name == sample.name
        }
        assert found == pytest.approx(wanted)
