"""The libraries that were asked for do the work: docs/architecture.md names where, and there they are imported."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import campbell_scraper

PACKAGE = Path(campbell_scraper.__file__).parent
PAGE = PACKAGE.parent / "docs" / "architecture.md"
ROW = re.compile(r"^\| (scrapy|parsel|warcio|sqlite-utils) \|[^|]+\| (.+) \|$", re.MULTILINE)


def named() -> list[tuple[str, str]]:
    """Return each library with each file that the page names for it."""
    rows = ROW.findall(PAGE.read_text("utf-8"))
    return [(library, file) for library, files in rows for file in re.findall(r"`([^`]+)`", files)]


def test_the_page_names_all_four() -> None:
    assert {library for library, _ in named()} == {"scrapy", "parsel", "warcio", "sqlite-utils"}


@pytest.mark.parametrize(("library", "file"), named())
def test_the_files_named_import_the_library(library: str, file: str) -> None:
    tree = ast.parse((PACKAGE / file).read_text("utf-8"))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert any(module.partition(".")[0] == library.replace("-", "_") for module in modules)
