"""The packages of docs/architecture.md: who may import whom, one name for one file."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

import campbell_scraper

PACKAGE = Path(campbell_scraper.__file__).parent
NOUNS = {"items", "folder", "errors", "words", "atomic_files", "untrusted_json"}
MAY_IMPORT = {
    "__init__": {"faces"},
    "errors": set[str](),
    "words": set[str](),
    "atomic_files": set[str](),
    "untrusted_json": set[str](),
    "items": set[str](),
    "folder": {"errors", "atomic_files", "untrusted_json"},
    "archive": {"errors", "words", "atomic_files", "untrusted_json"},
    "reading": NOUNS,
    "view": {"reading", "archive"} | NOUNS,
    "spiders": {"view", "reading", "archive", "settings"} | NOUNS,
    "settings": {"spiders"},
    "sample": NOUNS,
    "faces": {"spiders", "view", "reading", "archive", "sample", "settings"} | NOUNS,
}
"""Room → the rooms it may import besides itself."""
FILES = sorted(PACKAGE.rglob("*.py"))


def room_of(dotted: str) -> str | None:
    """Return the room of a module of the package; None for the package itself."""
    parts = dotted.split(".")
    is_ours = len(parts) > 1 and parts[0] == "campbell_scraper" and parts[1] in MAY_IMPORT
    return parts[1] if is_ours else None


def imported(path: Path) -> set[str]:
    """Return the rooms that a file imports, also within functions and for type checkers."""
    module = ".".join(("campbell_scraper", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found: set[str | None] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {room_of(alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            names = [source] if source != "campbell_scraper" else [f"{source}.{alias.name}" for alias in node.names]
            found |= {room_of(name) for name in names}
    return {room for room in found if room is not None}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_only(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert imported(path) <= MAY_IMPORT[room] | {room}


def test_no_two_files_share_a_name() -> None:
    names = Counter(path.name for path in FILES if not path.name.startswith("__"))
    assert [name for name, times in names.items() if times > 1] == []


def test_every_room_says_what_it_is_for() -> None:
    silent = [
        path for path in FILES if path.name == "__init__.py" and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []
