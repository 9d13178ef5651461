"""A site that makes up links for ever ends by the pages of one path that are no review."""

from __future__ import annotations

from campbell_scraper.spiders.bounds import MAX_FRUITLESS
from campbell_scraper.spiders.discovery import Step
from campbell_scraper.spiders.page_links import read_links
from campbell_scraper.spiders.spider import ReviewsSpider

SITE = "http://127.0.0.1:9/"
HEADERS = [("Content-Type", "text/html")]


def test_pages_that_lead_to_no_review_end_and_are_named() -> None:
    spider = ReviewsSpider(site=SITE, source="k2")
    page = read_links(f"{SITE}trap/1", HEADERS, b"<html><body><a href='/trap/2/a'>x</a></body></html>")
    paths = {
        spider.bounds.endless_path(f"{SITE}trap/{number}/{number}?n={number}", page, 0)
        for number in range(MAX_FRUITLESS)
    }
    assert paths == {None}
    path = spider.bounds.endless_path(f"{SITE}trap/last", page, 0)
    assert path == "/trap"
    assert spider.bounds.endless_path(f"{SITE}other/", page, 0) is None
    steps = list(spider.bounds.left_out([Step(url=f"{SITE}trap/{number}") for number in range(3)], f"{path}: no end"))
    assert [step.decision for step in steps] == ["limit"] * 3
    assert spider.discovery.incomplete == ["/trap: no end"]


def test_reviews_are_never_too_many() -> None:
    spider = ReviewsSpider(site=SITE, source="k2")
    body = b"<html><body><div id='k2Container' class='itemView'><h2 class='itemTitle'>Kites</h2></div></body></html>"
    page = read_links(f"{SITE}better-evidence/kites.html", HEADERS, body)
    found = {
        spider.bounds.endless_path(f"{SITE}better-evidence/{number}.html", page, 0)
        for number in range(3 * MAX_FRUITLESS)
    }
    assert found == {None}
