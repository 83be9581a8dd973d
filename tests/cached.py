"""What is dear to make and the same until its recipe changes, kept between runs of the tests."""

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

FOLDER = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wxa-exporter"


def cached(name: str, recipe: str, make: Callable[[Path], None]) -> Path:
    """The path that `make` fills, filled once for each text of the recipe.

    It is renamed into its place when it is whole, so that a run which was interrupted leaves
    nothing that looks finished.
    """
    path = FOLDER / f"{name}-{sha256(recipe.encode()).hexdigest()[:16]}"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.{os.getpid()}")
        make(unfinished)
        unfinished.rename(path)
    return path
