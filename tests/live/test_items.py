"""``scrapy crawl reviews -o items.jsonl``: each review once, although many addresses show it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path

import pytest
from scrapy.http import HtmlResponse, Request

from campbell_scraper.items import Representation, ReviewRecord
from campbell_scraper.reading.page.links import review_id
from campbell_scraper.sample.sample_server import SampleSite
from campbell_scraper.spiders.spider import ReviewsSpider
from campbell_scraper.spiders.unique_reviews import UniqueReviews
from tests.servers.crawling import Folder
from tests.servers.wordpress import WordPress

HOST = "https://reviews.example.org"
OWN, OTHER = f"{HOST}/library/kites.html", f"{HOST}/other-menu/7-kites.html"


def record(title: str, kind: Representation = Representation.ITEM) -> ReviewRecord:
    return ReviewRecord(url=OWN, representation=kind, layout="k2-item", title=title)


def items(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_review_at_many_addresses_is_one_item(tmp_path: Path) -> None:
    folder, out = Folder(tmp_path / "library"), tmp_path / "items.jsonl"
    with SampleSite() as site:
        folder.scrapy(site.url, source="k2", settings=[f"FEEDS={json.dumps({str(out): {'format': 'jsonlines'}})}"])
    shown = Counter(review_id(str(item["url"])) for item in items(out))
    assert set(shown.values()) == {1}
    read = {row["review_id"] for row in folder.rows("select r.review_id from reviews r join captures c using "
            "(capture_id) where c.kind = 'review' and c.status = 200")}  # fmt: skip
    assert shown.keys() == read
    aliases = folder.rows("select 1 from review_urls u join captures c using (url) where how = 'alias'")
    assert aliases, "the sample shows no review at another address: nothing was tested"


def test_the_live_site_gives_each_review_once(folder: Folder, tmp_path: Path) -> None:
    out = tmp_path / "items.jsonl"
    with WordPress(reviews=4) as site:
        folder.scrapy(site.url, settings=[f"FEEDS={json.dumps({str(out): {'format': 'jsonlines'}})}"])
        found = [str(item["url"]).removeprefix(site.url) for item in items(out)]
        assert sorted(found) == sorted(site.content.truth())


def test_the_page_at_the_reviews_own_address_is_preferred() -> None:
    reviews = UniqueReviews()
    reviews.note_request(OTHER)
    assert not reviews.take(OTHER, [record("seen at another address")])
    reviews.note_request(OWN)
    assert not reviews.release(OTHER)
    assert [one.title for one in reviews.take(OWN, [record("its own")])] == ["its own"]
    assert not reviews.release(OWN)
    assert not reviews.take(OTHER, [record("again")])
    assert not reviews.release(OTHER)


def test_another_address_serves_where_the_own_one_cannot_be_had() -> None:
    reviews = UniqueReviews()
    reviews.note_request(OTHER)
    reviews.take(OTHER, [record("seen at another address")])
    reviews.note_request(OWN)
    assert not reviews.release(OTHER)
    assert [one.title for one in reviews.release(OWN)] == ["seen at another address"], "its own page answered 404"
    assert not reviews.take(OWN, [record("too late")])


def test_a_review_whose_own_page_is_not_asked_for_is_not_waited_for() -> None:
    reviews = UniqueReviews()
    reviews.note_request(OTHER)
    reviews.take(OTHER, [record("seen at another address")])
    assert [one.title for one in reviews.release(OTHER)] == ["seen at another address"]


def test_a_listing_shows_no_item() -> None:
    reviews = UniqueReviews()
    assert not reviews.take(OWN, [record("listed", Representation.LISTING)])
    assert not reviews.release(OWN)


def test_a_record_seen_elsewhere_is_given_when_its_own_page_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    spider = ReviewsSpider(source="k2", site=HOST, contact="a@example.org")
    spider._unique_reviews.note_request(OWN)
    assert not spider._unique_reviews.take(OTHER, [record("seen at another address")])

    async def unreadable(*_: object) -> None:
        """Return nothing, as for a page that killed its reader."""

    monkeypatch.setattr(spider, "_read", unreadable)

    async def given() -> list[object]:
        answer = HtmlResponse(OWN, request=Request(OWN, meta={"asked": OWN}))
        return [one async for one in spider.parse(answer)]

    assert [one.title for one in asyncio.run(given()) if isinstance(one, ReviewRecord)] == ["seen at another address"]
