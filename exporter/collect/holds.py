"""How an app's reports fail, and what stands against asking: the same for everybody who asks."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from exporter.archive import Archive, Failed, Reader
from exporter.clock import Clock
from exporter.collect.status import Failure
from exporter.errors import NeedsOperator, QuotaSpent, WeChatError
from exporter.periods import next_midnight
from exporter.reports.report import Report

# How long an app is left alone when only a person can help, unless a reload looks again at once.
OPERATOR_PAUSE = timedelta(hours=1)
# A failure of this name is the whole app's.
WHOLE_APP = ""


class Holds:
    """One app's failures as the archive has them; a pause is one that is left alone until a moment.

    Exact while the app is claimed: nobody else tells of it then.
    """

    def __init__(self, appid: str, archive: Archive, clock: Clock) -> None:
        self._appid = appid
        self._archive = archive
        self._clock = clock
        self._failures: dict[str, Failure] = {}

    def recall(self, archive: Reader | None = None) -> None:
        """Take up what any process was told. Raises ArchiveError."""
        found = (archive or self._archive).failures(self._appid)
        self._failures = {name: failure_of(failed) for name, failed in found.items()}

    @property
    def stand(self) -> bool:
        """Whether there are any pauses now."""
        now = self._clock.now()
        return any(failure.holds(now) for failure in self._failures.values())

    def end(self) -> None:
        """Forget that any of it is left alone."""
        self._failures = {
            name: replace(failure, until=None) for name, failure in self._failures.items()
        }

    def last(self, report: Report) -> Failure | None:
        """How the last look at a report failed, whoever made it."""
        return self._failures.get(report.name)

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
            self.tell({report.name if error.report_only else WHOLE_APP: failure})
        return failure

    def tell(self, ended: Mapping[str, Failure | None]) -> None:
        """Let everybody know how looks at reports ended. Raises ArchiveError."""
        news = {name: each for name, each in ended.items() if each != self._failures.get(name)}
        if news:
            told = {name: _failed_of(name, each) if each else None for name, each in news.items()}
            self._archive.keep_failures(self._appid, told)
            known = self._failures | news
            self._failures = {name: failure for name, failure in known.items() if failure}


def failure_of(failed: Failed) -> Failure:
    """What the archive has of a failure."""
    at = datetime.fromtimestamp(failed.at, UTC)
    until = None if failed.until is None else datetime.fromtimestamp(failed.until, UTC)
    return Failure(failed.code, failed.message, at, until)


def _failed_of(name: str, failure: Failure) -> Failed:
    until = None if failure.until is None else int(failure.until.timestamp())
    return Failed(name, int(failure.at.timestamp()), until, failure.code, failure.message)
