"""Apps from lists in every command."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from exporter.archive import open_archive
from exporter.clock import SystemClock
from exporter.config import load
from exporter.periods import beijing_day
from exporter.simulator import RunningSimulator
from tests.cli.running import BAKERY, SECRET, started, todays_wechat, write_config, wxa
from tests.http_server import serving
from tests.support import eventually, free_port
from tests.test_serve_process import Serving
from tests.web.serving import entry

DEFAULTS = {"secret_file": "secrets/{name}", "labels": {"merchant": "acme"}}
PLAIN = {"name": "bakery", "appid": BAKERY.appid}


@pytest.fixture
def today() -> Iterator[RunningSimulator]:
    with RunningSimulator(todays_wechat()) as running:
        yield running


def written(folder: Path, url: str, *apps: object, **more: object) -> Path:
    """A configuration without apps, a list with some in its folder, and the bakery's secret."""
    for name in ("apps.d", "secrets"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "secrets" / "bakery").write_text(SECRET)
    (folder / "apps.d" / "all.yaml").write_text(yaml.safe_dump(list(apps)))
    return write_config(
        folder, url, apps=[], app_files=["apps.d/*.yaml"],
        defaults={key: f"{folder}/{value}" if key == "secret_file" else value
                  for key, value in DEFAULTS.items()},
        **more,
    )  # fmt: skip


def test_check_config_reads_the_files_and_asks_no_url(tmp_path: Path) -> None:
    with serving(b"[]") as server:
        urls = [{"url": server.url}]
        path = written(tmp_path, "http://127.0.0.1:9", PLAIN, app_urls=urls)
        done = wxa("check-config", f"--config.file={path}")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"{path} is good: 1 app: bakery; app_urls not asked: 1\n"
        assert server.asked == []


@pytest.mark.parametrize(
    ("apps", "told"), [([entry("bakery", BAKERY)], "1 app: bakery"), ([], "no app yet")]
)
def test_check_config_names_a_pattern_that_no_file_matches(
    tmp_path: Path, apps: list[dict[str, object]], told: str
) -> None:
    path = write_config(tmp_path, "http://127.0.0.1:9", apps=apps, app_files=["app.d/*.yaml"])
    done = wxa("check-config", f"--config.file={path}")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{path} is good: {told}; no file matches {tmp_path}/app.d/*.yaml\n"


def test_check_config_tells_every_fault_of_a_file_with_its_place(tmp_path: Path) -> None:
    bad = [PLAIN | {"apid": 1}, PLAIN, PLAIN | {"appid": "wx2"}]
    path = written(tmp_path, "http://127.0.0.1:9", *bad)
    (tmp_path / "apps.d" / "other.yaml").write_text("- {")
    done = wxa("check-config", f"--config.file={path}")
    folder = tmp_path / "apps.d"
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        f"{folder}/all.yaml: [0].apid: unknown key; did you mean 'appid'? (app bakery)",
        f"{folder}/all.yaml: [2].name: an app in {folder}/all.yaml[1] has 'bakery'; each needs "
        "its own",
        f"{folder}/other.yaml: line 1, column 4: is not YAML: expected the node content, but "
        "found '<stream end>'",
    ]


def test_collect_does_what_can_be_done_and_ends_with_1_for_a_bad_entry(
    tmp_path: Path, today: RunningSimulator
) -> None:
    path = written(tmp_path, today.url, PLAIN)
    done = wxa("collect", f"--config.file={path}")
    assert done.returncode == 0
    info = f'wxa_app_info{{app="bakery",appid="{BAKERY.appid}",merchant="acme"}} 1.0'
    assert info in done.stdout.splitlines()
    path = written(tmp_path, today.url, PLAIN, {"name": "cafe"})
    again = wxa("collect", f"--config.file={path}")
    assert again.returncode == 1
    assert info in again.stdout.splitlines()
    assert 'fault="[1].appid: is missing (app cafe)"' in again.stderr
    assert again.stderr.endswith("not complete: a list of apps has faults, see above\n")


def test_backfill_and_export_know_the_apps_of_a_list(
    tmp_path: Path, today: RunningSimulator
) -> None:
    body = json.dumps([entry("bakery", BAKERY)]).encode()
    with serving(body) as server:
        path = write_config(tmp_path, today.url, apps=[], app_urls=[{"url": server.url}])
        day = beijing_day(SystemClock().now()) - timedelta(days=3)
        span = (f"--from={day}", f"--to={day}", "--app=bakery")
        filled = wxa("backfill", f"--config.file={path}", *span)
        assert filled.returncode == 0, filled.stderr
        exported = wxa("export", f"--config.file={path}", *span)
        assert 'wxa_history_visit_pv{app="bakery"}' in exported.stdout
        server.status = 500
        lost = wxa("export", f"--config.file={path}", *span)
        assert lost.returncode == 1
        assert "was answered with HTTP status 500" in lost.stderr


def test_serve_begins_without_apps_and_takes_up_what_a_list_names(
    tmp_path: Path, today: RunningSimulator
) -> None:
    path = written(tmp_path, today.url)
    address = f"127.0.0.1:{free_port()}"
    options = (f"--config.file={path}", f"--web.listen-address={address}")
    with started("serve", *options, folder=tmp_path) as process:
        running = Serving(process, f"http://{address}")
        eventually(lambda: bool(running.text("/-/ready")), 15, "ready")
        written(tmp_path, today.url, PLAIN)
        running.shows('wxa_exporter_reports_due{app="bakery"} 0.0')
        assert 'wxa_visit_pv{app="bakery"}' in running.text()
    assert SECRET not in (tmp_path / "err").read_text()


@pytest.mark.parametrize(
    "command",
    [("collect",), ("backfill", "--from=2026-01-01"), ("export",), ("export", "-o", "x"),
     ("report",)],
)  # fmt: skip
def test_a_command_says_that_the_lists_name_no_app(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    gone = str(tmp_path / "gone.yaml")
    path = write_config(tmp_path, "http://127.0.0.1:9", apps=[], app_files=[gone])
    open_archive(load(path)).close()
    done = wxa(*command, f"--config.file={path}", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert not (tmp_path / "x").exists()
    fault, last = done.stderr.splitlines()
    assert 'event="list of apps has a fault"' in fault
    assert last == f"wxa-exporter {command[0]}: the lists of apps name none now"
