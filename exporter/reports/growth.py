"""Retentions grow for weeks: what several replies about one cohort say together."""

from collections.abc import Mapping
from datetime import date

from exporter.reports.body import Body
from exporter.reports.report import Reading
from exporter.reports.vocabulary import Labels

# The field of the metric that counts who came back.
COUNT = "value"
# From so many who came back to none within a period is more than chance.
TELLING = 10


def joined(users: Mapping[str, str], earlier: Reading, newer: Reading) -> Body | None:
    """A body with the keys that only the earlier reading has; None when the newer one has all.

    `users` maps the arrays of a body to the label words of their users.
    A 0 does not take the place of a count: WeChat writes 0 before it has computed a key.
    """
    known, told = _counts(earlier), _counts(newer)
    lost = {
        labels: value for labels, value in known.items() if told.get(labels, -1) < min(value, 1)
    }
    if not lost:
        return None
    together = told | lost
    return {"ref_date": newer.window.ref_date} | {
        array: [
            {"key": int(key), "value": int(value)}
            for (who, key), value in together.items()
            if who == user
        ]
        for array, user in users.items()
    }


def answered_ask(reading: Reading, asked_on: date) -> int | None:
    """The last ask that a body answers: every user that has a cohort has its key.

    A 0 for all of them where the key before counts some answers nothing on the day on which the
    key can first be known; from the next day on it is believed.
    """
    counts = _counts(reading)
    users = {user for (user, key), value in counts.items() if key == "0" and value}
    users = users or {user for user, _ in counts}
    answered, before = None, 0.0
    for ask in reading.report.asks:
        if not users or any((user, str(ask)) not in counts for user in users):
            continue
        total = sum(counts[user, str(ask)] for user in users)
        too_early = asked_on <= reading.window.passed_on(ask)
        if not (total == 0 and before >= TELLING and too_early):
            answered = ask
        before = total if ask else 0.0
    return answered


def _counts(reading: Reading) -> dict[Labels, float]:
    """How many users by user and key."""
    metric = next(m for m in reading.report.metrics if m.field == COUNT)
    return reading.values[metric.name]
