"""Simulated mornings: the calls they cost, and that no number comes later for it."""

from pathlib import Path

from bench.mornings import mornings


def test_a_day_costs_twice_its_bound_at_most_and_delays_nothing(tmp_path: Path) -> None:
    found = mornings(tmp_path, seed=3, days=5)
    assert found.ratio <= 2.0
    assert found.in_time >= 0.95
    assert max(found.delays) <= 1
