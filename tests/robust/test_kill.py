"""``kill -9`` at any moment: taken up again, a crawl ends as if nothing had happened."""

from __future__ import annotations

import random
import shutil
import sys
from pathlib import Path

import pytest

from campbell_scraper.sample.sample_server import SampleSite
from campbell_scraper.view.database_diff import CONTENT_EXCLUDED, compare
from tests.helpers import campbell, started

from .conftest import Uninterrupted
from .runs import crawl, killed, repeated, rows, wait_until

pytestmark = pytest.mark.xdist_group("robust")
CONCURRENCY = 2


def check_killed_crawl(usual: Uninterrupted, site: SampleSite, data: Path, seed: int) -> int:
    """Kill a crawl one to three times, let it finish, and compare; gives how often it was really killed."""
    chance = random.Random(seed)
    options = ("--concurrency", str(CONCURRENCY))
    kills = sum(killed(site, data, chance, *options) for _ in range(chance.randint(1, 3)))
    last = crawl(site, data, *options)
    assert last.returncode == 0, last.stderr
    assert not compare(usual.database, data / "campbell.db", exclude=CONTENT_EXCLUDED)
    checked = campbell("verify", "--data", data, "--rebuild")
    assert checked.returncode == 0, checked.stderr
    again = repeated(site.requests, usual.requests)
    assert again.total() <= kills * CONCURRENCY, again
    assert len(rows(data / "campbell.db", "select crawl_id from crawls where status = 'finished'")) == 1
    return kills


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))])
def test_a_crawl_killed_at_random_moments_ends_as_one_that_was_not(
    usual: Uninterrupted, site: SampleSite, tmp_path: Path, seed: int
) -> None:
    check_killed_crawl(usual, site, tmp_path / "library", seed)


@pytest.mark.soak
def test_a_hundred_kills(usual: Uninterrupted, site: SampleSite, tmp_path: Path) -> None:
    kills, seed = 0, 1_000
    while kills < 100:
        site.requests.clear()
        kills += check_killed_crawl(usual, site, tmp_path / str(seed), seed)
        seed += 1


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked for in /proc")
@pytest.mark.parametrize(
    "words", [("rebuild",), pytest.param(("verify", "--rebuild"), marks=pytest.mark.slow)], ids=" ".join
)
def test_a_rebuild_that_is_killed_leaves_the_folder_as_it_was(
    usual: Uninterrupted, tmp_path: Path, words: tuple[str, ...]
) -> None:
    data = tmp_path / "library"
    shutil.copytree(usual.data, data)
    process = started(*words, "--data", data)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    assert wait_until(lambda: bool(children.read_text().split()), process)
    process.kill()
    process.join()
    assert not compare(usual.database, data / "campbell.db")
    again = campbell(*words, "--data", data)  # whose lock the readers of the killed one must not hold
    assert again.returncode == 0, again.stderr
    assert not compare(usual.database, data / "campbell.db")
    assert not [*data.glob(".rebuild*"), *data.glob(".verify*")]
