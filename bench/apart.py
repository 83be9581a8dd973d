"""An exporter in a process of its own that does on demand what else the clock brings.

Run as a module: serves, and for each line on standard input does that and prints what it took.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

from bench.processes import await_ready, free_port, running
from bench.scraper import fetch
from exporter import logs
from exporter.archive import open_archive
from exporter.clock import SystemClock
from exporter.config import load
from exporter.discovery import Discovery
from exporter.periods import BEIJING, beijing_day
from exporter.service import Service
from exporter.telemetry import new_telemetry
from exporter.web.routes import create_app
from exporter.web.server import Server, bind
from exporter.wechat.session import Session

# 29 February: passes happen when they are asked for.
SELDOM = "0 0 29 2 *"
MORNING = time_of_day(11)
TICKS = 20


class Apart(NamedTuple):
    """A process that serves and does what it is told."""

    process: subprocess.Popen[bytes]
    log: Path
    port: int

    def do(self, what: str, seconds: float = 600) -> dict[str, Any]:
        """What doing it took."""
        answer = self.begin(what)
        await_ready(self.process, self.log, lambda: self.answered(answer), 0.01, seconds)
        return self.result(answer)

    def begin(self, what: str) -> int:
        """Let it begin; the number of the answer."""
        answer = self.log.read_text().count("\n")
        assert self.process.stdin is not None
        self.process.stdin.write(f"{what}\n".encode())
        self.process.stdin.flush()
        return answer

    def answered(self, answer: int) -> bool:
        """Whether it is done."""
        return self.log.read_text().count("\n") > answer

    def result(self, answer: int) -> dict[str, Any]:
        """What doing it took."""
        found: dict[str, Any] = json.loads(self.log.read_text().splitlines()[answer])
        return found


@contextmanager
def apart(folder: Path, config: Path, seconds: float) -> Iterator[Apart]:
    """An exporter with a configuration, once it is ready."""
    port, log = free_port(), folder / "apart.log"
    with running(sys.executable, "-m", "bench.apart", str(config), str(port), log=log) as child:
        await_ready(child, log, lambda: fetch(port, "/-/ready")[0] == 200, 0.05, seconds)
        made = Apart(child, log, port)
        await_ready(child, log, lambda: made.answered(0), 0.01)
        yield made


class LaterClock(SystemClock):
    """The clock of the machine, some days on, and in the morning: from noon on passes ask more."""

    def __init__(self) -> None:
        self.days = 0
        now = super().now()
        self._to_morning = datetime.combine(beijing_day(now), MORNING, BEIJING) - now

    def now(self) -> datetime:
        return super().now() + self._to_morning + timedelta(days=self.days)


class Doing:
    """The exporter, and what can be asked of it."""

    def __init__(self, service: Service, clock: LaterClock) -> None:
        self._service = service
        self._clock = clock

    def do(self, what: str) -> dict[str, Any]:
        """What doing it took."""
        match what.split():
            case ["ticks"]:
                return {"seconds": [self._timed(self._service.tick) for _ in range(TICKS)]}
            case ["day", days]:
                self._clock.days = int(days)
                return {"seconds": self._timed(self._service.tick)}
            case ["pass"]:
                begin = time.process_time()
                seconds = self._timed(lambda: self._service.runtime.run_pass())
                return {"seconds": seconds, "cpu": time.process_time() - begin}
            case ["all"]:
                return {"seconds": self._timed(self._service.runtime.publisher.refresh_all)}
            case ["look"]:
                before = self._chunks()
                seconds = self._timed(self._service.look)
                after = self._chunks()
                kept = sum(after.get(key) is chunk for key, chunk in before.items())
                return {"seconds": seconds, "before": len(before), "kept": kept}
        raise ValueError(what)

    @staticmethod
    def _timed(call: Any) -> float:  # noqa: ANN401
        begin = time.perf_counter()
        call()
        return time.perf_counter() - begin

    def _chunks(self) -> dict[tuple[str, ...], object]:
        families = self._service.runtime.exposition._chunks
        return {
            (family, *key): chunk
            for family, found in families.items()
            for key, chunk in found.items()
        }


def serve(config_file: Path, port: int) -> None:
    """Serve, and do what standard input says until it ends."""
    logs.configure("error", logs.LogFormat("logfmt"))
    config, clock, telemetry = load(config_file), LaterClock(), new_telemetry()
    discovery = Discovery(Session(1), clock, telemetry)
    service = Service(
        config, lambda: config, open_archive(config), telemetry, clock, Session, discovery
    )
    server = Server(create_app(service), [bind("127.0.0.1", port)], Event().set)
    server.start()
    service.start()
    doing = Doing(service, clock)
    print(json.dumps({"serving": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(doing.do(line)), flush=True)
    service.stop()
    server.stop()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
