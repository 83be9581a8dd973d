"""The image, as far as it can be checked without building it."""

import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from threading import Thread

import pytest
import requests
import yaml

from exporter import __version__
from exporter.config import Config
from tests.support import ROOT, eventually, free_port, program, tool

PORT = "10868"
BUILD_SECONDS = 300


def instructions() -> list[tuple[str, str]]:
    """Name and arguments of each instruction, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    pairs = [line.split(None, 1) for line in joined.splitlines() if line.strip()]
    return [(name, arguments) for name, arguments in pairs]


def stages() -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = []
    for name, arguments in instructions():
        if name == "FROM":
            found.append([])
        if found:
            found[-1].append((name, arguments))
    return found


def last_stage(name: str) -> str:
    """The arguments of the only instruction of that name in the image itself."""
    (arguments,) = [arguments for each, arguments in stages()[-1] if each == name]
    return arguments


def ignored(path: Path) -> bool:
    """Whether .dockerignore keeps a file out: the last pattern that fits it or a parent decides."""
    relative = PurePosixPath(path.relative_to(ROOT).as_posix())
    names = [str(relative), *(str(parent) for parent in relative.parents)]
    verdict = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!")
        ends = (pattern, pattern.removeprefix("**/"), f"*/{pattern.removeprefix('**/')}")
        wanted = ends if pattern.startswith("**/") else ends[:1]
        if any(fnmatch(name, each) for name in names for each in wanted):
            verdict = not line.startswith("!")
    return verdict


def copied() -> Iterator[tuple[Path, str]]:
    """Each source in the checkout that the Dockerfile copies, and where to."""
    for name, arguments in instructions():
        if name == "COPY" and not arguments.startswith("--from"):
            *sources, target = arguments.split()
            for source in sources:
                yield ROOT / source, target


def health_check() -> list[str]:
    words: list[str] = json.loads(last_stage("HEALTHCHECK").partition("CMD ")[2])
    assert words[0] == "python"
    return [sys.executable, *words[1:]]


class TestInstructions:
    """What the file says."""

    def test_every_stage_has_the_same_slim_base(self) -> None:
        bases = {stage[0][1].split()[0] for stage in stages()}
        assert bases == {"${BASE}"}
        assert instructions()[0] == ("ARG", "BASE=python:3.12-slim")

    def test_the_user_is_a_number_other_than_root(self) -> None:
        user, _, group = last_stage("USER").partition(":")
        assert int(user) > 0
        assert int(group) > 0

    def test_the_archive_lies_in_the_volume_by_default(self) -> None:
        url = Config.model_fields["archive"].default.url.get_secret_value()
        assert not url.startswith("sqlite:////")
        assert last_stage("WORKDIR") == last_stage("VOLUME") == "/data"

    def test_the_volume_belongs_to_the_user(self) -> None:
        user, group = last_stage("USER").split(":")
        assert f"install -d -o {user} -g {group} /data" in last_stage("RUN")

    def test_the_port_is_the_default_one(self) -> None:
        address = Config.model_fields["web"].default.listen_address
        assert last_stage("EXPOSE") == address.rpartition(":")[2] == PORT
        assert PORT in last_stage("HEALTHCHECK")

    def test_it_serves_with_the_mounted_configuration(self) -> None:
        assert json.loads(last_stage("ENTRYPOINT")) == ["wxa-exporter"]
        command = json.loads(last_stage("CMD"))
        assert command == ["serve", "--config.file=/etc/wxa-exporter/config.yaml"]

    def test_its_version_is_the_package_s(self) -> None:
        assert f'org.opencontainers.image.version="{__version__}"' in last_stage("LABEL")

    def test_every_copied_file_exists_and_is_not_ignored(self) -> None:
        sources = [source for source, _ in copied()]
        assert sources
        for source in sources:
            assert source.exists()
            assert not ignored(source)
        templates = list((ROOT / "exporter").rglob("*.html"))
        assert templates
        assert not any(ignored(template) for template in templates)

    def test_nothing_else_is_sent_to_the_engine(self) -> None:
        for name in (".git", ".venv", "config.yaml", "wxa-exporter.db", "tests", "docs"):
            assert ignored(ROOT / name)
        assert ignored(ROOT / "exporter" / "web" / "__pycache__")

    def test_every_requirement_has_a_hash(self) -> None:
        text = (ROOT / "requirements.txt").read_text(encoding="utf-8").replace("\\\n", "")
        lines = [line for line in text.splitlines() if line.strip() and line.lstrip()[0] != "#"]
        assert lines
        assert [line for line in lines if "--hash=sha256:" not in line] == []


class TestHealthCheck:
    """The command of HEALTHCHECK, on another port."""

    @staticmethod
    def run(port: int) -> int:
        words = [word.replace(PORT, str(port)) for word in health_check()]
        # A proxy must not be asked about this very container.
        env = os.environ | {"http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
        return subprocess.run(words, env=env, capture_output=True, timeout=20).returncode

    @pytest.mark.parametrize(("status", "verdict"), [(200, 0), (503, 1)])
    def test_it_follows_the_status(self, status: int, verdict: int) -> None:
        asked: list[str] = []

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
            thread = Thread(target=server.handle_request)
            thread.start()
            assert self.run(server.server_port) == verdict
            thread.join()
        assert asked == ["/-/healthy"]

    def test_it_fails_where_nobody_listens(self) -> None:
        assert self.run(free_port()) == 1


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root folder after the RUN and COPY lines of the build stage, with this Python."""
    root = tmp_path_factory.mktemp("image")
    source, target = root / "src", root / "opt" / "wxa-exporter"
    source.mkdir()
    for path, place in copied():
        if path.is_dir():
            shutil.copytree(path, source / place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, source / place)
    venv.create(target, with_pip=True)
    env = os.environ | {"PATH": f"{target}/bin:{os.environ['PATH']}"}
    for name, arguments in stages()[0]:
        if name == "RUN" and "venv" not in arguments:
            done = subprocess.run(
                ["sh", "-c", arguments], cwd=source, env=env, capture_output=True, text=True,
                timeout=BUILD_SECONDS,
            )  # fmt: skip
            assert done.returncode == 0, done.stdout + done.stderr
    shutil.rmtree(source)
    return target


