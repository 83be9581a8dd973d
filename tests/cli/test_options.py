"""What commands share: results that cannot be written are told in one line."""

import subprocess
from subprocess import PIPE

from tests.cli.running import WXA


def test_a_full_standard_output_is_told_in_one_line() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run([WXA, "metrics"], stdout=full, stderr=PIPE, text=True, timeout=20)
    assert done.returncode == 1
    assert done.stderr == (
        "wxa-exporter metrics: standard output cannot be written: No space left on device\n"
    )


def test_a_reader_that_goes_away_is_told_in_one_line() -> None:
    with subprocess.Popen([WXA, "metrics"], stdout=PIPE, stderr=PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        told = process.stderr.read()
        assert (process.wait(20), told) == (1, "wxa-exporter metrics: the reader went away\n")
