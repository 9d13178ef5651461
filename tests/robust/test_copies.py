"""A copy of a data folder taken while a crawl writes: the next run makes it whole, or refuses it."""

from __future__ import annotations

import random
import shutil
import time
from contextlib import suppress
from pathlib import Path

import pytest

from campbell_scraper.sample.sample_server import SampleSite
from campbell_scraper.view.database_diff import CONTENT_EXCLUDED, compare
from campbell_scraper.view.schema import TABLES
from tests.helpers import campbell

from .conftest import Uninterrupted
from .runs import begun, crawl, wait_for_requests

pytestmark = pytest.mark.xdist_group("robust")
GROWING = (".open", "-wal")
LOG = ("captures", "discovered", "unhandled", *(table.name for table in TABLES if table.name.startswith("_")))
SAID = {**CONTENT_EXCLUDED, **dict.fromkeys(LOG, "a crawl that had ended when its folder was copied is not taken up")}


def copied_amid(site: SampleSite, data: Path, target: Path, chance: random.Random) -> None:
    """Begin a crawl and copy its folder at a random moment, files in any order, those that grow cut at any byte."""
    process = begun(site, data)
    try:
        wait_for_requests(site, chance.randint(1, 150), process)
        time.sleep(chance.uniform(0, 2.0))
        files = sorted(path for path in data.rglob("*") if path.is_file())
        chance.shuffle(files)
        for path in files:
            copy = target / path.relative_to(data)
            copy.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):  # given another name meanwhile: a copying program misses it
                shutil.copyfile(path, copy)
                if path.name.endswith(GROWING) and chance.random() < 0.5:
                    with copy.open("r+b") as file:
                        file.truncate(chance.randint(0, copy.stat().st_size))
    finally:
        process.kill()
        process.join(60)


def check_copy(usual: Uninterrupted, site: SampleSite, folder: Path, seed: int) -> bool:
    """Copy a folder in mid-crawl and crawl the copy to its end; False if it was refused."""
    site.requests.clear()
    copied_amid(site, folder / "library", folder / "copy", random.Random(seed))
    run = crawl(site, folder / "copy")
    assert run.returncode in {0, 5}, f"seed {seed}: {run.stderr}"
    if run.returncode == 0:
        found = compare(usual.database, folder / "copy" / "campbell.db", exclude=SAID)
        assert not found, f"seed {seed}: {found[:3]}"
        checked = campbell("verify", "--data", folder / "copy", "--rebuild")
        assert checked.returncode == 0, f"seed {seed}: {checked.stdout}{checked.stderr}"
    shutil.rmtree(folder)
    return run.returncode == 0


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))])
def test_a_copy_taken_amid_a_crawl_ends_with_the_same_rows_or_is_refused(
    usual: Uninterrupted, site: SampleSite, tmp_path: Path, seed: int
) -> None:
    check_copy(usual, site, tmp_path / "copies", seed)


@pytest.mark.soak
def test_three_hundred_copies(usual: Uninterrupted, site: SampleSite, tmp_path: Path) -> None:
    whole = [check_copy(usual, site, tmp_path / "copies", 1_000 + number) for number in range(300)]
    assert sum(whole) > 200
