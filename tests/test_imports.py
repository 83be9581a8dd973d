"""A file imports only from parts above its own, and importing does nothing."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import ROOT

# From top to bottom. A new part finds its place here, or shows that it has none.
PARTS = (
    "errors", "clock", "periods", "days", "logs", "guard", "reports", "config", "telemetry",
    "discovery", "wechat", "archive", "usual", "digest", "exposition", "history", "collect",
    "snapshot", "runtime", "backfill", "schedule", "workers", "service", "describe", "web",
    "simulator", "app", "demo", "cli",
)  # fmt: skip
# The look-alike must not share the exporter's mistakes.
SIMULATOR_MAY_USE = {"clock", "periods"}
MAY_USE_SIMULATOR = {"demo"}

FILES = sorted((ROOT / "exporter").rglob("*.py"))


def part_of(path: Path) -> str:
    """The part a file belongs to; empty for the package's own __init__."""
    inside = path.relative_to(ROOT / "exporter")
    return inside.parts[0].removesuffix(".py").removesuffix("__init__")


def imported_parts(source: str) -> Iterator[str]:
    """The parts that a file's imports name, wherever they stand in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, "relative imports hide which part is meant"
            modules = [node.module]
            if node.module == "exporter":
                modules = [f"exporter.{alias.name}" for alias in node.names]
        else:
            continue
        names = [module.split(".") for module in modules]
        yield from (name[1] for name in names if name[0] == "exporter" and name[1:])


def faults(part: str, used: set[str]) -> set[str]:
    """The imports that go up instead of down."""
    used = used - {part, "__version__"}
    if part == "simulator":
        return used - SIMULATOR_MAY_USE
    above = set(PARTS[: PARTS.index(part)]) if part else set()
    return used - above | ({"simulator"} & used if part not in MAY_USE_SIMULATOR else set())


def test_every_part_has_its_place_and_every_place_its_part() -> None:
    assert {part_of(path) for path in FILES} - {""} == set(PARTS)
    assert len(set(PARTS)) == len(PARTS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_only_from_above(path: Path) -> None:
    used = set(imported_parts(path.read_text(encoding="utf-8")))
    assert faults(part_of(path), used) == set()


@pytest.mark.parametrize(
    ("part", "source", "found"),
    [
        ("archive", "from exporter.web.routes import create_app", {"web"}),
        ("archive", "import exporter.service", {"service"}),
        ("reports", "def f():\n    from exporter import cli, errors", {"cli"}),
        ("simulator", "from exporter.reports.table import REPORTS", {"reports"}),
        ("cli", "from exporter.simulator import Simulator", {"simulator"}),
        ("demo", "from exporter.simulator import Simulator", set()),
        ("archive", "from exporter.archive.store import Kept\nimport exporterish", set()),
    ],
)
def test_an_import_from_below_would_be_found(part: str, source: str, found: set[str]) -> None:
    assert faults(part, set(imported_parts(source))) == found


IMPORT_ALL = """
import importlib, json, logging, os, pkgutil, signal, threading
handlers = [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)]
import exporter
names = [m.name for m in pkgutil.walk_packages(exporter.__path__, "exporter.")]
for name in names:
    importlib.import_module(name)
links = [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")
         if os.path.islink(f"/proc/self/fd/{fd}")]
print(json.dumps({
    "modules": len(names),
    "threads": threading.active_count(),
    "sockets": [link for link in links if link.startswith("socket:")],
    "files": os.listdir(),
    "log handlers": len(logging.getLogger().handlers),
    "signals": handlers == [
        signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    ],
}))
"""


def test_importing_every_module_starts_opens_and_writes_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL], cwd=tmp_path, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found.pop("modules") >= len(PARTS)
    assert found == {
        "threads": 1, "sockets": [], "files": [], "log handlers": 0, "signals": True,
    }  # fmt: skip
