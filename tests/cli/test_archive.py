"""wxa-exporter archive copy, as an operator runs it."""

import sqlite3
import subprocess
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from exporter.clock import SystemClock
from exporter.periods import beijing_day
from exporter.simulator import RunningSimulator
from tests.archive.conftest import at, bodies, write
from tests.cli.running import WXA, started, todays_wechat, write_config, wxa
from tests.postgresql_server import PASSWORD, PostgreSQL
from tests.prometheus_server import answers
from tests.support import eventually, free_port

TODAY = beijing_day(SystemClock().now())


def test_an_archive_moves_to_postgresql_and_back(tmp_path: Path, postgresql: PostgreSQL) -> None:
    there = postgresql.new_database()
    first, back = tmp_path / "first.db", tmp_path / "back.db"
    with closing(at(first)) as archive:
        archive.open()
        write(archive, "kept")
        for source, target in ((f"sqlite:///{first}", there), (there, f"sqlite:///{back}")):
            done = wxa("archive", "copy", source, target)
            assert (done.returncode, done.stdout) == (0, "")
            assert done.stderr == "1 reply copied; both archives hold the same 1\n"
        with closing(at(back)) as returned:
            assert bodies(returned) == bodies(archive)


def test_what_is_not_there_or_no_url_is_refused_without_its_password(tmp_path: Path) -> None:
    target = f"sqlite:///{tmp_path / 'target.db'}"
    done = wxa("archive", "copy", f"sqlite:///{tmp_path / 'missing.db'}", target)
    assert done.returncode == 1
    assert done.stderr == (
        f"wxa-exporter archive copy: there is no archive {tmp_path / 'missing.db'}: serve or "
        "backfill makes it\n"
    )
    assert not (tmp_path / "target.db").exists()
    done = wxa("archive", "copy", target, f"postgresql://wxa:{PASSWORD}@x@db/wxa")
    assert done.returncode == 2
    assert "Invalid value for 'TO': has more than one @" in done.stderr
    assert PASSWORD not in done.stderr


def test_an_archive_is_not_copied_onto_itself() -> None:
    done = wxa("archive", "copy", "sqlite:///a.db", "sqlite:///a.db")
    assert done.returncode == 2
    assert "FROM and TO name the same archive" in done.stderr


def test_a_working_directory_that_is_gone_is_told(tmp_path: Path) -> None:
    path = write_config(tmp_path, "http://127.0.0.1:9", archive={"url": "sqlite:///archive.db"})
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f'cd {gone}; rmdir {gone}; exec "$0" collect --config.file={path}'
    done = subprocess.run(["sh", "-c", script, WXA], capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "wxa-exporter: the working directory is gone, where the archive would be: change into "
        "another one, or name an absolute path in archive.url\n"
    )


def test_a_file_of_another_program_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE mine (text)")
    with closing(at(tmp_path / "a.db")) as archive:
        archive.open()
    done = wxa("archive", "copy", f"sqlite:///{other}", f"sqlite:///{tmp_path / 'a.db'}")
    assert done.returncode == 1
    assert "there is no archive in" in done.stderr


def test_a_second_process_does_not_collect_into_the_same_file_until_the_first_is_killed(
    tmp_path: Path,
) -> None:
    with RunningSimulator(todays_wechat()) as wechat:
        path = write_config(tmp_path, wechat.url)
        option, address = f"--config.file={path}", f"127.0.0.1:{free_port()}"
        with started("serve", option, f"--web.listen-address={address}", folder=tmp_path) as first:
            eventually(lambda: answers(f"http://{address}/-/ready"), 30, "it serves")
            yesterday = str(TODAY - timedelta(days=1))
            filled = wxa("backfill", option, f"--from={yesterday}")
            assert (filled.returncode, filled.stdout) == (0, "")
            second = wxa("collect", option)
            assert (second.returncode, second.stdout) == (1, "")
            assert second.stderr == (
                "wxa-exporter: another exporter collects into the archive "
                f"sqlite:///{tmp_path / 'archive.db'} already, every call would be made twice: "
                "stop it, give this one an archive.url of its own, or let both share a "
                "PostgreSQL, see docs/postgresql.md\n"
            )
            first.kill()
            first.wait()
        assert wxa("collect", option).returncode == 0
