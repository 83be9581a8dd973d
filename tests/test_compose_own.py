"""The way from a clone to one's own Mini Program by compose, as docs/installation.md tells it.

Compose itself is not run: its files are read, and what it would start is started from them.
"""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from exporter.simulator import RunningSimulator
from tests.cli.running import BAKERY, WXA, todays_wechat
from tests.support import ROOT, eventually, free_port, program

PAGE = ROOT / "docs" / "installation.md"
FENCE = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)


def steps() -> list[str]:
    """The lines that a newcomer types."""
    (block,) = [each for each in FENCE.findall(PAGE.read_text("utf-8")) if "secrets.env" in each]
    return str(block).splitlines()


def exporter_service() -> dict[str, Any]:
    """The service as compose merges the files that the last step names."""
    merged: dict[str, Any] = {}
    for name in re.findall(r"-f (\S+)", steps()[-1]):
        service = yaml.safe_load((ROOT / name).read_text("utf-8"))["services"]["exporter"]
        volumes = merged.get("volumes", []) + service.get("volumes", [])
        merged |= service | {"volumes": volumes}
    return merged


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What a newcomer has after the steps before the last."""
    folder = tmp_path / "clone"
    folder.mkdir()
    shutil.copy(ROOT / "config.example.yaml", folder)
    for step in steps()[:-1]:
        done = subprocess.run(["sh", "-c", step], cwd=folder, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
    return folder


def test_the_steps_lead_to_the_numbers_of_ones_own_app(clone: Path, tmp_path: Path) -> None:
    service, port = exporter_service(), free_port()
    (env_file,) = service["env_file"]
    secrets = clone / env_file.removeprefix("../")
    secrets.write_text(secrets.read_text("utf-8").replace("…", BAKERY.secret))
    settings = dict(line.split("=", 1) for line in secrets.read_text("utf-8").splitlines())
    mounted = dict(reversed(each.split(":")[:2]) for each in service["volumes"])
    (flag,) = [word for word in service["command"] if word.startswith("--config.file=")]
    inside = Path(flag.removeprefix("--config.file="))
    config = clone / mounted[str(inside.parent)].removeprefix("../") / inside.name
    with RunningSimulator(todays_wechat()) as wechat:
        # The example is edited as little as the text says, and asks the look-alike.
        text = config.read_text("utf-8").replace("wx0123456789abcdef", BAKERY.appid)
        config.write_text(text.replace("https://api.weixin.qq.com", wechat.url))
        command = [word.replace(str(inside), str(config)) for word in service["command"]]
        log = tmp_path / "log"
        listen = f"--web.listen-address=127.0.0.1:{port}"
        directory = ["env", "-C", str(tmp_path)]
        with program(*directory, WXA, *command, listen, log=log, env=settings) as process:

            def shown() -> bool:
                assert process.poll() is None, log.read_text()
                try:
                    page = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5)
                except requests.ConnectionError:
                    return False
                return 'wxa_visit_uv{app="shop"}' in page.text

            eventually(shown, 30, "the app's visitors on /metrics")


def test_every_secret_of_the_example_is_handed_to_the_container(clone: Path) -> None:
    apps = yaml.safe_load((clone / "conf" / "config.yaml").read_text("utf-8"))["apps"]
    named = {app["secret_env"] for app in apps}
    lines = (clone / "conf" / "secrets.env").read_text("utf-8").splitlines()
    assert named == {line.partition("=")[0] for line in lines}


def test_others_on_the_host_cannot_read_the_secrets_and_the_container_can_read_the_rest(
    clone: Path,
) -> None:
    assert (clone / "conf" / "secrets.env").stat().st_mode & 0o077 == 0
    assert (clone / "conf" / "config.yaml").stat().st_mode & 0o004


def test_what_is_typed_is_not_committed() -> None:
    done = subprocess.run(
        ["git", "check-ignore", "conf/config.yaml", "conf/secrets.env"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode > 1:
        pytest.skip(f"git cannot be asked: {done.stderr.strip()}")
    assert done.stdout.split() == ["conf/config.yaml", "conf/secrets.env"]
