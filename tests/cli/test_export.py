"""export as a command: whole or not at all."""

import os
import stat
import subprocess
from contextlib import closing
from datetime import date
from pathlib import Path
from signal import SIGINT, SIGKILL, Signals

import pytest
import yaml

from exporter.archive import open_archive
from exporter.exposition import Format
from exporter.history import Asked, DatedSamples
from exporter.history.query import EARLIEST
from exporter.simulator import RunningSimulator
from tests.cli.running import WXA, ended, started, todays_wechat, write_config, wxa
from tests.history.synthetic import config, fill_pages
from tests.support import eventually, tool
from tests.web.serving import SELDOM


def written(folder: Path, days: int = 5, pages: int = 10) -> Path:
    """A configuration file, and its archive with that much in it."""
    chosen = config(folder, apps=2)
    fill_pages(chosen, days, pages)
    content = {
        "apps": [{"name": a.name, "appid": a.appid, "secret": "s"} for a in chosen.apps],
        "archive": {"url": f"sqlite:///{folder / 'archive.db'}"},
    }
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def leftovers(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir() if "out.om" in each.name)


def test_it_gives_what_history_gives_on_standard_output_and_into_a_file(tmp_path: Path) -> None:
    path = written(tmp_path)
    chosen = config(tmp_path, apps=2)
    with closing(open_archive(chosen)) as archive:
        asked = Asked.span(chosen, EARLIEST, date(2026, 3, 18), (), ())
        expected = b"".join(DatedSamples(archive, asked, Format.OPENMETRICS).stream()).decode()
    printed = wxa("export", f"--config.file={path}")
    assert (printed.returncode, printed.stderr) == (0, "")
    assert printed.stdout == expected
    done = wxa("export", f"--config.file={path}", "-o", "out.om", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "out.om").read_text() == expected
    assert leftovers(tmp_path) == ["out.om"]


def test_span_app_and_report_narrow(tmp_path: Path) -> None:
    path = written(tmp_path)
    done = wxa(
        "export", f"--config.file={path}", "--from=2026-03-16", "--to=2026-03-16", "--app=app-1",
        "--report=visit_page",
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if not line.startswith("#")]
    assert len(lines) == 10 * 7
    assert all('app="app-1"' in line and line.endswith(" 1773590400") for line in lines)


@pytest.mark.parametrize("number", [SIGINT, SIGKILL])
def test_interrupted_it_leaves_nothing_under_the_final_name(
    tmp_path: Path, number: Signals
) -> None:
    written(tmp_path, days=300, pages=200)
    with started("export", "-o", "out.om", folder=tmp_path) as process:
        eventually(lambda: leftovers(tmp_path) != [], 20, "it writes")
        status = ended(process, number, 10)
    assert status == (1 if number == SIGINT else -SIGKILL)
    assert "out.om" not in leftovers(tmp_path)
    assert all(name.startswith(".out.om-") for name in leftovers(tmp_path))
    if number == SIGINT:
        assert leftovers(tmp_path) == []
        assert (
            tmp_path / "err"
        ).read_text() == "wxa-exporter export: interrupted, nothing is left\n"


