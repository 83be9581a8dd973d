"""Fixtures for all rooms."""

from collections.abc import Iterator
from datetime import date
from io import StringIO
from pathlib import Path

import pytest

from exporter.simulator import RunningSimulator, SimulatedApp, Simulator
from tests.logged import logged
from tests.postgresql_server import PostgreSQL
from tests.support import FakeClock, beijing

SHOP = SimulatedApp(
    "wx00000000000000a1", "secret-of-the-shop", visitors=5000, first_day=date(2025, 6, 2)
)
CAFE = SimulatedApp(
    "wx00000000000000c3", "secret-of-the-cafe", visitors=200, first_day=date(2025, 6, 2)
)


@pytest.fixture
def clock() -> FakeClock:
    """A Wednesday afternoon, when WeChat has published everything."""
    return FakeClock(beijing("2026-03-18 16:00"))


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What the exporter logs from info on."""
    with logged("info") as text:
        yield text


@pytest.fixture
def simulator(clock: FakeClock) -> Simulator:
    """WeChat with two apps, not running yet."""
    return Simulator([SHOP, CAFE], clock)


@pytest.fixture
def wechat(simulator: Simulator) -> Iterator[RunningSimulator]:
    """WeChat, answering over HTTP."""
    with RunningSimulator(simulator) as running:
        yield running


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A running PostgreSQL, one for all tests; each takes a database of its own."""
    server = PostgreSQL()
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture
def own_server() -> Iterator[PostgreSQL]:
    """A server that this test may stop."""
    server = PostgreSQL()
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def archive_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an archive may be made: the test runs on both databases."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'archive.db'}"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.new_database()
