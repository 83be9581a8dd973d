"""serve as a process: signals, restarts, a taken port, time zones, and no secret in its output."""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGKILL, SIGTERM, Signals
from subprocess import Popen

import pytest
import requests

from exporter.simulator import Fault, RunningSimulator
from tests.cli.running import (
    BAKERY,
    SECRET,
    ended,
    started,
    todays_wechat,
    write_config,
    wxa,
)
from tests.support import eventually, free_port
from tests.web.serving import entry


@pytest.fixture
def today() -> Iterator[RunningSimulator]:
    with RunningSimulator(todays_wechat()) as running:
        yield running


class Serving:
    """A serving process and its address."""

    def __init__(self, process: Popen[str], url: str) -> None:
        self.process = process
        self.url = url

    def text(self, path: str = "/metrics") -> str:
        """The answer to a GET; empty while nobody answers."""
        try:
            answer = requests.get(self.url + path, timeout=5)
        except requests.ConnectionError:
            return ""
        return answer.text if answer.status_code == 200 else ""

    def shows(self, line: str) -> None:
        """Wait until that text stands on /metrics."""
        eventually(lambda: line in self.text(), 15, f"{line} on /metrics")


@contextmanager
def serving(
    folder: Path, *more: str, env: dict[str, str] | None = None, open_files: int | None = None
) -> Iterator[Serving]:
    address = f"127.0.0.1:{free_port()}"
    options = (f"--config.file={folder / 'config.yaml'}", f"--web.listen-address={address}", *more)
    with started("serve", *options, folder=folder, env=env, open_files=open_files) as process:
        yield Serving(process, f"http://{address}")


def collected(serving: Serving) -> None:
    """Wait until the first pass is over."""
    serving.shows('wxa_exporter_reports_due{app="bakery"} 0.0')


def data(text: str) -> str:
    return text.split("# HELP wxa_exporter_")[0]


@pytest.mark.parametrize("number", [SIGTERM, SIGINT])
def test_a_signal_ends_it_cleanly(tmp_path: Path, today: RunningSimulator, number: Signals) -> None:
    write_config(tmp_path, today.url)
    with serving(tmp_path) as running:
        collected(running)
        assert ended(running.process, number, 5) == 0
    assert "event=stopping" in (tmp_path / "err").read_text()
    assert "Traceback" not in (tmp_path / "err").read_text()


@pytest.mark.parametrize("number", [SIGTERM, SIGINT])
def test_a_signal_ends_it_even_in_the_middle_of_slow_calls_of_two_configurations(
    tmp_path: Path, today: RunningSimulator, number: Signals
) -> None:
    today.simulator.faults.add(Fault("slow", seconds=8))
    write_config(tmp_path, today.url)
    with serving(tmp_path) as running:
        eventually(lambda: slow_calls(today) == 1, 20, "a slow call")
        running.process.send_signal(SIGHUP)
        eventually(lambda: slow_calls(today) == 2, 20, "a slow call of the reloaded one")
        assert ended(running.process, number, 5) == 0
    assert "Traceback" not in (tmp_path / "err").read_text()


def slow_calls(wechat: RunningSimulator) -> int:
    return sum(call.outcome == "slow" for call in wechat.simulator.calls)


def test_sighup_takes_a_changed_configuration_over_and_refuses_a_bad_one(
    tmp_path: Path, today: RunningSimulator
) -> None:
    write_config(tmp_path, today.url)
    with serving(tmp_path) as running:
        collected(running)
        write_config(tmp_path, today.url, apps=[entry("confectioner", BAKERY)])
        running.process.send_signal(SIGHUP)
        running.shows('wxa_visit_pv{app="confectioner"}')
        assert 'app="bakery"' not in running.text()
        write_config(tmp_path, today.url, apps=[])
        running.process.send_signal(SIGHUP)
        running.shows("wxa_exporter_config_last_reload_successful 0.0")
        assert 'wxa_visit_pv{app="confectioner"}' in running.text()
    assert "apps: needs at least one entry" in (tmp_path / "err").read_text()


def test_a_restart_answers_within_two_seconds_and_asks_wechat_nothing(
    tmp_path: Path, today: RunningSimulator
) -> None:
    """Two seconds of its own work; the wall's are more on a machine that runs other tests."""
    write_config(tmp_path, today.url)
    with serving(tmp_path) as running:
        collected(running)
        before = running.text()
        assert ended(running.process, SIGTERM, 5) == 0
    calls = len(today.simulator.calls)
    begin = time.perf_counter()
    with serving(tmp_path) as running:
        running.shows("wxa_visit_pv")
        assert time.perf_counter() - begin < 10
        text = running.text()
        worked = re.search(r"^process_cpu_seconds_total (\S+)$", text, re.M)
        assert worked is not None
        assert float(worked[1]) < 2
        assert data(text) == data(before)
        collected(running)
    assert len(today.simulator.calls) == calls


