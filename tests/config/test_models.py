"""What the models promise: masked secrets, defaults, the reports of an app, addresses."""

import json

import pytest
from pydantic import BaseModel, ValidationError

from exporter.config import App, AppUrl, Config, load, parse
from exporter.config.models import listen_address
from exporter.reports.table import BY_NAME
from tests.support import ROOT

EXAMPLE = ROOT / "config.example.yaml"

SECRETS = """
apps:
  - {name: a, appid: wx1, secret: hunter2}
  - {name: b, appid: wx2, token_url: "https://hunter2/token?key=hunter2"}
  - {name: c, appid: wx3, token_command: token --password hunter2}
api:
  proxy: http://user:hunter2@127.0.0.1:3128
archive:
  url: sqlite:////hunter2/file.db
"""

DEFAULTS: dict[str, dict[str, object]] = {
    "collect": {
        "schedule": "*/30 8-23 * * *", "catch_up_days": 7, "concurrency": 8, "reports": None,
    },
    "api": {
        "base_url": "https://api.weixin.qq.com", "timeout_seconds": 10, "requests_per_second": 20,
        "token": "stable", "proxy": None,
    },
    "archive": {"url": "sqlite:///wxa-exporter.db"},
    "pages": {"limit": 200},
    "portrait": {"limit": 20},
    "calendar": {"file": None},
    "history": {"max_age_days": 35},
    "web": {"listen_address": ":10868", "config_file": None},
    "defaults": {
        "secret_file": None, "secret_env": None, "token_file": None, "token_url": None,
        "token_command": None, "reports": None, "labels": {},
    },
}  # fmt: skip


def plain(section: BaseModel) -> dict[str, object]:
    """A section's values, secrets in clear."""
    values = {key: getattr(section, key) for key in type(section).model_fields}
    return {
        key: value.get_secret_value() if hasattr(value, "get_secret_value") else value
        for key, value in values.items()
    }


def test_a_file_with_apps_alone_has_the_promised_defaults() -> None:
    config = parse("apps: [{name: a, appid: b, secret: c}]")
    assert {name: plain(getattr(config, name)) for name in DEFAULTS} == DEFAULTS
    assert (config.app_files, config.app_urls) == ((), ())
    assert {"apps", "app_files", "app_urls", *DEFAULTS} == Config.model_fields.keys()


def test_the_example_loads_and_says_nothing_but_the_defaults() -> None:
    config = load(EXAMPLE)
    assert {name: plain(getattr(config, name)) for name in DEFAULTS} == DEFAULTS


@pytest.mark.parametrize(
    ("section", "key"),
    [(name, key) for name, keys in DEFAULTS.items() for key in keys]
    + [("apps", key) for key in App.model_fields]
    + [("# app_urls", key) for key in AppUrl.model_fields],
)
def test_the_example_shows_every_key_in_its_section(section: str, key: str) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    block = text.split(f"\n{section}:\n")[1].split("\n\n")[0]
    shown = [line.strip().lstrip("-# ").partition(":")[0] for line in block.splitlines()]
    assert key in shown


@pytest.mark.parametrize("key", [key for key in App.model_fields if key.startswith(("sec", "tok"))])
def test_the_example_names_every_source_with_a_value_that_loads(key: str) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    lines = [line.lstrip(" #").partition("  ")[0] for line in text.splitlines()]
    # What stands there for the AppSecret is refused, so that nobody leaves it there.
    line = next(line for line in lines if line.startswith(f"{key}:")).replace("…", "c0ffee")
    app = parse(f"apps:\n  - name: a\n    appid: b\n    {line}\n").apps[0]
    assert getattr(app, key) is not None


def test_secrets_never_appear_in_what_a_configuration_prints() -> None:
    config = parse(SECRETS)
    dumps = [repr(config), str(config), config.model_dump_json(), str(config.model_dump())]
    parts = [config.api, config.archive, *config.apps]
    told = "".join(dumps + [repr(part) + str(part) + part.model_dump_json() for part in parts])
    assert "hunter2" not in told
    assert told.count("***") > 10


