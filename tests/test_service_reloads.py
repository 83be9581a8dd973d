"""A reload costs what changed; one of the configuration as it is looks again everywhere."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.simulator import Fault, RunningSimulator, SimulatedApp
from tests.conftest import CAFE, SHOP
from tests.sealed import Console, with_keys
from tests.support import FakeClock
from tests.web.serving import Exporter, Gate, entry, passes_end

SUCCESS = "wxa_exporter_report_success"
BOTH = [entry("shop", SHOP), entry("cafe", CAFE)]
LABELLED = [entry("shop", SHOP), entry("cafe", CAFE, labels={"city": "Beijing"})]


class World(Exporter):
    """An exporter of two apps, and what it asks of whom."""

    def __init__(
        self,
        folder: Path,
        wechat: RunningSimulator,
        clock: FakeClock,
        **changes: Any,  # noqa: ANN401 - keys of the configuration
    ) -> None:
        self.wechat, self.clock, self.folder = wechat.simulator, clock, folder
        self.list = folder / "apps.yaml"
        super().__init__(folder, wechat.url, clock, **changes)

    def pause(self) -> None:
        """Let the next day's pass meet what only a person can mend, which then is mended."""
        self.wechat.faults.add(Fault("errcode", code=50002))
        self.clock.advance(days=1)
        self.service.start_pass()
        passes_end()
        self.wechat.faults.clear()
        self.asked()

    def asked(self) -> set[str]:
        """The names of apps that were asked for since this was asked last."""
        calls = list(self.wechat.calls)
        self.wechat.calls.clear()
        return {{SHOP.appid: "shop", CAFE.appid: "cafe"}[call.appid] for call in calls}

    def paused(self) -> set[str]:
        """The names of apps that everybody on the archive leaves alone."""
        apps = {"shop": SHOP, "cafe": CAFE}
        failures = {name: self.archive.failures(app.appid) for name, app in apps.items()}
        return {name for name, found in failures.items() if any(f.until for f in found.values())}

    def reloaded(self, **changes: object) -> set[str]:
        """The names of apps that are asked for after a reload."""
        self.write(**changes)
        assert self.reload().status_code == 200
        return self.asked()

    def put(self, *apps: object) -> None:
        """Write the list of apps."""
        self.list.write_text(yaml.safe_dump(list(apps)))

    def statement(self, text: str) -> None:
        """Do something to the archive behind the exporter's back."""
        with closing(sqlite3.connect(self.folder / "archive.db")) as connection, connection:
            connection.execute(text)


@pytest.fixture
def world(
    tmp_path: Path,
    wechat: RunningSimulator,
    clock: FakeClock,
    log: StringIO,  # noqa: ARG001
) -> Iterator[World]:
    """Both apps are paused, and what was wrong is mended."""
    with World(tmp_path, wechat, clock) as running:
        running.pause()
        assert running.paused() == {"shop", "cafe"}
        yield running


@pytest.fixture
def listed(
    tmp_path: Path,
    wechat: RunningSimulator,
    clock: FakeClock,
    log: StringIO,  # noqa: ARG001
) -> Iterator[World]:
    """The same of apps that a list names."""
    (tmp_path / "apps.yaml").write_text(yaml.safe_dump(BOTH))
    with World(tmp_path, wechat, clock, apps=[], app_files=["apps.yaml"]) as running:
        running.pause()
        assert running.paused() == {"shop", "cafe"}
        yield running


def lines(log: StringIO, event: str) -> list[str]:
    """What the lines of an event say behind it."""
    found = (line.partition(f"{event} ")[2] for line in log.getvalue().splitlines())
    return [text for text in found if text]


def test_another_configuration_ends_the_pauses_of_the_apps_that_differ_and_asks_them_alone(
    world: World, log: StringIO
) -> None:
    assert world.reloaded(apps=LABELLED) == {"cafe"}
    assert world.paused() == {"shop"}
    assert world.series(SUCCESS)[SUCCESS] == {
        ("cafe", "daily_visit_trend"): 1.0, ("cafe", "visit_page"): 1.0,
        ("shop", "daily_visit_trend"): 0.0, ("shop", "visit_page"): 0.0,
    }  # fmt: skip
    assert "50002" in world.get("/?q=shop").text
    assert lines(log, "reloaded") == [
        "configuration=changed apps=2 fresh=1 asked_again=0 still_paused=1"
    ]
    world.service.start_pass()
    passes_end()
    assert world.asked() == set()


