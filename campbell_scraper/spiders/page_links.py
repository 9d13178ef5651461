"""What a crawl needs of an answer, read in a process of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from w3lib.html import get_meta_refresh

from campbell_scraper.archive import http
from campbell_scraper.archive.capture import OversizedPayloadError, PayloadError
from campbell_scraper.archive.watched_processes import UnreadableError
from campbell_scraper.items import Kind
from campbell_scraper.reading.layouts.layouts import DocumentPage
from campbell_scraper.reading.page.links import absolute
from campbell_scraper.reading.page_reading import open_page

from .politeness.reservations import stated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campbell_scraper.items import Attachment, ReviewAddress, ReviewRecord
    from campbell_scraper.reading.page.document import PageHead

    from .discovery import Answer, Reader

_REFRESH_WITHIN: Final = 4096
"""Bytes of a page in which a meta refresh is looked for, as Scrapy does."""
_MAX_REFRESH_DELAY: Final = 100
"""Longest delay, in seconds, with which a meta refresh counts as a redirect, as for Scrapy."""


class PageLinks(NamedTuple):
    """What discovery needs of a page; the fields are those of the page objects."""

    kind: Kind
    canonical_url: str | None
    links: list[str]
    offered: Sequence[Attachment]
    review_addresses: Sequence[ReviewAddress]
    reviews: Sequence[ReviewRecord] = ()
    """Empty unless a feed or a pipeline takes the records."""
    head: PageHead | None = None
    """What an HTML page says about itself."""
    refreshed: str | None = None
    """Target of an HTML page's meta refresh."""


def read_answer(answer: Answer, page_url: str | None, reader: Reader | None, *, with_reviews: bool = False) -> Answer:
    """Return an answer with what it says, and without its body.

    Args:
        answer: its body is the entity as received.
        page_url: the address of the page in the answer, if there is one.
        reader: reads the answer as a list, if it is one.
        with_reviews: read the records of reviews too.

    Raises:
        UnreadableError: its content codings cannot be undone.

    """
    try:
        body = http.decode_leniently(answer.headers, answer.body)
    except OversizedPayloadError:
        body = b""  # read like a page that is too large without any coding
    except PayloadError as error:
        raise UnreadableError(str(error)) from error
    answer = replace(answer, body=body)
    page = None if page_url is None else read_links(page_url, answer.headers, body, with_reviews=with_reviews)
    listed = None if reader is None else reader(answer)
    return replace(answer, body=b"", page=page, listed=listed, reservations=tuple(stated(answer)))


def read_links(url: str, headers: Sequence[tuple[str, str]], body: bytes, *, with_reviews: bool = False) -> PageLinks:
    """Return what a crawl needs of a page; ``body`` is the entity with its content codings undone."""
    page = open_page(url, headers, body)
    reviews = page.reviews if with_reviews else ()
    links = PageLinks(page.kind, page.canonical_url, page.links, page.offered, page.review_addresses, reviews)
    if isinstance(page, DocumentPage):
        links = links._replace(head=page.document.head, refreshed=_refreshed(body, page.document.base_url))
    return links


def _refreshed(body: bytes, base_url: str) -> str | None:
    """Return the target of ``<meta http-equiv="refresh">``; None if there is none, or its delay is long."""
    seconds, url = get_meta_refresh(body[:_REFRESH_WITHIN].decode("utf-8", "replace"), base_url)
    return absolute(base_url, url) if url is not None and (seconds or 0) <= _MAX_REFRESH_DELAY else None
