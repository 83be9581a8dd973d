"""Write the dashboards: `python -m grafana.source [folder]`."""

import sys
from pathlib import Path

from grafana.source.build import FOLDER, write

write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