def test_the_configuration_as_it_is_ends_every_pause_and_asks_all(
    world: World, log: StringIO
) -> None:
    world.reloaded(apps=LABELLED)
    assert world.reloaded() == {"shop"}
    assert world.paused() == set()
    assert set(world.series(SUCCESS)[SUCCESS].values()) == {1.0}
    assert lines(log, "reloaded")[-1] == (
        "configuration=same apps=2 fresh=0 asked_again=1 still_paused=0"
    )


def test_an_app_whose_reports_are_others_is_another_one_and_so_is_a_new_one(world: World) -> None:
    fewer = [entry("shop", SHOP), entry("cafe", CAFE, reports=["visit_page"])]
    assert world.reloaded(apps=fewer) == {"cafe"}
    assert world.reloaded(apps=fewer[1:]) == set()
    assert world.reloaded(apps=fewer) == {"shop"}
    assert world.paused() == set()


def test_reports_of_all_apps_are_a_change_of_each(world: World) -> None:
    seldom = world.content["collect"] | {"reports": ["daily_visit_trend"]}
    assert world.reloaded(collect=seldom) == {"shop", "cafe"}


@pytest.mark.parametrize(
    "changes",
    [
        {"collect": {"schedule": "0 9 * * *", "reports": ["daily_visit_trend", "visit_page"]}},
        {"web": {"listen_address": ":10869"}},
        {"history": {"max_age_days": 3}},
        {"apps": BOTH[::-1]},
    ],
)
def test_what_concerns_no_app_leaves_all_of_them_alone(
    world: World, changes: dict[str, object]
) -> None:
    assert world.reloaded(**changes) == set()
    assert world.paused() == {"shop", "cafe"}


def test_more_days_to_catch_up_are_asked_for_where_nothing_stands_against_it(world: World) -> None:
    only = world.content["collect"] | {"catch_up_days": 10}
    world.reloaded(apps=LABELLED)
    assert world.reloaded(collect=only) == {"cafe"}
    assert world.paused() == {"shop"}


@pytest.mark.parametrize("key", ["pages", "api"])
def test_keys_that_make_everything_anew_end_every_pause(
    world: World, log: StringIO, key: str
) -> None:
    changes: dict[str, dict[str, object]] = {"pages": {"limit": 3}, "api": {"timeout_seconds": 9.0}}
    assert world.reloaded(**{key: world.content.get(key, {}) | changes[key]}) == {"shop", "cafe"}
    assert world.paused() == set()
    assert lines(log, "reloaded") == [
        "configuration=changed apps=2 fresh=2 asked_again=0 still_paused=0"
    ]


def test_what_waits_for_wechat_is_not_asked_for_because_another_app_is_new(
    tmp_path: Path,
    wechat: RunningSimulator,
    clock: FakeClock,
    log: StringIO,  # noqa: ARG001
) -> None:
    with World(tmp_path, wechat, clock, apps=BOTH[:1]) as world:
        wechat.simulator.faults.add(Fault("errcode", code=61503))
        clock.advance(days=1)
        world.asked()
        world.service.start_pass()
        passes_end()
        assert world.asked() == {"shop"}
        assert world.reloaded(apps=BOTH) == {"cafe"}
        assert world.reloaded() == {"shop", "cafe"}


