"""The image, built from the Dockerfile and run as an orchestrator that trusts nobody runs it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from signal import SIGTERM

import pytest
import requests
import yaml

from exporter import __version__
from exporter.simulator import RunningSimulator
from tests.cli.running import SECRET, todays_wechat, write_config
from tests.image.engine import Image, image_in, need_root_and_tools
from tests.support import ROOT, eventually, tool

USER = 10868
# Of this, Debian's Python, which stands for the base, is 200 MB.
LARGEST_BYTES = 420_000_000
# Docker kills what has not ended 10 s after SIGTERM.
SECONDS_TO_END = 10


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    need_root_and_tools()
    with image_in(tmp_path_factory.mktemp("storage")) as built:
        yield built


def test_it_collects_on_a_read_only_root_as_a_nobody_and_ends_in_time(
    image: Image, tmp_path: Path
) -> None:
    conf, data = tmp_path / "conf", tmp_path / "data"
    for folder in (conf, data):
        folder.mkdir()
    os.chown(data, USER, USER)
    with RunningSimulator(todays_wechat()) as wechat:
        write_config(conf, wechat.url)
        told = yaml.safe_load((conf / "config.yaml").read_text())
        del told["archive"]
        (conf / "config.yaml").write_text(yaml.safe_dump(told))
        mounts = {conf: "/etc/wxa-exporter", data: "/data"}
        log = tmp_path / "log"
        with image.running(*image.words("Cmd"), mounts=mounts, log=log) as process:

            def text() -> str:
                assert process.poll() is None, log.read_text()
                try:
                    return requests.get("http://127.0.0.1:10868/metrics", timeout=5).text
                except requests.ConnectionError:
                    return ""

            eventually(lambda: 'wxa_visit_uv{app="bakery"}' in text(), 60, "a value on /metrics")
            status = Path(f"/proc/{process.pid}/status").read_text()
            assert f"Uid:\t{USER}\t{USER}\t{USER}\t{USER}\n" in status
            assert f"Gid:\t{USER}\t{USER}\t{USER}\t{USER}\n" in status
            for capabilities in ("CapEff", "CapPrm", "CapBnd"):
                assert f"{capabilities}:\t{0:016x}\n" in status
            check = image.config["Healthcheck"]
            assert isinstance(check, dict)
            assert check["Test"][0] == "CMD"
            asked = subprocess.run(
                image.inside(*check["Test"][1:], mounts=mounts), capture_output=True, timeout=20
            )
            assert asked.returncode == 0, asked.stderr
            process.send_signal(SIGTERM)
            assert process.wait(SECONDS_TO_END) == 0
        unhealthy = subprocess.run(
            image.inside(*check["Test"][1:], mounts=mounts), capture_output=True, timeout=20
        )
        assert unhealthy.returncode == 1
    assert (data / "wxa-exporter.db").stat().st_uid == USER
    assert SECRET not in log.read_text()
    assert "Traceback" not in log.read_text()


def test_its_root_cannot_be_written(image: Image, tmp_path: Path) -> None:
    os.chown(tmp_path, USER, USER)
    script = "touch /data/can && ! touch /tmp/x && ! touch /opt/x && ! touch /x"
    done = subprocess.run(
        image.inside("sh", "-c", script, mounts={tmp_path: "/data"}), capture_output=True, text=True
    )
    assert done.returncode == 0
    assert done.stderr.count("Read-only file system") == 3
    assert (tmp_path / "can").exists()


def test_it_says_what_it_is(image: Image) -> None:
    labels = image.config["Labels"]
    assert isinstance(labels, dict)
    named = {name.removeprefix("org.opencontainers.image."): text for name, text in labels.items()}
    assert named["version"] == __version__
    assert named["revision"] == "tested"
    assert named["licenses"] == "Apache-2.0"
    assert named["base.name"] == "python:3.12-slim"


def test_its_size_is_told_and_bounded(image: Image, record_property: object) -> None:
    assert callable(record_property)
    record_property("bytes", image.size)
    added = sum(f.stat().st_size for f in (image.root / "opt").rglob("*") if f.is_file())
    sys.stderr.write(f"image: {image.size / 1e6:.0f} MB, {added / 1e6:.0f} MB of them ours\n")
    assert image.size < LARGEST_BYTES


def test_nothing_that_installs_or_compiles_comes_from_us(image: Image) -> None:
    packages = next(image.root.glob("opt/wxa-exporter/lib/python*/site-packages"))
    assert [name for name in ("pip", "setuptools") if (packages / name).exists()] == []


def test_the_list_of_parts_names_everything_that_is_in_it(image: Image, tmp_path: Path) -> None:
    command = (
        "import importlib.metadata as m, json;"
        "print(json.dumps(sorted((d.name.lower(), d.version) for d in m.distributions())))"
    )
    os.chown(tmp_path, USER, USER)
    done = subprocess.run(
        image.inside("/opt/wxa-exporter/bin/python", "-c", command, mounts={tmp_path: "/data"}),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    installed = {tuple(pair) for pair in json.loads(done.stdout)}
    target = tmp_path / "sbom.json"
    subprocess.run(
        [tool("make"), "sbom", f"SBOM={target}"], cwd=ROOT, check=True, capture_output=True
    )
    told = json.loads(target.read_text())
    assert told["bomFormat"] == "CycloneDX"
    parts = {(part["name"].lower(), part["version"]) for part in told["components"]}
    assert installed - {("wxa-exporter", __version__)} == parts
