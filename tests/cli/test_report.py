"""report as a command, over an archive that the simulator filled."""

import json
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from exporter.digest.words import MARKDOWN_BYTES
from exporter.simulator import RunningSimulator
from tests.cli.running import wxa
from tests.collect.world import World
from tests.conftest import CAFE, SHOP
from tests.support import FakeClock, beijing

DAY = "--day=2026-03-18"


@pytest.fixture
def config(wechat: RunningSimulator, tmp_path: Path, clock: FakeClock) -> str:
    """The option for a configuration whose archive has six weeks of two apps."""
    clock.moment = beijing("2026-03-19 16:00")
    names = {SHOP.appid: "shop", CAFE.appid: "cafe"}
    apps = (SHOP, CAFE)
    path = tmp_path / "archive.db"
    with closing(World(wechat, path, clock, apps, names=names, catch_up_days=42)) as world:
        world.run()
    return f"--config.file={written(tmp_path, ['shop', 'cafe'])}"


def written(folder: Path, names: list[str]) -> Path:
    apps = {"shop": SHOP, "cafe": CAFE}
    content = {
        "apps": [
            {"name": name, "appid": apps[name].appid, "secret": apps[name].secret} for name in names
        ],
        "archive": {"url": f"sqlite:///{folder / 'archive.db'}"},
    }
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def test_it_tells_every_app_of_the_configuration_in_its_order(config: str) -> None:
    done = wxa("report", config, DAY)
    assert (done.returncode, done.stderr) == (0, "")
    first = [line for line in done.stdout.splitlines() if line and not line.startswith(" ")]
    assert first == ["shop  2026-03-18 Wed, working day", "cafe  2026-03-18 Wed, working day"]
    for number in ("Visitors", "New visitors", "Sessions", "Came back next day"):
        assert done.stdout.count(f"    {number} ") == 2
    assert "usually" in done.stdout
    assert "Missing" not in done.stdout


def test_an_app_that_a_faulty_list_lacks_is_said_to_be_missing(tmp_path: Path, config: str) -> None:
    content = yaml.safe_load((tmp_path / "config.yaml").read_text())
    cafe = content["apps"].pop()
    (tmp_path / "apps.yaml").write_text(yaml.safe_dump([cafe | {"name": "<b>"}]))
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(content | {"app_files": ["apps.yaml"]}))
    done = wxa("report", config, DAY)
    assert done.returncode == 0
    assert "cafe" not in done.stdout
    assert "list of apps has a fault" in done.stderr
    assert "[0].name" in done.stderr


def test_app_language_and_format_are_chosen(config: str) -> None:
    done = wxa("report", config, DAY, "--app=cafe", "--language=zh", "--format=markdown")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("### cafe 2026-03-18 周三，工作日\n**")
    assert "shop" not in done.stdout
    assert len(done.stdout.encode()) <= MARKDOWN_BYTES
    (told,) = json.loads(wxa("report", config, DAY, "--app=cafe", "--format=json").stdout)
    assert f"> 访问人数 **{told['visitors']['value']:,.0f}**" in done.stdout


def test_a_day_that_nobody_knows_is_told_with_exit_1(config: str) -> None:
    done = wxa("report", config, "--day=2025-01-15", "--app=shop")
    assert done.returncode == 1
    assert "Nothing is known of this day." in done.stdout
    assert done.stdout.count("no answer is archived") == 4
    assert done.stderr == "wxa-exporter report: nothing is known of 2025-01-15\n"


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("--app=nobody", "there is no app 'nobody'; there are shop, cafe"),
        ("--day=yesterday", "--day must be a day like 2026-03-18, not 'yesterday'"),
        ("--day=2999-01-01", "--day is 2999-01-01; the newest day possible is "),
        ("--day=2016-01-01", "2016-01-01 is before 2017-01-09"),
    ],
)
def test_what_makes_no_sense_is_told_in_a_sentence_with_exit_2(
    config: str, argument: str, sentence: str
) -> None:
    done = wxa("report", config, argument)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"wxa-exporter report: {sentence}")
    assert done.stderr.count("\n") == 1


def test_without_an_archive_it_makes_none(tmp_path: Path) -> None:
    path = written(tmp_path, ["shop"])
    done = wxa("report", f"--config.file={path}")
    assert (done.returncode, done.stdout) == (1, "")
    assert "there is no archive" in done.stderr
    assert not (tmp_path / "archive.db").exists()
