"""A configuration completed by its lists, and what they say as they change."""

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from prometheus_client import generate_latest

from exporter.config import Config, load
from exporter.config.shard import Shard
from exporter.discovery import Discovery
from exporter.telemetry import Telemetry, new_telemetry
from tests.http_server import Served, serving
from tests.logged import logged
from tests.support import FakeClock

MAIN = {"name": "main", "appid": "wx0", "secret": "s"}


def app(name: str, **more: object) -> dict[str, Any]:
    return {"name": name, "appid": f"wx-{name}", "secret": "hunter2", **more}


class World:
    """A configuration file, the folder apps.d beside it, and a list over HTTP."""

    def __init__(self, folder: Path, clock: FakeClock, server: Served) -> None:
        self.folder, self.server, self.clock = folder, server, clock
        (folder / "apps.d").mkdir()
        self.telemetry: Telemetry = new_telemetry()
        self.discovery = Discovery(requests.Session(), clock, self.telemetry)
        self.content: dict[str, Any] = {"apps": [MAIN], "app_files": ["apps.d/*.yaml"]}

    def put(self, name: str, *apps: object, text: str | None = None) -> None:
        path = self.folder / "apps.d" / name
        path.write_text(yaml.safe_dump(list(apps)) if text is None else text)

    def say(self, *apps: object) -> None:
        self.server.body = json.dumps(apps).encode()

    def with_url(self) -> "World":
        self.content["app_urls"] = [{"url": f"{self.server.url}/apps?key=hunter2"}]
        return self

    def complete(self) -> list[str]:
        """The names of all apps after a start or reload."""
        path = self.folder / "config.yaml"
        path.write_text(yaml.safe_dump(self.content))
        return names(self.discovery.complete(load(path)))

    def look(self) -> list[str] | None:
        """The names of all apps after they changed, a minute later."""
        self.clock.advance(seconds=60)
        config = self.discovery.look()
        return None if config is None else names(config)

    def gauge(self, name: str) -> dict[str, float]:
        """By the end of the source's name, the value of a gauge."""
        text = generate_latest(self.telemetry.process).decode()
        rows = [line.rpartition(" ") for line in text.splitlines() if line.startswith(f"{name}{{")]
        return {row[0].split('"')[1].rpartition("/")[2]: float(row[2]) for row in rows}

    @property
    def faults(self) -> dict[str, tuple[str, ...]]:
        return {
            each.source.rpartition("/")[2]: each.faults
            for each in self.discovery.lists
            if each.faults
        }


def names(config: Config) -> list[str]:
    return [app.name for app in config.apps]


@pytest.fixture
def world(tmp_path: Path, clock: FakeClock) -> Iterator[World]:
    with serving(b"[]") as server:
        yield World(tmp_path, clock, server)


@pytest.fixture
def log() -> Iterator[StringIO]:
    with logged("info") as text:
        yield text


def test_apps_of_the_file_come_first_then_files_by_name_then_urls(world: World) -> None:
    world.put("b.yaml", app("b"))
    world.put("a.yaml", app("a2"), app("a1"))
    world.put("c.json", app("c"))
    world.say(app("u"))
    assert world.with_url().complete() == ["main", "a2", "a1", "b", "u"]
    assert world.gauge("wxa_exporter_discovery_apps") == {"a.yaml": 2, "b.yaml": 1, "apps": 1}
    assert set(world.gauge("wxa_exporter_discovery_faults").values()) == {0.0}
    assert world.look() is None


def test_a_list_that_changes_is_read_again_without_a_reload(world: World) -> None:
    world.put("a.yaml", app("a"))
    world.say(app("u"))
    world.with_url().complete()
    world.put("a.yaml", app("a"), app("new"))
    assert world.look() == ["main", "a", "new", "u"]
    world.put("z.yaml", app("z"))
    world.say(app("u2"))
    assert world.look() == ["main", "a", "new", "u2", "z"]
    world.put("a.yaml", app("new"))
    assert world.look() == ["main", "new", "u2", "z"]


def test_a_pattern_that_no_file_matches_is_told_at_the_start(world: World, log: StringIO) -> None:
    world.put("a.yaml", app("a"))
    world.content["app_files"].append("app.d/*.yaml")
    assert world.complete() == ["main", "a"]
    assert f'event="no file matches" pattern={world.folder}/app.d/*.yaml' in log.getvalue()
    assert log.getvalue().count("no file matches") == 1
    world.look()
    assert log.getvalue().count("no file matches") == 1


def test_a_url_is_not_asked_before_its_time(world: World) -> None:
    world.with_url().complete()
    assert world.discovery.look() is None
    assert len(world.server.asked) == 1
    assert world.server.asked[0].target == "/apps?key=hunter2"


