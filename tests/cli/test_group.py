"""The command as a whole: its commands, its help, and serving by default."""

import subprocess
import sys
from pathlib import Path

import pytest

from exporter import __version__
from exporter.cli import main
from tests.cli.running import write_config, wxa

COMMANDS = (
    "serve", "check-config", "collect", "backfill", "export", "report", "archive", "metrics",
    "demo", "simulate",
)  # fmt: skip


def test_help_lists_every_command_with_what_it_does() -> None:
    done = wxa("--help")
    assert done.returncode == 0
    for name in COMMANDS:
        line = next(line for line in done.stdout.splitlines() if line.split()[:1] == [name])
        assert len(line.split()) > 3
    assert wxa("-h").stdout == done.stdout


def test_the_commands_are_those_that_are_promised() -> None:
    assert set(main.commands) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_every_option_has_help(name: str) -> None:
    done = wxa(name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    for parameter in main.commands[name].params:
        assert parameter.opts[0] in done.stdout
        assert getattr(parameter, "help", None), parameter.name


def test_the_version_is_the_packages() -> None:
    assert wxa("--version").stdout == f"wxa-exporter, version {__version__}\n"


@pytest.mark.parametrize("arguments", [(), ("serve",), ("--log.level=debug",)])
def test_without_a_command_it_serves(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = wxa(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "config.yaml: there is no such file; copy config.example.yaml to it, or name another file "
        "with --config.file\n"
    )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("no-such-command",), "No such command 'no-such-command'"),
        (("--no.such.option",), "No such option"),
        (("collect", "--config.file"), "requires an argument"),
        (("serve", "--log.level=loud"), "'loud' is not one of"),
        (("metrics", "surplus"), "unexpected extra argument"),
        (("demo", "--days=0"), "0 is not in the range"),
        (("check-config", "--config.file="), "'--config.file': names no file"),
        (("export", "-o", ""), "'--output': names no file"),
    ],
)
def test_bad_usage_is_told_with_exit_2(arguments: tuple[str, ...], complaint: str) -> None:
    done = wxa(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_is_shared_with_other_processes_by_files_of_prometheus_client(
    tmp_path: Path,
) -> None:
    config = write_config(tmp_path, "http://127.0.0.1:9")
    shared = tmp_path / "shared"
    shared.mkdir()
    for folder in (shared, tmp_path / "missing"):
        done = wxa(
            "collect", f"--config.file={config}", env={"PROMETHEUS_MULTIPROC_DIR": str(folder)}
        )
        assert "wxa_exporter_report_success" in done.stdout
        assert "Traceback" not in done.stderr
    assert list(shared.iterdir()) == []


def test_an_encoding_without_chinese_costs_the_chinese_alone() -> None:
    done = wxa("--help", env={"PYTHONIOENCODING": "latin-1"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "WeChat Mini Programs (?????)." in done.stdout


def test_help_loads_none_of_the_large_libraries() -> None:
    code = "import sys, exporter.cli; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    large = {"sqlalchemy", "pydantic", "requests", "uvicorn", "starlette", "cronsim", "rich"}
    assert large.isdisjoint(done.stdout.split())
