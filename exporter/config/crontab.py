"""When a crontab line fires, in Beijing time, as cron itself would have it."""

from collections.abc import Iterator
from datetime import datetime

from cronsim import CronSim, CronSimError

from exporter.periods import BEIJING


def firings(crontab: str, after: datetime) -> Iterator[datetime]:
    """The moments at which a line fires, all later than `after`.

    Raises ValueError with what is wrong with the line.
    """
    fields = len(crontab.split())
    if fields != 5:
        raise ValueError(
            f"a crontab line has five fields, minute hour day month weekday; this one has {fields}"
        )
    try:
        return CronSim(crontab, after.astimezone(BEIJING))
    except CronSimError as error:
        field = str(error).removeprefix("Bad ")
        raise ValueError(
            f"the {field} of {crontab!r} is out of its range, or nothing that cron knows"
        ) from None


def check(crontab: str) -> None:
    """Raise ValueError with what is wrong with a line."""
    firings(crontab, datetime(2000, 1, 1, tzinfo=BEIJING))
