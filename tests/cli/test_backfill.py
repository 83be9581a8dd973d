"""backfill as a command: interrupted, killed, beside serve, refused."""

import os
import pty
import re
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM, Signals

import pytest
import requests

from exporter.clock import SystemClock
from exporter.periods import beijing_day
from exporter.simulator import Fault, RunningSimulator
from tests.cli.running import SECRET, WXA, ended, started, todays_wechat, write_config, wxa
from tests.support import eventually, free_port

TODAY = beijing_day(SystemClock().now())
TREND, PAGES = "getweanalysisappiddailyvisittrend", "getweanalysisappidvisitpage"


@pytest.fixture
def today() -> Iterator[RunningSimulator]:
    with RunningSimulator(todays_wechat(latency_seconds=0.02)) as running:
        yield running


def ago(days: int) -> str:
    return f"{TODAY - timedelta(days=days)}"


def asked(today: RunningSimulator) -> Counter[tuple[str, str]]:
    calls = [call for call in today.simulator.calls if "token" not in call.call]
    return Counter((call.call, call.begin_date) for call in calls)


@pytest.mark.parametrize("number", [SIGINT, SIGTERM])
def test_interrupted_it_keeps_every_answer_and_goes_on_where_it_was(
    tmp_path: Path, today: RunningSimulator, number: Signals
) -> None:
    write_config(tmp_path, today.url)
    with started("backfill", f"--from={ago(60)}", folder=tmp_path) as process:
        eventually(lambda: len(today.simulator.calls) > 20, 30, "some calls")
        assert ended(process, number, 10) == 1
    told = (tmp_path / "err").read_text()
    assert "the same command goes on where this one ended" in told
    assert "Traceback" not in told
    assert 10 < sum(asked(today).values()) < 120
    assert wxa("backfill", f"--from={ago(60)}", cwd=tmp_path).returncode == 0
    assert asked(today) == Counter(dict.fromkeys(asked(today), 1))
    assert len(asked(today)) == 120


def test_killed_it_goes_on_where_it_was(tmp_path: Path, today: RunningSimulator) -> None:
    write_config(tmp_path, today.url)
    with started("backfill", f"--from={ago(60)}", folder=tmp_path) as process:
        eventually(lambda: len(today.simulator.calls) > 20, 30, "some calls")
        assert ended(process, SIGKILL, 10) == -SIGKILL
    assert wxa("backfill", f"--from={ago(60)}", cwd=tmp_path).returncode == 0
    # The one call whose answer was under way when the power went.
    assert sum(asked(today).values()) <= 121
    assert len(asked(today)) == 120


def test_beside_serve_it_locks_nothing_and_serve_shows_what_it_brought(
    tmp_path: Path, today: RunningSimulator
) -> None:
    address = f"127.0.0.1:{free_port()}"
    write_config(tmp_path, today.url)
    today.simulator.faults.add(Fault("empty", call=TREND, times=2))
    serve = ("serve", f"--web.listen-address={address}", "--log.level=debug")

    def shown(name: str) -> str:
        try:
            text = requests.get(f"http://{address}/metrics", timeout=5).text
        except requests.ConnectionError:
            return ""
        return "".join(line for line in text.splitlines() if line.startswith(f"{name}{{"))

    with started(*serve, folder=tmp_path):
        eventually(lambda: 'app="bakery"' in shown("wxa_page_visit_pv"), 20, "serve shows pages")
        before = shown("wxa_data_period_start_timestamp_seconds")
        with closing(sqlite3.connect(tmp_path / "archive.db", timeout=20)) as connection:
            connection.execute("DELETE FROM replies WHERE report = 'daily_visit_trend'")
            connection.commit()
        done = wxa("backfill", f"--from={ago(40)}", cwd=tmp_path)
        assert (done.returncode, "locked" in done.stderr) == (0, False)
        eventually(lambda: "wxa_visit_pv" in shown("wxa_visit_pv"), 15, "serve shows the trend")
        assert before != ""
    assert "locked" not in (tmp_path / "err").read_text()


def test_a_spent_quota_ends_it_with_how_to_go_on(tmp_path: Path, today: RunningSimulator) -> None:
    today.simulator.faults.add(Fault("errcode", code=45009))
    path = write_config(tmp_path, today.url)
    done = wxa("backfill", f"--config.file={path}", f"--from={ago(90)}")
    assert done.returncode == 1
    assert f"{ago(1)}: 0 of 1 arrived; 0/180 done; 1 failed" in done.stderr
    assert "quota" in done.stderr
    assert "180 periods are missing; the same command goes on where this one ended" in done.stderr
    assert sum(asked(today).values()) == 1


