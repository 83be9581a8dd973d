"""Many apps whose tokens one service gives: its fault from the log to /metrics and back."""

import json
from collections.abc import Callable, Iterator
from datetime import date

import pytest
import requests

from exporter.simulator import RunningSimulator, SimulatedApp, Simulator
from tests.collect.conftest import Log
from tests.collect.world import World
from tests.http_server import Served, serving
from tests.support import FakeClock

Open = Callable[..., World]

APPS = [
    SimulatedApp(f"wx{number:016d}", f"secret-{number}", visitors=50, first_day=date(2025, 6, 2))
    for number in range(40)
]
NAMES = {app.appid: f"app-{number}" for number, app in enumerate(APPS)}
REPORTS = ["daily_visit_trend", "daily_summary"]


@pytest.fixture
def wechat(clock: FakeClock) -> Iterator[RunningSimulator]:
    with RunningSimulator(Simulator(APPS, clock)) as running:
        yield running


@pytest.fixture
def tokens(wechat: RunningSimulator) -> Iterator[Served]:
    """The token service. It gives all apps the same token: WeChat here looks at no more."""
    first = APPS[0]
    asked = {"grant_type": "client_credential", "appid": first.appid, "secret": first.secret}
    told = requests.post(f"{wechat.url}/cgi-bin/stable_token", json=asked, timeout=5).json()
    with serving(json.dumps(told).encode()) as server:
        yield server


@pytest.fixture
def world(open_world: Open, tokens: Served) -> World:
    """Forty apps, each with its own URL at the service."""
    return open_world(
        apps=APPS, names=NAMES, reports=REPORTS, catch_up_days=1, concurrency=4,
        keys=lambda app: {"token_url": f"{tokens.url}/token?app={app.appid}&key=hunter2"},
    )  # fmt: skip


def service_up(world: World) -> list[str]:
    return [line.split()[-1] for line in world.own("token_service_up")]


def test_a_service_that_is_out_is_told_once_and_nothing_shown_is_lost(
    world: World, tokens: Served, log: Log
) -> None:
    world.run()
    assert (world.result.complete, service_up(world)) == (True, ["1.0"])
    shown = world.metrics("^wxa_sessions")
    assert len(shown) == len(APPS)
    tokens.status = 503
    told, asked = len(log.lines()), len(tokens.asked)
    world.clock.advance(hours=24)
    for _ in range(3):
        world.run()
        world.clock.advance(minutes=30)
    new = log.lines()[told:]
    assert world.metrics("^wxa_sessions") == shown
    assert service_up(world) == ["0.0"]
    # The first app fails by itself, the second makes it the service's fault; those beside them
    # were under way.
    assert len([line for line in new if "token service failing" in line]) == 1
    assert len(new) <= 1 + 3 * 4
    assert len(tokens.asked) - asked <= 40
    assert "hunter2" not in "".join(new)
    codes = {line.split('code="')[1].split('"')[0] for line in world.own("report_error")}
    assert codes == {"token_service"}


def test_when_it_is_back_all_apps_go_on_at_the_next_pass(
    world: World, tokens: Served, log: Log
) -> None:
    tokens.status = 503
    world.run()
    assert world.metrics("^wxa_sessions") == []
    tokens.status = 200
    world.clock.advance(minutes=30)
    world.run()
    assert (world.result.complete, service_up(world)) == (True, ["1.0"])
    assert len(world.metrics("^wxa_sessions")) == len(APPS)
    assert world.own("report_error") == []
    assert len(log.lines("token service works again")) == 1


def test_apps_of_another_service_go_on_meanwhile(open_world: Open, tokens: Served) -> None:
    with serving(tokens.body) as other:
        tokens.status = 503
        world = open_world(
            apps=APPS[:8], names=NAMES, reports=REPORTS, catch_up_days=1, concurrency=2,
            keys=lambda app: {"token_url": (tokens if app in APPS[:4] else other).url},
        )  # fmt: skip
        world.run()
    assert len(world.metrics("^wxa_sessions")) == 4


def test_the_series_of_a_service_that_no_app_names_any_more_ends(
    world: World, tokens: Served
) -> None:
    tokens.status = 503
    world.run()
    world.telemetry.keep_token_services(world.runtime.token_services.origins)
    assert service_up(world) == ["0.0"]
    world.telemetry.keep_token_services({"http://elsewhere.example"})
    assert service_up(world) == []
