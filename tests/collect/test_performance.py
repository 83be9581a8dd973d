"""Performance from the call to /metrics: another address, another body, off by default."""

from collections.abc import Callable

from exporter.simulator import Fault
from tests.collect.world import World

Open = Callable[..., World]

NAMES = ["performance_startup_4g", "performance_memory"]


def test_where_it_is_named_it_is_asked_for_day_by_day_and_shown(open_world: Open) -> None:
    world = open_world(reports=NAMES, catch_up_days=1)
    days = ["20260317", "20260316", "20260315"]
    assert world.run() == [("performance_boot", day) for day in days * 2]
    assert world.result.complete
    shown = [line.partition("{")[0] for line in world.metrics("^wxa_performance")]
    assert shown == [*["wxa_performance_startup"] * 4, *["wxa_performance_memory"] * 2]
    (memory,) = world.metrics('measure="memory"')
    assert 0.9 * 310 < float(memory.split()[-1]) < 1.1 * 310
    assert world.run() == []


def test_a_missing_permission_stops_its_reports_alone_and_is_told_by_its_code(
    open_world: Open,
) -> None:
    world = open_world(reports=[*NAMES, "daily_summary"], catch_up_days=1)
    world.wechat.faults.add(Fault("errcode", call="performance_boot", code=48001))
    world.run()
    assert world.own("report_error") == [
        f'wxa_exporter_report_error{{app="shop",code="48001",report="{name}"}} 1.0'
        for name in NAMES
    ]
    assert world.metrics("wxa_cumulative_users")
