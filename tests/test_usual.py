"""What is usual, as /metrics shows it beside what WeChat told."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from math import sqrt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.exposition import Format
from exporter.history import Asked, DatedSamples
from exporter.periods import Window
from exporter.reports.table import BY_NAME, USUAL
from exporter.simulator import RunningSimulator
from exporter.usual import PAGES, SCALE, usual
from tests.collect.world import World, day, told
from tests.conftest import SHOP
from tests.support import FakeClock, beijing

TREND, RETENTION = BY_NAME["daily_visit_trend"], BY_NAME["daily_retention"]
SOURCES, VISITED = BY_NAME["visit_distribution"], BY_NAME["visit_page"]
# A Wednesday; the one four weeks before it is an ordinary one too.
SHOWN = day("2026-03-18")
counts = st.lists(st.floats(0, 1e9), min_size=3, max_size=4)


@pytest.fixture
def world(wechat: RunningSimulator, tmp_path: Path, clock: FakeClock) -> Iterator[World]:
    """An exporter whose archive the test fills itself."""
    with closing(World(wechat, tmp_path / "archive.db", clock)) as world:
        yield world


def weeks_ago(weeks: int) -> date:
    return SHOWN - timedelta(weeks=weeks)


def tell(world: World, report: Any, first_day: date, body: dict[str, Any]) -> None:  # noqa: ANN401
    asked = beijing(f"{first_day + timedelta(days=2)} 12:00")
    told(world.archive, report, Window(report.period, first_day), body, asked)


def visitors(world: World, first_day: date, count: int) -> None:
    tell(world, TREND, first_day, {"list": [{"visit_uv": count}]})


def shown(world: World, pattern: str) -> dict[str, float]:
    world.clock.moment = beijing(f"{SHOWN + timedelta(days=1)} 12:00")
    world.runtime.publisher.refresh_all()
    split = (line.rpartition(" ") for line in world.metrics(pattern))
    return {series: float(value) for series, _, value in split}


def test_it_is_the_median_of_the_last_twelve_comparable_days(world: World) -> None:
    # 18 February, four weeks ago, was Spring Festival: the thirteenth week back counts instead.
    counts = (1000, 900, 1100, 800, 5, 1200, 950, 1050, 850, 1150, 975, 1025, 925, 1075, 9)
    for weeks, count in enumerate(counts):
        visitors(world, weeks_ago(weeks), count)
    assert shown(world, "^wxa_(usual_)?visit_uv") == {
        'wxa_visit_uv{app="shop"}': 1000,
        'wxa_usual_visit_uv{app="shop"}': 1000,
        'wxa_usual_visit_uv_deviation{app="shop"}': pytest.approx(SCALE * 87.5),
    }


def test_fewer_than_three_days_say_nothing(world: World) -> None:
    for weeks in range(3):
        visitors(world, weeks_ago(weeks), 1000)
    assert shown(world, "usual") == {}
    visitors(world, weeks_ago(3), 1000)
    assert shown(world, "^wxa_usual_visit_uv") == {
        'wxa_usual_visit_uv{app="shop"}': 1000,
        # Not 0: chance alone moves a count by its square root.
        'wxa_usual_visit_uv_deviation{app="shop"}': pytest.approx(sqrt(1000)),
    }


def test_it_describes_the_day_shown_and_not_today(world: World) -> None:
    for weeks in range(1, 5):
        visitors(world, weeks_ago(weeks), 1000)
        visitors(world, weeks_ago(weeks) - timedelta(days=1), 500)
    visitors(world, SHOWN - timedelta(days=1), 490)
    assert shown(world, "usual_visit_uv{") == {'wxa_usual_visit_uv{app="shop"}': 500}


def test_a_past_day_that_wechat_corrects_changes_it(world: World) -> None:
    for weeks in range(4):
        visitors(world, weeks_ago(weeks), 1000)
    assert shown(world, "usual_visit_uv{") == {'wxa_usual_visit_uv{app="shop"}': 1000}
    for weeks in (1, 2):
        visitors(world, weeks_ago(weeks), 2000)
    world.runtime.publisher.catch_up()
    assert world.metrics("usual_visit_uv{") == ['wxa_usual_visit_uv{app="shop"} 2000.0']


def test_a_source_that_is_missing_today_has_a_usual_value(world: World) -> None:
    def sources(**sessions: int) -> dict[str, Any]:
        items = [{"key": int(key[1:]), "value": value} for key, value in sessions.items()]
        return {"list": [{"index": "access_source_session_cnt", "item_list": items}]}

    for weeks in range(1, 4):
        tell(world, SOURCES, weeks_ago(weeks), sources(k1=100, k2=50 + weeks))
    tell(world, SOURCES, SHOWN, sources(k1=90))
    assert sorted(shown(world, "usual_source_sessions{").values()) == [52, 100]
    assert len(shown(world, "^wxa_source_sessions{")) == 1


def test_of_a_cohort_it_is_as_many_as_come_back_of_one_of_its_size(world: World) -> None:
    def cohort(size: int, back: int) -> dict[str, Any]:
        items = [{"key": 0, "value": size}, {"key": 1, "value": back}]
        return {"visit_uv_new": items, "visit_uv": []}

    for weeks, back in ((1, 20), (2, 30), (3, 25)):
        tell(world, RETENTION, weeks_ago(weeks), cohort(100, back))
    tell(world, RETENTION, SHOWN, cohort(400, 60))
    world.clock.moment = beijing(f"{SHOWN + timedelta(days=2)} 12:00")
    world.runtime.publisher.refresh_all()
    assert world.metrics("usual_retention_users{") == [
        'wxa_usual_retention_users{app="shop",day="1",user="new"} 100.0'
    ]


def test_only_the_most_visited_pages_have_one(world: World) -> None:
    rows = [
        {"page_path": f"pages/{n}", "page_visit_pv": 1000 - n, "exitpage_pv": 10}
        for n in range(PAGES + 5)
    ]
    for weeks in range(4):
        tell(world, VISITED, weeks_ago(weeks), {"list": rows})
    found = shown(world, "usual_page_visit_pv{")
    assert len(found) == PAGES
    assert f'wxa_usual_page_visit_pv{{app="shop",page="pages/{PAGES - 1}"}}' in found
    assert len(shown(world, "usual_page_exit_pv_deviation{")) == PAGES


@pytest.mark.parametrize(
    ("shown_day", "kind"),
    [("2026-03-18", "workday"), ("2026-02-14", "moved_workday"), ("2026-02-17", "holiday")],
)
def test_the_kind_of_the_day_shown_stands_beside_it(
    world: World, shown_day: str, kind: str
) -> None:
    visitors(world, day(shown_day), 10)
    world.clock.moment = beijing(f"{day(shown_day) + timedelta(days=1)} 12:00")
    world.runtime.publisher.refresh_all()
    assert world.metrics("day_kind{") == [f'wxa_data_day_kind{{app="shop",kind="{kind}"}} 1.0']


def test_a_year_without_a_calendar_gives_no_kind(world: World) -> None:
    visitors(world, day("2039-03-16"), 10)
    world.clock.moment = beijing("2039-03-17 12:00")
    world.runtime.publisher.refresh_all()
    assert world.metrics("wxa_visit_uv{") == ['wxa_visit_uv{app="shop"} 10.0']
    assert world.metrics("day_kind{") == []


@given(counts)
def test_the_median_lies_among_the_days_and_the_spread_is_never_less_than_chance(
    values: list[float],
) -> None:
    middle, spread = usual(values)
    assert min(values) <= middle <= max(values)
    assert spread >= sqrt(middle)


@given(counts, st.floats(0, 1e9))
def test_one_wild_day_of_four_cannot_carry_it_away(values: list[float], wild: float) -> None:
    middle, _ = usual([*values[:3], wild])
    assert min(values[:3]) <= middle <= max(values[:3])


def test_every_one_of_them_says_that_it_is_ours() -> None:
    assert len(USUAL) == 2 * 8
    for metric in USUAL:
        assert metric.name.startswith("wxa_usual_")
        assert "ours" in metric.help
        assert "并非微信数据" in metric.help_zh


def test_a_release_that_starts_slower_stands_out_against_the_usual(
    wechat: RunningSimulator, tmp_path: Path, clock: FakeClock
) -> None:
    released = replace(SHOP, release=day("2026-03-16"))
    wechat.simulator.apps[SHOP.appid] = released
    clock.moment = beijing("2026-03-19 16:00")
    with closing(
        World(
            wechat, tmp_path / "slower.db", clock, reports=["performance_startup"],
            catch_up_days=40,
        )
    ) as world:  # fmt: skip
        world.run()
        now, before = (
            {line.split('measure="')[1].split('"')[0]: float(line.split()[-1]) for line in lines}
            for lines in (
                world.metrics("^wxa_performance_startup"),
                world.metrics("^wxa_usual_performance_startup{"),
            )
        )
        assert now.keys() == before.keys() == {"total", "download", "inject", "render"}
        for measure, value in now.items():
            assert 1.3 < value / before[measure] < 1.5, measure
        asked = Asked.span(world.config, day("2026-03-18"), day("2026-03-18"), (), ())
        dated = b"".join(DatedSamples(world.archive, asked, Format.CLASSIC).stream()).decode()
        assert dated.count("wxa_history_performance_startup{") == len(now)
