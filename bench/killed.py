"""One pass that ends as kill -9 ends it, at the call named on standard input."""

import json
import os
import signal
import sys
from datetime import datetime
from typing import Any

import requests

from bench.mornings import Clock
from exporter.archive import open_archive
from exporter.config import Config
from exporter.runtime import Runtime, http_session
from exporter.telemetry import new_telemetry


class Deadly(requests.Session):
    """Sends so many requests, then the process is killed with the last one under way."""

    def __init__(self, inner: requests.Session, calls: int) -> None:
        super().__init__()
        self.adapters = inner.adapters
        self._left = calls

    def request(self, *given: Any, **named: Any) -> requests.Response:  # noqa: ANN401
        self._left -= 1
        if self._left < 0:
            super().request(*given, **named)
            os.kill(os.getpid(), signal.SIGKILL)
        return super().request(*given, **named)


def main() -> None:
    """Run the pass."""
    told = json.load(sys.stdin)
    config = Config.model_validate(told["config"])
    archive = open_archive(config)
    session = Deadly(http_session(1), told["calls"])
    clock = Clock(datetime.fromisoformat(told["moment"]))
    Runtime(config, archive, new_telemetry(), clock, session).run_pass()


if __name__ == "__main__":
    main()