class TestBuilt:
    """What the build stage's own lines install, in a throw-away folder."""

    def test_the_installed_command_runs_without_the_checkout(self, built: Path) -> None:
        done = subprocess.run(
            [built / "bin" / "wxa-exporter", "metrics"], cwd=built, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert "wxa_visit_uv" in done.stdout

    def test_neither_pip_nor_setuptools_stays(self, built: Path) -> None:
        packages = next(built.glob("lib/python*/site-packages"))
        assert not (packages / "pip").exists()
        assert not (packages / "setuptools").exists()

    def test_it_serves_when_only_data_can_be_written(self, built: Path, tmp_path: Path) -> None:
        data, port = tmp_path / "data", free_port()
        data.mkdir()
        config = tmp_path / "config.yaml"
        app = {"name": "a", "appid": "wx1", "secret_file": str(tmp_path / "none")}
        config.write_text(yaml.safe_dump({"apps": [app]}))
        # Everything is mounted read-only but the folder that stands for /data.
        script = (
            "mount --make-rprivate / && mount --bind {data} {data}"
            " && mount -o remount,bind,ro /"
            " && for each in /tmp /var/tmp /dev/shm; do"
            " mount -o remount,bind,ro $each 2>/dev/null; done"
            "; cd {data} && ! touch {outside} 2>/dev/null"
            " && ! touch /tmp/wxa-exporter-test 2>/dev/null && exec {command}"
        )
        command = f"{built}/bin/wxa-exporter serve --config.file={config}"
        listen = f"--web.listen-address=127.0.0.1:{port}"
        inside = script.format(data=data, outside=tmp_path / "x", command=f"{command} {listen}")
        unshare = [tool("unshare"), "--mount"]
        if subprocess.run(
            [*unshare, "mount", "--make-rprivate", "/"], capture_output=True
        ).returncode:
            pytest.skip("no right to mount")
        log = tmp_path / "log"
        env = {"PYTHONDONTWRITEBYTECODE": "1"}
        with program(*unshare, "sh", "-c", inside, log=log, env=env) as process:
            url = f"http://127.0.0.1:{port}/metrics"

            def answers() -> bool:
                assert process.poll() is None, log.read_text()
                try:
                    return requests.get(url, timeout=5).status_code == 200
                except requests.ConnectionError:
                    return False

            eventually(answers, 20, "the exporter answers on a read-only root")
        assert (data / "wxa-exporter.db").exists()
