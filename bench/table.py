"""What a measurement came to, and the table of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bench.timing import Times, shown

HEADINGS = ("what", "measured", "against", "ratio", "aim", "met")


class BenchError(Exception):
    """A measurement that could not be made; the text says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `met` is None where there is no aim."""

    what: str
    measured: str
    against: str = ""
    ratio: str = ""
    aim: str = ""
    met: bool | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells from left to right."""
        met = {True: "yes", False: "NO", None: ""}[self.met]
        return (self.what, self.measured, self.against, self.ratio, self.aim, met)


def times_cheaper(
    what: str, measured: str, against: str, ratio: float, at_least: float | None = None
) -> Row:
    """A row for something that should take a small part of what it is compared with."""
    aim = "" if at_least is None else f">= {at_least:g}x"
    met = None if at_least is None else ratio >= at_least
    return Row(what, measured, against, f"{ratio:.3g}x cheaper", aim, met)


def within(
    what: str, measured: str, against: str, ratio: float, at_most: float | None = None
) -> Row:
    """A row for something that should take little more than what it is compared with."""
    aim = "" if at_most is None else f"<= {at_most:g}x"
    met = None if at_most is None else ratio <= at_most
    return Row(what, measured, against, f"{ratio:.2f}x", aim, met)


def below(what: str, times: Times, seconds: float, against: str, ratio: float) -> Row:
    """A row for a time with an upper limit of its own, whatever it is compared with."""
    limit = shown(seconds)
    return Row(what, str(times), against, f"{ratio:.2f}x", f"< {limit}", times.p50 < seconds)


def memory(what: str, megabytes: float, note: str, limit: float, against: str = "") -> Row:
    """A row for memory with an upper limit."""
    measured = f"{megabytes:.0f} MB ({note})"
    return Row(what, measured, against, "", f"< {limit:g} MB", megabytes < limit)


def lines(rows: Iterable[Row]) -> Iterator[str]:
    """The table as text, columns as wide as they must be."""
    cells = [HEADINGS, *(row.cells for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
