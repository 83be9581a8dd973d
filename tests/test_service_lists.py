"""Lists of apps while the exporter serves: a change costs what changed."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
import yaml

from exporter.exposition.families import Chunk
from exporter.simulator import Fault, RunningSimulator, SimulatedApp
from tests.conftest import CAFE, SHOP
from tests.support import FakeClock, beijing
from tests.web.serving import Exporter, Gate, entry, passes_end, threads_end

SUCCESS = "wxa_exporter_report_success"


@pytest.fixture
def gate() -> Iterator[Gate]:
    held = Gate()
    yield held
    held.open.set()
    held.close()


class World(Exporter):
    """An exporter whose apps stand in a file of their own."""

    def __init__(
        self, folder: Path, wechat: RunningSimulator, clock: FakeClock, *given: object
    ) -> None:
        self.list = folder / "apps.yaml"
        self.wechat = wechat.simulator
        self.put(entry("shop", SHOP))
        super().__init__(folder, wechat.url, clock, *given, apps=[], app_files=["*s.yaml"])  # type: ignore[arg-type]

    def put(self, *apps: object) -> None:
        self.list.write_text(yaml.safe_dump(list(apps)))

    def look(self) -> None:
        """Notice a changed list, and wait until what it began is over."""
        self.service.look()
        passes_end()

    def calls(self, app: SimulatedApp) -> int:
        """How often an app was asked for, its tokens included."""
        return sum(call.appid == app.appid for call in self.wechat.calls)

    def chunks(self, app: str) -> dict[str, Chunk]:
        """What stands on /metrics of an app; the same objects until they are rendered again."""
        kept = self.service.runtime.exposition._chunks
        return {
            f"{family} {key[1]}": chunk
            for family, chunks in kept.items()
            for key, chunk in chunks.items()
            if key[0] == app
        }


@pytest.fixture
def world(
    tmp_path: Path,
    wechat: RunningSimulator,
    clock: FakeClock,
    log: StringIO,  # noqa: ARG001
) -> Iterator[World]:
    with World(tmp_path, wechat, clock) as running:
        yield running


def same(before: dict[str, Chunk], after: dict[str, Chunk]) -> bool:
    return before.keys() == after.keys() and all(before[key] is after[key] for key in before)


def test_an_app_added_is_asked_and_shown_alone(world: World, log: StringIO) -> None:
    calls, before, asked = world.calls(SHOP), world.chunks("shop"), len(world.wechat.calls)
    world.put(entry("shop", SHOP), entry("cafe", CAFE))
    world.look()
    assert world.apps() == {"shop", "cafe"}
    assert same(before, world.chunks("shop"))
    assert world.calls(SHOP) == calls
    assert len(world.wechat.calls) == asked + world.calls(CAFE) > asked
    assert '"apps changed" before=1 now=2 fresh=1' in log.getvalue()


def test_an_app_that_leaves_takes_all_its_series_along(world: World) -> None:
    world.put(entry("shop", SHOP), entry("cafe", CAFE))
    world.look()
    before = world.chunks("cafe")
    world.put(entry("cafe", CAFE))
    world.look()
    assert world.apps() == {"cafe"}
    assert same(before, world.chunks("cafe"))
    assert [view.app for view in world.service.overview()] == ["cafe"] * 2
    assert "shop" not in world.get("/history?since=2026-03-01").text


def test_a_renamed_app_keeps_its_archive_and_the_other_everything(world: World) -> None:
    world.put(entry("shop", SHOP), entry("cafe", CAFE))
    world.look()
    before, calls = world.chunks("cafe"), len(world.wechat.calls)
    shown = world.series("wxa_visit_pv")["wxa_visit_pv"]
    world.put(entry("boutique", SHOP), entry("cafe", CAFE))
    world.look()
    assert world.apps() == {"boutique", "cafe"}
    assert world.series("wxa_visit_pv")["wxa_visit_pv"] == {
        ("boutique",): shown["shop",], ("cafe",): shown["cafe",],
    }  # fmt: skip
    assert same(before, world.chunks("cafe"))
    assert len(world.wechat.calls) == calls


def test_two_apps_that_exchange_their_names_are_not_mixed_up(world: World) -> None:
    world.put(entry("shop", SHOP), entry("cafe", CAFE))
    world.look()
    names = ("wxa_visit_pv", "wxa_exporter_report_last_success_timestamp_seconds")
    before = world.series(*names)
    world.put(entry("cafe", SHOP), entry("shop", CAFE))
    world.look()
    after = world.series(*names)
    assert after[names[0]] == {
        ("cafe",): before[names[0]]["shop",], ("shop",): before[names[0]]["cafe",],
    }  # fmt: skip
    assert after[names[1]].keys() == before[names[1]].keys()


def test_a_label_of_the_list_stands_on_app_info_alone(world: World) -> None:
    shop = entry("shop", SHOP, labels={"merchant": "acme", "city": '上"海'})
    world.put(shop, entry("cafe", CAFE))
    world.look()
    lines = world.get("/metrics").text.splitlines()
    assert [line for line in lines if "acme" in line] == [
        f'wxa_app_info{{app="shop",appid="{SHOP.appid}",city="上\\"海",merchant="acme"}} 1.0'
    ]
    assert f'wxa_app_info{{app="cafe",appid="{CAFE.appid}"}} 1.0' in lines


def test_a_paused_app_stays_paused_when_a_list_changes_and_is_asked_after_a_reload(
    world: World, clock: FakeClock
) -> None:
    blocked = world.wechat.faults.add
    blocked(Fault("errcode", appid=SHOP.appid, code=48001))
    clock.advance(days=1)
    world.service.start_pass()
    passes_end()
    world.wechat.faults.clear()
    calls = world.calls(SHOP)
    world.put(entry("shop", SHOP), entry("cafe", CAFE))
    world.look()
    world.service.start_pass()
    passes_end()
    assert world.calls(SHOP) == calls
    assert world.series(SUCCESS)[SUCCESS]["shop", "daily_visit_trend"] == 0.0
    world.service.reload()
    passes_end()
    assert world.calls(SHOP) > calls
    assert world.series(SUCCESS)[SUCCESS]["shop", "daily_visit_trend"] == 1.0


def test_a_reload_leaves_apps_alone_whose_configuration_is_the_same(world: World) -> None:
    world.put(entry("shop", SHOP), entry("cafe", CAFE))
    world.look()
    before, calls = world.chunks("shop"), world.calls(SHOP)
    world.put(entry("shop", SHOP), entry("cafe", CAFE, reports=["visit_page"]))
    world.service.reload()
    passes_end()
    assert same(before, world.chunks("shop"))
    assert world.calls(SHOP) == calls
    assert set(world.chunks("cafe")) < set(world.chunks("shop"))
    # One day more to catch up, asked for with the token of before.
    world.write(collect=world.content["collect"] | {"catch_up_days": 8})
    world.service.reload()
    passes_end()
    asked = [call.call for call in world.wechat.calls if call.appid == SHOP.appid]
    assert asked[calls:]
    assert "stable_token" not in asked[calls:]


def test_an_app_added_during_a_pass_has_the_next_turn(
    tmp_path: Path, wechat: RunningSimulator, clock: FakeClock, gate: Gate, log: StringIO
) -> None:
    with World(tmp_path, wechat, clock, gate.session) as world:
        clock.advance(days=1)
        gate.open.clear()
        world.service.start_pass()
        assert gate.reached.wait(10)
        world.put(entry("shop", SHOP), entry("cafe", CAFE))
        world.service.look()
        gate.open.set()
        passes_end()
        assert world.apps() == {"shop", "cafe"}
        shown = world.series("wxa_visit_pv")["wxa_visit_pv"]
        assert set(shown) == {("shop",), ("cafe",)}
        assert "pass skipped" not in log.getvalue()


def test_an_app_that_leaves_during_its_part_is_asked_no_more_and_forgotten(
    tmp_path: Path,
    wechat: RunningSimulator,
    clock: FakeClock,
    gate: Gate,
    log: StringIO,  # noqa: ARG001
) -> None:
    with World(tmp_path, wechat, clock, gate.session) as world:
        clock.advance(days=1)
        gate.open.clear()
        world.service.start_pass()
        assert gate.reached.wait(10)
        calls = world.calls(SHOP)
        world.put(entry("cafe", CAFE))
        world.service.look()
        gate.open.set()
        passes_end()
        threads_end("settle")
        assert world.calls(SHOP) == calls + 1  # the one in flight
        assert world.apps() == {"cafe"}


def test_a_list_that_changes_while_the_archive_cannot_be_read_is_taken_later(
    world: World, tmp_path: Path, log: StringIO
) -> None:
    with closing(sqlite3.connect(tmp_path / "archive.db")) as database:
        database.execute("ALTER TABLE replies RENAME TO hidden")
        world.put(entry("shop", SHOP), entry("cafe", CAFE))
        world.look()
        world.look()
        assert world.apps() == {"shop"}
        assert log.getvalue().count("apps not taken") == 1
        database.execute("ALTER TABLE hidden RENAME TO replies")
    world.look()
    assert world.apps() == {"shop", "cafe"}


def test_a_refused_reload_follows_the_lists_of_before(world: World, tmp_path: Path) -> None:
    (tmp_path / "other.yml").write_text(yaml.safe_dump([entry("cafe", CAFE)]))
    with closing(sqlite3.connect(tmp_path / "archive.db")) as database:
        database.execute("ALTER TABLE replies RENAME TO hidden")
        world.write(app_files=["other.yml"])
        assert world.reload().status_code == 500
        database.execute("ALTER TABLE hidden RENAME TO replies")
    assert f"{world.list}: 1 app" in world.get("/").text
    world.put(entry("shop", SHOP), entry("cafe", CAFE))
    world.look()
    assert world.apps() == {"shop", "cafe"}
    assert world.reload().status_code == 200
    assert world.apps() == {"cafe"}


def test_the_page_and_a_gauge_tell_of_a_list_with_faults(world: World) -> None:
    world.put(entry("shop", SHOP), {"name": "<b>", "appid": "x", "secret": "hunter2"})
    world.look()
    page = world.get("/").text
    assert f"{world.list}: 1 app" in page
    assert "[1].name: may have A-Z" in page
    world.list.write_text("{")
    world.look()
    assert "the apps of before stay" in world.get("/").text
    assert "hunter2" not in page
    faults = "wxa_exporter_discovery_faults"
    assert world.series(faults)[faults] == {(str(world.list),): 1.0}
    assert world.apps() == {"shop"}


def test_json_does_as_well(world: World) -> None:
    world.list.write_text(json.dumps([entry("shop", SHOP), entry("cafe", CAFE)]))
    world.look()
    assert world.apps() == {"shop", "cafe"}
    assert (
        world.series("wxa_data_period_start_timestamp_seconds")[
            "wxa_data_period_start_timestamp_seconds"
        ]["cafe", "daily_visit_trend"]
        == beijing("2026-03-17 00:00").timestamp()
    )
