"""The Mini Programs that the look-alike knows."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from exporter.simulator.calls import DATACUBE_CALLS
from exporter.simulator.security import SimulatedKeys


@dataclass(frozen=True)
class SimulatedApp:
    """A Mini Program: who it is, how busy it is, and what happened to it."""

    appid: str
    secret: str = field(repr=False)
    visitors: int
    first_day: date
    pages: int = 40
    publishes: Mapping[str, float] = field(default_factory=dict)
    launch: date | None = None
    # From that day on it starts slower.
    release: date | None = None
    incident: date | None = None
    name: str = ""
    # Switches API security on.
    keys: SimulatedKeys | None = field(default=None, repr=False)

    def publishing_hour(self, call: str) -> float:
        """The hour in Beijing at which the call's newest data appears."""
        return self.publishes.get(call, DATACUBE_CALLS[call].publishing_hour)


def demo_apps(count: int, today: date) -> list[SimulatedApp]:
    """Apps for a demonstration: a shop, a restaurant, a community, then further ones like them."""
    return [_demo_app(number, today) for number in range(count)]


def _demo_app(number: int, today: date) -> SimulatedApp:
    kind, visitors, pages = (
        ("shop", 12_000, 64),
        ("restaurant", 300, 12),
        ("community", 80_000, 260),
    )[number % 3]
    turn = number // 3
    digest = hashlib.sha256(f"demo:{number}".encode()).hexdigest()
    return SimulatedApp(
        appid=f"wx{digest[:16]}",
        secret=digest[-32:],
        visitors=round(visitors / (1 + turn * 0.4)),
        first_day=today - timedelta(days=400),
        pages=pages + turn,
        launch=today - timedelta(days=20) if number == 0 else None,
        release=today - timedelta(days=4) if number == 0 else None,
        incident=today - timedelta(days=3) if number == 1 else None,
        name=kind if turn == 0 else f"{kind}-{turn + 1}",
    )
