"""``--limit`` counts reviews, not the addresses that show them, and asks for no page more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campbell_scraper.sample import SampleSite
from tests.helpers import Crawled, campbell, rows

if TYPE_CHECKING:
    from pathlib import Path

SHOWN = "representation = 'item' OR representation LIKE 'alias%' OR representation LIKE 'item#%'"


@pytest.mark.parametrize(("limit", "concurrency"), [(1, 1), (10, 1), (10, 4)])
def test_as_many_reviews_as_are_wanted_and_no_page_more(tmp_path: Path, limit: int, concurrency: int) -> None:
    with SampleSite() as site:
        run = campbell("crawl", site.url, "--delay", 0, "--no-requisites", "--limit", limit,
                       "--concurrency", concurrency, "--data", tmp_path / "d")  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert rows(tmp_path / "d", f"SELECT count(DISTINCT review_id) FROM _representations WHERE {SHOWN}") == [(limit,)]
    assert rows(tmp_path / "d", "SELECT discovery_complete FROM crawls") == [(0,)]
    assert rows(tmp_path / "d", "SELECT count(*) > 0 FROM discovered WHERE decision = 'limit'") == [(1,)]


def test_a_review_at_several_addresses_counts_once(crawled: Crawled, tmp_path: Path) -> None:
    (reviews,) = rows(crawled.data, f"SELECT count(DISTINCT review_id) FROM _representations WHERE {SHOWN}")[0]
    (pages,) = rows(crawled.data, "SELECT count(*) FROM captures WHERE kind = 'review'")[0]
    assert pages > reviews
    with SampleSite() as site:
        limited = campbell("crawl", site.url, "--delay", 0, "--no-requisites", "--limit", reviews,
                           "--data", tmp_path / "d")  # fmt: skip
    assert limited.returncode == 0
    assert rows(tmp_path / "d", f"SELECT count(DISTINCT review_id) FROM _representations WHERE {SHOWN}") == [(reviews,)]
