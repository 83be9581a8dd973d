"""The unit file, as systemd reads it; it is not started here."""

import re
import subprocess
import sys
from pathlib import Path

from exporter.config import Config
from tests.support import ROOT, tool

UNIT = ROOT / "deploy" / "systemd" / "wxa-exporter.service"
# On the scale of systemd-analyze, on which 10 is a service with every right.
LARGEST_EXPOSURE = 2.0


def settings() -> list[tuple[str, str]]:
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    pairs = [line.split("=", 1) for line in lines if line and line[0] not in "#["]
    return [(name, value) for name, value in pairs]


def test_systemd_finds_no_fault(tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("wxa-exporter")
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/wxa-exporter/bin/wxa-exporter", str(command)))
    done = subprocess.run(
        [tool("systemd-analyze"), "verify", "--man=no", unit], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_it_is_exposed_as_little_as_it_can_be() -> None:
    done = subprocess.run(
        [tool("systemd-analyze"), "security", "--offline=true", "--no-pager", UNIT],
        capture_output=True, text=True,
    )  # fmt: skip
    (found,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert float(found) <= LARGEST_EXPOSURE


def test_the_archive_lies_in_its_state_directory_by_default() -> None:
    values = dict(settings())
    assert (
        not Config.model_fields["archive"].default.url.get_secret_value().startswith("sqlite:////")
    )
    assert values["WorkingDirectory"] == f"%S/{values['StateDirectory']}"


def test_secrets_come_as_credentials_that_the_documents_name() -> None:
    name, _, folder = dict(settings())["LoadCredential"].partition(":")
    for page in ("installation.md", "installation.zh-CN.md"):
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        assert f"{folder}/shop" in text
        assert f"secret_file: /run/credentials/{UNIT.name}/{name}_shop" in text
