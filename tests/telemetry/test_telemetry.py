"""The exporter's own metrics, as a scrape shows them."""

import re
import sys
from collections.abc import Callable
from types import FrameType

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from exporter import __version__
from exporter.telemetry import OWN, Own, Telemetry
from tests.support import beijing, own_text

PROMISED = """
wxa_exporter_build_info gauge version python
wxa_exporter_report_success gauge app report
wxa_exporter_report_error gauge app report code
wxa_exporter_report_last_success_timestamp_seconds gauge app report
wxa_exporter_reports_due gauge app
wxa_exporter_api_requests_total counter app call code
wxa_exporter_api_request_duration_seconds histogram call
wxa_exporter_report_revisions_total counter app report
wxa_exporter_pages_dropped gauge app
wxa_exporter_portrait_dropped gauge app report dimension
wxa_exporter_archive_writable gauge
wxa_exporter_token_service_up gauge service
wxa_exporter_config_last_reload_successful gauge
wxa_exporter_config_last_reload_success_timestamp_seconds gauge
wxa_exporter_next_collection_timestamp_seconds gauge
wxa_exporter_last_collection_timestamp_seconds gauge
wxa_exporter_shard_ordinal gauge
wxa_exporter_total_shards gauge
wxa_exporter_discovery_apps gauge source
wxa_exporter_discovery_faults gauge source
wxa_exporter_discovery_last_success_timestamp_seconds gauge source
wxa_api_quota_limit gauge app call
wxa_api_quota_used gauge app call
wxa_api_quota_remaining gauge app call
wxa_exporter_source_info gauge source name
"""
NOON = beijing("2026-03-18 12:00")


@pytest.fixture
def telemetry() -> Telemetry:
    """Telemetry in registries of its own."""
    return Telemetry(CollectorRegistry(), CollectorRegistry())


def lines(telemetry: Telemetry, name: str) -> list[str]:
    """The lines of the series that begin with a name."""
    text = own_text(telemetry).splitlines()
    return [line for line in text if re.match(rf"{name}[ {{]", line)]


def test_the_metrics_are_those_promised() -> None:
    found = {(own.name, own.kind, own.labels) for own in OWN}
    rows = [line.split() for line in PROMISED.strip().splitlines()]
    assert found == {(name, kind, tuple(labels)) for name, kind, *labels in rows}


@pytest.mark.parametrize("own", OWN, ids=lambda own: own.name)
def test_every_metric_is_explained_in_both_languages_with_a_unit(own: Own) -> None:
    assert own.help.endswith(".")
    assert own.help_zh.endswith("。")
    assert (own.unit == "seconds") == own.name.endswith("_seconds")


@pytest.mark.parametrize("own", OWN, ids=lambda own: own.name)
def test_every_metric_has_its_help_and_type_on_the_page(telemetry: Telemetry, own: Own) -> None:
    telemetry.archive_writable(True)
    telemetry.reloaded(True, NOON)
    telemetry.next_collection(NOON)
    telemetry.collected(NOON)
    telemetry.sharded(0, 1)
    text = own_text(telemetry) + generate_latest(telemetry.process).decode()
    assert f"# HELP {own.name} {own.help} {own.help_zh}\n# TYPE {own.name} {own.kind}\n" in text


def test_what_is_not_known_yet_is_absent_and_no_zero(telemetry: Telemetry) -> None:
    text = own_text(telemetry).splitlines()
    known = [line for line in text if not line.startswith("#")]
    assert [line.partition("{")[0] for line in known] == ["wxa_exporter_build_info"]


def test_build_info_names_the_version(telemetry: Telemetry) -> None:
    (line,) = lines(telemetry, "wxa_exporter_build_info")
    assert f'version="{__version__}"' in line
    assert line.endswith(" 1.0")


def test_a_request_is_counted_by_outcome_and_timed_by_call(telemetry: Telemetry) -> None:
    telemetry.request("shop", "token", "0", 0.2)
    telemetry.request("shop", "token", "timeout", 10.5)
    telemetry.request("shop", "token", "0", 0.01)
    assert lines(telemetry, "wxa_exporter_api_requests_total") == [
        'wxa_exporter_api_requests_total{app="shop",call="token",code="0"} 2.0',
        'wxa_exporter_api_requests_total{app="shop",call="token",code="timeout"} 1.0',
    ]
    name = "wxa_exporter_api_request_duration_seconds"
    assert lines(telemetry, f"{name}_count") == [f'{name}_count{{call="token"}} 3.0']
    buckets = [line.split('le="')[1] for line in lines(telemetry, f"{name}_bucket")]
    assert buckets == [
        '0.05"} 1.0', '0.1"} 1.0', '0.25"} 2.0', '0.5"} 2.0', '1.0"} 2.0', '2.5"} 2.0',
        '5.0"} 2.0', '10.0"} 2.0', '+Inf"} 3.0',
    ]  # fmt: skip


