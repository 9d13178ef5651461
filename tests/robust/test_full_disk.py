"""A disk that fills: exit 6, what was stored is safe, and the crawl goes on once there is room."""

from __future__ import annotations

from pathlib import Path

import pytest

from campbell_scraper.sample.sample_server import SampleSite
from campbell_scraper.view.database_diff import CONTENT_EXCLUDED, compare
from tests.helpers import campbell

from .conftest import Uninterrupted
from .runs import crawl, repeated, rows

pytestmark = pytest.mark.xdist_group("robust")
MEGABYTE = 1024 * 1024


def fill(disk: Path, room: float) -> Path:
    """Leave so many megabytes; give what fills the rest."""
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(int((20 - room) * MEGABYTE)))
    return ballast


@pytest.mark.parametrize("room", [2.1, *(pytest.param(room, marks=pytest.mark.slow) for room in (2.05, 2.2))])
def test_a_full_disk_ends_a_crawl_that_can_be_taken_up(
    usual: Uninterrupted, site: SampleSite, small_disk: Path, room: float
) -> None:
    data = small_disk / "library"
    data.mkdir()
    ballast = fill(small_disk, room)
    run = crawl(site, data)
    assert run.returncode == 6, run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    asked = len(site.requests)
    ballast.unlink()
    assert crawl(site, data).returncode == 0
    assert not compare(usual.database, data / "campbell.db", exclude=CONTENT_EXCLUDED)
    checked = campbell("verify", "--data", data, "--rebuild")
    assert checked.returncode == 0, checked.stderr
    # Two in flight, and one amid which the disk is full.
    assert repeated(site.requests, usual.requests).total() <= 3
    assert len(site.requests) - asked < len(usual.requests)
    assert rows(data / "campbell.db", "select count(*) from crawls where status = 'finished'") == [(1,)]


@pytest.mark.parametrize("room", [4, pytest.param(5, marks=pytest.mark.slow)])
def test_a_disk_that_fills_while_rows_are_derived_costs_nothing_that_was_archived(
    usual: Uninterrupted, site: SampleSite, small_disk: Path, room: float
) -> None:
    data = small_disk / "library"
    data.mkdir()
    ballast = fill(small_disk, room)
    run = crawl(site, data, "--follow", "0")  # rows are shown at the end only
    assert run.returncode == 6, run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    assert sorted(site.requests) == sorted(usual.requests)
    ballast.unlink()
    assert crawl(site, data).returncode == 0
    finished = "select count(*) from crawls where status = 'finished'"
    assert rows(data / "campbell.db", finished) == [(2,)]
    states = "select review_id, title, version from reviews order by 1"
    assert rows(data / "campbell.db", states) == rows(usual.database, states)
    checked = campbell("verify", "--data", data, "--rebuild")
    assert checked.returncode == 0, checked.stderr


def test_a_disk_that_is_full_from_the_start_is_said_before_the_site_is_asked(
    usual: Uninterrupted, site: SampleSite, small_disk: Path
) -> None:
    data = small_disk / "library"
    data.mkdir()
    ballast = fill(small_disk, 2)
    run = crawl(site, data)
    assert run.returncode == 6, run.stdout + run.stderr
    assert "of disk are free" in run.stderr
    assert "Traceback" not in run.stderr
    assert not site.requests
    ballast.unlink()
    assert crawl(site, data).returncode == 0
    assert not compare(usual.database, data / "campbell.db", exclude=CONTENT_EXCLUDED)
