"""Writes the expected texts anew from what helm renders now."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.go_programs import built
from tests.helm.test_chart import CASES, HERE, named_instead, rendered
from tests.support import ROOT


def main() -> None:
    """One text for each values file."""
    helm = str(built("helm", "helm.sh/helm/v3/cmd/helm") / "helm")
    with TemporaryDirectory() as folder:
        chart = Path(folder) / "wxa-exporter"
        subprocess.run(["make", "--silent", "chart", f"CHART={chart}"], cwd=ROOT, check=True)
        for case in CASES:
            done = rendered(helm, chart, case)
            if done.returncode:
                sys.exit(done.stderr)
            (HERE / "expected" / f"{case}.yaml").write_text(named_instead(done.stdout))


if __name__ == "__main__":
    main()
