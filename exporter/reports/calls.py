"""What is sent to WeChat to ask about a window."""

from dataclasses import dataclass

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
