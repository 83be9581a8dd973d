"""The image, as far as it can be checked without building it."""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from exporter import __version__
from exporter.config import Config
from tests.support import ROOT

PORT = "10868"


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
