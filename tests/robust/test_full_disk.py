"""A disk that fills: exit 6, what was stored is safe, and the crawl goes on once there is room."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from campbell_scraper.sample.server import SampleSite
from campbell_scraper.store.compare import CONTENT_EXCLUDED, compare
from tests.main_job.conftest import campbell

from .conftest import Uninterrupted
from .runs import crawl, repeated, rows

pytestmark = pytest.mark.xdist_group("robust")
MEGABYTE = 1024 * 1024


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


@pytest.mark.parametrize("room", [2, 3, 5])
def test_a_full_disk_ends_a_crawl_that_can_be_taken_up(
    usual: Uninterrupted, site: SampleSite, small_disk: Path, room: int
) -> None:
    data = small_disk / "library"
    data.mkdir()
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes((20 - room) * MEGABYTE))
    run = crawl(site, data)
    assert run.returncode == 6, run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    asked = len(site.requests)
    ballast.unlink()
    assert crawl(site, data).returncode == 0
    assert not compare(usual.database, data / "campbell.db", exclude=CONTENT_EXCLUDED)
    checked = campbell("verify", "--data", data, "--rebuild")
    assert checked.returncode == 0, checked.stderr
    # What could not be written any more is asked for again, nothing else: two in flight, and what was answered while
    # the process that writes, which takes what has come in 30 ms in one go, found out.
    assert repeated(site.requests, usual.requests).total() <= 10
    assert len(site.requests) - asked < len(usual.requests)
    assert rows(data / "campbell.db", "select count(*) from crawls where status = 'finished'") == [(1,)]
