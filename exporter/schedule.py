"""When things happen: passes by crontab, housekeeping by interval. Jobs only trigger."""

from collections.abc import Callable
from datetime import datetime

from apscheduler.job import Job
from apscheduler.schedulers.background import BackgroundScheduler

from exporter.config.crontab import trigger
from exporter.periods import BEIJING

# Not everybody's exporter shall knock at the same second of the half hour.
JITTER_SECONDS = 60


class Schedule:
    """APScheduler with two jobs: the pass, by crontab, and the tick, every few seconds."""

    def __init__(
        self, start_pass: Callable[[], None], tick: Callable[[], None], tick_seconds: float
    ) -> None:
        self._start_pass = start_pass
        # A machine that slept must still run the pass it missed, once.
        defaults = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        self._scheduler = BackgroundScheduler(timezone=BEIJING, job_defaults=defaults, daemon=True)
        self._scheduler.add_job(tick, "interval", seconds=tick_seconds)
        self._pass: Job | None = None

    def start(self, crontab: str) -> None:
        """Begin to run both jobs, passes by that crontab."""
        self.follow(crontab)
        self._scheduler.start()

    def follow(self, crontab: str) -> None:
        """Run passes by that crontab from now on."""
        self._pass = self._scheduler.add_job(
            self._start_pass, trigger(crontab, JITTER_SECONDS), id="pass", replace_existing=True
        )

    def every(self, seconds: float, job: Callable[[], None]) -> None:
        """Run something else by interval too."""
        self._scheduler.add_job(job, "interval", seconds=seconds)

    @property
    def next_pass(self) -> datetime | None:
        """When the next pass begins."""
        moment: datetime | None = getattr(self._pass, "next_run_time", None)
        return moment

    def stop(self) -> None:
        """Run nothing any more. Also without a start, when the archive could not be read."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
