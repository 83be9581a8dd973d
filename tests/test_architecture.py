"""docs/architecture.md: the picture and the tables say what the code does."""

import re
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.test_docs import both, tables, text_of
from tests.test_imports import FILES, PARTS, imported_parts, part_of

PAGES = both("docs/architecture.md")
# What everybody may use would hide the rest.
COMMON = {"errors", "clock", "periods", "logs", "guard"}
# A look-alike's own matters.
NOT_SERVING = {"simulator", "demo"}
PICTURE = re.compile(r"```mermaid\nflowchart TD\n(.*?)```", re.S)


def uses() -> dict[str, set[str]]:
    """Of each part but the common ones, the parts that its files import."""
    found: dict[str, set[str]] = {part: set() for part in PARTS if part not in COMMON}
    for path in FILES:
        part = part_of(path)
        if part in found:
            named = set(imported_parts(path.read_text(encoding="utf-8")))
            found[part] |= named & found.keys() - {part}
    return found


def reachable(graph: dict[str, set[str]], start: set[str]) -> set[str]:
    seen: set[str] = set()
    ahead = list(start)
    while ahead:
        part = ahead.pop()
        if part not in seen:
            seen.add(part)
            ahead += graph[part]
    return seen


def arrows() -> list[str]:
    """One line for each use that no longer way implies, from the bottom of the parts up."""
    graph = uses()
    return [
        f"    {part} --> {used}"
        for part in reversed(PARTS)
        for used in reversed(PARTS)
        if used in graph.get(part, ()) and used not in reachable(graph, graph[part] - {used})
    ]


def files_with(pattern: str) -> dict[str, list[str]]:
    """What a pattern finds in the files of the serving process."""
    found = {}
    for path in FILES:
        if part_of(path) not in NOT_SERVING:
            hits = re.findall(pattern, path.read_text(encoding="utf-8"))
            if hits:
                found[path.relative_to(ROOT / "exporter").with_suffix("").as_posix()] = hits
    return found


def first_cells(page: str, number: int) -> list[str]:
    return [row.split("|")[1].strip() for row in tables(page)[number][2:]]


@pytest.mark.parametrize("page", PAGES)
def test_the_picture_shows_the_imports(page: str) -> None:
    (drawn,) = PICTURE.findall(text_of(page))
    assert drawn.splitlines() == arrows(), "the arrows must be:\n" + "\n".join(arrows())


def test_the_picture_names_every_part_that_is_not_common() -> None:
    named = set(re.findall(r"\w+", " ".join(arrows())))
    assert named == set(PARTS) - COMMON


@pytest.mark.parametrize("page", PAGES)
def test_every_thread_is_told(page: str) -> None:
    started = {
        re.sub(r"\{.*", "…", name)
        for names in files_with(r'(?:Thread\((?:[^()]|\([^()]*\))*?name=f?)"([^"]+)"').values()
        for name in names
    }
    told = {cell.strip("`") for cell in first_cells(page, 1) if cell.startswith("`")}
    assert started
    assert started == told


@pytest.mark.parametrize("page", PAGES)
def test_every_lock_is_told(page: str) -> None:
    held = set(files_with(r"\bLock\(\)|default_factory=Lock"))
    assert held
    assert held == {cell.strip("`") for cell in first_cells(page, 2)}


@pytest.mark.parametrize("page", PAGES)
def test_every_file_it_names_exists(page: str) -> None:
    named = re.findall(r"`((?:[a-z_]+/)+[a-z_]*(?:\.py)?)`", text_of(page))
    assert named
    for name in named:
        path = ROOT / name if name.startswith("tests") else ROOT / "exporter" / name
        assert path.exists() or Path(f"{path}.py").exists(), name