def test_secrets_never_appear_in_a_models_own_errors() -> None:
    with pytest.raises(ValidationError) as refused:
        Config.model_validate(
            {
                "apps": [{"name": "a b", "appid": 5, "secret": ["hunter2"], "hunter": "hunter2"}],
                "api": {"proxy": "hunter2"},
                "archive": {"url": "mysql://a:p@b:hunter2@c/d"},
            }
        )
    assert "hunter2" not in f"{refused.value} {refused.value!r}"


def test_models_cannot_be_changed() -> None:
    config = parse(SECRETS)
    with pytest.raises(ValidationError, match="frozen"):
        config.pages.limit = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("for_the_app", "for_all", "wanted"),
    [
        (None, None, [name for name in BY_NAME if not name.startswith("performance_")]),
        (None, "[visit_page, daily_summary]", ["visit_page", "daily_summary"]),
        ("[daily_summary, visit_page]", None, ["visit_page", "daily_summary"]),
        ("[daily_summary]", "[visit_page]", ["daily_summary"]),
    ],
)
def test_an_apps_own_reports_win_and_stand_in_the_tables_order(
    for_the_app: str | None, for_all: str | None, wanted: list[str]
) -> None:
    own = f", reports: {for_the_app}" if for_the_app else ""
    all_apps = f"collect: {{reports: {for_all}}}" if for_all else ""
    config = parse(f"apps: [{{name: a, appid: b, secret: c{own}}}]\n{all_apps}")
    assert [report.name for report in config.reports_of(config.apps[0])] == wanted


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (":10868", ("", 10868)),
        ("127.0.0.1:0", ("127.0.0.1", 0)),
        ("localhost:65535", ("localhost", 65535)),
        ("[::1]:10868", ("::1", 10868)),
        ("[::]:80", ("::", 80)),
    ],
)
def test_an_address_is_host_and_port(text: str, address: tuple[str, int]) -> None:
    assert listen_address(text) == address


@pytest.mark.parametrize(
    "text",
    ["", "10868", ":", "host", "host:", ":65536", ":-1", ":١", ":1x", "::1:80", "[::1:80",
     "::1]:80", ":" + "9" * 5000],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(must look like|an IPv6 address|Exceeds)"):
        listen_address(text)


@pytest.mark.parametrize("name", ["shop", "a", "A-1_b.c", "0", "x" * 100])
def test_these_names_are_good(name: str) -> None:
    assert parse(f"apps: [{{name: '{name}', appid: b, secret: c}}]").apps[0].name == name


@pytest.mark.parametrize("name", ["", "a b", "a/b", "店", "a\n", 'a"b', "x" * 101])
def test_these_names_are_not(name: str) -> None:
    with pytest.raises(ValidationError):
        App.model_validate({"name": name, "appid": "b", "secret": "c"})


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("collect", "catch_up_days", 1), ("collect", "catch_up_days", 60),
        ("collect", "concurrency", 1), ("collect", "concurrency", 64),
        ("api", "timeout_seconds", 300), ("api", "timeout_seconds", 0.5),
        ("api", "requests_per_second", 10_000), ("api", "token", "classic"),
        ("api", "base_url", "http://127.0.0.1:8000/api"), ("api", "proxy", "https://127.0.0.1:1"),
        ("pages", "limit", 1), ("pages", "limit", 200), ("history", "max_age_days", 3650),
        ("archive", "url", "sqlite:////var/lib/wxa.db"),
        ("archive", "url", "postgresql://wxa@db.example:6432/wxa?sslmode=require"),
        ("archive", "url", "postgresql:///wxa?host=a,b&port=5432,"),
        ("collect", "schedule", "0 9 * * mon-fri"),
    ],
)  # fmt: skip
def test_values_at_the_edge_of_what_is_allowed_are_taken(
    section: str, key: str, value: object
) -> None:
    config = parse(
        f"apps: [{{name: a, appid: b, secret: c}}]\n{section}: {json.dumps({key: value})}"
    )
    assert plain(getattr(config, section))[key] == value
