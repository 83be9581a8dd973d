"""The error tree: drawn as it is, and each error told to the operator."""

import inspect

import pytest

from exporter import errors
from exporter.errors import Busy, ConfigError, ExporterError, NeedsOperator, WeChatError

CLASSES = {
    name: found
    for name, found in inspect.getmembers(errors, inspect.isclass)
    if issubclass(found, Exception)
}


def drawn() -> dict[str, str]:
    """Class -> parent, as the tree in the module's docstring shows them."""
    parents: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines()[2:]:
        name = line.strip("│├└─ ").split()[0]
        depth = line.index(name)
        above = [(place, parent) for place, parent in above if place < depth]
        parents[name] = above[-1][1] if above else "Exception"
        above.append((depth, name))
    return parents


def test_the_tree_is_drawn_as_it_is() -> None:
    assert drawn() == {name: found.__bases__[0].__name__ for name, found in CLASSES.items()}


@pytest.mark.parametrize("name", CLASSES)
def test_every_error_says_when_it_is_raised(name: str) -> None:
    assert (CLASSES[name].__doc__ or "").strip()


def test_everything_raised_on_purpose_can_be_caught_at_once() -> None:
    assert all(issubclass(found, ExporterError) for found in CLASSES.values())


def test_a_configuration_error_has_one_line_for_each_fault() -> None:
    error = ConfigError(["apps: is missing", "api.token: must be 'stable' or 'classic'"])
    assert str(error) == "apps: is missing\napi.token: must be 'stable' or 'classic'"
    assert error.faults == ("apps: is missing", "api.token: must be 'stable' or 'classic'")


def test_an_answer_of_wechat_that_is_no_data_has_its_code_and_concerns_the_whole_app() -> None:
    error = Busy("no answer within 10 s", code="timeout")
    assert isinstance(error, WeChatError)
    assert (str(error), error.code, error.report_only, error.wait_seconds) == (
        "no answer within 10 s", "timeout", False, 0.0,
    )  # fmt: skip


def test_an_answer_can_concern_one_report_or_ask_for_patience() -> None:
    assert NeedsOperator("no permission", code="48001", report_only=True).report_only
    assert Busy("slower", code="45011", wait_seconds=60).wait_seconds == 60
