"""Crontab lines as APScheduler triggers, with cron's own numbers for days of the week."""

import re

from apscheduler.triggers.cron import CronTrigger

from exporter.periods import BEIJING

WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
DAY_RANGE = re.compile(r"0*(?P<first>[0-7])(-0*(?P<last>[0-7]))?(/0*(?P<step>[1-7]))?")
# APScheduler reads the name and passes over the rest: mon-fri/2 and mon#1 would be mon-fri and mon.
NAMED_RANGE = re.compile(r"[a-z]{3}(-[a-z]{3})?", re.I)


def trigger(crontab: str, jitter_seconds: int = 0) -> CronTrigger:
    """When a crontab line fires, in Asia/Shanghai. Raises ValueError with what is wrong."""
    fields = crontab.split()
    if len(fields) != 5:
        raise ValueError(
            f"has {len(fields)} fields, a crontab line has five: minute hour day month weekday"
        )
    minute, hour, day, month, weekday = fields
    for part in f"{month},{weekday}".split(","):
        if any(map(str.isalpha, part)) and not NAMED_RANGE.fullmatch(part):
            raise ValueError(f"{part!r} is neither numbers nor names like mon or mon-fri")
    return CronTrigger(
        minute=minute,
        hour=hour,
        day=day,
        month=month,
        day_of_week=_weekdays(weekday),
        timezone=BEIJING,
        jitter=jitter_seconds or None,
    )


def _weekdays(field: str) -> str:
    """The weekday field in names: cron counts from Sunday, APScheduler from Monday."""
    return ",".join(_weekday_names(part) for part in field.split(","))


def _weekday_names(part: str) -> str:
    found = DAY_RANGE.fullmatch(part.replace("*/", "0-6/"))
    if found is None:
        return part
    first = int(found["first"])
    last = int(found["last"]) if found["last"] else (6 if found["step"] else first)
    if last < first:
        raise ValueError(f"weekday range {part} runs backwards")
    days = range(first, last + 1, int(found["step"] or 1))
    return ",".join(dict.fromkeys(WEEKDAYS[day % 7] for day in days))
