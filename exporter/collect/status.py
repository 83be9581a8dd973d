"""What the last looks at an app's report came to: for the page, the logs and the own metrics."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong at a look, when, and until when the report is left alone."""

    code: str
    message: str
    at: datetime
    until: datetime | None = None


@dataclass(slots=True)
class Status:
    """Changed by the pass or backfill that runs. Readers may see the fields of two moments."""

    last_success: datetime | None = None
    failure: Failure | None = None
    not_ready: bool = False
    due: int = 0
    # Parts in a row that ended without an answer.
    unanswered: int = 0