def test_what_was_told_last_is_shown(telemetry: Telemetry) -> None:
    telemetry.answered("shop", "visit_page", None)
    telemetry.answered("shop", "visit_page", "40164")
    telemetry.arrived("shop", "visit_page", NOON)
    telemetry.revised("shop", "visit_page")
    telemetry.due("shop", 4)
    telemetry.dropped("shop", "visit_page", "page", 7)
    telemetry.dropped("shop", "user_portrait_7d", "city", 3)
    telemetry.archive_writable(False)
    telemetry.next_collection(NOON)
    page = '{app="shop",report="visit_page"}'
    noon = "1.7738064e+09"
    wanted = {
        "wxa_exporter_report_success": f"{page} 0.0",
        "wxa_exporter_report_last_success_timestamp_seconds": f"{page} {noon}",
        "wxa_exporter_report_revisions_total": f"{page} 1.0",
        "wxa_exporter_reports_due": '{app="shop"} 4.0',
        "wxa_exporter_pages_dropped": '{app="shop"} 7.0',
        "wxa_exporter_portrait_dropped": '{app="shop",dimension="city",report="user_portrait_7d"} 3.0',  # noqa: E501
        "wxa_exporter_archive_writable": " 0.0",
        "wxa_exporter_next_collection_timestamp_seconds": f" {noon}",
    }
    assert {name: lines(telemetry, name) for name in wanted} == {
        name: [name + rest] for name, rest in wanted.items()
    }


def test_a_refused_reload_keeps_the_time_of_the_last_good_one(telemetry: Telemetry) -> None:
    telemetry.reloaded(True, NOON)
    telemetry.reloaded(False, beijing("2026-03-18 13:00"))
    prefix = "wxa_exporter_config_last_reload_success"
    assert lines(telemetry, f"{prefix}ful") == [f"{prefix}ful 0.0"]
    assert lines(telemetry, f"{prefix}_timestamp_seconds") == [
        f"{prefix}_timestamp_seconds 1.7738064e+09"
    ]


def test_apps_and_reports_that_are_gone_leave_no_series(telemetry: Telemetry) -> None:
    for app in ("shop", "cafe"):
        telemetry.request(app, "token", "0", 0.1)
        telemetry.due(app, 1)
        for report in ("visit_page", "daily_summary"):
            telemetry.answered(app, report, None)
            telemetry.arrived(app, report, NOON)
            telemetry.revised(app, report)
    telemetry.keep_apps({"shop": {"visit_page"}})
    left = [line for line in own_text(telemetry).splitlines() if "app=" in line]
    assert sorted(line.rsplit(" ", 1)[0] for line in left if "_created" not in line) == [
        'wxa_exporter_api_requests_total{app="shop",call="token",code="0"}',
        'wxa_exporter_report_last_success_timestamp_seconds{app="shop",report="visit_page"}',
        'wxa_exporter_report_revisions_total{app="shop",report="visit_page"}',
        'wxa_exporter_report_success{app="shop",report="visit_page"}',
        'wxa_exporter_reports_due{app="shop"}',
    ]


def test_an_error_is_shown_with_its_code_until_another_or_none_takes_its_place(
    telemetry: Telemetry,
) -> None:
    telemetry.answered("cafe", "visit_page", "-1")
    for code in ("40164", "timeout"):
        telemetry.answered("shop", "visit_page", code)
    assert lines(telemetry, "wxa_exporter_report_error") == [
        'wxa_exporter_report_error{app="cafe",code="-1",report="visit_page"} 1.0',
        'wxa_exporter_report_error{app="shop",code="timeout",report="visit_page"} 1.0',
    ]
    telemetry.answered("shop", "visit_page", None)
    assert len(lines(telemetry, "wxa_exporter_report_error")) == 1


