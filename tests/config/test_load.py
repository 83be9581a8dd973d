"""Configuration files: loaded whole, or refused with every fault in full words."""

from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from exporter.config import Config, load, parse
from exporter.errors import ConfigError

TESTDATA = Path(__file__).parent / "testdata"
BAD = sorted(path.name.removesuffix(".bad.yaml") for path in TESTDATA.glob("*.bad.yaml"))
# Stands wherever a bad file holds a secret.
SECRET = "hunter2"

APP = {"name": "shop", "appid": "wx1", "secret": SECRET}


def messages() -> dict[str, list[str]]:
    """Bad file -> every line that is said about it."""
    name, told = "", dict[str, list[str]]()
    for line in (TESTDATA / "messages.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("    "):
            told[name].append(line.strip())
        else:
            name = line
            told[name] = []
    return told


def faults(text: str) -> list[str]:
    """What is said about a YAML text that must be refused."""
    with pytest.raises(ConfigError) as refused:
        parse(text)
    return list(refused.value.faults)


def test_every_bad_file_has_its_message_and_every_message_its_file() -> None:
    assert sorted(messages()) == BAD


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_exactly_these_lines(name: str) -> None:
    path = TESTDATA / f"{name}.bad.yaml"
    with pytest.raises(ConfigError) as refused:
        load(path)
    assert str(refused.value).splitlines() == [f"{path}: {line}" for line in messages()[name]]


@pytest.mark.parametrize("name", BAD)
def test_no_message_shows_a_secret(name: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(TESTDATA / f"{name}.bad.yaml")
    told = f"{refused.value} {refused.value!r} {refused.value.faults}"
    assert SECRET not in told
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


def test_a_file_that_is_not_there_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path / "config.yaml")
    assert str(refused.value) == (
        f"{tmp_path}/config.yaml: there is no such file; copy config.example.yaml to it, or name "
        "another file with --config.file"
    )


def test_standard_input_is_named_as_the_system_names_it() -> None:
    with pytest.raises(ConfigError) as refused:
        load(Path("-"))
    assert str(refused.value) == "-: there is no such file; standard input is named /dev/stdin"


def test_a_directory_in_the_files_place_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path)
    assert str(refused.value) == f"{tmp_path}: cannot be read: Is a directory"


def test_a_file_in_utf_8_is_read_whatever_the_locale(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes("apps: [{name: a, appid: b, secret: c, labels: {city: 上海}}]".encode())
    assert load(path).apps[0].labels == {"city": "上海"}


SECTIONS = {
    name: tuple(type(field.default).model_fields)
    for name, field in Config.model_fields.items()
    if isinstance(field.default, BaseModel)
}
KEYS = [(section, key) for section, keys in SECTIONS.items() for key in keys]


@pytest.mark.parametrize(("section", "key"), KEYS)
@pytest.mark.parametrize("value", [{"a": 1}, [[]], object], ids=["mapping", "list", "date"])
def test_every_key_refuses_a_wrong_type_under_its_path(
    section: str, key: str, value: object
) -> None:
    written = "2026-03-18" if value is object else value
    text = yaml.safe_dump({"apps": [APP], section: {key: written}}).replace("'2026", "2026")
    told = faults(text.replace("18'", "18"))
    assert [
        fault.startswith((f"{section}.{key}: ", f"{section}.{key}[0]: ", f"{section}.{key}.a: "))
        for fault in told
    ] == [True]


@pytest.mark.parametrize(("section", "key"), KEYS)
def test_every_key_mistyped_is_named_and_its_neighbour_suggested(section: str, key: str) -> None:
    (told,) = faults(yaml.safe_dump({"apps": [APP], section: {f"{key}s": 1}}))
    assert told == f"{section}.{key}s: unknown key; did you mean {key!r}?"


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_must_be_a_mapping(section: str) -> None:
    (told,) = faults(yaml.safe_dump({"apps": [APP], section: "text"}))
    assert told == f"{section}: must be a mapping: indented lines like 'key: value'"


@pytest.mark.parametrize("key", [key for key in APP if key != "secret"])
def test_what_an_app_needs_is_asked_for(key: str) -> None:
    assert faults(yaml.safe_dump({"apps": [{k: v for k, v in APP.items() if k != key}]})) == [
        f"apps[0].{key}: is missing"
    ]


def test_a_merged_mapping_may_be_overridden_key_by_key() -> None:
    config = parse(
        "apps:\n"
        "  - &shop {name: shop, appid: wx1, secret: hunter2}\n"
        "  - {<<: *shop, name: cafe, appid: wx2}\n"
    )
    assert [(app.name, app.appid, app.secret) for app in config.apps] == [
        ("shop", "wx1", config.apps[0].secret),
        ("cafe", "wx2", config.apps[0].secret),
    ]


def test_a_key_given_twice_beside_a_merge_is_still_refused() -> None:
    text = "apps:\n  - &shop {name: a, appid: b, secret: c}\n  - {<<: *shop, name: d, name: e}\n"
    assert faults(text) == ["line 3, column 26: is not YAML: key 'name' stands twice"]


yamls = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10)
    | st.dates() | st.sampled_from(["shop", "wx1", "secret", "* * * * *", "sqlite:///x", "1e5"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["apps", *SECTIONS, *(key for _, key in KEYS), *APP]) | st.text(max_size=4)
        | st.integers() | st.booleans(),
        inner, max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(content=yamls)
def test_any_yaml_is_loaded_or_refused(content: object) -> None:
    with suppress(ConfigError):
        parse(yaml.safe_dump(content, allow_unicode=True))


@settings(max_examples=100, deadline=None)
@given(sections=st.dictionaries(st.sampled_from(list(SECTIONS)), yamls, max_size=4))
def test_any_section_beside_a_good_app_is_loaded_or_refused_by_name(
    sections: dict[str, object],
) -> None:
    try:
        assert parse(yaml.safe_dump({"apps": [APP], **sections}, allow_unicode=True)).apps
    except ConfigError as error:
        named = [fault.startswith(tuple(sections)) for fault in error.faults]
        assert all(named)


@settings(max_examples=80, deadline=None)
@given(
    text=st.text()
    | st.text(alphabet="{}[]&*!|>'\"%@`:-?,# \n\tapps<<~x\\0\ud83d", max_size=40)
    | st.text(max_size=10).map(lambda piece: f"apps: [{{name: a, appid: b, secret: {piece}}}]")
)
def test_any_text_is_loaded_or_refused(text: str) -> None:
    with suppress(ConfigError):
        parse(text)


@pytest.mark.parametrize(
    "text",
    ["[" * 1000, "{a: " * 1000, "!!timestamp x", "!!bool x", "!!float ''", "!!int ''", "!!binary x",
     "? [a]\n: b", "&a [*a]", "&a {apps: [*a]}", "apps: &a [*a]", "!!set {a, b}", "!!omap [a]",
     "!!python/object/apply:os.system [id]", "\0", "\ud800", "- " * 3000, "<<: 5", "<<: [5]"],
    ids=lambda text: ascii(text[:12]),
)  # fmt: skip
def test_text_made_to_break_the_reader_is_refused(text: str) -> None:
    assert faults(text)
