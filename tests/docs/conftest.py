"""A folder in which ``campbell demo`` was run, for the pages that only read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .blocks import shell

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder whose ``data/demo`` is the demo's."""
    folder = tmp_path_factory.mktemp("docs")
    shell("campbell demo", folder)
    return folder
