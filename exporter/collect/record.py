"""One reply into the archive: is it data, is it news, does it contradict what was there?"""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from exporter.archive import Archive, Kept, reading_of
from exporter.collect.due import newest_passed_ask
from exporter.periods import Window, beijing_day
from exporter.reports.report import Reading, Report
from exporter.wechat.transport import Reply


class Outcome(StrEnum):
    """What a reply brought."""

    ARRIVED = "arrived"
    REVISED = "revised"
    LESS = "less than is archived"
    SAME = "a retention still without the key it was asked for"
    EMPTY = "empty"


class Recorded(NamedTuple):
    """What became of a reply, and what was odd about it."""

    outcome: Outcome
    oddities: list[str]


def record(
    archive: Archive, appid: str, report: Report, window: Window, reply: Reply, asked: datetime
) -> Recorded:
    """Archive a reply to a request sent at `asked`. A fuller body is never replaced.

    Raises Unreadable when the reply describes another period, and ArchiveError.
    """
    asked_at = int(asked.timestamp())
    passed = newest_passed_ask(report, window, beijing_day(asked))
    reading = report.read(window, reply.body, passed)
    with archive.transaction() as transaction:
        old = transaction.read(appid, report.name, window.first_day) or Kept(asked_at)
        known = reading_of(report, window, old)
        answered_ask = _answered_ask(reading, passed)
        outcome = _compare(known, reading)
        if outcome is Outcome.ARRIVED and answered_ask == old.answered_ask != passed:
            outcome = Outcome.SAME
        kept = replace(old, asked_at=asked_at)
        if outcome in (Outcome.ARRIVED, Outcome.REVISED):
            kept = replace(kept, answered_at=asked_at, answered_ask=answered_ask, body=reply.text)
            if known.values != reading.values:
                kept = replace(kept, learned_at=asked_at, news=transaction.next_news())
        transaction.write(appid, report.name, window.first_day, kept)
    return Recorded(outcome, reading.oddities)


def record_refusal(
    archive: Archive, appid: str, report: Report, window: Window, asked: datetime
) -> None:
    """Archive that WeChat answered without data. Raises ArchiveError."""
    asked_at = int(asked.timestamp())
    with archive.transaction() as transaction:
        old = transaction.read(appid, report.name, window.first_day) or Kept(asked_at)
        kept = replace(old, asked_at=asked_at)
        transaction.write(appid, report.name, window.first_day, kept)


def _compare(known: Reading, told: Reading) -> Outcome:
    if not any(told.values.values()):
        return Outcome.EMPTY
    if _coverage(known) - _coverage(told):
        return Outcome.LESS
    same = all(values.items() <= told.values[name].items() for name, values in known.values.items())
    return Outcome.ARRIVED if same else Outcome.REVISED


def _coverage(reading: Reading) -> set[tuple[str, ...]]:
    """What a body speaks about. Pages and sources may vanish in a correction, keys may not."""
    told = reading.values.items()
    if reading.report.grows:
        return {(name, *labels) for name, values in told for labels in values}
    return {(name,) for name, values in told if values}


def _answered_ask(reading: Reading, passed: int | None) -> int | None:
    """The last ask that a body answers: of a growing report the last key that is there."""
    if not reading.report.grows:
        return passed
    keys = (int(labels[-1]) for values in reading.values.values() for labels in values)
    return max(keys, default=None)
