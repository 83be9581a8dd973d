"""What the last looks at an app's report came to: for the page, the logs and the own metrics."""

from dataclasses import dataclass
from datetime import datetime

from exporter.periods import Window


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong at a look, when, and until when the report is left alone."""

    code: str
    message: str
    at: datetime
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether the report is left alone now. Not before it began: a clock was set back then."""
        return self.until is not None and self.at <= now < self.until


@dataclass(slots=True)
class Status:
    """Changed by the pass or backfill that runs. Readers may see the fields of two moments."""

    last_success: datetime | None = None
    # Whether WeChat answered the last look; None before one is known.
    answered: bool | None = None
    failure: Failure | None = None
    not_ready: bool = False
    # The last reply said less than the archived one, and was kept out.
    said_less: bool = False
    due: int = 0
    # Windows about which WeChat called the request wrong, and which wait for that.
    refused: int = 0
    # Parts in a row that ended without an answer.
    unanswered: int = 0


@dataclass(frozen=True, slots=True)
class ReportView:
    """One line of the page for people: a report of an app."""

    app: str
    report: str
    window: Window | None
    status: Status
