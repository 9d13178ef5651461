"""``--limit`` counts reviews, not the addresses that show them, and asks for no page more."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest
import scrapy
from scrapy.exceptions import DontCloseSpider

from campbell_scraper.sample import SampleSite
from campbell_scraper.spiders.spider import ReviewsSpider
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


def test_no_page_overtakes_one_that_waits() -> None:
    spider = ReviewsSpider(source="k2", site="http://127.0.0.1/", limit="1")
    first, second, third = (scrapy.Request(f"http://127.0.0.1/{name}", meta={"asked": name}) for name in "abc")
    assert spider.may_ask(first)
    assert not spider.may_ask(second)
    spider._under_way.discard("a")  # it was read, and is no review
    assert not spider.may_ask(third)
    spider.crawler = Mock()
    with pytest.raises(DontCloseSpider):
        spider.idle()
    queued = [call.args[0].url[-1] for call in spider.crawler.engine.crawl.call_args_list]
    assert queued == ["c", "b"], "Scrapy's queue gives the newest first"
    assert spider.may_ask(second)
