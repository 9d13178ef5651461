"""The second run on a site in the K2 layout, whose listings show no edit of a summary, and whose validators lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from campbell_scraper.archive.write.restore import Recorded
from campbell_scraper.items import Kind
from campbell_scraper.sample import SampleSite, generated
from campbell_scraper.spiders.discovery import Answer
from campbell_scraper.spiders.page_links import PageLinks
from campbell_scraper.spiders.sources.k2_source import K2Discovery
from tests.servers.crawling import Folder

REVIEWS, SEED = 12, 4
SLUGS = {entry.id - 1000: entry.slug for entry in generated(REVIEWS, SEED).entries}


def test_every_item_is_fetched_again_and_exactly_what_changed_is_reported(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "library")
    edits: dict[str, dict[str, Any]] = {
        SLUGS[6]: {"brief": "Another brief."},  # no listing shows it
        SLUGS[10]: {"title": "Another title"},
        SLUGS[4]: {"removed": True},
    }
    with SampleSite(library=generated(REVIEWS, SEED)) as site:
        folder.crawl(site.url, "--no-requisites", source="k2")
        site.library = generated(REVIEWS, SEED, edits=edits)
        site.requests.clear()
        folder.crawl(site.url, "--no-requisites", source="k2")
        asked = [target.partition("?")[0].removesuffix(".html").rpartition("-")[2] for _, target in site.requests]
        assert {int(one) for one in asked if one.isdecimal()} == set(SLUGS) - {4}
        assert not folder.rows("select * from changes where field = 'status'")
        folder.crawl(site.url, "--no-requisites", source="k2")  # the second that lacks it
    changes = folder.rows("select review_id, field from changes")
    changed = {(int(row["review_id"].rpartition("-")[2]), row["field"]) for row in changes}
    assert {number for number, _ in changed} == {4, 6, 10}
    assert (4, "status") in changed
    assert {field for number, field in changed if number == 6} == {"brief", "summaries.en.brief"}


def test_a_listing_that_was_cut_off_makes_the_discovery_incomplete() -> None:
    site = "http://127.0.0.1/"
    url, listing = f"{site}library.html", PageLinks(Kind.LISTING, None, [], [], [])
    discovery = K2Discovery(site)
    recorded = Recorded("urn:x", "2026-01-01T08:00:00Z", [], is_whole=False)
    list(discovery.steps(Answer(asked=url, url=url, status=200, page=listing, recorded=recorded)))
    assert discovery.incomplete == [f"{url}: the answer was cut off"]
