"""collect: one pass, metrics on standard output, the rest on standard error."""

import shlex
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from signal import SIGINT

import pytest
from prometheus_client.parser import text_string_to_metric_families

from exporter.simulator import Fault, RunningSimulator
from tests.cli.running import (
    BAKERY,
    SECRET,
    WXA,
    ended,
    started,
    todays_wechat,
    write_config,
    wxa,
)
from tests.support import eventually, tool
from tests.web.serving import entry

TREND = "getweanalysisappiddailyvisittrend"


@pytest.fixture
def today() -> Iterator[RunningSimulator]:
    with RunningSimulator(todays_wechat()) as running:
        yield running


def names(text: str) -> set[str]:
    """The names of all samples; fails where there is anything but metrics."""
    assert all(line.startswith(("#", "wxa_")) for line in text.splitlines())
    return {s.name for family in text_string_to_metric_families(text) for s in family.samples}


def test_all_reports_arrive_and_metrics_alone_stand_on_standard_output(
    tmp_path: Path, today: RunningSimulator
) -> None:
    path = write_config(tmp_path, today.url)
    done = wxa("collect", f"--config.file={path}")
    assert done.returncode == 0
    assert {"wxa_visit_pv", "wxa_page_visit_pv", "wxa_app_info"} <= names(done.stdout)
    assert {"wxa_exporter_report_success", "wxa_exporter_reports_due"} <= names(done.stdout)
    assert "collected" in done.stderr
    assert not {"\r", "\x1b", "━"} & set(done.stderr)  # no progress in a pipe
    assert SECRET not in done.stdout + done.stderr
    promtool = subprocess.run(
        [tool("promtool"), "check", "metrics"], input=done.stdout, capture_output=True, text=True,
        timeout=20,
    )  # fmt: skip
    assert (promtool.returncode, promtool.stdout + promtool.stderr) == (0, "")


def test_again_it_shows_the_same_and_asks_nothing(tmp_path: Path, today: RunningSimulator) -> None:
    path = write_config(tmp_path, today.url)
    first, calls = wxa("collect", f"--config.file={path}"), len(today.simulator.calls)
    again = wxa("collect", "--config.file", str(path))
    assert again.returncode == 0
    assert len(today.simulator.calls) == calls
    begin = "# HELP wxa_exporter_"
    assert again.stdout.split(begin)[0] == first.stdout.split(begin)[0]


def test_what_is_not_ready_makes_exit_1_with_what_did_arrive(
    tmp_path: Path, today: RunningSimulator
) -> None:
    today.simulator.faults.add(Fault("empty", call=TREND))
    done = wxa("collect", f"--config.file={write_config(tmp_path, today.url)}")
    assert done.returncode == 1
    assert "wxa_page_visit_pv" in names(done.stdout)
    assert "wxa_visit_pv" not in names(done.stdout)
    assert "looks still due, 0 reports failing" in done.stderr


def test_a_wrong_secret_is_told_with_what_to_do(tmp_path: Path, today: RunningSimulator) -> None:
    wrong = entry("bakery", BAKERY) | {"secret": "a-wrong-one-entirely"}
    done = wxa("collect", f"--config.file={write_config(tmp_path, today.url, apps=[wrong])}")
    assert done.returncode == 1
    assert "the secret is wrong or was reset: copy the AppSecret again" in done.stderr
    assert "a-wrong-one-entirely" not in done.stderr
    assert 'wxa_exporter_report_success{app="bakery",report="visit_page"} 0.0' in done.stdout


def test_an_archive_that_cannot_be_opened_is_told_in_one_line(tmp_path: Path) -> None:
    archive = {"url": f"sqlite:///{tmp_path}/no/folder/a.db"}
    path = write_config(tmp_path, "http://127.0.0.1:9", archive=archive)
    done = wxa("collect", f"--config.file={path}")
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert "cannot be opened" in done.stderr


def test_a_disk_that_is_full_ends_it_with_a_line_about_the_archive(
    tmp_path: Path, today: RunningSimulator
) -> None:
    path = write_config(tmp_path, today.url)
    assert wxa("collect", f"--config.file={path}").returncode == 0
    with closing(sqlite3.connect(tmp_path / "archive.db")) as archive:
        archive.execute(
            "CREATE TRIGGER full BEFORE UPDATE ON schema_version "
            "BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )
        archive.commit()
    done = wxa("collect", f"--config.file={path}")
    assert done.returncode == 1
    assert "wxa_visit_pv" in names(done.stdout)
    assert done.stderr.splitlines()[-1] == "not complete: the archive cannot be used, see above"


@pytest.mark.parametrize("arguments", [("--config.file=none.yaml",), ("--no.option",)])
def test_bad_usage_and_bad_configuration_make_exit_2(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    done = wxa("collect", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")


def test_on_a_terminal_it_shows_progress_and_keeps_standard_output_clean(
    tmp_path: Path, today: RunningSimulator
) -> None:
    path, out = write_config(tmp_path, today.url), tmp_path / "metrics.txt"
    command = f"{shlex.join([WXA, 'collect', f'--config.file={path}'])} > {shlex.quote(str(out))}"
    done = subprocess.run(
        [tool("script"), "-qec", command, "/dev/null"], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0
    assert "collected bakery" in done.stdout
    assert "1/1" in done.stdout
    assert "wxa_visit_pv" in names(out.read_text(encoding="utf-8"))


def test_ctrl_c_ends_it_at_once_and_what_arrived_stays(
    tmp_path: Path, today: RunningSimulator
) -> None:
    today.simulator.faults.add(Fault("slow", call="getweanalysisappidvisitpage", seconds=8))
    path = write_config(tmp_path, today.url)

    def asked_slowly() -> bool:
        return today.simulator.calls[-1:] != [] and today.simulator.calls[-1].outcome == "slow"

    with started("collect", f"--config.file={path}", folder=tmp_path) as process:
        eventually(asked_slowly, 20, "a call that takes 8 s")
        assert ended(process, SIGINT, 3) == 1
    error = (tmp_path / "err").read_text()
    assert error.splitlines()[-1] == "interrupted; what arrived is in the archive"
    assert "Traceback" not in error
    assert (tmp_path / "out").read_text() == ""
    calls = [call.call for call in today.simulator.calls].count(TREND)
    today.simulator.faults.clear()
    assert wxa("collect", f"--config.file={path}").returncode == 0
    assert [call.call for call in today.simulator.calls].count(TREND) == calls
