"""Programs that are built from the Go module proxy, once for each state of their go.sum."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cached import cached
from tests.support import ROOT

BUILD_SECONDS = 1500


def built(module: str, *packages: str) -> Path:
    """A folder with the programs of a module below tests/go. Skips where Go is missing.

    Skips with CI=true as well: Debian's own Go is too old to build them.
    """
    go = shutil.which("go")
    if go is None:
        pytest.skip("go is not installed")
    folder = ROOT / "tests" / "go" / module
    pins = [(folder / name).read_text(encoding="utf-8") for name in ("go.mod", "go.sum")]
    recipe = "\n".join([*pins, *packages])

    def build(target: Path) -> None:
        done = subprocess.run(
            [go, "build", "-o", f"{target}/", *packages], cwd=folder,
            capture_output=True, text=True, timeout=BUILD_SECONDS,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    return cached(module, recipe, build)
