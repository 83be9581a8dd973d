"""The rule files as Python sees them."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.support import ROOT

FOLDER = ROOT / "prometheus"
RULES = FOLDER / "wxa.rules.yml"
ALERTS = FOLDER / "wxa.alerts.yml"
UNIT_TESTS = sorted((FOLDER / "tests").glob("*.yml"))

Mapping = dict[str, Any]


@cache
def read(path: Path) -> Mapping:
    """A YAML file's mapping, read once: do not change it."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def rules(path: Path) -> list[Mapping]:
    """The rules of all groups of a rule file."""
    return [rule for group in read(path)["groups"] for rule in group["rules"]]


def alerts() -> list[Mapping]:
    """The alerting rules."""
    return [rule for rule in rules(ALERTS) if "alert" in rule]


def recordings() -> list[Mapping]:
    """The recording rules of both files, the thresholds among them."""
    return [rule for rule in rules(RULES) + rules(ALERTS) if "record" in rule]


def unit_test_cases() -> list[Mapping]:
    """The cases of all promtool tests."""
    return [case for path in UNIT_TESTS for case in read(path)["tests"]]
