"""kill -9 while records are written: nothing whole is lost, and the next start makes the folder whole."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from campbell_scraper.sample.sample_server import SampleSite
from tests.helpers import campbell

from .killed import archive_of, crawl_and_kill, crawl_words, findings, records_on_disk, start_again, verify


def killed_and_taken_up(data: Path, site: SampleSite, seed: int) -> int:
    """Kill one crawl, look at what it left, start the next command, and compare; give the bytes written at the kill."""
    killed_at = crawl_and_kill(site.url, data, random.Random(seed))
    before = records_on_disk(data)
    if not before:  # killed before the first record was whole: there is nothing to keep
        return killed_at
    # Any command that opens the folder to write is a "next start"; rebuild is one that fetches nothing.
    start = campbell("rebuild", "--data", data, timeout=300)
    assert start.returncode in {0, 5}, start.stdout + start.stderr
    assert start.returncode == 0 or "No capture was found" in start.stderr, start.stderr
    nothing_is_lost(before, data, seed)
    assert verify(data) == "", f"seed {seed}"
    return killed_at


def nothing_is_lost(before: dict[str, bytes], data: Path, seed: int) -> None:
    """Compare what a kill left with what the next start made of it, byte for byte."""
    after = records_on_disk(data)
    lost = before.keys() - after.keys()
    assert not lost, f"seed {seed}: {len(lost)} whole records lost"
    assert all(after[record_id] == content for record_id, content in before.items()), f"seed {seed}: a record changed"
    assert not list(archive_of(data).glob("*.open")), f"seed {seed}"


@pytest.mark.xdist_group("archive kills")
@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3, 4))])
def test_a_killed_crawl_loses_no_whole_record(seed: int, tmp_path: Path) -> None:
    with SampleSite() as site:
        killed_and_taken_up(tmp_path / "library", site, seed)


@pytest.mark.slow
@pytest.mark.xdist_group("archive kills")
def test_a_folder_killed_again_and_again_ends_up_whole(tmp_path: Path) -> None:
    """The crawl is taken up after each kill, as a scheduler does; then it is let finish."""
    data = tmp_path / "library"
    chance = random.Random(20261123)
    with SampleSite() as site:
        for _ in range(2):
            crawl_and_kill(site.url, data, chance)
        before = records_on_disk(data)
        run = campbell(*crawl_words(site.url, data), timeout=300)
        assert run.returncode == 0, run.stdout + run.stderr
        after = records_on_disk(data)
    assert not before.keys() - after.keys()
    assert verify(data) == ""


@pytest.mark.soak
@pytest.mark.parametrize("folder", range(40))
def test_two_hundred_kills(folder: int, tmp_path: Path) -> None:
    """Forty folders are used five times each, so that kills also meet what earlier kills left behind."""
    data = tmp_path / "library"
    kills = 0
    with SampleSite() as site:
        for seed in range(1000 + 100 * folder, 1100 + 100 * folder):
            kills += bool(crawl_and_kill(site.url, data, random.Random(seed)))
            if before := records_on_disk(data):
                start_again(data)
                nothing_is_lost(before, data, seed)
                assert findings(data) == [], f"seed {seed}"
            if kills == 5:
                break
    assert kills == 5
