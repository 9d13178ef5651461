"""Discovery on a site in the K2 layout: listings and their pagination, sitemap, menu (docs/sites.md).

A K2 site never says when an item changed: ``Last-Modified`` is its date of creation, a matching ETag still gets 200
(docs/sites.md), and listings show only an item's fields, so an edit of a summary changes nothing in them.
Each run therefore reads the listings and fetches every item.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from campbell_scraper.items import Kind
from campbell_scraper.spiders.discovery import Discovery

if TYPE_CHECKING:
    from collections.abc import Iterable

    from campbell_scraper.spiders.discovery import Scope
    from campbell_scraper.spiders.page_links import PageLinks

LISTINGS = ("/better-evidence.html", "/library.html")
"""The library's listings in the site's K2 years."""


class K2Discovery(Discovery):
    """Follows listings page by page until one brings nothing new, then everything they and the menu name."""

    source = "k2"
    asks_reservations = True

    def __init__(self, site: str, scope: Scope | None = None) -> None:
        super().__init__(site, scope)
        self._listed: set[str] = set()

    def seeds(self) -> Iterable[str]:
        """Yield the start URL and, when that is the site's root, its listings and sitemap too."""
        yield self.site
        if urlsplit(self.site).path in {"", "/"}:
            for path in LISTINGS:
                yield urljoin(self.site, path)
            yield urljoin(self.site, "/sitemap.xml")

    def links(self, page: PageLinks) -> Iterable[str]:
        """Return a page's links, without further pages if a listing only repeats what is known (it may be endless)."""
        if page.kind is not Kind.LISTING:
            return page.links
        items = {link for link in page.links if not _is_page_of_listing(link)}
        new = items - self._listed
        self._listed |= items
        return page.links if new else sorted(items, key=page.links.index)

    def continues(self, page: PageLinks, url: str, link: str) -> bool:
        """Tell whether a link of a listing leads to another page of it."""
        return page.kind is Kind.LISTING and _is_page_of_listing(link) and urlsplit(link).path == urlsplit(url).path


def _is_page_of_listing(url: str) -> bool:
    query = urlsplit(url).query
    return "start=" in query or "limitstart=" in query
