"""python -m bench [section ...]: measure, and print the table."""

import compileall
import importlib
import os
import platform
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import exporter
from bench.table import BenchError, Row, lines

SECTIONS = (
    "scrape", "tls", "clients", "overview", "rerender", "collect", "memory", "start", "history",
    "backfill", "fleet", "alerts", "faults", "discovery",
    "thousands", "replicas",
)  # fmt: skip


def main(wanted: list[str]) -> int:
    """Measure the sections; 0 unless one could not be measured."""
    unknown = [name for name in wanted if name not in SECTIONS]
    if unknown:
        print(f"no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}", file=sys.stderr)
        return 2
    # A terminated run ends its children, as an interrupted one does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # As pip leaves what it installs: a start that compiles the sources first is nobody's.
    compileall.compile_dir(Path(exporter.__file__).parent, quiet=2)
    rows: list[Row] = []
    failed: list[str] = []
    begin, load = time.monotonic(), os.getloadavg()[0]
    for name in wanted or SECTIONS:
        print(f"{name} ...", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="wxa-exporter-bench-") as folder:
            try:
                rows.extend(measured(name, Path(folder)))
            except BenchError as error:
                failed.append(f"{name}: {error}")
            except Exception:  # noqa: BLE001 - the other sections' minutes must not be lost
                failed.append(f"{name}: {traceback.format_exc()}")
    print("\n".join(lines(rows)))
    missed = sum(row.met is False for row in rows)
    print(
        f"\n{len(rows)} rows, {missed} aims missed; {time.monotonic() - begin:.0f} s, "
        f"{os.cpu_count()} cores, load {load:.1f} before and {os.getloadavg()[0]:.1f} after, "
        f"Python {platform.python_version()}"
    )
    for fault in failed:
        print(f"not measured: {fault}", file=sys.stderr)
    return 1 if failed else 0


def measured(section: str, folder: Path) -> Iterator[Row]:
    """The rows of a section."""
    rows: Iterator[Row] = importlib.import_module(f"bench.{section}").run(folder)
    return rows


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