def test_keeping_all_apps_changes_no_line(telemetry: Telemetry) -> None:
    telemetry.begin("shop", {"visit_page": "visitpage"})
    telemetry.answered("shop", "visit_page", "timeout")
    telemetry.revised("shop", "visit_page")
    before = own_text(telemetry)
    telemetry.keep_apps({"shop": {"visit_page"}, "new": set()})
    telemetry.begin("shop", {"visit_page": "visitpage"})
    assert own_text(telemetry) == before


def test_an_app_that_is_gone_takes_its_errors_along(telemetry: Telemetry) -> None:
    telemetry.answered("shop", "visit_page", "timeout")
    telemetry.forget_apps({"shop"})
    telemetry.answered("shop", "visit_page", "-1")
    telemetry.answered("shop", "visit_page", None)
    assert lines(telemetry, "wxa_exporter_report_error") == []


def test_what_is_counted_of_an_app_begins_with_zero_before_anything_happens(
    telemetry: Telemetry,
) -> None:
    telemetry.begin("shop", {"visit_page": "visitpage"})
    assert lines(telemetry, "wxa_exporter_report_revisions_total") == [
        'wxa_exporter_report_revisions_total{app="shop",report="visit_page"} 0.0'
    ]
    assert lines(telemetry, "wxa_exporter_api_requests_total") == [
        'wxa_exporter_api_requests_total{app="shop",call="visitpage",code="0"} 0.0'
    ]


def test_an_error_that_changes_is_on_every_page_between(telemetry: Telemetry) -> None:
    """An alert with `for: 10h` begins anew when one scrape does not find it."""

    telemetry.answered("shop", "visit_page", "timeout")
    errors: list[int] = []

    def at_each_line(frame: FrameType, event: str, _: object) -> object:
        if frame.f_code.co_name == "answered" and event == "line":
            errors.append(len(lines(telemetry, "wxa_exporter_report_error")))
        return at_each_line

    sys.settrace(at_each_line)  # type: ignore[arg-type]
    try:
        telemetry.answered("shop", "visit_page", "-1")
    finally:
        sys.settrace(None)
    assert len(errors) > 5
    assert min(errors) == 1
    assert lines(telemetry, "wxa_exporter_report_error") == [
        'wxa_exporter_report_error{app="shop",code="-1",report="visit_page"} 1.0'
    ]


def test_every_change_is_one_that_the_page_is_made_anew_for(telemetry: Telemetry) -> None:
    changes: tuple[Callable[[], None], ...] = (
        lambda: telemetry.request("shop", "token", "0", 0.1),
        lambda: telemetry.answered("shop", "visit_page", None),
        lambda: telemetry.arrived("shop", "visit_page", NOON),
        lambda: telemetry.revised("shop", "visit_page"),
        lambda: telemetry.due("shop", 1),
        lambda: telemetry.dropped("shop", "visit_page", "page", 1),
        lambda: telemetry.archive_writable(True),
        lambda: telemetry.reloaded(False, NOON),
        lambda: telemetry.reloaded(True, NOON),
        lambda: telemetry.next_collection(NOON),
        lambda: telemetry.collected(NOON),
        lambda: telemetry.begin("shop", {"visit_page": "visitpage"}),
        lambda: telemetry.keep_apps({}),
    )
    for change in changes:
        version, (number, _) = telemetry.version, telemetry.apps.changed_since(0)
        change()
        _, apps = telemetry.apps.changed_since(number)
        assert telemetry.version > version or apps


def test_the_process_itself_is_in_a_registry_of_its_own(telemetry: Telemetry) -> None:
    text = generate_latest(telemetry.process).decode()
    assert "python_info{" in text
    assert set(re.findall(r"^wxa_\w+", text, re.M)) == set()
    assert "process_" not in own_text(telemetry)


def test_lists_of_apps_are_told_without_rendering_all_apps_again(telemetry: Telemetry) -> None:
    version = telemetry.version
    telemetry.listed({"a.yaml": (2, 1, NOON), "b.yaml": (0, 1, None)})
    telemetry.listed({"a.yaml": (3, 0, NOON)})
    text = generate_latest(telemetry.process).decode().splitlines()
    assert [line for line in text if line.startswith("wxa_")] == [
        'wxa_exporter_discovery_apps{source="a.yaml"} 3.0',
        'wxa_exporter_discovery_faults{source="a.yaml"} 0.0',
        'wxa_exporter_discovery_last_success_timestamp_seconds{source="a.yaml"} 1.7738064e+09',
    ]
    assert telemetry.version == version