def test_after_kill_9_in_mid_pass_the_next_start_asks_only_what_is_missing(
    tmp_path: Path, today: RunningSimulator
) -> None:
    write_config(tmp_path, today.url)
    today.simulator.faults.add(Fault("slow", call="getweanalysisappidvisitpage", seconds=8))
    with serving(tmp_path) as running:
        eventually(lambda: slow_calls(today) == 1, 20, "a slow call")
        assert ended(running.process, SIGKILL, 5) == -SIGKILL
    today.simulator.faults.clear()
    before = [(call.call, call.begin_date) for call in today.simulator.calls][:-1]
    with serving(tmp_path) as running:
        collected(running)
    after = [(call.call, call.begin_date) for call in today.simulator.calls][len(before) + 1 :]
    assert {call for call, _ in after} == {"stable_token", "getweanalysisappidvisitpage"}
    assert len(set(after)) == len(after)


def test_300_connections_that_say_nothing_do_not_keep_scrapers_out(
    tmp_path: Path, today: RunningSimulator
) -> None:
    """Though they are more than the files that the process may open."""
    write_config(tmp_path, today.url)
    with serving(tmp_path, open_files=256) as running, ExitStack() as stack:
        collected(running)
        host, port = running.url.removeprefix("http://").split(":")
        for _ in range(300):
            stack.enter_context(socket.create_connection((host, int(port))))
        for _ in range(25):
            assert requests.get(f"{running.url}/metrics", timeout=5).status_code == 200
        running.process.send_signal(SIGHUP)
        eventually(lambda: "event=reloaded" in (tmp_path / "err").read_text(), 10, "a reload")


def test_a_taken_port_is_told_in_one_line(tmp_path: Path) -> None:
    write_config(tmp_path, "http://127.0.0.1:9")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = wxa("serve", f"--web.listen-address=127.0.0.1:{port}", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"wxa-exporter: cannot listen on 127.0.0.1:{port} (Address already in use): is an "
        "exporter running there already? --web.listen-address names another address\n"
    )


def test_an_address_of_another_machine_is_not_said_to_be_taken(tmp_path: Path) -> None:
    write_config(tmp_path, "http://127.0.0.1:9")
    done = wxa("serve", "--web.listen-address=192.0.2.1:10868", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "wxa-exporter: cannot listen on 192.0.2.1:10868 (Cannot assign requested address): is "
        "that an address of this machine? --web.listen-address names another address\n"
    )


def test_several_addresses_win_over_the_file(tmp_path: Path, today: RunningSimulator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        in_file = f"127.0.0.1:{taken.getsockname()[1]}"
        write_config(tmp_path, today.url, web={"listen_address": in_file})
        other = f"127.0.0.1:{free_port()}"
        with serving(tmp_path, f"--web.listen-address={other}", "--web.telemetry-path=/m") as one:
            two = Serving(one.process, f"http://{other}")
            for each in (one, two):
                eventually(lambda each=each: "wxa_visit_pv" in each.text("/m"), 15, "an answer")  # type: ignore[misc]
                assert each.text("/metrics") == ""


@pytest.mark.parametrize("form", ["logfmt", "json"])
def test_no_secret_is_in_its_output_even_at_debug(
    tmp_path: Path, today: RunningSimulator, form: str
) -> None:
    today.simulator.faults.add(
        Fault("close", call="getweanalysisappidvisitpage", times=4),
        Fault("errcode", call="getweanalysisappiddailyvisittrend", code=40001, times=1),
    )
    write_config(tmp_path, today.url)
    with serving(tmp_path, "--log.level=debug", f"--log.format={form}") as running:
        eventually(lambda: len(today.simulator.calls) > 12, 30, "some calls")
        running.process.send_signal(SIGHUP)
        collected(running)
        page = running.text("/") + running.text()
        assert ended(running.process, SIGTERM, 5) == 0
    output = (tmp_path / "err").read_text() + (tmp_path / "out").read_text() + page
    assert "bakery" in output
    assert SECRET not in output
    assert not re.search(r"access_token=(?!\*)|[0-9]+_[A-Za-z0-9_-]{60,}", output)


def test_the_hosts_time_zone_changes_nothing(tmp_path: Path, today: RunningSimulator) -> None:
    texts = []
    for zone in ("Asia/Shanghai", "America/New_York"):
        folder = tmp_path / zone.replace("/", "-")
        folder.mkdir()
        write_config(folder, today.url)
        with serving(folder, env={"TZ": zone}) as running:
            collected(running)
            texts.append(data(running.text()))
    assert texts[0] == texts[1]
    assert "wxa_visit_pv{" in texts[0]
