"""One pass that ends as kill -9 ends it, at the call named on standard input."""

import json
import os
import signal
import sys
from datetime import datetime
from typing import Any

from urllib3 import BaseHTTPResponse

from bench.mornings import Clock
from exporter.archive import open_archive
from exporter.config import Config
from exporter.runtime import Runtime
from exporter.telemetry import new_telemetry
from exporter.wechat.session import Session


class Deadly(Session):
    """Sends so many requests, then the process is killed with the last one under way."""

    def __init__(self, calls: int) -> None:
        super().__init__(1)
        self._left = calls

    def ask(self, *given: Any, **named: Any) -> BaseHTTPResponse:  # noqa: ANN401
        self._left -= 1
        if self._left < 0:
            super().ask(*given, **named)
            os.kill(os.getpid(), signal.SIGKILL)
        return super().ask(*given, **named)


def main() -> None:
    """Run the pass."""
    told = json.load(sys.stdin)
    config = Config.model_validate(told["config"])
    archive = open_archive(config)
    session = Deadly(told["calls"])
    clock = Clock(datetime.fromisoformat(told["moment"]))
    Runtime(config, archive, new_telemetry(), clock, session).run_pass()


if __name__ == "__main__":
    main()
