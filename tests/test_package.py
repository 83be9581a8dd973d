"""The sdist and the wheel: what they hold, and that the wheel alone is enough to run."""

import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
import requests

from exporter import __version__
from tests.support import ROOT, eventually, free_port, program

INSTALL_SECONDS = 300
# What a package index gets to see beside the code.
SDIST_FILES = {
    "LICENSE", "MANIFEST.in", "PKG-INFO", "README.md", "pyproject.toml", "setup.cfg",
}  # fmt: skip


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both, built as a release builds them: the wheel from the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--outdir", folder, ROOT], capture_output=True, text=True,
        timeout=INSTALL_SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (path,) = dist.glob("*.whl")
    return path


def code() -> set[str]:
    """Every file of the package that belongs into both."""
    kept = {".py", ".html", ".typed"}
    files = (path for path in (ROOT / "exporter").rglob("*") if path.suffix in kept)
    named = {path.relative_to(ROOT).as_posix() for path in files} | {"exporter/py.typed"}
    return {name for name in named if "__pycache__" not in name}


def test_the_wheel_holds_the_package_and_no_more(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    about = f"wxa_exporter-{__version__}.dist-info/"
    assert {name for name in names if not name.startswith(about)} == code()
    assert f"{about}licenses/LICENSE" in names


def test_the_sdist_holds_the_package_and_what_builds_it(dist: Path) -> None:
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {each.name.partition("/")[2] for each in archive if each.isfile()}
    beyond = {name for name in names if not name.startswith("wxa_exporter.egg-info/")}
    assert beyond == code() | SDIST_FILES


def test_nothing_is_wrong_with_the_wheel_s_contents(wheel: Path) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("check-wheel-contents"), wheel],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_wheel_alone_runs_the_demo(wheel: Path, tmp_path: Path) -> None:
    """As pipx installs it: into an environment of its own, with what the wheel asks for."""
    environment, port = tmp_path / "venv", free_port()
    venv.create(environment, with_pip=True)
    done = subprocess.run(
        [environment / "bin" / "pip", "install", "--quiet", wheel], capture_output=True, text=True,
        timeout=INSTALL_SECONDS, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    command, log = str(environment / "bin" / "wxa-exporter"), tmp_path / "log"
    with program(command, "demo", f"--web.listen-address=127.0.0.1:{port}", log=log) as process:

        def text() -> str:
            assert process.poll() is None, log.read_text()
            try:
                return requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
            except requests.ConnectionError:
                return ""

        eventually(lambda: 'wxa_visit_uv{app="shop"}' in text(), 60, "the demo's numbers")
