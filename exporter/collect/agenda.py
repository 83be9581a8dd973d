"""What is due of one app's reports now, by the due rule, the archive and the clock."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime, timedelta

from exporter.archive import Archive, Reader
from exporter.clock import Clock
from exporter.collect.due import (
    MORNINGS,
    Due,
    Turns,
    Want,
    due_now,
    standing_wants,
    wanted_anew,
)
from exporter.periods import Window, beijing_day
from exporter.reports.report import Report

Wants = Callable[[Report, date], Iterable[Want]]


class Agenda:
    """Tells what to ask about an app, and keeps what it read on the way to that."""

    def __init__(
        self, appid: str, reports: Sequence[Report], archive: Archive, clock: Clock
    ) -> None:
        self.turns = Turns(reports)
        # By report, when data last arrived (Unix seconds) in the windows that are asked about; 0 is
        # none there. To read of all windows would be to read the archive.
        self.answered_at = {report.name: 0 for report in reports}
        self._appid = appid
        self._archive = archive
        self._clock = clock
        # By report, what was wanted on which day, and of which file, when nothing was due any more.
        self._nothing_due: dict[str, tuple[tuple[Want, ...], date, int]] = {}
        # By report, what lacked its data on which day, if anything did.
        self._lacking: dict[str, tuple[Collection[Window], date]] = {}

    def due(self, report: Report, wants: Wants, archive: Reader | None = None) -> Due:
        """What is due of a report at this moment. Raises ArchiveError."""
        now = self._clock.now()
        today = beijing_day(now)
        wanted = tuple(wants(report, today))
        # Once nothing is due, nothing of the same is until the day is over. Most passes find that,
        # and to read it anew of ten thousand apps took a minute.
        state = wanted, today, self._archive.generation
        if not wanted or self._nothing_due.get(report.name) == state:
            return Due([])
        days = [want.window.first_day for want in wanted]
        first = min(*days, today - timedelta(days=MORNINGS))
        looks = (archive or self._archive).looks(self._appid, report.name, first, max(days))
        self.turns.learn(report, looks, today)
        answers = [looked.answered_at or 0 for looked in looks.values()]
        self.answered_at[report.name] = max([self.answered_at[report.name], *answers])
        due = due_now(wanted, looks, now)
        self._lacking.pop(report.name, None)
        if due.lacking:
            self._lacking[report.name] = due.lacking, today
        if not due.windows and not due.refused:
            self._nothing_due[report.name] = state
        return due

    def came(self, report: Report, due: Due) -> None:
        """Everything that was due of a report has come."""
        lacking, read_on = self._lacking.get(report.name, ((), beijing_day(self._clock.now())))
        self._lacking[report.name] = [each for each in lacking if each not in due.windows], read_on

    def due_of_new_day(self, report: Report, today: date, catch_up_days: int) -> int | None:
        """How many windows serve has due, where a day has begun since the archive was read.

        What the day wants anew is, and what lacked its data. To read the archive for that would be
        to read it at one moment for all apps.
        """
        _, read_on, _ = self._nothing_due.get(report.name, ((), today, 0))
        lacking, read_on = self._lacking.get(report.name, ((), read_on))
        if read_on == today:
            return None
        due = wanted_anew(report, today, read_on, catch_up_days)
        if lacking:
            wanted = {want.window for want in standing_wants(report, today, catch_up_days)}
            due |= wanted.intersection(lacking)
        return len(due)

    def read_again(self) -> None:
        """Take nothing for granted that the archive said earlier."""
        self._nothing_due.clear()

    def not_asked_since(
        self, moment: datetime, report: Report, windows: list[Window]
    ) -> list[Window]:
        """Those of the windows about which no process has asked since. Raises ArchiveError.

        What was asked later than now was asked by a host whose clock runs ahead: by a little, or so
        far that its asking says nothing.
        """
        if not windows:
            return windows
        now, days = self._clock.now(), [window.first_day for window in windows]
        looks = self._archive.looks(self._appid, report.name, min(days), max(days))
        first, last = (int(each.timestamp()) for each in (moment, now + (now - moment)))
        return [
            window
            for window in windows
            if (look := looks.get(window.first_day)) is None or not first <= look.asked_at <= last
        ]
