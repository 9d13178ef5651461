"""What all tests share: where things are, and which campaigns run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
"""Real material beside the checkout; a fresh clone elsewhere has none of it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the long campaigns marked soak, in full")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    soak = config.getoption("--soak")
    for item in items:
        if "soak" in item.keywords and not soak:
            item.add_marker(pytest.mark.skip(reason="a long campaign: make soak"))
        if "browser" in item.keywords and shutil.which("chromium") is None:
            item.add_marker(pytest.mark.skip(reason="needs Chromium: make system-deps"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give the folder of real material, or skip."""
    if not SHARED.is_dir():
        pytest.skip("../shared is absent")
    return SHARED
