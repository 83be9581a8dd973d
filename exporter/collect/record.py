"""One reply into the archive: is it data, is it news, does it contradict what was there?"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from exporter.archive import Archive, Kept, reading_of
from exporter.periods import Window, beijing_day
from exporter.reports.report import Reading, Report
from exporter.reports.vocabulary import Labels
from exporter.wechat.transport import Reply

# A total that fell by more than half is taken for WeChat's half-computed state until so long
# after the last ask; whoever asks then, as a backfill does, gets a correction.
FALL_IS_TAKEN_AFTER = timedelta(days=7)


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
    asked_at, asked_on = int(asked.timestamp()), beijing_day(asked)
    told = report.read(window, reply.body, report.newest_ask(window, asked_on))
    with archive.transaction() as transaction:
        old = transaction.read(appid, report.name, window.first_day) or Kept(asked_at)
        known = reading_of(report, window, old)
        reading, text = _together(known, told, reply)
        answered = report.shape.answered_ask(reading, asked_on)
        outcome = _outcome(known, told, reading, asked_on)
        still_lacking = answered == old.answered_ask != reading.newest_ask
        if outcome is Outcome.ARRIVED and still_lacking and known.values == reading.values:
            outcome = Outcome.SAME
        of = appid, report.name, window.first_day
        kept = Kept(asked_at, asked_at, answered, old.learned_at, old.news, text)
        if outcome not in (Outcome.ARRIVED, Outcome.REVISED):
            transaction.write_look(*of, asked_at)
        elif known.values == reading.values:
            transaction.write(*of, kept)
        else:
            transaction.write_news(*of, replace(kept, learned_at=asked_at))
    return Recorded(outcome, told.oddities)


def _together(known: Reading, told: Reading, reply: Reply) -> tuple[Reading, str]:
    """What is known with the reply, and its text: as received, unless a retention lost a key."""
    body = told.report.shape.joined(known, told)
    if body is None or not any(told.values.values()):
        return told, reply.text
    return told.report.read(told.window, body, told.newest_ask), json.dumps(body)


def record_no_data(
    archive: Archive,
    appid: str,
    report: Report,
    window: Window,
    asked: datetime,
    *,
    refused: bool = False,
) -> None:
    """Archive that WeChat answered without data, or refused the request. Raises ArchiveError."""
    asked_at = int(asked.timestamp())
    with archive.transaction() as transaction:
        transaction.write_look(
            appid, report.name, window.first_day, asked_at, asked_at if refused else None
        )


def _outcome(known: Reading, told: Reading, together: Reading, asked_on: date) -> Outcome:
    report, window = told.report, told.window
    if not any(told.values.values()):
        return Outcome.EMPTY
    if any(values and not together.values[name] for name, values in known.values.items()):
        return Outcome.LESS
    settled = asked_on >= window.passed_on(report.asks[-1]) + FALL_IS_TAKEN_AFTER
    if _weight(told) * 2 < _weight(known) and not settled:
        return Outcome.LESS
    changed = any(
        values and not _continues(report, values, together.values[name])
        for name, values in known.values.items()
    )
    return Outcome.REVISED if changed else Outcome.ARRIVED


def _continues(report: Report, known: Mapping[Labels, float], now: Mapping[Labels, float]) -> bool:
    """Whether a metric says what it said before; a retention may say more."""
    return known.items() <= now.items() if report.grows else known == now


def _weight(reading: Reading) -> float:
    """The total of what ranks the rows, or of the first metric; 0 where there are no rows."""
    report = reading.report
    if report.grows or not report.shape.label_count:
        return 0.0
    metric = report.ranking or report.metrics[0]
    return sum(reading.values[metric.name].values())
