"""The simulated WeChat API together with an exporter that asks it, both on loopback."""

import signal
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import yaml

from exporter import app
from exporter.backfill import Backfill
from exporter.clock import SystemClock
from exporter.config import Config, parse
from exporter.config.models import DEFAULT_REPORTS, listen_address
from exporter.errors import ArchiveError
from exporter.periods import beijing_day
from exporter.service import Service
from exporter.simulator import RunningSimulator, SimulatedApp, Simulator, demo_apps

# What the dashboard on performance shows.
PERFORMANCE = (
    "performance_open_rate", "performance_startup", "performance_startup_high",
    "performance_startup_middle", "performance_startup_low", "performance_page_switch",
    "performance_memory", "performance_memory_warning",
)  # fmt: skip
# The call in flight is to a simulator that answers at once.
FILL_GRACE_SECONDS = 2


def run(days: int, count: int, address: str, started: Callable[[], None]) -> None:
    """Serve `count` simulated apps with `days` days behind them until a signal.

    `started` is called once the exporter answers. Raises ArchiveError and ListenError.
    """
    clock = SystemClock()
    apps = demo_apps(count, beijing_day(clock.now()))
    with (
        _folder() as folder,
        RunningSimulator(Simulator(apps, clock)) as simulator,
    ):
        config = demo_config(apps, simulator.url, Path(folder))
        filling: list[Thread] = []

        def answering(service: Service) -> None:
            started()
            filling.append(Thread(target=fill, args=(service, days), name="fill", daemon=True))
            filling[0].start()

        app.serve(config, None, (address,), "/metrics", answering)
        for thread in filling:  # it writes into the folder that is removed now
            thread.join(FILL_GRACE_SECONDS)


def _folder() -> tempfile.TemporaryDirectory[str]:
    """Where the archive is while the demo runs. Raises ArchiveError where there can be none."""
    try:
        return tempfile.TemporaryDirectory(prefix="wxa-exporter-demo-")
    except OSError as error:
        raise ArchiveError(
            f"no folder can be made for the archive: {error.strerror}; TMPDIR names another place"
        ) from None


def demo_config(apps: list[SimulatedApp], url: str, folder: Path) -> Config:
    """A configuration for simulated apps with the archive in `folder`."""
    names = ("shop", "restaurant", "community")
    content = {
        "apps": [
            {
                "name": names[number] if number < len(names) else f"app-{number + 1}",
                "appid": each.appid,
                "secret": each.secret,
            }
            for number, each in enumerate(apps)
        ],
        "api": {"base_url": url, "requests_per_second": 10_000},
        "archive": {"url": f"sqlite:///{folder / 'demo.db'}"},
        "collect": {"reports": [*DEFAULT_REPORTS, *PERFORMANCE]},
    }
    return parse(yaml.safe_dump(content))


def fill(service: Service, days: int) -> None:
    """Put the last `days` days into the archive, as if the exporter had run for so long."""
    runtime = service.runtime
    yesterday = beijing_day(service.now()) - timedelta(days=1)
    filling = Backfill(runtime, yesterday - timedelta(days=days - 1), yesterday)
    for step in filling.steps():
        if step.over and not runtime.stop.is_set():
            runtime.publisher.catch_up()
    # What is due is told as of now, and not as of the last day that was filled.
    if not runtime.stop.is_set():
        service.start_pass()


def simulate(address: str, count: int, started: Callable[[str, dict[str, str]], None]) -> None:
    """Run the simulated API alone until a signal.

    `started` is called once it answers, with its URL and the secret of each appid. Raises OSError
    for an address that cannot be listened on.
    """
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    clock = SystemClock()
    apps = demo_apps(count, beijing_day(clock.now()))
    host, port = listen_address(address)
    with RunningSimulator(Simulator(apps, clock), host, port) as simulator:
        started(simulator.url, {each.appid: each.secret for each in apps})
        stop.wait()
