"""The second run on a site in the K2 layout: what listings show decides; where they show too little, all is read.

Of the sample's items those with even numbers are listed with their Additional Info, the others by their title alone.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from campbell_scraper.archive.restore import Recorded
from campbell_scraper.items import Kind, ListedEntry, PageReading
from campbell_scraper.pages import read_page
from campbell_scraper.sample import SampleSite, generated
from campbell_scraper.spiders.discovery import Answer, Step
from campbell_scraper.spiders.k2 import K2Discovery
from tests.servers.crawling import Folder
from tests.servers.k2 import QuirkyLibrary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from campbell_scraper.sample.library import Page

REVIEWS, SEED = 12, 4
SLUGS = {entry.id - 1000: entry.slug for entry in generated(REVIEWS, SEED).entries}
FIRST = REVIEWS
TOLD = {number for number in SLUGS if number % 2 == 0 and number != FIRST}


class Changed:
    """A library some of whose pages are changed on their way."""

    def __init__(self, library: Any, change: Callable[[str, Page], Page]) -> None:
        self._library = library
        self._change = change

    def get(self, path: str, query: Mapping[str, str]) -> Page:
        return self._change(path, self._library.get(path, query))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "library")


def crawl(folder: Folder, site: SampleSite, *options: str, code: int = 0) -> set[int]:
    """Crawl; gives the numbers of the items that were asked for, at whatever address."""
    site.requests.clear()
    folder.crawl(site.url, "--no-requisites", *options, source="k2", code=code)
    asked = {target.partition("?")[0].removesuffix(".html").rpartition("-")[2] for _, target in site.requests}
    return {int(one) for one in asked if one.isdecimal()}


def decided(folder: Folder, decision: str) -> set[int]:
    sql = "select url from discovered where crawl_id = ? and decision = ? and url like '%.html'"
    rows = folder.rows(sql, folder.last_crawl()["crawl_id"], decision)
    return {int(row["url"].removesuffix(".html").rpartition("-")[2]) for row in rows}


@pytest.mark.parametrize("quirk", ["", "no-canonical", "search-only", "by-query"])
def test_what_the_listings_show_as_before_is_not_fetched_has_a_row_and_is_not_gone(quirk: str, folder: Folder) -> None:
    library = QuirkyLibrary(generated(REVIEWS, SEED), *filter(None, [quirk]))
    with SampleSite(library=library) as site:  # type: ignore[arg-type]  # answers get() alike
        assert crawl(folder, site) >= set(SLUGS) - {FIRST}
        for _ in range(2):
            assert not crawl(folder, site) & TOLD
            listed = "select count(*) from discovered where crawl_id = ? and decision = 'unchanged'"
            assert folder.rows(listed, folder.last_crawl()["crawl_id"])[0][0] >= len(TOLD)
            assert folder.last_crawl()["discovery_complete"] == 1
    assert {row["status"] for row in folder.rows("select status from reviews")} == {"current"}
    assert not folder.rows("select * from changes")
    assert "agrees" in folder.campbell("verify", "--rebuild").stdout


def test_a_second_run_fetches_and_reports_what_the_listings_show_changed(folder: Folder) -> None:
    with SampleSite(library=generated(REVIEWS, SEED)) as site:
        crawl(folder, site)
        edits: dict[str, dict[str, Any]] = {
            SLUGS[10]: {"title": "Another title"},
            SLUGS[8]: {"groups": ["Ageing"]},
            SLUGS[4]: {"removed": True},
        }
        site.library = generated(REVIEWS, SEED, edits=edits)
        asked = crawl(folder, site)
        # 4 is not there any more; 3, behind it, is among those of which only the title is shown.
        assert asked == set(SLUGS) - TOLD | {10, 8, 4}
        assert decided(folder, "unchanged") == {2, 6}
        changes = folder.rows("select review_id, field, new from changes order by review_id")
        assert {(int(row["review_id"].rpartition("-")[2]), row["field"], row["new"]) for row in changes} == {
            (4, "status", "gone"),
            (8, "groups", '["Ageing"]'), (8, "additional_info.Coordinating group(s)", "Ageing"),
            (10, "title", "Another title"), (10, "additional_info.Title", "Another title"),
        }  # fmt: skip
        assert not crawl(folder, site) & TOLD, "what was fetched is known as it is now"


def test_what_has_moved_in_the_order_is_fetched_and_so_is_what_stands_behind_it(folder: Folder) -> None:
    with SampleSite(library=generated(REVIEWS, SEED)) as site:
        crawl(folder, site)
        site.library = generated(REVIEWS, SEED, edits={SLUGS[6]: {"created": "2017-01-02T19:30:00+00:00"}})
        assert crawl(folder, site) & TOLD == {6, 10}, "6 stands before 10 now"


def test_an_edit_that_no_listing_shows_is_found_when_all_is_fetched_again(folder: Folder) -> None:
    with SampleSite(library=generated(REVIEWS, SEED)) as site:
        crawl(folder, site)
        site.library = generated(REVIEWS, SEED, edits={SLUGS[6]: {"brief": "Another brief."}})
        crawl(folder, site)
        assert not folder.rows("select * from changes")
        for options in (["--full-every", "0s"], ["--full"]):
            assert crawl(folder, site, *options) == set(SLUGS)
        found = folder.rows("select distinct review_id, field from changes where field like '%brief'")
        assert {row["review_id"].rpartition("-")[2] for row in found} == {"6"}


def test_where_a_page_that_may_be_a_listing_cannot_be_had_everything_is_fetched(folder: Folder) -> None:
    library = generated(REVIEWS, SEED)

    def broken(path: str, page: Page) -> Page:
        return replace(page, status=500) if path == "/library.html" else page

    with SampleSite(library=library) as site:
        crawl(folder, site)
        site.library = Changed(library, broken)  # type: ignore[assignment]  # answers get() alike
        assert crawl(folder, site, code=3) == set(SLUGS)


def test_a_review_that_only_left_out_items_lead_to_is_asked_for_and_stays(folder: Folder) -> None:
    library = QuirkyLibrary(generated(REVIEWS, SEED), "no-sitemap")

    def hidden(path: str, page: Page) -> Page:
        """Name item 2 nowhere but on the page of item 6, which listings show as before."""
        if not page.mime.startswith("text/html"):
            return page
        text, name = page.body.decode(), SLUGS[2]
        if SLUGS[6] in path:
            return replace(page, body=text.replace("</p>", f'</p><a href="/library/{name}.html">2</a>', 1).encode())
        return page if name in path else replace(page, body=text.replace(name, "none").encode())

    with SampleSite(library=Changed(library, hidden)) as site:  # type: ignore[arg-type]
        for _ in range(3):
            assert 2 in crawl(folder, site)
        assert 6 not in crawl(folder, site)
    assert folder.rows("select status from reviews where review_id like ?", f"%{SLUGS[2]}")[0]["status"] == "current"


def test_what_came_back_is_fetched_although_the_listing_shows_it_as_before(folder: Folder) -> None:
    with SampleSite(library=generated(REVIEWS, SEED)) as site:
        for removed in (False, True, False):
            site.library = generated(REVIEWS, SEED, edits={SLUGS[6]: {"removed": True}} if removed else {})
            crawl(folder, site)
        status = folder.rows("select status from reviews where review_id like ?", f"%{SLUGS[6]}")
        assert [row["status"] for row in status] == ["current"]


SITE = "https://k2.example.org/"
ITEM, BEFORE = f"{SITE}library/b.html", f"{SITE}library/a.html"


def test_an_item_that_was_read_before_its_listing_may_not_be_left_out_next_time() -> None:
    listing = PageReading(
        url=f"{SITE}library.html", kind=Kind.LISTING, layout="k2-listing",
        listed=[ListedEntry(BEFORE, "1", has_block=True), ListedEntry(ITEM, "2", has_block=True)],
    )  # fmt: skip
    item = PageReading(url=ITEM, kind=Kind.REVIEW, layout="k2-item")

    def noted(item_at: str, listing_at: str) -> list[Step]:
        discovery = K2Discovery(SITE)
        for reading, at in ((listing, listing_at), (item, item_at)):
            recorded = Recorded("urn:x", at, [], is_whole=True)
            discovery.steps(Answer(asked=reading.url, url=reading.url, status=200, reading=reading, recorded=recorded))
        return discovery.idle()

    early, late = (datetime(2026, 1, 1, hour, tzinfo=UTC).isoformat() for hour in (8, 9))
    assert [step.url for step in noted(item_at=late, listing_at=early)] == [ITEM]
    assert not noted(item_at=early, listing_at=late), "an edit between the two would be hidden for 30 days"


def test_a_listing_that_was_cut_off_makes_the_discovery_incomplete() -> None:
    listing = PageReading(url=f"{SITE}library.html", kind=Kind.LISTING, layout="k2-listing")
    discovery = K2Discovery(SITE)
    recorded = Recorded("urn:x", "2026-01-01T08:00:00Z", [], is_whole=False)
    discovery.steps(Answer(asked=listing.url, url=listing.url, status=200, reading=listing, recorded=recorded))
    assert discovery.incomplete == [f"{listing.url}: the answer was cut off"]


def test_counters_and_scripts_are_no_part_of_what_a_listing_shows() -> None:
    def entry(text: str) -> ListedEntry:
        page = (
            '<html><body><div class="itemListView"><div class="catItemView"><h3 class="catItemTitle">'
            f'<a href="/library/b.html">B</a></h3>{text}</div></div></body></html>'
        )
        (found,) = read_page(f"{SITE}library.html", [("Content-Type", "text/html")], page.encode()).listed
        return found

    shown = entry('<p>Text</p><div class="catItemHitsBlock"><span class="catItemHits">Read 7 times</span></div>')
    assert (
        entry('<p>Text</p><div class="catItemHitsBlock"><span class="catItemHits">Read 8 times</span></div>') == shown
    )
    assert entry("<p>Text</p><script>token = 5</script>") == shown
    for other in ("<p>Texts</p>", "<p>Text</p><img src=/b.png>", '<p><a href="/c.pdf">Text</a></p>'):
        assert entry(other) != shown
