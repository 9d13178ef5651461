"""A disk that fills, exit 6, and nothing that was stored is lost; and one that can only be read."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from functools import partial
from pathlib import Path
from unittest import mock

import pytest

from campbell_scraper.errors import Unfinished
from campbell_scraper.faces.cli import main
from campbell_scraper.sample.sample_server import SampleSite
from campbell_scraper.view.database import open_readonly
from campbell_scraper.view.database_diff import CONTENT_EXCLUDED, compare
from campbell_scraper.view.following import Derivation
from campbell_scraper.view.store import Store
from tests.helpers import campbell, forked

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


@pytest.mark.parametrize("room", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_disk_that_fills_while_rows_are_derived_costs_nothing_that_was_archived(
    usual: Uninterrupted, site: SampleSite, small_disk: Path, room: int
) -> None:
    data = small_disk / "library"
    command = ["campbell", "crawl", site.url, "--delay", "0", "--data", str(data), "--follow", "0"]
    run = forked(partial(_filled_after_the_last_page, small_disk, room * MEGABYTE), command)
    assert run.returncode == 6, run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    assert sorted(site.requests) == sorted(usual.requests)
    (small_disk / "ballast").unlink()
    assert crawl(site, data).returncode == 0
    finished = "select count(*) from crawls where status = 'finished'"
    assert rows(data / "campbell.db", finished) == [(2,)]
    states = "select review_id, title, version from reviews order by 1"
    assert rows(data / "campbell.db", states) == rows(usual.database, states)
    checked = campbell("verify", "--data", data, "--rebuild")
    assert checked.returncode == 0, checked.stderr


def _filled_after_the_last_page(disk: Path, room: int) -> None:
    """Run the command line on a disk that fills when a crawl has ended, and before its rows are derived."""
    ask = Derivation.ask_to_finish

    def fill_and_ask(derivation: Derivation) -> None:
        if not (disk / "ballast").exists():
            fill_up(disk, room)
        ask(derivation)

    with mock.patch.object(Derivation, "ask_to_finish", fill_and_ask):
        main()


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


def fill_up(disk: Path, room: int) -> Path:
    """Leave so many bytes free."""
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(shutil.disk_usage(disk).free - room))
    return ballast


@pytest.mark.parametrize(
    ("words", "room"),
    [
        ("rebuild --data {data}", 6 * MEGABYTE),  # enough for the new database, not to copy it into the live one
        pytest.param("rebuild --data {data}", MEGABYTE, marks=pytest.mark.slow),
        ("rebuild {data}/collections --db {data}/new.db", MEGABYTE),
        ("verify --rebuild --data {data}", MEGABYTE),
    ],
)
def test_a_disk_that_fills_in_a_rebuild_is_said_to_be_full_and_nothing_is_lost(
    usual: Uninterrupted, small_disk: Path, words: str, room: int
) -> None:
    data = usual.copied(small_disk / "library").data
    ballast = fill_up(small_disk, room)
    run = campbell(*words.format(data=data).split())
    assert run.returncode == 6, run.stdout + run.stderr
    assert "is full" in run.stderr
    ballast.unlink()
    assert not compare(usual.database, data / "campbell.db")
    assert not (data / "new.db").exists()
    assert not list(data.glob(".*.tmp*"))


def test_on_a_full_disk_no_rows_are_read_but_the_last_ones(usual: Uninterrupted, small_disk: Path) -> None:
    original, copy = small_disk / "original.db", small_disk / "campbell.db"
    shutil.copy(usual.database, original)
    with closing(sqlite3.connect(original, isolation_level=None)) as writer:
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        writer.execute("UPDATE meta SET value = 'newest' WHERE key = 'library'")
        for suffix in ("", "-wal"):  # as a crash leaves it: the newest rows are in the WAL
            shutil.copy(f"{original}{suffix}", f"{copy}{suffix}")
    ballast = fill_up(small_disk, 0)
    for attempt in (open_readonly, Store.open):
        with pytest.raises(Unfinished, match="disk is full"):
            attempt(copy)
    with pytest.raises(Unfinished, match="disk is full"):
        Store.open(small_disk / "new.db", library="other")
    ballast.unlink()
    with closing(open_readonly(copy)) as reader:
        assert reader.execute("SELECT value FROM meta WHERE key = 'library'").fetchone() == ("newest",)


def test_a_folder_that_cannot_be_written_is_read(usual: Uninterrupted, small_disk: Path, tmp_path: Path) -> None:
    data = usual.copied(small_disk / "library").data
    for suffix in ("-wal", "-shm"):
        (data / f"campbell.db{suffix}").unlink(missing_ok=True)
    remount(small_disk, "ro")
    for words in ("status", "verify --rebuild", f"export sqlite --output {tmp_path}/copy.db", "report --output -"):
        run = campbell(*words.split(), "--data", data)
        assert run.returncode == 0, run.stderr
    for words in ("rebuild", "report", "replay"):
        run = campbell(*words.split(), "--data", data)
        assert run.returncode == 2, run.stderr
        assert "Read-only file system" in run.stderr
    remount(small_disk, "rw")
    with closing(sqlite3.connect(data / "campbell.db", isolation_level=None)) as writer:
        writer.execute("INSERT INTO meta VALUES ('newest', 'of all')")
        shutil.copytree(data, small_disk / "crashed", ignore=shutil.ignore_patterns("*-shm"))
    remount(small_disk, "ro")
    run = campbell("status", "--data", small_disk / "crashed")
    assert run.returncode == 2, "rows would be missing"
    assert "campbell.db-wal cannot be read" in run.stderr


def remount(disk: Path, mode: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{mode}", str(disk)], check=True)