@pytest.mark.parametrize("how", ["broken", "emptied", "of faults alone", "gone"])
def test_a_file_that_is_no_good_keeps_its_apps_and_is_told_once(
    world: World, log: StringIO, how: str
) -> None:
    path = world.folder / "apps.d" / "a.yaml"
    world.put("a.yaml", app("a"), app("b"))
    world.put("other.yaml", app("other"))
    world.complete()
    success = world.gauge("wxa_exporter_discovery_last_success_timestamp_seconds")
    match how:
        case "broken":
            world.put("a.yaml", text="- {name: [")
        case "emptied":
            world.put("a.yaml")
        case "of faults alone":
            world.put("a.yaml", {"name": "a", "secret": "x"})
        case "gone":
            path.unlink()
    assert world.look() is None
    path.touch() if path.exists() else None
    assert world.look() is None
    (told,) = world.faults["a.yaml"]
    assert told in {
        "line 1, column 11: is not YAML: expected the node content, but found '<stream end>'",
        "is empty now; if that is meant, reload the exporter",
        "[0].appid: is missing (app a)", "there is no such file",
    }  # fmt: skip
    assert log.getvalue().count("list of apps has a fault") == 1
    assert "its earlier apps stay: 2" in log.getvalue()
    assert "hunter2" not in log.getvalue()
    assert world.gauge("wxa_exporter_discovery_apps") == {"a.yaml": 2, "other.yaml": 1}
    assert world.gauge("wxa_exporter_discovery_faults") == {"a.yaml": 1, "other.yaml": 0}
    assert world.gauge("wxa_exporter_discovery_last_success_timestamp_seconds") == success
    world.put("a.yaml", app("b"))
    assert world.look() == ["main", "b", "other"]
    assert world.faults == {}
    assert "list of apps is good again" in log.getvalue()


@pytest.mark.parametrize("how", ["no JSON", "empty", "status 500", "nobody there"])
def test_a_url_that_says_nothing_good_keeps_its_apps(world: World, log: StringIO, how: str) -> None:
    world.say(app("u1"), app("u2"))
    assert world.with_url().complete() == ["main", "u1", "u2"]
    match how:
        case "no JSON":
            world.server.body = b"<html>hunter2</html>"
        case "empty":
            world.say()
        case "status 500":
            world.server.status = 500
        case "nobody there":
            world.content["app_urls"] = [{"url": "http://127.0.0.1:9/apps?key=hunter2"}]
            assert world.complete() == ["main"]  # another URL is another list
            assert set(world.gauge("wxa_exporter_discovery_faults").values()) == {1.0}
            return
    for _ in range(3):
        assert world.look() is None
    assert log.getvalue().count("list of apps has a fault") == 1
    assert "hunter2" not in log.getvalue() + str(world.discovery.lists[0].faults)
    assert world.gauge("wxa_exporter_discovery_apps") == {"apps": 2}
    if how != "empty":  # a reload finds the same, and the apps stay all the same
        assert world.complete() == ["main", "u1", "u2"]
    world.server.status = 200
    world.say(app("u1"), app("u2"))
    assert world.look() is None
    assert world.faults == {}


def test_a_reload_says_that_an_empty_list_and_a_missing_file_are_meant(world: World) -> None:
    world.put("a.yaml", app("a"))
    world.put("b.yaml", app("b"))
    assert world.complete() == ["main", "a", "b"]
    world.put("a.yaml")
    (world.folder / "apps.d" / "b.yaml").unlink()
    assert world.look() is None
    assert world.complete() == ["main"]
    assert world.faults == {}
    assert world.gauge("wxa_exporter_discovery_apps") == {"a.yaml": 0}


def test_a_file_that_gets_another_name_or_is_split_moves_its_apps(
    world: World, log: StringIO
) -> None:
    world.put("a.yaml", app("a"), app("b"))
    assert world.complete() == ["main", "a", "b"]
    folder = world.folder / "apps.d"
    (folder / "a.yaml").rename(folder / "z.yaml")
    assert world.look() is None
    assert world.faults == {}
    assert world.gauge("wxa_exporter_discovery_apps") == {"z.yaml": 2}
    (folder / "z.yaml").unlink()
    assert world.look() is None
    world.put("one.yaml", app("a", labels={"city": "x"}))
    assert world.look() == ["main", "b", "a"]
    assert world.faults == {"z.yaml": ("there is no such file",)}
    assert world.gauge("wxa_exporter_discovery_apps") == {"z.yaml": 1, "one.yaml": 1}
    world.put("two.yaml", app("b", appid="wx-other"))
    assert world.look() == ["main", "a", "b"]
    assert world.faults == {}
    assert world.gauge("wxa_exporter_discovery_apps") == {"one.yaml": 1, "two.yaml": 1}
    assert log.getvalue().count("level=warning") == 1
    assert log.getvalue().count('event="list of apps is gone"') == 2


