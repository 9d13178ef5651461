"""A run earns its conclusions: what many pages of one run show at once is the site's bad day (rule 8)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from campbell_scraper.sample import SampleSite, generated
from campbell_scraper.sample.sample_site import SampleLibrary, SamplePage
from tests.servers.crawling import Folder

from .bad_site import (
    CHANGES,
    REVIEWS,
    SEED,
    STATE,
    BadLibrary,
    Fault,
    another_page,
    bad_site,
    crawl,
    of_items,
    own_path,
    redirect,
    rows,
    status,
)

CHALLENGE = b"<!DOCTYPE html><title>Just a moment...</title><p>Checking your browser before you enter.</p>"
LISTS = ("/better-evidence.html", "/library.html", "/sitemap.xml")


def challenge(path: str, page: SamplePage, _library: SampleLibrary) -> SamplePage:
    return page if path == "/robots.txt" else replace(page, status=200, body=CHALLENGE, mime="text/html")


def no_lists(path: str, page: SamplePage, _library: SampleLibrary) -> SamplePage:
    """Answer lists without items, and the home page without its menu."""
    return replace(page, body=b"<!DOCTYPE html><title>Library</title>") if path in {"/", *LISTS} else page


def barred(path: str, page: SamplePage, _library: SampleLibrary) -> SamplePage:
    return replace(page, body=b"User-agent: *\nDisallow: /\n", status=200) if path == "/robots.txt" else page


def items_barred(path: str, page: SamplePage, _library: SampleLibrary) -> SamplePage:
    body = b"User-agent: *\nDisallow: /better-evidence/\nDisallow: /library/\n"
    return replace(page, body=body, status=200) if path == "/robots.txt" else page


def half(change: Fault) -> Fault:
    def some(path: str, page: SamplePage, library: SampleLibrary) -> SamplePage:
        return change(path, page, library) if sorted(one.path for one in library.entries).index(path) % 2 else page

    return of_items(some)


def first(library: SampleLibrary) -> str:
    return min(one.path for one in library.entries)


def following(path: str, library: SampleLibrary) -> str:
    paths = sorted(one.path for one in library.entries)
    return paths[(paths.index(path) + 1) % len(paths)]


def only(path: str, change: Fault) -> Fault:
    return lambda asked, page, library: change(path, page, library) if own_path(asked, library) == path else page


FAULTS: dict[str, Fault] = {
    "404": of_items(status(404)),
    "410": of_items(status(410)),
    "500": of_items(status(500)),  # 503 and 429 end a crawl (test_pace)
    "half 404": half(status(404)),
    "challenge": challenge,
    "maintenance under every item": of_items(lambda _path, page, _library: replace(page, body=CHALLENGE)),
    "empty lists": no_lists,
    "robots": barred,
    "robots for items": items_barred,
    "301 to one": redirect(301, first),
    "302 home": redirect(302, lambda _library: "/"),
    "one page for all": another_page(lambda _path, library: first(library), canonical=True),
    "one page for all, no canonical": another_page(lambda _path, library: first(library), canonical=False),
    "mixed up": another_page(following, canonical=True),
    "mixed up, no canonical": another_page(following, canonical=False),
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SampleSite, BadLibrary, Folder]]:
    folder = Folder(tmp_path_factory.mktemp("conclusions") / "base")
    with bad_site() as (site, library):
        crawl(folder, site)
        yield site, library, folder


@pytest.fixture
def crawled(
    base: tuple[SampleSite, BadLibrary, Folder], tmp_path: Path
) -> Iterator[tuple[SampleSite, BadLibrary, Folder]]:
    """Yield a site that was crawled once, to be spoilt, and a copy of its folder."""
    site, library, folder = base
    shutil.copytree(folder.data, tmp_path / "library")
    yield site, library, Folder(tmp_path / "library")
    library.fault, library.library = None, generated(REVIEWS, SEED)


@pytest.mark.parametrize("name", FAULTS)
def test_nothing_is_concluded_from_a_bad_day_nor_from_two(
    name: str, crawled: tuple[SampleSite, BadLibrary, Folder]
) -> None:
    site, library, folder = crawled
    before = rows(folder, STATE), rows(folder, CHANGES)
    assert len(before[0]) == REVIEWS
    library.fault = FAULTS[name]
    for _ in range(2):
        said = crawl(folder, site, 3)
        assert "reviews were not found" in said
        assert (rows(folder, STATE), rows(folder, CHANGES)) == before
        assert folder.last_crawl()["discovery_complete"] == 0
    library.fault = None
    edited = library.entries[3].slug
    library.library = generated(REVIEWS, SEED, edits={edited: {"brief": "Another brief."}})
    crawl(folder, site)
    assert {row[2] for row in rows(folder, CHANGES)} == {"brief", "summaries.en.brief"}
    held = rows(folder, STATE), rows(folder, CHANGES)
    folder.campbell("rebuild")
    assert (rows(folder, STATE), rows(folder, CHANGES)) == held


@pytest.mark.parametrize("canonical", [True, False])
def test_one_page_under_another_address_is_a_conflict(
    crawled: tuple[SampleSite, BadLibrary, Folder], *, canonical: bool
) -> None:
    site, library, folder = crawled
    before = rows(folder, STATE), rows(folder, CHANGES)
    path = first(library.library)
    library.fault = only(path, another_page(following, canonical=canonical))
    said = crawl(folder, site, 3)
    assert f"{site.url}{path}" in said
    assert (rows(folder, STATE), rows(folder, CHANGES)) == before
    assert rows(folder, "select kind, url, value from unhandled where kind = 'conflict'") == [
        ("conflict", f"{site.url}{path}", "lost: the content of another page under its address")
    ]
    library.fault = None
    crawl(folder, site)
    assert (rows(folder, STATE), rows(folder, CHANGES)) == before


def test_a_person_confirms_what_the_site_took_off(crawled: tuple[SampleSite, BadLibrary, Folder]) -> None:
    site, library, folder = crawled
    library.fault = FAULTS["half 404"]
    crawl(folder, site, 3)
    gone = sorted(one.path for one in library.entries)[1::2]
    line = f"{site.url}{gone[0]},2026-01-01,seen on the site\n"
    (folder.data / "removals.csv").write_text(f"field,since,reason\n{line}")
    crawl(folder, site, 3)
    assert len(rows(folder, "select 1 from reviews where status = 'gone'")) == 1
    (folder.data / "removals.csv").write_text("field,since,reason\nreviews,2026-01-01,the site was split\n")
    crawl(folder, site)
    assert len(rows(folder, "select 1 from reviews where status = 'gone'")) == len(gone) == REVIEWS // 2


def test_one_review_that_goes_is_believed(crawled: tuple[SampleSite, BadLibrary, Folder]) -> None:
    site, library, folder = crawled
    path = first(library.library)
    library.fault = only(path, status(404))
    crawl(folder, site)
    assert rows(folder, "select status from reviews where status = 'gone'") == [("gone",)]
