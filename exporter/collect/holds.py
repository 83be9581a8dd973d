"""What stands against asking about an app: a spent quota, or something only a person can mend."""

from datetime import UTC, datetime, timedelta

from exporter.archive import Archive, Pause
from exporter.clock import Clock
from exporter.collect.status import Failure
from exporter.errors import NeedsOperator, QuotaSpent, WeChatError
from exporter.periods import next_midnight
from exporter.reports.report import Report

# How long an app is left alone when only a person can help, unless a reload looks again at once.
OPERATOR_PAUSE = timedelta(hours=1)
# A pause of this name is the whole app's.
WHOLE_APP = ""


class Holds:
    """One app's pauses, as the archive has them: every process that asks there keeps to them."""

    def __init__(self, appid: str, archive: Archive, clock: Clock) -> None:
        self._appid = appid
        self._archive = archive
        self._clock = clock
        self._failures: dict[str, Failure] = {}

    def recall(self) -> None:
        """Take up what any process was told. Raises ArchiveError."""
        pauses = self._archive.pauses(self._appid)
        self._failures = {name: _failure_of(pause) for name, pause in pauses.items()}

    @property
    def stand(self) -> bool:
        """Whether there are any now."""
        now = self._clock.now()
        return any(failure.holds(now) for failure in self._failures.values())

    def end(self) -> None:
        """Forget what was taken up."""
        self._failures = {}

    def on_app(self) -> Failure | None:
        """Why the whole app is left alone now, or None."""
        return self._holding(WHOLE_APP)

    def on(self, report: Report) -> Failure | None:
        """Why a report, and it alone, is left alone now, or None."""
        return self._holding(report.name)

    def _holding(self, name: str) -> Failure | None:
        failure = self._failures.get(name)
        return failure if failure and failure.holds(self._clock.now()) else None

    def draw(self, report: Report, error: WeChatError) -> Failure:
        """What an error comes to, and for how long nobody asks. Raises ArchiveError."""
        now, until = self._clock.now(), None
        if isinstance(error, QuotaSpent):
            until = next_midnight(now)
        elif isinstance(error, NeedsOperator):
            until = now + OPERATOR_PAUSE
        failure = Failure(error.code, str(error), now, until)
        if until is not None:
            name = report.name if error.report_only else WHOLE_APP
            self._failures[name] = failure
            moments = int(now.timestamp()), int(until.timestamp())
            self._archive.pause(self._appid, Pause(name, *moments, failure.code, failure.message))
        return failure


def _failure_of(pause: Pause) -> Failure:
    begun, until = (datetime.fromtimestamp(at, UTC) for at in (pause.begun_at, pause.until))
    return Failure(pause.code, pause.message, begun, until)