def test_a_file_that_never_named_an_app_is_forgotten_when_it_is_gone(
    world: World, log: StringIO
) -> None:
    world.content["app_files"].append("named.yaml")
    world.put("a.yaml", text="- [")
    assert world.complete() == ["main"]
    assert log.getvalue().count('consequence="it names no app"') == 2
    (world.folder / "apps.d" / "a.yaml").unlink()
    for _ in range(2):
        assert world.look() is None
        assert world.faults == {"named.yaml": ("there is no such file",)}
    assert log.getvalue().count("named.yaml") == 1


def test_a_reload_gives_other_defaults_to_the_apps_of_a_broken_list_too(world: World) -> None:
    world.put("a.yaml", app("a"))
    world.complete()
    world.put("a.yaml", text="- [")
    world.content["defaults"] = {"labels": {"merchant": "acme"}}
    world.complete()
    assert world.discovery.lists[0].apps[0].app.labels == {"merchant": "acme"}


def test_an_app_named_twice_counts_where_it_stands_first_and_comes_back(
    world: World, log: StringIO
) -> None:
    world.put("a.yaml", app("a"), app("main"))
    world.put("b.yaml", app("other", appid="wx-a"), app("b"))
    assert world.complete() == ["main", "a", "b"]
    folder = world.folder / "apps.d"
    assert world.faults == {
        "a.yaml": ("[1].name: an app in the configuration file has 'main'; each needs its own",),
        "b.yaml": (f"[0].appid: an app in {folder}/a.yaml[0] has 'wx-a'; each needs its own",),
    }
    assert "its other apps are taken: 1" in log.getvalue()
    world.put("a.yaml", app("c"))
    assert world.look() == ["main", "c", "other", "b"]
    assert world.faults == {}


def test_many_faults_are_told_in_part(world: World, log: StringIO) -> None:
    world.put("a.yaml", app("a"), *({"name": "b", "secret": "x"} for _ in range(30)))
    assert world.complete() == ["main", "a"]
    assert log.getvalue().count('fault="') == 20
    assert "list of apps has more faults" in log.getvalue()
    assert world.gauge("wxa_exporter_discovery_faults") == {"a.yaml": 30}


def test_a_list_in_another_order_each_time_tells_no_fault_again_and_changes_nothing(
    world: World, log: StringIO
) -> None:
    bad = [app(f"bad{number}", labels={"app": "x"}) for number in range(40)]
    listed = [*bad, app("a"), app("b"), app("other", appid="wx-a"), {"name": "/", "secret": "x"}]
    world.say(*listed)
    assert world.with_url().complete() == ["main", "a", "b"]
    assert log.getvalue().count('fault="') == 20
    for turn in (1, 7, 30):
        world.say(*listed[turn:], *listed[:turn])
        assert world.look() is None
    assert log.getvalue().count('fault="') == 20
    world.say(*listed[3:], app("new", labels={"app": "x"}))
    assert world.look() is None
    told = "[41].labels.app: 'app' is taken: another name is needed (app new)"
    assert log.getvalue().count('fault="') == 21
    assert (
        log.getvalue()
        .rstrip()
        .endswith(f'fault="{told}" consequence="its other apps are taken: 2"')
    )


def test_a_list_that_is_configured_no_more_leaves_the_gauges(world: World) -> None:
    world.put("a.yaml", app("a"))
    world.say(app("u"))
    world.with_url().complete()
    world.content.pop("app_files")
    assert world.complete() == ["main", "u"]
    assert world.gauge("wxa_exporter_discovery_apps") == {"apps": 1}


def test_two_urls_that_differ_in_their_query_alone_are_two_lists(world: World) -> None:
    url = world.server.url
    world.content["app_urls"] = [{"url": f"{url}/apps?of=a"}, {"url": f"{url}/apps?of=b"}]
    world.say(app("u"))
    assert world.complete() == ["main", "u"]
    assert world.gauge("wxa_exporter_discovery_apps") == {"apps": 1, "apps#2": 0}


def test_a_shard_takes_its_part_of_the_lists_too(world: World) -> None:
    world.put("a.yaml", *(app(f"a{number}") for number in range(40)))
    whole = world.complete()
    parts = []
    for ordinal in range(2):
        world.discovery = Discovery(
            requests.Session(), world.clock, world.telemetry, Shard(ordinal, 2)
        )
        parts.append(world.complete())
    assert sorted(parts[0] + parts[1]) == sorted(whole)
    assert min(map(len, parts)) > 5
    world.put("a.yaml", app("fresh"))
    changed = world.look()
    assert changed is not None
    assert ("fresh" in changed) == Shard(1, 2).holds("wx-fresh")