def test_a_secret_that_its_file_holds_now_is_used_after_a_reload(
    tmp_path: Path,
    wechat: RunningSimulator,
    clock: FakeClock,
    log: StringIO,  # noqa: ARG001
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("wrong")
    from_file = entry("shop", SHOP, secret_file=str(secret))
    del from_file["secret"]
    with World(tmp_path, wechat, clock, apps=[from_file, BOTH[1]]) as world:
        assert world.paused() == {"shop"}
        secret.write_text(SHOP.secret)
        world.asked()
        assert world.reloaded() == {"shop"}
        assert world.paused() == set()


@pytest.mark.parametrize("name", ["replies", "failures"])
def test_a_refused_reload_leaves_pauses_and_apps_as_they_are(
    world: World, log: StringIO, name: str
) -> None:
    faults = {
        "replies": ("ALTER TABLE replies RENAME TO hidden", "ALTER TABLE hidden RENAME TO replies"),
        "failures": (
            "CREATE TRIGGER full BEFORE UPDATE ON failures BEGIN SELECT RAISE(ABORT, 'full'); END",
            "DROP TRIGGER full",
        ),
    }
    renamed = [entry("boutique", SHOP), entry("cafe", CAFE)]
    world.write(apps=renamed)
    world.statement(faults[name][0])
    assert world.reload().status_code == 500
    assert "reload refused" in log.getvalue()
    world.statement(faults[name][1])
    assert world.paused() == {"shop", "cafe"}
    assert world.apps() == {"shop", "cafe"}
    world.service.start_pass()
    passes_end()
    assert world.asked() == set()
    assert world.reloaded() == {"shop"}
    assert world.apps() == {"boutique", "cafe"}
    assert world.paused() == {"cafe"}


def test_after_a_refused_reload_the_configuration_that_runs_is_as_it_is(world: World) -> None:
    world.write(apps=[])
    assert world.reload().status_code == 500
    assert world.paused() == {"shop", "cafe"}
    assert world.reloaded(apps=BOTH) == {"shop", "cafe"}


def test_the_file_is_as_it_is_though_lists_have_changed_meanwhile(
    listed: World, log: StringIO
) -> None:
    listed.put(BOTH[0])
    assert listed.reloaded() == {"shop"}
    assert listed.apps() == {"shop"}
    listed.put(*LABELLED)
    assert listed.reloaded() == {"cafe"}
    assert lines(log, "reloaded") == [
        "configuration=same apps=1 fresh=0 asked_again=1 still_paused=0",
        "configuration=same apps=2 fresh=1 asked_again=0 still_paused=0",
    ]


def test_an_app_that_is_another_in_a_list_is_asked_at_once_and_the_others_stay_paused(
    listed: World,
) -> None:
    listed.put(*LABELLED)
    listed.service.look()
    passes_end()
    assert listed.asked() == {"cafe"}
    assert listed.paused() == {"shop"}


def test_an_app_that_a_list_names_again_stays_paused(listed: World) -> None:
    listed.put(BOTH[0])
    listed.service.look()
    listed.put(*BOTH)
    listed.service.look()
    passes_end()
    assert listed.asked() == set()
    assert listed.paused() == {"shop", "cafe"}


def test_what_the_archive_has_lost_is_asked_for_where_the_configuration_is_as_it_is(
    tmp_path: Path,
    wechat: RunningSimulator,
    clock: FakeClock,
    log: StringIO,  # noqa: ARG001
) -> None:
    with World(tmp_path, wechat, clock) as world:
        world.service.start_pass()
        passes_end()
        world.asked()
        world.statement("DELETE FROM replies")
        assert world.reloaded(apps=LABELLED) == {"cafe"}
        assert world.reloaded() == {"shop"}


def sealed(folder: Path, app: SimulatedApp, name: str) -> dict[str, Any]:
    """An app with API security, whose keys are files in a folder of its own."""
    (folder / name).mkdir(exist_ok=True)
    return entry(name, app, encryption=Console(folder / name).encryption())


def test_an_app_whose_key_files_hold_other_keys_is_another_one(
    tmp_path: Path,
    wechat: RunningSimulator,
    clock: FakeClock,
    log: StringIO,
) -> None:
    apps = [sealed(tmp_path, SHOP, "shop"), sealed(tmp_path, CAFE, "cafe")]
    for app in (SHOP, CAFE):
        wechat.simulator.apps[app.appid] = with_keys(app)
    with World(tmp_path, wechat, clock, apps=apps) as world:
        keys = wechat.simulator.apps[SHOP.appid].keys
        assert keys is not None
        other = replace(keys, symmetric=bytes(range(1, 33)))
        wechat.simulator.apps[SHOP.appid] = replace(SHOP, keys=other)
        clock.advance(days=1)
        world.service.start_pass()
        passes_end()
        assert world.paused() == {"shop"}
        world.asked()
        text = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
        (tmp_path / "shop" / "symmetric").write_text(text)
        assert world.reloaded() == {"shop"}
        assert lines(log, "reloaded") == [
            "configuration=changed apps=2 fresh=1 asked_again=0 still_paused=0"
        ]
        world.statement("DELETE FROM replies")
        world.reload()
        calls = {call.call for call in wechat.simulator.calls if call.appid == CAFE.appid}
        assert calls
        assert "stable_token" not in calls


@pytest.mark.parametrize("changes", [{"apps": LABELLED[1:]}, {"pages": {"limit": 3}}])
def test_a_call_of_before_the_reload_that_fails_holds_up_nobody_after_it(
    tmp_path: Path,
    wechat: RunningSimulator,
    clock: FakeClock,
    log: StringIO,  # noqa: ARG001
    changes: dict[str, object],
) -> None:
    gate = Gate()
    with World(tmp_path, wechat, clock, new_session=gate.session, apps=BOTH[1:]) as world:
        wechat.simulator.faults.add(Fault("errcode", code=50002, times=1))
        clock.advance(days=1)
        gate.open.clear()
        world.service.start_pass()
        assert gate.reached.wait(10)
        world.write(**changes)
        world.service.reload()
        gate.open.set()
        passes_end()
        assert world.paused() == set()
        assert set(world.series(SUCCESS)[SUCCESS].values()) == {1.0}
    gate.close()
