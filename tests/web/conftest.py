"""Exporters that have made their first pass: one that nobody changes, and one for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter.simulator import RunningSimulator, Simulator
from tests.conftest import CAFE, SHOP
from tests.logged import logged
from tests.support import FakeClock, beijing
from tests.web.serving import Exporter


@pytest.fixture(scope="package")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporter]:
    """An exporter that nobody changes, started once."""
    clock = FakeClock(beijing("2026-03-18 16:00"))
    with (
        logged("info"),
        RunningSimulator(Simulator([SHOP, CAFE], clock)) as wechat,
        Exporter(tmp_path_factory.mktemp("standing"), wechat.url, clock) as exporter,
    ):
        yield exporter


@pytest.fixture
def exporter(tmp_path: Path, wechat: RunningSimulator, clock: FakeClock) -> Iterator[Exporter]:
    """An exporter of the test's own."""
    with logged("info"), Exporter(tmp_path, wechat.url, clock) as running:
        yield running
