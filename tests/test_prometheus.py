"""The demo, scraped by a real Prometheus."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter.demo import PERFORMANCE
from exporter.describe import described
from exporter.reports.table import REPORTS as TABLE
from exporter.reports.vocabulary import Metric
from tests.prometheus_server import Prometheus, demo, prometheus
from tests.support import eventually

# What the demo collects.
REPORTS = [report for report in TABLE if report.by_default or report.name in PERFORMANCE]
METRICS = list(dict.fromkeys(metric for report in REPORTS for metric in report.metrics))
# Labels that Prometheus adds to every scraped series.
SCRAPED = {"__name__", "instance", "job"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that scrapes the demo every second."""
    folder: Path = tmp_path_factory.mktemp("prometheus")
    with demo(folder, "--days=40") as address:
        job = {"job_name": "wxa", "static_configs": [{"targets": [address]}]}
        config = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
            "scrape_configs": [job],
        }
        with prometheus(folder, config) as running:
            eventually(
                lambda: len(running.query("count by (app) (wxa_page_visit_uv)")) == 3,
                30, "all three apps are in Prometheus",
            )  # fmt: skip
            yield running


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_metric_of_the_table_is_in_prometheus_with_its_labels(
    server: Prometheus, metric: Metric
) -> None:
    series = server.query(metric.name)
    assert {each["metric"]["app"] for each in series} == {"shop", "restaurant", "community"}
    assert all(set(each["metric"]) - SCRAPED == set(metric.label_names) for each in series)


def test_every_report_tells_the_period_it_describes(server: Prometheus) -> None:
    found = server.query("count by (report) (wxa_data_period_start_timestamp_seconds)")
    assert {each["metric"]["report"] for each in found} == {report.name for report in REPORTS}


def test_the_exporters_own_metrics_are_there(server: Prometheus) -> None:
    own = {each.name for each in described() if each.name.startswith("wxa_exporter_")}
    histogram = {name for name in own if name.endswith("duration_seconds")}
    # Nothing fails in the demo, and it has neither a token service nor a list of apps.
    absent = {name for name in own if "_token_service_" in name or "_discovery_" in name}
    wanted = own - histogram - absent - {"wxa_exporter_report_error"}
    wanted |= {f"{name}_bucket" for name in histogram}
    # What the first pass tells is rendered a few seconds after it.
    eventually(
        lambda: own & _names(server) == wanted & own and wanted <= _names(server),
        20, "the exporter's own metrics, and no others",
    )  # fmt: skip


def _names(server: Prometheus) -> set[str]:
    return set(server.get("label/__name__/values"))


def test_prometheus_knows_the_help_of_every_metric_in_both_languages(server: Prometheus) -> None:
    metadata = server.get("metadata")
    for metric in METRICS:
        told = metadata[metric.name][0]
        assert told["type"] == "gauge"
        assert metric.help_zh in told["help"]


def test_a_retention_rate_is_users_by_cohort_users(server: Prometheus) -> None:
    rates = server.query(
        'wxa_retention_users{user="new",day="1"} / wxa_retention_cohort_users{user="new",day="1"}'
    )
    assert len(rates) == 3
    assert all(0 < float(each["value"][1]) < 1 for each in rates)


def test_the_three_distributions_count_the_same_sessions(server: Prometheus) -> None:
    differing = server.query(
        "sum by (app) (wxa_source_sessions) != sum by (app) (wxa_stay_time_sessions)"
        " or sum by (app) (wxa_source_sessions) != sum by (app) (wxa_depth_sessions)"
    )
    assert differing == []


def test_no_scrape_failed(server: Prometheus) -> None:
    assert [each["value"][1] for each in server.query('min_over_time(up{job="wxa"}[5m])')] == ["1"]
