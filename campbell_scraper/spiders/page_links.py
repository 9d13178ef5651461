"""What a crawl needs of a page, read in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from campbell_scraper.items import Kind
from campbell_scraper.reading.page_reading import open_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campbell_scraper.items import Attachment, ReviewAddress, ReviewRecord


class PageLinks(NamedTuple):
    """What discovery follows, and what it is told by; the fields are those of the page objects."""

    kind: Kind
    canonical_url: str | None
    links: list[str]
    offered: Sequence[Attachment]
    review_addresses: Sequence[ReviewAddress]
    reviews: Sequence[ReviewRecord] = ()
    """Where somebody takes the records."""


def read_links(url: str, headers: Sequence[tuple[str, str]], body: bytes, *, with_reviews: bool = False) -> PageLinks:
    """Return what a crawl needs of an answer; ``body`` is the entity with its content codings undone."""
    page = open_page(url, headers, body)
    reviews = page.reviews if with_reviews else ()
    return PageLinks(page.kind, page.canonical_url, page.links, page.offered, page.review_addresses, reviews)