def test_an_earlier_file_stays_when_the_disk_is_full(tmp_path: Path) -> None:
    path = written(tmp_path, days=30, pages=200)
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("only root mounts a small disk")
    try:
        (folder / "out.om").write_text("earlier")
        done = wxa("export", f"--config.file={path}", "-o", str(folder / "out.om"))
        assert done.returncode == 1
        assert done.stderr.endswith("out.om cannot be written: No space left on device\n")
        assert (folder / "out.om").read_text() == "earlier"
        assert os.listdir(folder) == ["out.om"]
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_standard_output_is_told(tmp_path: Path) -> None:
    path = written(tmp_path)
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [WXA, "export", f"--config.file={path}"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert "standard output cannot be written: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_files_in_between_without_room_are_told_as_such(tmp_path: Path) -> None:
    path = written(tmp_path, days=60, pages=100)
    limited = [tool("prlimit"), "--fsize=65536", WXA, "export", f"--config.file={path}"]
    done = subprocess.run(limited, capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stderr) == (
        1,
        "wxa-exporter export: files in between find no room (File too large): TMPDIR names another "
        "folder\n",
    )


def test_a_reader_that_goes_away_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, days=60, pages=100)
    process = subprocess.Popen(
        [WXA, "export", f"--config.file={path}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.read(10) == b"# HELP wxa"
    process.stdout.close()
    told = process.stderr.read().decode()
    process.stderr.close()
    assert (process.wait(20), told) == (1, "wxa-exporter export: the reader went away\n")


def test_a_device_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    path = written(tmp_path)
    pipe = tmp_path / "out.om"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as reader:
        assert wxa("export", f"--config.file={path}", "-o", str(pipe)).returncode == 0
        got, _ = reader.communicate(timeout=20)
    assert got.endswith(b"# EOF\n")
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_pipe_without_a_name_is_written_to(tmp_path: Path) -> None:
    done = wxa("export", f"--config.file={written(tmp_path)}", "-o", "/dev/stdout")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("# EOF\n")


def test_a_link_leads_to_its_file_and_the_umask_is_kept(tmp_path: Path) -> None:
    path = written(tmp_path)
    (tmp_path / "link.om").symlink_to(tmp_path / "real.om")
    done = subprocess.run(
        ["sh", "-c", f"umask 077; {WXA} export --config.file={path} -o {tmp_path / 'link.om'}"]
    )
    assert done.returncode == 0
    assert (tmp_path / "link.om").is_symlink()
    assert stat.S_IMODE((tmp_path / "real.om").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (("-o", "missing/out.om"), 1, "missing/out.om cannot be written: No such file or"),
        (("-o", "."), 1, "cannot be written: Is a directory"),
        (("--from=2016-01-01",), 2, "2016-01-01 is before 2017-01-09"),
        (("--from=2026-03-02", "--to=2026-03-01"), 2, "begins on 2026-03-02 and ends before"),
        (("--app=nobody",), 2, "there is no app 'nobody'; there are app-0, app-1"),
        (("--report=weather",), 2, "there is no report 'weather'; there are"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    tmp_path: Path, arguments: tuple[str, ...], status: int, sentence: str
) -> None:
    path = written(tmp_path)
    done = wxa("export", f"--config.file={path}", *arguments, cwd=tmp_path)
    assert done.returncode == status
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_an_archive_it_makes_none(tmp_path: Path) -> None:
    path = written(tmp_path)
    (tmp_path / "archive.db").unlink()
    done = wxa("export", f"--config.file={path}")
    assert done.returncode == 1
    assert "there is no archive" in done.stderr
    assert not (tmp_path / "archive.db").exists()


def test_promtool_makes_blocks_of_it(tmp_path: Path) -> None:
    path = written(tmp_path, days=40)
    assert wxa("export", f"--config.file={path}", "-o", "out.om", cwd=tmp_path).returncode == 0
    done = subprocess.run(
        [
            tool("promtool"), "tsdb", "create-blocks-from", "openmetrics",
            "--max-block-duration=720h", "out.om", "blocks",
        ],
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "blocks").glob("*/meta.json"))


def test_performance_and_portraits_are_exported_as_every_report(tmp_path: Path) -> None:
    reports = {"schedule": SELDOM, "reports": ["performance_memory", "user_portrait_7d"]}
    with RunningSimulator(todays_wechat()) as wechat:
        path = write_config(tmp_path, wechat.url, collect=reports)
        wxa("collect", f"--config.file={path}")
    done = wxa("export", f"--config.file={path}")
    names = {line.partition("{")[0] for line in done.stdout.splitlines() if "{" in line}
    traits = ("province", "city", "gender", "platform", "device", "age")
    portrait = {f"wxa_history_portrait_{trait}_users" for trait in traits}
    assert names == {"wxa_history_performance_memory"} | portrait
