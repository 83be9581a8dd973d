"""The tests that speak with Prometheus, run against a Prometheus 3 built from source.

Debian's Prometheus is of 2023, users run 3.x. It is built once and kept. Without service discovery:
the tests name their targets, and the clouds' libraries are two thirds of the build.
"""

import os
import sys

import pytest

from tests.go_programs import built

PROGRAMS = (
    "github.com/prometheus/prometheus/cmd/prometheus",
    "github.com/prometheus/prometheus/cmd/promtool",
)
SPEAK_WITH_IT = (
    "tests/test_alerts_end_to_end.py", "tests/test_docs.py", "tests/test_history_blocks.py",
    "tests/test_history_prometheus.py", "tests/test_prometheus.py", "tests/cli/test_export.py",
    "tests/exposition", "tests/grafana", "tests/history", "tests/prometheus_rules",
)  # fmt: skip


def main() -> int:
    """The exit status of pytest."""
    folder = built("prometheus", "-tags=remove_all_sd", *PROGRAMS)
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
    os.environ["CI"] = "true"  # so that nothing is skipped
    return pytest.main([*sys.argv[1:], *SPEAK_WITH_IT])


if __name__ == "__main__":
    sys.exit(main())
