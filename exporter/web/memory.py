"""Memory that is free goes back to the system."""

import ctypes
from contextlib import suppress


def give_back() -> None:
    """Return what is free to the system. glibc keeps it otherwise, other C libraries do not."""
    with suppress(AttributeError):  # no glibc
        ctypes.CDLL(None).malloc_trim(0)
