"""check-config: every fault, and nothing touched."""

import os
import socket
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.cli.running import SECRET, WXA, write_config, wxa
from tests.sealed import SYMMETRIC_TEXT, Console
from tests.support import ROOT, tool

GOOD = {"name": "shop", "appid": "wx1", "secret": SECRET}


def check(path: Path, content: object) -> tuple[int, list[str]]:
    """Exit status, and the faults without the file's name."""
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    done = wxa("check-config", f"--config.file={path}")
    assert done.returncode == 0 or done.stdout == ""
    assert SECRET not in done.stdout + done.stderr
    return done.returncode, [line.split(": ", 1)[1] for line in done.stderr.splitlines()]


@pytest.mark.parametrize("form", ["--config.file={}", "--config.file {}"])
def test_a_good_file_is_good_with_equals_sign_and_with_space(tmp_path: Path, form: str) -> None:
    path = write_config(tmp_path, "http://127.0.0.1:9")
    done = wxa("check-config", *form.format(path).split())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{path} is good: 1 app: bakery\n"


def test_the_example_is_good() -> None:
    assert wxa("check-config", f"--config.file={ROOT / 'config.example.yaml'}").returncode == 0


def test_every_fault_stands_on_a_line_of_its_own_with_its_key(tmp_path: Path) -> None:
    status, faults = check(
        tmp_path / "config.yaml",
        {
            "apps": [
                GOOD | {"name": "a shop"},
                {"name": "cafe", "appid": "wx1", "reports": ["daily_visits"]},
            ],
            "collect": {"catch_up_days": 0, "schedule": "now"},
            "apii": {},
            "web": {"listen_address": "10868"},
        },
    )
    assert status == 1
    assert sorted(fault.split(": ")[0] for fault in faults) == [
        "apii", "apps[0].name", "apps[1]", "apps[1].appid", "apps[1].reports",
        "collect.catch_up_days", "collect.schedule", "web.listen_address",
    ]  # fmt: skip


def test_a_missing_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    done = wxa("check-config", cwd=tmp_path)
    assert done.returncode == 1
    assert "config.yaml: there is no such file; copy config.example.yaml" in done.stderr


def test_a_file_that_may_not_be_read_is_told_as_a_fault(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").touch(mode=0)
    # Of the superuser the right to read everything is taken.
    bound = [tool("setpriv"), "--bounding-set=-dac_override,-dac_read_search"]
    done = subprocess.run(
        [*(bound if os.geteuid() == 0 else []), WXA, "check-config"],
        cwd=tmp_path, capture_output=True, text=True, timeout=20,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "config.yaml: cannot be read: Permission denied\n"


def test_it_opens_nothing_and_calls_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        status, faults = check(
            tmp_path / "config.yaml",
            {
                "apps": [
                    {"name": "a", "appid": "wx1", "secret_file": str(tmp_path / "none")},
                    {"name": "b", "appid": "wx2", "secret_env": "NO_SUCH_VARIABLE"},
                    {"name": "c", "appid": "wx3", "token_url": f"{url}/token"},
                    {"name": "d", "appid": "wx4", "token_command": f"touch {tmp_path}/ran"},
                ],
                "api": {"base_url": url},
                "archive": {"url": f"sqlite:///{tmp_path}/no/such/folder/archive.db"},
            },
        )
        assert (status, faults) == (0, [])
        with pytest.raises(BlockingIOError):
            listening.accept()
    assert [each.name for each in tmp_path.iterdir()] == ["config.yaml"]


def test_keys_of_api_security_are_read_and_never_shown(tmp_path: Path) -> None:
    encryption = Console(tmp_path).encryption()
    path = tmp_path / "config.yaml"
    assert check(path, {"apps": [{**GOOD, "encryption": encryption}]}) == (0, [])
    wrong = encryption | {"private_key_file": encryption["symmetric_key_file"]}
    status, faults = check(path, {"apps": [{**GOOD, "encryption": wrong}]})
    assert (status, faults) == (
        1,
        [
            f"apps[0].encryption.private_key_file: {encryption['symmetric_key_file']} holds no "
            "private key in PEM"
        ],
    )
    assert SYMMETRIC_TEXT not in "".join(faults)
