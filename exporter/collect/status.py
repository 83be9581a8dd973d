"""What the last looks at an app's report came to: for the page, the logs and the own metrics."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from exporter.errors import Waiting
from exporter.periods import Window
from exporter.reports.report import Report
from exporter.telemetry import Telemetry


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
    """Changed by the pass or backfill that runs, and by ticks that hear of other processes' looks.

    Readers may see the fields of two moments.
    """

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


class Statuses(dict[str, Status]):
    """By report, how an app's last looks went; the own metrics say the same."""

    def __init__(self, app: str, reports: Sequence[Report], telemetry: Telemetry) -> None:
        super().__init__({report.name: Status() for report in reports})
        self._app = app
        self._reports = reports
        self._telemetry = telemetry

    def tell(self) -> None:
        """Tell everything to own metrics that do not know the app, or had to forget its name."""
        for name, status in self.items():
            if status.last_success:
                self._telemetry.arrived(self._app, name, status.last_success)
            if status.answered is not None:
                self.ended(name, status.failure)
        self._telemetry.begin(self._app, {each.name: each.call for each in self._reports})
        self.tell_due()

    def tell_due(self) -> None:
        """Tell how many looks are due."""
        self._telemetry.due(self._app, self.waiting)

    def ended(self, report: str, failure: Failure | None) -> None:
        """A look at a report ended, well or by a failure."""
        status = self[report]
        status.failure, status.answered = failure, failure is None
        self._telemetry.answered(self._app, report, failure.code if failure else None)

    def arrived(self, report: str, at: datetime) -> None:
        """Data of a report arrived."""
        self[report].last_success = at
        self._telemetry.arrived(self._app, report, at)

    @property
    def waiting(self) -> int:
        """How many looks were due when the last part ended."""
        return sum(status.due for status in self.values())

    @property
    def failing(self) -> int:
        """How many reports went wrong at their last look."""
        return sum(status.failure is not None for status in self.values())

    @property
    def failing_by_itself(self) -> int:
        """How many of them for another reason than a token service that fails for all its apps."""
        failures = (status.failure for status in self.values())
        return sum(failure is not None and failure.code != Waiting.CODE for failure in failures)


@dataclass(frozen=True, slots=True)
class ReportView:
    """One line of the page for people: a report of an app."""

    app: str
    report: str
    window: Window | None
    status: Status
