"""What commands share: results that cannot be written are told in one line; 1 of anything."""

import subprocess
from subprocess import PIPE

import pytest

from exporter.cli.options import counted
from tests.cli.running import WXA
from tests.support import ROOT


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["metrics"], "wxa-exporter metrics"),
        (["check-config", f"--config.file={ROOT / 'config.example.yaml'}"],
         "wxa-exporter check-config"),
        (["--help"], "wxa-exporter"),
        (["--version"], "wxa-exporter"),
        (["collect", "-h"], "wxa-exporter"),
        (["simulate", "--listen=127.0.0.1:0"], "wxa-exporter simulate"),
    ],
)  # fmt: skip
def test_a_full_standard_output_is_told_in_one_line(arguments: list[str], name: str) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run([WXA, *arguments], stdout=full, stderr=PIPE, text=True, timeout=20)
    assert (done.returncode, done.stderr) == (
        1, f"{name}: standard output cannot be written: No space left on device\n"
    )  # fmt: skip


@pytest.mark.parametrize("name", ["metrics", "collect", "demo", "simulate"])
def test_a_closed_standard_output_is_told_in_one_line_and_before_any_work(name: str) -> None:
    closed = ["sh", "-c", 'exec "$0" "$1" >&-', WXA, name]
    done = subprocess.run(closed, stderr=PIPE, text=True, timeout=20)
    assert (done.returncode, done.stderr) == (
        1, f"wxa-exporter {name}: standard output is closed\n"
    )  # fmt: skip


def test_a_reader_that_goes_away_is_told_in_one_line() -> None:
    with subprocess.Popen([WXA, "metrics"], stdout=PIPE, stderr=PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        told = process.stderr.read()
        assert (process.wait(20), told) == (1, "wxa-exporter metrics: the reader went away\n")


def test_one_of_anything_is_told_as_one() -> None:
    assert [counted(number, "app") for number in range(3)] == ["0 apps", "1 app", "2 apps"]
    assert [counted(number, "reply", "replies") for number in (1, 2)] == ["1 reply", "2 replies"]
