"""The version stands in several files, and is the same in all."""

import re
from importlib.metadata import version

import pytest
import yaml

from exporter import __version__
from tests.support import ROOT


def test_the_installed_package_has_it() -> None:
    assert version("wxa-exporter") == __version__


def test_the_image_of_compose_has_it() -> None:
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text("utf-8"))
    assert compose["services"]["exporter"]["image"] == f"wxa-exporter:{__version__}"


@pytest.mark.parametrize("name", ["CHANGELOG.md", "CHANGELOG.zh-CN.md"])
def test_the_changelog_tells_of_it(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert __version__ in re.findall(r"^## .*?(\d+\.\d+\.\d+)", text, re.M)