def test_an_unreachable_wechat_ends_it_soon(tmp_path: Path) -> None:
    path = write_config(tmp_path, f"http://127.0.0.1:{free_port()}")
    begin = time.monotonic()
    done = wxa("backfill", f"--config.file={path}", f"--from={ago(90)}")
    assert done.returncode == 1
    assert "no connection" in done.stderr
    assert time.monotonic() - begin < 30


def test_in_a_pipe_it_tells_a_plain_line_for_each_day(
    tmp_path: Path, today: RunningSimulator
) -> None:
    path = write_config(tmp_path, today.url)
    done = wxa("backfill", f"--config.file={path}", f"--from={ago(3)}", "--report=visit_page")
    assert done.stderr.splitlines() == [
        f"{ago(1)}: 1 of 1 arrived; 1/3 done",
        f"{ago(2)}: 1 of 1 arrived; 2/3 done",
        f"{ago(3)}: 1 of 1 arrived; 3/3 done",
        f"{ago(3)} to {ago(1)}: everything WeChat has is archived",
    ]
    assert {call for call, _ in asked(today)} == {PAGES}
    assert SECRET not in done.stderr


def test_it_says_what_wechat_tells_no_more(tmp_path: Path, today: RunningSimulator) -> None:
    path = write_config(tmp_path, today.url, collect={"reports": ["user_portrait_7d"]})
    done = wxa("backfill", f"--config.file={path}", f"--from={ago(3)}")
    assert done.stderr.splitlines()[0] == (
        "user_portrait_7d: WeChat answers about yesterday and the day before only, "
        "earlier days of the span cannot be asked for"
    )
    assert done.returncode == 0
    calls = [begin for call, begin in asked(today) if call == "getweanalysisappiduserportrait"]
    assert calls == [f"{date.fromisoformat(ago(days)):%Y%m%d}" for days in (7, 8)]
    done = wxa("backfill", f"--config.file={path}", f"--from={ago(2)}")
    assert "user_portrait" not in done.stderr


def test_on_a_terminal_a_bar_shows_rate_remaining_time_and_what_lacks(
    tmp_path: Path, today: RunningSimulator
) -> None:
    today.simulator.faults.add(Fault("empty", times=3))
    path = write_config(tmp_path, today.url)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [WXA, "backfill", f"--config.file={path}", f"--from={ago(30)}"], stderr=theirs,
        env=os.environ | {"COLUMNS": "120", "TERM": "xterm"},
    )  # fmt: skip
    os.close(theirs)
    told = b""
    try:
        while piece := os.read(ours, 65536):
            told += piece
    except OSError:  # the other side is closed
        pass
    assert process.wait(20) == 0
    os.close(ours)
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", told.decode())
    assert re.search(r"60/60 +\d+\.\d/s +\d+:\d\d:\d\d +3 without data", text), text[-400:]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--from=2026-03-02", "--to=2026-03-01"), "begins on 2026-03-02 and ends before"),
        ((f"--from={TODAY + timedelta(days=1)}",), "the newest day possible is"),
        ((f"--from={ago(9)}", f"--to={TODAY}"), "the newest day possible is"),
        (("--from=last-week",), "--from must be a day like 2026-03-18, not 'last-week'"),
        (("--from=2017-01-08",), "2017-01-08 is before 2017-01-09"),
        ((f"--from={ago(9)}", "--app=nobody"), "there is no app 'nobody'; there are bakery"),
        ((f"--from={ago(9)}", "--report=weather"), "there is no report 'weather'; there are"),
        ((f"--from={ago(9)}", "--report=daily_summary"), "none of the apps named collects"),
    ],
)
def test_a_span_that_makes_no_sense_is_refused_with_a_sentence(
    tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    path = write_config(tmp_path, "http://127.0.0.1:1")
    done = wxa("backfill", f"--config.file={path}", *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "archive.db").exists()


def test_an_archive_of_a_newer_version_is_left_alone(
    tmp_path: Path, today: RunningSimulator
) -> None:
    path = write_config(tmp_path, today.url)
    assert wxa("backfill", f"--config.file={path}", f"--from={ago(1)}").returncode == 0
    with closing(sqlite3.connect(tmp_path / "archive.db")) as connection:
        connection.execute("UPDATE schema_version SET version = 99")
        connection.commit()
    done = wxa("backfill", f"--config.file={path}", f"--from={ago(9)}")
    assert done.returncode == 1
    assert "has version 99" in done.stderr
