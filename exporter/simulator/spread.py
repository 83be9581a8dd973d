"""Seeded randomness, and whole counts spread so that their sum is exact."""

import random
from collections.abc import Sequence
from itertools import accumulate


def seeded(name: str) -> random.Random:
    """A source of numbers that is the same in every process for the same name."""
    return random.Random(name)  # noqa: S311 - made-up traffic, nothing secret


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """Whole counts, proportional to the weights, whose sum is exactly `total`."""
    sums = list(accumulate(weights))
    counts = []
    given = 0
    for reached in sums:
        # Rounding the running sum, not the parts, is what keeps the sum exact.
        due = int(total * (reached / sums[-1]) + 0.5)
        counts.append(due - given)
        given = due
    return counts


def apportion_within(total: int, weights: Sequence[float], limits: Sequence[int]) -> list[int]:
    """Like `apportion`, but no count above its limit: what does not fit goes where room is."""
    counts = [min(pair) for pair in zip(apportion(total, weights), limits, strict=True)]
    left = total - sum(counts)
    for place, limit in enumerate(limits):
        if left <= 0:
            break
        more = min(left, limit - counts[place])
        counts[place] += more
        left -= more
    return counts
