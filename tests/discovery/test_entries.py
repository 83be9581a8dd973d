"""The text of a list of apps: its apps, every fault by its place, never a secret."""

import json
from contextlib import suppress

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.config import Defaults
from exporter.discovery.entries import Entries, entries_of
from exporter.errors import ConfigError

SECRET = "hunter2"
SHOP = {"name": "shop", "appid": "wx1", "secret": SECRET}
NONE = Defaults()


def found(content: object, defaults: Defaults = NONE, *, remote: bool = False) -> Entries:
    return entries_of(yaml.safe_dump(content), defaults, remote=remote)


def test_yaml_and_json_name_the_same_apps() -> None:
    content = [SHOP, {"name": "cafe", "appid": "wx2", "secret_env": "CAFE"}]
    read = found(content)
    assert [(entry.position, entry.app.name, entry.app.appid) for entry in read.apps] == [
        (0, "shop", "wx1"), (1, "cafe", "wx2"),
    ]  # fmt: skip
    assert entries_of(json.dumps(content), NONE, remote=False) == read
    assert entries_of("\ufeff" + json.dumps(content), NONE, remote=False) == read


@pytest.mark.parametrize("text", ["", "[]", "# nobody yet\n"])
def test_an_empty_text_is_an_empty_list(text: str) -> None:
    assert entries_of(text, NONE, remote=False) == Entries()


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"appid": "wx2", "secret": SECRET}, "[1].name: is missing"),
        (
            {"name": "b", "appid": 2, "secret": SECRET},
            "[1].appid: must be a text; put it in quotes",
        ),
        (SHOP | {"apid": "x"}, "[1].apid: unknown key; did you mean 'appid'?"),
        (SHOP | {"reports": ["visits"]}, "[1].reports: 'visits' is no report; the reports are"),
        (SHOP | {"labels": {"app": "x"}}, "[1].labels.app: 'app' is taken: another name is needed"),
        (SHOP | {"labels": {"job": "x"}}, "[1].labels.job: 'job' is taken: another name is needed"),
        (SHOP | {"labels": {"1st": "x"}}, "[1].labels.1st: is no name for a label"),
        (SHOP | {"labels": {"city": 7}}, "[1].labels.city: must be a text; put it in quotes"),
        (SHOP | {"labels": {"city": ""}}, "[1].labels.city: must not be empty"),
        (SHOP | {"labels": {"city": "x" * 101}}, "[1].labels.city: must have 100 characters at"),
        (
            SHOP | {"labels": {f"l{n}": "x" for n in range(11)}},
            "[1].labels: may have 10 entries at most",
        ),
        (SHOP | {"token_file": "x"}, "[1]: has secret and token_file; give exactly one of"),
        ({"name": "b", "appid": "wx2"}, "[1]: has no secret and no token; give exactly one of"),
        ("shop", "[1]: must be a mapping"),
        (None, "[1]: must be a mapping"),
    ],
)
def test_a_bad_entry_costs_its_own_app_and_is_told_by_place_and_key(
    entry: object, told: str
) -> None:
    read = found([SHOP | {"name": "first", "appid": "wx0"}, entry, SHOP | {"appid": "wx3"}])
    assert [entry.app.appid for entry in read.apps] == ["wx0", "wx3"]
    (line,) = read.faults
    assert line.startswith(told)
    assert SECRET not in line


@pytest.mark.parametrize(
    ("entry", "whose"),
    [
        ({"name": "b", "appid": "wx2"}, " (app b)"),
        ({"name": "b/1", "appid": "wx2"}, " (app wx2)"),
        ({"name": "b\n1", "appid": SECRET * 20}, ""),
        ({"name": 7}, ""),
        (["b"], ""),
    ],
)
def test_a_fault_tells_whose_it_is_where_that_can_be_said(entry: object, whose: str) -> None:
    assert {line.partition(" (app")[1:] for line in found([entry]).faults} == {
        (" (app", whose[5:]) if whose else ("", "")
    }


