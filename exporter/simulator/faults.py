"""Faults on request: which requests go wrong, how, and how often."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from threading import Lock
from typing import Any

from exporter.simulator.calls import DATACUBE_CALLS, PERFORMANCE_CALL, SIDE_CALLS, TOKEN_CALLS
from exporter.simulator.spread import seeded


class FaultKind(StrEnum):
    """What can go wrong with a reply."""

    ERRCODE = "errcode"
    HTTP = "http"
    SLOW = "slow"
    DRIP = "drip"
    CUT = "cut"
    HTML = "html"
    REDIRECT = "redirect"
    HUGE = "huge"
    BODY = "body"
    REVISED = "revised"
    CLOSE = "close"
    EMPTY = "empty"
    TAMPERED = "tampered"
    PARTIAL = "partial"
    GAP = "gap"
    OTHER_PERIOD = "other_period"


ABOUT_DATA = (*DATACUBE_CALLS, PERFORMANCE_CALL)
KEEPS_TRUTH = frozenset(
    {FaultKind.SLOW, FaultKind.DRIP, FaultKind.CUT, FaultKind.REVISED, FaultKind.TAMPERED}
    | {FaultKind.PARTIAL, FaultKind.GAP, FaultKind.OTHER_PERIOD}
)


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong with the requests it matches; None in a matching field is any.

    `call` None matches the calls that bring data; all others are matched by name alone. A `cut`
    breaks the connection in mid-body, or with `cut_json` sends half the JSON as a whole reply.
    `tampered` changes a letter of a sealed reply, and nothing of a plain one. `partial` leaves out
    the first rows, the largest; `gap` the newest key of a retention, for one kind of user;
    `other_period` says another date than the one asked for.
    """

    kind: str
    appid: str | None = None
    call: str | None = None
    begin_date: str | None = None
    times: int | None = None
    probability: float = 1.0
    code: int = -1
    status: int = 503
    seconds: float = 1.0
    size: int = 20_000_000
    body: str = ""
    location: str = "https://portal.invalid/login"
    cut_json: bool = False

    def __post_init__(self) -> None:
        FaultKind(self.kind)
        if self.call is not None and self.call not in (
            *DATACUBE_CALLS,
            PERFORMANCE_CALL,
            *TOKEN_CALLS,
            *SIDE_CALLS,
        ):
            raise ValueError(f"unknown call {self.call!r}")
        numbers = (self.probability, self.seconds, self.code, self.status, self.size)
        if not all(isinstance(number, int | float) for number in numbers):
            raise ValueError("probability, seconds, code, status and size are numbers")
        if not 0 <= self.probability <= 1:
            raise ValueError(f"probability {self.probability} is not between 0 and 1")

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "Fault":
        """A fault from JSON. Raises ValueError when a member is unknown or wrong."""
        unknown = set(values) - {field.name for field in fields(cls)}
        if unknown or "kind" not in values:
            raise ValueError(f"a fault has a kind, and no {sorted(unknown)}")
        return cls(**values)

    @property
    def keeps_truth(self) -> bool:
        """Whether the true reply is made first and then spoilt."""
        return self.kind in KEEPS_TRUTH

    @property
    def outcome(self) -> str:
        """What the record of calls says about a request that met this fault."""
        return str(self.code) if self.kind == FaultKind.ERRCODE else self.kind

    def matches(self, appid: str, call: str, begin_date: str) -> bool:
        """Whether a request is one of those that this fault is about."""
        return (
            (call == self.call if self.call is not None else call in ABOUT_DATA)
            and self.appid in (None, appid)
            and self.begin_date in (None, begin_date)
        )


@dataclass
class _Pending:
    fault: Fault
    left: int | None


class Faults:
    """The faults in force. The first one that matches a request is the one that it meets."""

    def __init__(self, randomness: random.Random | None = None) -> None:
        self._randomness = seeded("faults") if randomness is None else randomness
        self._pending: list[_Pending] = []
        self._lock = Lock()

    def add(self, *faults: Fault) -> None:
        """Put faults in force, after those already there."""
        with self._lock:
            self._pending.extend(_Pending(fault, fault.times) for fault in faults)

    def clear(self) -> None:
        """Let everything go right again."""
        with self._lock:
            self._pending.clear()

    def take(self, appid: str, call: str, begin_date: str) -> Fault | None:
        """The fault that a request meets, if any; it is used up once."""
        with self._lock:
            for pending in self._pending:
                if pending.left == 0 or not pending.fault.matches(appid, call, begin_date):
                    continue
                if self._randomness.random() >= pending.fault.probability:
                    continue
                if pending.left is not None:
                    pending.left -= 1
                return pending.fault
        return None
