"""What is sent to WeChat to ask about a window."""

from dataclasses import dataclass

from exporter.periods import Window


@dataclass(frozen=True, slots=True)
class Datacube:
    """A call of data analysis, which names the window by its first and last day."""

    call: str

    @property
    def path(self) -> str:
        """The path below api.base_url."""
        return f"/datacube/{self.call}"

    def content(self, window: Window) -> dict[str, str]:
        """The JSON object that asks about the window."""
        return {"begin_date": window.begin_date, "end_date": window.end_date}

    def ref_dates(self, window: Window) -> tuple[str, ...]:
        """How a reply names the window."""
        return (window.ref_date,)
