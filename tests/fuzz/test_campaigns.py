"""Seeded mutations of saved pages and archives, each in a confined process; the long campaigns are ``make soak``."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT

from .campaign import examine_archive, examine_page, read

if TYPE_CHECKING:
    from pathlib import Path

FEW = {"pages": 150, "archives": 60}
MANY = {"pages": 1_000_000, "archives": 100_000}
AT_ONCE = 5_000
"""Cases of one process in a long campaign."""


def campaign(kind: str, first: int, last: int, folder: Path) -> str:
    """Run the cases of some seeds; return what the process says of them."""
    folder.mkdir()
    command = [sys.executable, "-m", "tests.fuzz.campaign", kind, str(first), str(last), str(folder)]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(folder)}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    seed = folder / "seed"
    assert run.returncode == 0, (run.returncode, seed.read_text() if seed.exists() else "", run.stderr)
    return run.stdout


@pytest.mark.parametrize(
    "body",
    [
        b"<?xml version='1.0'?><urlset><url><x:loc>https://a.example/1</x:loc></url></urlset>",
        b"<html><body><div class='itemListView'></div>catItemExtraFieldsLabel\"</body></html>",
    ],
    ids=["an undeclared prefix in a sitemap", "a list view without items"],
)
def test_readings_that_once_raised(body: bytes) -> None:
    assert read(body, 0).reviews == []


@pytest.mark.parametrize(
    "seed", [13658, 48390], ids=["control characters in a tag left open", "before what is dropped"]
)
def test_mutations_that_once_raised(seed: int) -> None:
    examine_page(seed)


@pytest.mark.parametrize(
    "seed", [134, 1005326], ids=["a record before the start of its file", "control characters in a page's address"]
)
def test_archives_that_once_raised(seed: int, tmp_path: Path) -> None:
    examine_archive(seed, tmp_path)


@pytest.mark.parametrize("kind", FEW)
def test_mutations_cost_little_and_write_nothing_elsewhere(kind: str, tmp_path: Path) -> None:
    assert campaign(kind, 0, FEW[kind], tmp_path / "own").startswith(f"{FEW[kind]} {kind}, ")


@pytest.mark.soak
@pytest.mark.parametrize("kind", MANY)
def test_many_mutations_cost_little_and_write_nothing_elsewhere(kind: str, tmp_path: Path) -> None:
    def some(first: int) -> None:
        print(campaign(kind, first, min(first + AT_ONCE, MANY[kind]), tmp_path / str(first)), flush=True)

    with ThreadPoolExecutor(os.cpu_count()) as processes:
        list(processes.map(some, range(0, MANY[kind], AT_ONCE)))
