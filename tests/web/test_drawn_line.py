"""A small line of numbers, drawn."""

import re

from hypothesis import given
from hypothesis import strategies as st

from exporter.web.drawn_line import EDGE, HEIGHT, WIDTH, path_of

DAYS = st.lists(st.none() | st.floats(0, 1e9), max_size=40)


def test_the_largest_value_is_at_the_top_and_nothing_at_the_bottom() -> None:
    assert path_of([0, 5, 10]) == "M2.0 26.0h0L60.0 14.0L118.0 2.0"


def test_a_day_that_is_missing_is_a_gap_and_a_day_alone_a_dot() -> None:
    assert path_of([10, None, 10]) == "M2.0 2.0h0M118.0 2.0h0"


def test_without_a_value_there_is_no_line() -> None:
    assert path_of([]) == path_of([None, None]) == ""


@given(DAYS)
def test_every_value_is_a_point_inside_and_every_gap_begins_anew(
    values: list[float | None],
) -> None:
    points = re.findall(r"([ML])([\d.]+) ([\d.]+)", path_of(values))
    assert len(points) == sum(value is not None for value in values)
    begins = sum(
        value is not None and (number == 0 or values[number - 1] is None)
        for number, value in enumerate(values)
    )
    assert [kind for kind, *_ in points].count("M") == begins
    for _, x, y in points:
        assert EDGE <= float(x) <= WIDTH - EDGE
        assert EDGE <= float(y) <= HEIGHT - EDGE
