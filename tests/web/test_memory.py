"""Memory that is free goes back to the system."""

import re
from pathlib import Path

from exporter.web.memory import give_back

KILOBYTE = 1000


def resident() -> int:
    """Kilobytes of this process that lie in memory."""
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.M)
    assert found is not None
    return int(found[1])


def test_what_was_let_go_of_goes_back_even_below_what_is_still_held() -> None:
    many = [bytes(KILOBYTE) for _ in range(60_000)]
    held = bytes(KILOBYTE)
    many.clear()
    before = resident()
    give_back()
    assert before - resident() > 40_000
    assert len(held) == KILOBYTE
