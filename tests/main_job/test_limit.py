"""``--limit`` counts reviews, not the addresses that show them, and asks for no page more."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from campbell_scraper.sample import SampleSite

from .conftest import campbell

if TYPE_CHECKING:
    from pathlib import Path

SHOWN = "representation = 'item' OR representation LIKE 'alias%' OR representation LIKE 'item#%'"


def rows(data: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(f"file:{data / 'campbell.db'}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize(("limit", "concurrency"), [(1, 1), (10, 1), (10, 4)])
def test_as_many_reviews_as_are_wanted_and_no_page_more(tmp_path: Path, limit: int, concurrency: int) -> None:
    with SampleSite() as site:
        run = campbell("crawl", site.url, "--delay", 0, "--no-requisites", "--limit", limit,
                       "--concurrency", concurrency, "--data", tmp_path / "d")  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert rows(tmp_path / "d", f"SELECT count(DISTINCT review_id) FROM _representations WHERE {SHOWN}") == [(limit,)]
    assert rows(tmp_path / "d", "SELECT discovery_complete FROM crawls") == [(0,)]
    assert rows(tmp_path / "d", "SELECT count(*) > 0 FROM discovered WHERE decision = 'limit'") == [(1,)]


def test_a_review_at_several_addresses_counts_once(tmp_path: Path) -> None:
    with SampleSite() as site:
        everything = campbell("crawl", site.url, "--delay", 0, "--no-requisites", "--data", tmp_path / "all")
        assert everything.returncode == 0
        (reviews,) = rows(tmp_path / "all", f"SELECT count(DISTINCT review_id) FROM _representations WHERE {SHOWN}")[0]
        (pages,) = rows(tmp_path / "all", "SELECT count(*) FROM captures WHERE kind = 'review'")[0]
        assert pages > reviews
        limited = campbell("crawl", site.url, "--delay", 0, "--no-requisites", "--limit", reviews,
                           "--data", tmp_path / "d")  # fmt: skip
    assert limited.returncode == 0
    assert rows(tmp_path / "d", f"SELECT count(DISTINCT review_id) FROM _representations WHERE {SHOWN}") == [(reviews,)]