def test_a_key_that_is_mistyped_is_told_beside_what_is_missing_by_it() -> None:
    read = found([{"name": "a", "appid": "wx1", "sekret": SECRET}])
    assert read.apps == ()
    typo, missing = read.faults
    assert typo == "[0].sekret: unknown key; did you mean 'secret'? (app a)"
    assert missing.startswith("[0]: has no secret and no token; give exactly one of")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("apps:\n  - name: a\n", "must be a list of apps: lines that begin with '- name: '"),
        ("- name: a\n  name: b\n", "line 2, column 3: is not YAML: key 'name' stands twice"),
        ('[{"name": "a", "name": "b"}]', "line 1, column 16: is not YAML: key 'name' stands twice"),
        ('[{"name": "a"', "line 1, column 14: is not YAML: expected ',' or '}', but got '<stream"),
        ("- [a\n- b", "line 2, column 4: is not YAML"),
    ],
)
def test_a_text_that_is_no_list_is_refused_with_its_line(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        entries_of(text, NONE, remote=False)
    assert str(refused.value).startswith(told)


def test_defaults_fill_in_appid_and_name_and_the_entrys_own_keys_win() -> None:
    defaults = Defaults.model_validate(
        {
            "token_url": "http://tokens.internal/{appid}?of={name}",
            "reports": ["daily_summary"],
            "labels": {"merchant": "acme", "store": "{name}"},
        }
    )
    own = {"reports": ["visit_page"], "labels": {"merchant": "beta"}}
    plain, other = found(
        [{"name": "a", "appid": "wx1"}, SHOP | {"appid": "wx2"} | own], defaults
    ).apps
    assert plain.app.token_url is not None
    assert plain.app.token_url.get_secret_value() == "http://tokens.internal/wx1?of=a"
    assert plain.app.reports == ("daily_summary",)
    assert plain.app.labels == {"merchant": "acme", "store": "a"}
    assert other.app.token_url is None
    assert other.app.reports == ("visit_page",)
    assert other.app.labels == {"merchant": "beta", "store": "shop"}


def test_labels_that_are_too_many_with_those_of_defaults_cost_the_app() -> None:
    defaults = Defaults.model_validate({"labels": {f"d{n}": "x" for n in range(9)}})
    read = found([SHOP, SHOP | {"appid": "wx2", "labels": {"a": "x", "b": "x"}}], defaults)
    assert [entry.position for entry in read.apps] == [0]
    assert read.faults == (
        "[1].labels: 11 together with those of defaults; may have 10 entries at most (app shop)",
    )


def test_a_list_from_the_network_names_no_command_but_defaults_may() -> None:
    entry = {"name": "a", "appid": "wx1", "token_command": "rm -rf /"}
    assert found([entry]).faults == ()
    assert found([entry], remote=True) == Entries(
        faults=("[0]: token_command: a list over HTTP may not name commands; defaults may (app a)",)
    )
    defaults = Defaults.model_validate({"token_command": "token {appid}"})
    (filled,) = found([{"name": "a", "appid": "wx1"}], defaults, remote=True).apps
    assert filled.app.token_command is not None
    assert filled.app.token_command.get_secret_value() == "token wx1"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*SHOP, "labels", "reports", "x"]), inner, max_size=4)
    ),
    max_leaves=15,
)


@settings(max_examples=100, deadline=None)
@given(content=st.lists(anything, max_size=4))
def test_any_list_gives_an_app_or_a_fault_for_each_entry(content: list[object]) -> None:
    read = entries_of(json.dumps(content), NONE, remote=True)
    bad = {int(line[1:].partition("]")[0]) for line in read.faults}
    assert bad | {entry.position for entry in read.apps} == set(range(len(content)))
    assert not bad & {entry.position for entry in read.apps}


@settings(max_examples=100, deadline=None)
@given(text=st.text() | st.text(alphabet="{}[]&*!|>'\"%@`:-?,# \n\tname", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ConfigError):
        entries_of(text, NONE, remote=False)
