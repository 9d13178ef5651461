"""What REST, sitemap, page and the Wayback Machine's index say, read as they say it."""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from campbell_scraper.archive.write.restore import original_url
from campbell_scraper.items import Kind, Representation
from campbell_scraper.reading.page_reading import read_page
from campbell_scraper.spiders.discovery import Answer
from campbell_scraper.spiders.known_items import KnownInDatabase
from campbell_scraper.spiders.sources.wayback_source import WaybackDiscovery
from campbell_scraper.spiders.sources.wordpress_lists import is_review_sitemap, read_sitemap
from campbell_scraper.view.judging.assertions import broken, check, open_view
from campbell_scraper.view.log.extraction import extract
from tests.helpers import steps_of
from tests.store.library import SITE, at, capture, end, feed, note, reading, review, start

if TYPE_CHECKING:
    from pathlib import Path

REVIEW = "https://www.campbellcollaboration.org/review/kites/"
KITES = "http://www.campbellcollaboration.org/better-evidence/kites.html"
EMPTY = "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"
FIELDS = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest"]


def index(*rows: tuple[str, str, str], key: str | None = None) -> tuple[WaybackDiscovery, list[str]]:
    """Return a discovery that read an index of (timestamp, status, digest), and what it asks for."""
    discovery = WaybackDiscovery("https://www.campbellcollaboration.org/")
    first = next(iter(discovery.start()))
    lines: list[Any] = [
        FIELDS, *(["org,campbellcollaboration)/x", when, KITES, "text/html", code, sha] for when, code, sha in rows)
    ]  # fmt: skip
    lines += [[], [key]] if key else []
    headers = [("Content-Type", "application/json")]
    body = json.dumps(lines).encode()
    steps = steps_of(discovery, Answer(asked=first.url, url=first.url, status=200, headers=headers, body=body))
    return discovery, [step.url.split("/web/")[1][:14] for step in steps]


def test_redirects_without_a_body_are_not_one() -> None:
    rows = [("20170301000000", "200", "A"), ("20181101000000", "301", EMPTY), ("20200210000000", "200", "A"),
            ("20210501000000", "302", EMPTY)]  # fmt: skip
    assert index(*rows)[1] == ["20170301000000", "20181101000000", "20210501000000"]


@pytest.mark.parametrize("key", ["org%2Carchive%29%2F+19980109140106%21", "a%2520b"])
def test_a_resume_key_is_sent_as_the_archive_gave_it(key: str) -> None:
    discovery, _ = index(("20170301000000", "200", "A"), key=key)
    assert [step.url.partition("&resumeKey=")[2] for step in discovery.idle()] == [key]


def test_a_link_header_is_unescaped() -> None:
    link = "<http://x.example/?option=com_k2&amp;id=7>; rel=original, <http://y.example/>; rel=timegate"
    assert original_url([("Link", link)], "http://y.example/web/") == "http://x.example/?option=com_k2&id=7"


def test_a_gzipped_sitemap_is_read() -> None:
    url = "https://x.example/review-sitemap.xml.gz"
    xml = b"<urlset><url><loc>https://x.example/review/a/</loc><lastmod>2026-01-01T00:00:00Z</lastmod></url></urlset>"
    assert is_review_sitemap(url)
    for body in (gzip.compress(xml), xml):
        found = read_sitemap(Answer(asked=url, url=url, status=200, body=body))
        assert found is not None
        assert found.is_whole
        assert found.entries == [("https://x.example/review/a/", "2026-01-01T00:00:00Z")]
    assert read_sitemap(Answer(asked=url, url=url, status=200, body=gzip.compress(xml)[:30])) is None


def test_a_gzipped_sitemap_is_one_in_the_log_too() -> None:
    xml = b"<?xml version='1.0'?><urlset><url><loc>https://x.example/review/a/</loc></url></urlset>"
    url = "https://x.example/sitemap_index.xml.gz"
    for body, links in ((gzip.compress(xml), ["https://x.example/review/a/"]), (gzip.compress(xml)[:30], None)):
        found = extract(capture(url, 1, mime="application/x-gzip", payload=lambda body=body: body))
        assert (found.kind is Kind.SITEMAP) is (links is not None)
        assert (found.reading and found.reading.links) == links
        assert (found.error is None) is (links is not None)


