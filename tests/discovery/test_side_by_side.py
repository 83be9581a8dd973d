"""Work side by side: its results in order, its errors, and nobody who waits for its end."""

import subprocess
import sys
from threading import Barrier

import pytest

from exporter.discovery.side_by_side import AT_ONCE, side_by_side


def test_results_come_in_the_order_of_the_things() -> None:
    together = Barrier(AT_ONCE)

    def job(number: int) -> int:
        together.wait(20)
        return number * 2

    assert side_by_side(job, range(AT_ONCE * 2)) == [number * 2 for number in range(AT_ONCE * 2)]
    assert side_by_side(job, []) == []


def test_what_a_job_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        side_by_side(lambda number: 1 // number, [1, 0, 2])


def test_a_process_ends_while_a_job_waits_for_ever() -> None:
    code = """
from threading import Event, Thread
from exporter.discovery.side_by_side import side_by_side
begun = Event()
job = lambda _: begun.set() or Event().wait()
Thread(target=side_by_side, args=(job, [1]), daemon=True).start()
begun.wait(20)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=30)
    assert done.returncode == 0
