"""One reply into the archive: is it data, is it news, does it contradict what was there?"""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from exporter.archive import Archive, Kept, samples_of
from exporter.collect.due import newest_passed_ask
from exporter.periods import Window, beijing_day
from exporter.reports.extract import read
from exporter.reports.vocabulary import Report, Sample
from exporter.wechat.transport import Reply


class Outcome(StrEnum):
    """What a reply brought."""

    ARRIVED = "arrived"
    REVISED = "revised"
    LESS = "less than is archived"
    EMPTY = "empty"


class Recorded(NamedTuple):
    """What became of a reply, and what was odd about it."""

    outcome: Outcome
    oddities: list[str]


def record(
    archive: Archive, appid: str, report: Report, window: Window, reply: Reply, asked: datetime
) -> Recorded:
    """Archive a reply to a request sent at `asked`. A fuller body is never replaced.

    Raises Busy (`malformed`) when the reply describes another period, and ArchiveError.
    """
    asked_at = int(asked.timestamp())
    passed = newest_passed_ask(report, window, beijing_day(asked))
    reading = read(report, window, reply.body, passed)
    with archive.transaction() as transaction:
        old = transaction.read(appid, report.name, window.first_day) or Kept(asked_at)
        known = samples_of(report, window, old)
        outcome = _compare(report, known, reading.samples)
        kept = replace(old, asked_at=asked_at)
        if outcome in (Outcome.ARRIVED, Outcome.REVISED):
            kept = Kept(
                asked_at=asked_at,
                answered_at=asked_at,
                answered_ask=_answered_ask(report, reading.samples, passed),
                learned_at=old.learned_at if known == reading.samples else asked_at,
                body=reply.text,
            )
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


def _compare(report: Report, known: list[Sample], told: list[Sample]) -> Outcome:
    if not told:
        return Outcome.EMPTY
    if _coverage(report, known) - _coverage(report, told):
        return Outcome.LESS
    values = {(sample.metric.name, sample.labels): sample.value for sample in told}
    same = all(values.get((old.metric.name, old.labels)) == old.value for old in known)
    return Outcome.ARRIVED if same else Outcome.REVISED


def _coverage(report: Report, samples: list[Sample]) -> set[tuple[str, ...]]:
    """What a body speaks about. Pages and sources may vanish in a correction, keys may not."""
    if report.grows:
        return {(sample.metric.name, *sample.labels) for sample in samples}
    return {(sample.metric.name,) for sample in samples}


def _answered_ask(report: Report, samples: list[Sample], passed: int | None) -> int | None:
    """The last ask that the samples answer: of a growing report the last key that is there."""
    if not report.grows:
        return passed
    return max(int(sample.labels[-1]) for sample in samples)