def rest(**more: Any) -> dict[str, Any]:
    post: dict[str, Any] = {"id": 7, "type": "review", "link": REVIEW, "title": {"rendered": "Kites"},
                            "content": {"rendered": "<p>Kites fly.</p>", "protected": False}}  # fmt: skip
    return post | more


def test_the_posting_date_is_the_published_date_where_there_is_no_other() -> None:
    dates = {"date_gmt": "2024-03-01T23:30:00", "modified_gmt": "2025-01-02T03:04:05"}
    url = "https://www.campbellcollaboration.org/wp-json/wp/v2/review?page=1"
    headers = [("Content-Type", "application/json")]
    (record,) = read_page(url, headers, json.dumps([rest(**dates)]).encode()).reviews
    assert (record.posted_at, record.modified_at) == ("2024-03-01T23:30:00Z", "2025-01-02T03:04:05Z")
    said = record.published_date, record.published_date_raw, record.published_precision
    assert said == ("2024-03-01", "2024-03-01T23:30:00", "day")
    draft = {"date_gmt": "0000-00-00T00:00:00", "modified_gmt": None}
    (record,) = read_page(url, headers, json.dumps([rest(**draft)]).encode()).reviews
    assert (record.posted_at, record.modified_at, record.published_date) == (None, None, None)


def test_a_save_that_changes_nothing_is_no_version(tmp_path: Path) -> None:
    events: list[Any] = []
    for number, saved in enumerate(("2024-01-01T00:00:00Z", "2024-02-02T00:00:00Z"), 1):
        post = review(REVIEW, Representation.REST, title="Kites", doi="10.1/x", modified_at=saved)
        events += [start(f"c{number}", number), (capture(REVIEW, number, crawl=f"c{number}"), reading(post))]
        events.append(end(f"c{number}", number + 0.5))
    path = feed(tmp_path / "campbell.db", events)
    found = sqlite3.connect(path).execute("select version, modified_at from reviews").fetchall()
    assert found == [(1, "2024-02-02T00:00:00Z")]


@pytest.mark.parametrize(("page", "is_asked_again"), [("Kites", True), ("Kites fly", False)])
def test_a_page_that_lags_behind_rest_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str, *, is_asked_again: bool
) -> None:
    monkeypatch.setattr("campbell_scraper.spiders.known_items.STALE", timedelta(days=36_500))
    events: list[Any] = []
    for number, (said, shown) in enumerate((("Kites", "Kites"), ("Kites fly", page)), 1):
        crawl = f"c{number}"
        post = review(REVIEW, Representation.REST, title=said, doi="10.1/x")
        seen = capture(REVIEW, number + 0.2, crawl=crawl)
        events += [start(crawl, number), (capture(f"{REVIEW}?rest", number + 0.1, crawl=crawl), reading(post)),
                   (seen, reading(review(REVIEW, title=shown, doi="10.1/x"))),
                   note(crawl, number + 0.3, REVIEW, "listed", hint_modified=at(number)),
                   end(crawl, number + 0.5)]  # fmt: skip
    path = feed(tmp_path / "campbell.db", events)
    known = KnownInDatabase(path, "live")
    assert (known.last_seen(REVIEW) is None) is is_asked_again
    known.close()


@pytest.mark.parametrize(
    "single", ["wp-json/wp/v2/review/7?_embed=1", "wp-json/wp/v2/review?include=7&per_page=100", None]
)
def test_a_rest_list_without_reviews_is_said_even_if_rest_answers_for_single_ones(
    tmp_path: Path, single: str | None
) -> None:
    listed = f"{SITE}/wp-json/wp/v2/review?orderby=id&per_page=100&page=1"
    post = reading(review(REVIEW, Representation.REST, title="Kites"))
    events: list[Any] = [start("c1", 1), (capture(listed, 1.1), post), end("c1", 1.5)]
    events += [start("c2", 2), (capture(listed, 2.1, crawl="c2"), reading(url=listed))]
    events += [(capture(f"{SITE}/{single}", 2.2, crawl="c2"), post)] if single else []
    path = feed(tmp_path / "campbell.db", [*events, end("c2", 2.5)])
    with closing(open_view(path)) as view:
        assert "REST" in {verdict.name for verdict in broken(check(view, "c2"))}
        assert "REST" not in {verdict.name for verdict in broken(check(view, "c1"))}
