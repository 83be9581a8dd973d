"""demo and simulate: no account needed, and nothing left behind."""

import os
import re
import socket
import subprocess
from pathlib import Path
from signal import SIGINT, SIGTERM
from subprocess import PIPE

import pytest
import requests

from tests.cli.running import WXA, ended, started, wxa
from tests.support import eventually, free_port, tool


def answers(url: str) -> bool:
    """Whether anything answers there."""
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


def test_the_demo_fills_metrics_and_leaves_nothing_behind(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    address = f"127.0.0.1:{free_port()}"
    arguments = ("demo", "--days=10", f"--web.listen-address={address}")
    with started(*arguments, folder=tmp_path, env={"TMPDIR": str(temporary)}) as process:

        def filled() -> bool:
            if not answers(f"http://{address}/-/ready"):
                return False
            text = requests.get(f"http://{address}/metrics", timeout=5).text
            return set(re.findall(r'wxa_cumulative_users\{app="(\w+)"\}', text)) == {
                "shop", "restaurant", "community",
            }  # fmt: skip

        eventually(filled, 30, "three apps on /metrics")
        assert len(list(temporary.iterdir())) == 1
        assert ended(process, SIGINT, 5) == 0
    assert list(temporary.iterdir()) == []
    assert f"http://{address}/ shows 3 simulated apps" in (tmp_path / "out").read_text()
    assert "Traceback" not in (tmp_path / "err").read_text()


@pytest.mark.parametrize("number", [SIGINT, SIGTERM])
def test_the_demo_ends_cleanly_in_the_middle_of_filling(tmp_path: Path, number: int) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    address = f"127.0.0.1:{free_port()}"
    arguments = ("demo", "--days=365", "--apps=20", f"--web.listen-address={address}")
    with started(*arguments, folder=tmp_path, env={"TMPDIR": str(temporary)}) as process:
        eventually(lambda: answers(f"http://{address}/-/ready"), 30, "the demo answers")
        assert ended(process, SIGINT if number == SIGINT else SIGTERM, 5) == 0
    assert list(temporary.iterdir()) == []
    assert "Traceback" not in (tmp_path / "err").read_text()


def test_a_demo_whose_address_cannot_be_told_ends_and_leaves_nothing_behind(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [WXA, "demo", f"--web.listen-address=127.0.0.1:{free_port()}", "--log.level=error"],
            stdout=full, stderr=PIPE, text=True, timeout=20,
            env=os.environ | {"TMPDIR": str(temporary)},
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (
        1, "wxa-exporter demo: standard output cannot be written: No space left on device\n"
    )  # fmt: skip
    assert list(temporary.iterdir()) == []


def test_a_demo_without_room_for_its_archive_says_so(tmp_path: Path) -> None:
    command = [tool("prlimit"), "--fsize=0", WXA, "demo", "--web.listen-address=127.0.0.1:0"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("wxa-exporter: no folder can be made for the archive: No usable ")
    assert done.stderr.endswith("; TMPDIR names another place\n")


def test_the_demos_address_can_be_opened_as_it_is_told(tmp_path: Path) -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    port = free_port()
    arguments = ("demo", "--apps=1", "--days=1", f"--web.listen-address=[::1]:{port}")
    with started(*arguments, folder=tmp_path) as process:
        out = tmp_path / "out"
        eventually(lambda: out.read_text() != "", 20, "the address is told")
        assert out.read_text() == f"http://[::1]:{port}/ shows 1 simulated app\n"
        assert answers(f"http://[::1]:{port}/")
        assert ended(process, SIGTERM, 5) == 0


@pytest.mark.parametrize("arguments", [("demo", "--web.listen-address"), ("simulate", "--listen")])
def test_an_address_that_is_taken_is_told_in_one_line(arguments: tuple[str, str]) -> None:
    command, option = arguments
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = wxa(command, f"{option}={address}")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"wxa-exporter: cannot listen on {address} (Address already in use): is an exporter "
        f"running there already? {option} names another address\n"
    )


def test_simulate_prints_apps_whose_token_call_works(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    with started("simulate", f"--listen={address}", "--apps=2", folder=tmp_path) as process:
        printed = tmp_path / "out"
        eventually(lambda: printed.read_text().count("secret:") == 2, 20, "two apps printed")
        appid, secret = re.findall(r"appid: (\w+)  secret: (\w+)", printed.read_text())[0]
        answer = requests.get(
            f"http://{address}/cgi-bin/token",
            params={"grant_type": "client_credential", "appid": appid, "secret": secret},
            timeout=5,
        )
        assert "access_token" in answer.json()
        assert ended(process, SIGTERM, 5) == 0
    assert (tmp_path / "err").read_text() == ""


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("demo", "--web.listen-address=nowhere"), "'--web.listen-address': must look like"),
        (("simulate", "--listen=nowhere"), "'--listen': must look like"),
    ],
)
def test_an_address_that_is_none_is_refused_by_name(
    arguments: tuple[str, ...], complaint: str
) -> None:
    done = wxa(*arguments)
    assert done.returncode == 2
    assert complaint in done.stderr
