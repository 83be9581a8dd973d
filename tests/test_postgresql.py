"""The exporter over PostgreSQL shows what it shows over SQLite."""

import io
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from exporter.backfill import Backfill
from exporter.history import Asked, Dialect, History
from exporter.periods import beijing_day
from exporter.simulator import RunningSimulator
from tests.collect.world import World
from tests.conftest import CAFE, SHOP
from tests.postgresql_server import PostgreSQL
from tests.support import FakeClock


def life(wechat: RunningSimulator, place: str, clock: FakeClock) -> tuple[list[str], str]:
    """/metrics and the export after ten days of passes, restarts and a backfill."""
    shown: list[str] = []
    for _ in range(3):
        with closing(World(wechat, place, clock, apps=[SHOP, CAFE])) as world:
            world.run()
        clock.advance(days=3)
    with closing(World(wechat, place, clock, apps=[SHOP, CAFE])) as world:
        last = beijing_day(clock.now()) - timedelta(days=1)
        filling = Backfill(world.runtime, last - timedelta(days=20), last)
        assert [step for step in filling.steps() if step.part.asked != step.part.answered] == []
        world.run()
        assert filling.missing() == 0
        asked = Asked.span(world.config, last - timedelta(days=60), last, (), ())
        written = io.BytesIO()
        History(world.archive, asked, Dialect.OPENMETRICS).write(written)
        shown += world.metrics()
    return shown, written.getvalue().decode()


def test_both_databases_show_the_same_after_the_same_life(
    wechat: RunningSimulator, postgresql: PostgreSQL, clock: FakeClock, tmp_path: Path
) -> None:
    begin = clock.now()
    in_file = life(wechat, f"sqlite:///{tmp_path / 'archive.db'}", clock)
    clock.moment = begin
    in_postgresql = life(wechat, postgresql.new_database(), clock)
    assert in_postgresql == in_file
    assert len(in_file[0]) > 200
    assert len(in_file[1].splitlines()) > 10_000
