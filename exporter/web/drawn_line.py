"""A small line of numbers, as the path of an inline SVG."""

from collections.abc import Sequence

WIDTH, HEIGHT = 120, 28
# So that the stroke is not cut off at the edges.
EDGE = 2


def path_of(values: Sequence[float | None]) -> str:
    """The `d` of a path through the values, 0 at the bottom. Where a value is missing is a gap."""
    top = max((value for value in values if value is not None), default=0) or 1
    step = (WIDTH - 2 * EDGE) / max(len(values) - 1, 1)
    parts: list[str] = []
    drawing = False
    for number, value in enumerate(values):
        if value is None:
            drawing = False
            continue
        x, y = EDGE + number * step, HEIGHT - EDGE - value / top * (HEIGHT - 2 * EDGE)
        # A line of no length is a dot with a round end: a day alone between gaps.
        parts.append(f"L{x:.1f} {y:.1f}" if drawing else f"M{x:.1f} {y:.1f}h0")
        drawing = True
    return "".join(parts)
