"""What is sent to WeChat to ask about a window."""

from dataclasses import dataclass
from typing import Any, ClassVar

from exporter.periods import Window


@dataclass(frozen=True, slots=True)
class Datacube:
    """A call of data analysis, which names the window by its first and last day.

    With `days` it asks what the days up to and including the window, a day, come to together.
    """

    call: str
    days: int | None = None

    @property
    def path(self) -> str:
        """The path below api.base_url."""
        return f"/datacube/{self.call}"

    def content(self, window: Window) -> dict[str, str]:
        """The JSON object that asks about the window."""
        return {"begin_date": self._begin_date(window), "end_date": window.end_date}

    def ref_dates(self, window: Window) -> tuple[str, ...]:
        """How a reply names the window."""
        if self.days is None or self.days == 1:
            return (window.ref_date,)
        # The reference says a range, its example shows the first day alone.
        begin = self._begin_date(window)
        return (f"{begin}-{window.end_date}", begin)

    def _begin_date(self, window: Window) -> str:
        return window.begin_date if self.days is None else window.begin_date_of(self.days)


EVERY = "-1"
DEVICE_LEVELS = {"all": EVERY, "high": "1", "middle": "2", "low": "3"}


@dataclass(frozen=True, slots=True)
class Performance:
    """getPerformanceData: one module's numbers of one day, for some networks and devices."""

    module: str
    network: str
    device_level: str
    call: ClassVar[str] = "performance_boot"
    path: ClassVar[str] = "/wxa/business/performance/boot"

    def content(self, window: Window) -> dict[str, Any]:
        """The JSON object that asks about the day."""
        begin = window.start_timestamp
        end = window.shifted(1).start_timestamp - 1
        params = {
            "networktype": EVERY if self.network == "all" else self.network,
            "device_level": DEVICE_LEVELS[self.device_level],
        }
        return {
            "time": {"begin_timestamp": begin, "end_timestamp": end},
            "module": self.module,
            "params": [{"field": field, "value": value} for field, value in params.items()],
        }

    def ref_dates(self, window: Window) -> tuple[str, ...]:
        """How a reply names the day."""
        return (window.ref_date,)
