"""Processes on loopback that end with their block, and what the kernel says about them."""

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.table import BenchError

EXPORTER = str(Path(sys.executable).parent / "wxa-exporter")
READY_SECONDS = 30
LONGEST_SECONDS = 180


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running(*arguments: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program during the block, its output in `log`; terminated, then killed."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            yield process
        finally:
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Terminate, and kill whoever does not obey."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin:
        process.stdin.close()


def await_ready(
    process: subprocess.Popen[bytes],
    log: Path,
    check: Callable[[], bool],
    pause: float = 0.05,
    seconds: float = READY_SECONDS,
) -> None:
    """Wait until a started program is ready. Raises BenchError with the end of its log."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            ready = check()
        except (OSError, http.client.HTTPException):
            ready = False  # it does not listen yet
        over = process.poll() is not None
        if ready and not over:  # if it is over, something else answered on its port
            return
        if over or time.monotonic() > deadline:
            said = log.read_text(errors="replace")[-500:]
            raise BenchError(f"{Path(str(process.args[0])).name} did not become ready: {said}")  # type: ignore[index]
        time.sleep(pause)


class Run(NamedTuple):
    """A program from its start to its end."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


def run(*arguments: str, log: Path, good: tuple[int, ...] = (0,)) -> Run:
    """Run a program to its end. Raises BenchError for another exit status than the good ones.

    The peak is read from /proc while it runs: the rusage of a child counts its parent's memory.
    """
    begin, peak = time.perf_counter(), 0.0
    with running(*arguments, log=log) as process:
        while True:
            peak = max(peak, memory_mb(process.pid, "VmHWM"))
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                seconds = time.perf_counter() - begin
                process.returncode = os.waitstatus_to_exitcode(status)
                break
            if time.perf_counter() - begin > LONGEST_SECONDS:
                raise BenchError(f"{arguments[1]} was not over after {LONGEST_SECONDS} s")
            time.sleep(0.01)
    if process.returncode not in good:
        said = log.read_text(errors="replace")[-500:]
        raise BenchError(f"{' '.join(arguments[:2])} ended with {process.returncode}: {said}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, peak)


def memory_mb(pid: int, field: str = "VmRSS") -> float:
    """Memory of a process in MB: VmRSS is held now, VmHWM was at most; 0 when it is gone."""
    try:
        found = re.search(rf"^{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.M)
    except OSError:
        return 0.0
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def cpu_seconds(pid: int) -> float:
    """Processor time that a running process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
