"""Paths and what they answer."""

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from exporter.describe import as_markdown
from tests.conftest import CAFE, SHOP
from tests.web.serving import Exporter, entry

READABLE = ("/", "/metrics", "/docs/metrics", "/-/healthy", "/-/ready")


@pytest.mark.parametrize("path", READABLE)
def test_get_and_head_are_answered(standing: Exporter, path: str) -> None:
    get = standing.get(path)
    head = requests.head(standing.url + path, timeout=10)
    assert (get.status_code, head.status_code) == (200, 200)
    assert get.content
    assert not head.content


@pytest.mark.parametrize("path", READABLE)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_every_other_method_is_refused(standing: Exporter, path: str, method: str) -> None:
    answer = requests.request(method, standing.url + path, timeout=10)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_reloading_wants_a_post(standing: Exporter, method: str) -> None:
    answer = requests.request(method, f"{standing.url}/-/reload", timeout=10)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "path",
    ["/metric", "/metrics/", "/metrics/x", "/-/", "/-/reload/", "/favicon.ico", "/docs", "//",
     "/../etc/passwd", "/%2e%2e/etc/passwd", "/history/x"],
)  # fmt: skip
def test_every_other_path_is_not_found(standing: Exporter, path: str) -> None:
    assert standing.get(path).status_code == 404


def test_health_is_plain_text(standing: Exporter) -> None:
    assert standing.get("/-/healthy").text == "wxa-exporter is healthy.\n"
    assert standing.get("/-/ready").text == "wxa-exporter is ready.\n"


def test_the_metrics_documentation_is_the_table(standing: Exporter) -> None:
    answer = standing.get("/docs/metrics")
    assert answer.text == as_markdown()
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_a_reload_takes_apps_and_reports_over(exporter: Exporter) -> None:
    assert exporter.apps() == {"shop", "cafe"}
    exporter.write(apps=[entry("boutique", SHOP, reports=["daily_summary"])])
    answer = exporter.reload()
    assert (answer.status_code, answer.text) == (200, "reloaded\n")
    assert exporter.apps() == {"boutique"}
    text = exporter.get("/metrics").text
    families = text_string_to_metric_families(text)
    reports = {s.labels["report"] for f in families for s in f.samples if "report" in s.labels}
    assert reports == {"daily_summary"}
    assert "wxa_cumulative_users{" in text
    assert "wxa_visit_pv" not in text


def test_a_bad_file_is_answered_with_every_fault_and_changes_nothing(exporter: Exporter) -> None:
    before = exporter.series("wxa_visit_pv", "wxa_page_visit_pv")
    exporter.write(apps=[entry("shop", SHOP), entry("shop", CAFE)], colect={})
    answer = exporter.reload()
    assert answer.status_code == 500
    lines = answer.text.splitlines()
    assert lines[0] == "refused, the running configuration stays:"
    assert sorted(line.split(".yaml: ")[1] for line in lines[1:]) == [
        "apps[1].name: another app has 'shop'; each needs its own",
        "colect: unknown key; did you mean 'collect'?",
    ]
    assert SHOP.secret not in answer.text
    assert exporter.series("wxa_visit_pv", "wxa_page_visit_pv") == before
    name = "wxa_exporter_config_last_reload_successful"
    assert exporter.series(name)[name] == {(): 0.0}


def test_a_file_that_is_gone_is_answered_with_advice(exporter: Exporter) -> None:
    exporter.config_file.unlink()
    answer = exporter.reload()
    assert answer.status_code == 500
    assert "there is no such file" in answer.text
    assert exporter.get("/-/ready").status_code == 200
