"""What all tests share: where things are, and which campaigns run."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.helpers import Crawled, once_a_run, run_demo, sample_crawl
from tests.made_library import edited, five, folder, maker  # fixtures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

__all__ = ["edited", "five", "folder", "maker"]

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
"""Real material beside the checkout; a fresh clone elsewhere has none of it."""
SLOW = frozenset((ROOT / "tests" / "slow.txt").read_text("utf-8").splitlines())
"""Tests, or single cases of them, that are slow beside those that are marked so where they stand."""

# A machine with other work to do is slow, which says nothing of the code.
settings.register_profile("on any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("on any machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the long campaigns marked soak, in full")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    soak = config.getoption("--soak")
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)  # what takes long begins first
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.location[0]))  # a file's fixtures are made once
        if SLOW & {item.nodeid, item.nodeid.partition("[")[0]}:
            item.add_marker(pytest.mark.slow)
        if "soak" in item.keywords and not soak:
            item.add_marker(pytest.mark.skip(reason="a long campaign: make soak"))
        if "browser" in item.keywords:
            # A browser does what it does when it gets to it: its tests are tried once more, and no others.
            item.add_marker(pytest.mark.flaky(reruns=1))
            if shutil.which("chromium") is None:
                item.add_marker(pytest.mark.skip(reason="needs Chromium: make system-deps"))


def pytest_collection_finish() -> None:
    """Have the garbage collector pass over thousands of tests and modules, which stay to the end."""
    gc.freeze()


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real material, or skip."""
    if not SHARED.is_dir():
        pytest.skip("../shared is absent")
    return SHARED


@pytest.fixture(scope="session")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    """The embedded sample as one crawl left it; a test that changes the folder, or locks it, copies it first."""
    return sample_crawl(tmp_path_factory)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which ``campbell demo`` was run: its ``data/demo`` is the demo's."""
    return once_a_run(tmp_path_factory, "demo", run_demo)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 20 MB."""
    mount = shutil.which("mount")
    disk = tmp_path / "disk"
    disk.mkdir()
    if mount is None or os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("mounting is not permitted here")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Yield a headless Chromium for one module: while Playwright's event loop runs, no other test can run its own."""
    from tests.replay.browser import chromium  # noqa: PLC0415 - needed by few, and absent without the dev group

    with chromium() as running:
        yield running
