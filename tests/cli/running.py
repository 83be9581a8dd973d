"""The installed command as a process, and a WeChat for it on the real clock."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from signal import Signals
from typing import Any

import yaml

from exporter.clock import SystemClock
from exporter.periods import beijing_day
from exporter.simulator import SimulatedApp, Simulator
from exporter.simulator.calls import DATACUBE_CALLS
from tests.support import tool
from tests.web.serving import SELDOM, entry

WXA = str(Path(sys.executable).with_name("wxa-exporter"))
SECRET = "the-secret-that-must-not-be-seen"
# Publishes at midnight, so that a test may run at any hour of the day.
BAKERY = SimulatedApp(
    "wx00000000000000d4", SECRET, visitors=700, publishes=dict.fromkeys(DATACUBE_CALLS, 0.0),
    first_day=beijing_day(SystemClock().now()) - timedelta(days=120),
)  # fmt: skip


def todays_wechat(latency_seconds: float = 0.0) -> Simulator:
    """WeChat as it is at this hour, with one app."""
    return Simulator([BAKERY], SystemClock(), latency_seconds)


def write_config(folder: Path, url: str, **changes: object) -> Path:
    """A configuration with the one app, of which two reports are collected."""
    content: dict[str, Any] = {
        "apps": [entry("bakery", BAKERY)],
        "collect": {"schedule": SELDOM, "reports": ["daily_visit_trend", "visit_page"]},
        "api": {"base_url": url, "requests_per_second": 10_000},
        "archive": {"url": f"sqlite:///{folder / 'archive.db'}"},
    }
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(content | changes), encoding="utf-8")
    return path


def wxa(
    *arguments: str, cwd: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The command, run to its end; `env` holds what its environment has beside ours."""
    return subprocess.run(
        [WXA, *arguments], cwd=cwd, env=os.environ | (env or {}), capture_output=True, text=True,
        timeout=20, check=False,
    )  # fmt: skip


@contextmanager
def started(
    *arguments: str, folder: Path, env: dict[str, str] | None = None, open_files: int | None = None
) -> Iterator[subprocess.Popen[str]]:
    """The command while it runs; its output goes to `out` and `err` in the folder.

    It may open so many files, as after `ulimit -n`.
    """
    settings = [f"{name}={value}" for name, value in (env or {}).items()]
    limited = [tool("prlimit"), f"--nofile={open_files}"] if open_files else []
    # Whoever runs the tests in the background has Ctrl-C ignored, and children inherit that.
    command = ["env", "--default-signal=INT", *settings, *limited, WXA, *arguments]
    with (folder / "out").open("w") as out, (folder / "err").open("a") as err:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err, text=True
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def ended(process: subprocess.Popen[str], number: Signals, seconds: float) -> int:
    """The exit status after a signal, which must come within so many seconds."""
    process.send_signal(number)
    return process.wait(seconds)
