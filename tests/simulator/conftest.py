"""A clock that stands still and a simulator that answers on a real port."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
import requests

from exporter.periods import BEIJING, Window
from exporter.simulator import RunningSimulator, SimulatedApp, Simulator
from tests.support import FakeClock

NOON = datetime(2026, 3, 18, 13, 0, tzinfo=BEIJING)  # a Wednesday, after every publishing hour
SHOP = SimulatedApp(
    "wx00000000000000a1", "secret-of-the-shop", visitors=5_000, first_day=date(2025, 6, 2)
)
GAME = SimulatedApp(
    "wx00000000000000b2", "secret-of-game", visitors=900, first_day=date(2025, 9, 10), pages=260
)


class Client:
    """A client that speaks to the simulator as to WeChat."""

    def __init__(self, url: str, session: requests.Session) -> None:
        self.url = url
        self.session = session

    def classic(self, **changes: str) -> dict[str, Any]:
        """The reply of the token call; a change to "" leaves the parameter out."""
        query = {"grant_type": "client_credential", "appid": SHOP.appid, "secret": SHOP.secret}
        reply = self.session.get(f"{self.url}/cgi-bin/token", params=query | changes, timeout=5)
        return json_of(reply)

    def stable(self, **changes: object) -> dict[str, Any]:
        """The reply of the stable token call."""
        body = {"grant_type": "client_credential", "appid": SHOP.appid, "secret": SHOP.secret}
        reply = self.session.post(
            f"{self.url}/cgi-bin/stable_token", json=body | changes, timeout=5
        )
        return json_of(reply)

    def post(self, call: str, window: Window, token: str) -> requests.Response:
        """An analytics call, as it should be."""
        return self.session.post(
            f"{self.url}/datacube/{call}",
            params={"access_token": token},
            json={"begin_date": window.begin_date, "end_date": window.end_date},
            timeout=5,
        )

    def ask(self, call: str, window: Window, token: str) -> dict[str, Any]:
        """The JSON reply of an analytics call."""
        return json_of(self.post(call, window, token))


def json_of(reply: requests.Response) -> dict[str, Any]:
    """The JSON object of a reply, which is HTTP 200 whatever WeChat thinks of the request."""
    assert reply.status_code == 200
    body: dict[str, Any] = reply.json()
    return body


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
def simulator(clock: FakeClock) -> Simulator:
    return Simulator([SHOP, GAME], clock)


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Client]:
    with RunningSimulator(simulator) as running, requests.Session() as session:
        yield Client(running.url, session)


@pytest.fixture(scope="module")
def standing() -> Iterator[tuple[Simulator, Client]]:
    """A simulator for tests that change nothing in it, started once."""
    simulator = Simulator([SHOP, GAME], FakeClock(NOON))
    with RunningSimulator(simulator) as running, requests.Session() as session:
        yield simulator, Client(running.url, session)
