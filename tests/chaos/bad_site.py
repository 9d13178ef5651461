"""A site in the K2 layout that has a bad day on demand: its answers changed on their way, its content never."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from campbell_scraper.sample import SampleSite, generated
from campbell_scraper.sample.sample_site import SampleLibrary, SamplePage
from tests.servers.crawling import Folder

REVIEWS, SEED = 8, 4
Fault = Callable[[str, SamplePage, SampleLibrary], SamplePage]
"""Path, the page as it should be, the library → the page as it is."""
STATE = "select review_id, status, version, title, doi from reviews order by 1"
CHANGES = "select review_id, version, field, old, new from changes order by 1, 2, 3"


class BadLibrary:
    """A library that answers ``get`` as another does, but for what is wrong today."""

    def __init__(self, library: SampleLibrary) -> None:
        self.library = library
        self.fault: Fault | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.library, name)

    def get(self, path: str, query: Mapping[str, str]) -> SamplePage:
        """Answer a GET."""
        page = self.library.get(path, query)
        return page if self.fault is None else self.fault(path, page, self.library)


@contextmanager
def bad_site(reviews: int = REVIEWS) -> Iterator[tuple[SampleSite, BadLibrary]]:
    """Yield a site and the library to spoil."""
    library = BadLibrary(generated(reviews, SEED))
    with SampleSite(library=library) as site:  # type: ignore[arg-type]  # it is asked for nothing but pages
        yield site, library


def crawl(folder: Folder, site: SampleSite, code: int = 0, *options: str) -> str:
    """Crawl and return what was said on stderr."""
    return folder.crawl(site.url, "--no-requisites", *options, code=code, source="k2").stderr


def rows(folder: Folder, sql: str) -> list[tuple[Any, ...]]:
    """Return a query's rows as tuples."""
    return [tuple(row) for row in folder.rows(sql)]


def own_path(path: str, library: SampleLibrary) -> str | None:
    """Return the canonical path of the review that a path, under whichever menu, shows; None if it shows none."""
    slug = path.rpartition("/")[2].removesuffix(".html")
    return next((entry.path for entry in library.entries if entry.slug == slug), None)


def of_items(change: Callable[[str, SamplePage, SampleLibrary], SamplePage]) -> Fault:
    """Return a fault that concerns the reviews' pages only."""

    def changed(path: str, page: SamplePage, library: SampleLibrary) -> SamplePage:
        own = own_path(path, library)
        return page if own is None else change(own, page, library)

    return changed


def status(code: int) -> Callable[[str, SamplePage, SampleLibrary], SamplePage]:
    """Return a fault that answers with a status and a page that is no review."""
    return lambda _path, page, _library: replace(page, status=code, body=b"<!DOCTYPE html><title>No</title><p>No.</p>")


def redirect(code: int, target: Callable[[SampleLibrary], str]) -> Fault:
    """Return a fault that leads every review elsewhere, but for that page itself."""

    def change(path: str, page: SamplePage, library: SampleLibrary) -> SamplePage:
        to = target(library)
        return page if path == to else replace(page, status=code, body=b"", location=f"%%BASE%%{to}")

    return of_items(change)


def another_page(choose: Callable[[str, SampleLibrary], str], *, canonical: bool) -> Fault:
    """Return a fault that serves another review's page under an address, with its canonical link or without any."""

    def change(path: str, _page: SamplePage, library: SampleLibrary) -> SamplePage:
        page = library.get(choose(path, library), {})
        return page if canonical else replace(page, body=without_canonical(page.body))

    return of_items(change)


def without_canonical(body: bytes) -> bytes:
    """Return an HTML page that does not name its own address."""
    body = re.sub(rb'<link href="[^"]*" rel="canonical"[^>]*>|<link rel="canonical"[^>]*>', b"", body)
    return re.sub(rb'<meta property="og:url"[^>]*>', b"", body)
