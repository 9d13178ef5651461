"""From a captured answer to its reading: what kind of thing it is, then which layout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from campbell_scraper.items import Kind, PageReading, Unhandled
from campbell_scraper.reading.layouts import eppi_maps as eppi
from campbell_scraper.reading.layouts import rest_answers as rest
from campbell_scraper.reading.layouts import sitemap
from campbell_scraper.reading.layouts.contact_details import contact_record
from campbell_scraper.reading.layouts.joomla_articles import ErrorPage, JoomlaArticle
from campbell_scraper.reading.layouts.k2_pages import K2Item, K2Listing
from campbell_scraper.reading.layouts.layouts import LayoutPage
from campbell_scraper.reading.layouts.user_abstracts import UserAbstract
from campbell_scraper.reading.layouts.wordpress_pages import WordPressListing, WordPressPage, WordPressReview
from campbell_scraper.reading.page.decoding import MAX_BODY, decode, decoded, media_type
from campbell_scraper.reading.page.document import Document
from campbell_scraper.reading.page.page_source import as_captured

PAGES: Final[tuple[type[LayoutPage], ...]] = (
    ErrorPage,
    K2Item,
    K2Listing,
    WordPressReview,
    JoomlaArticle,
    WordPressListing,
    WordPressPage,
    UserAbstract,
)
"""The page objects of HTML layouts, in the order in which they are tried."""

LAYOUTS: Final = (*(page.layout for page in PAGES), rest.LAYOUT, eppi.LAYOUT, "sitemap", "feed", "robots")
"""Names of all layouts."""

_BINARY: Final = ("image/", "font/", "audio/", "video/")
_REQUISITES: Final = frozenset(
    {"text/css", "text/javascript", "application/javascript", "application/x-javascript", "application/font-woff"}
)


def read_page(url: str, headers: Sequence[tuple[str, str]], body: bytes) -> PageReading:
    """All that one answer says.

    Pure: no I/O, no clock. Never raises on bad input: what cannot be read gives a reading of kind ``other``, and a page
    of an unknown layout one with an ``unhandled`` row of kind "layout". ``body`` is the entity with its content codings
    undone; ``headers`` are the response's. Reviews carry their attachments themselves; ``PageReading.attachments`` are
    those of other pages.
    """
    kind = media_type(headers)
    if urlsplit_path(url) == "/robots.txt" and body.lstrip()[:1] != b"<":
        return sitemap.read_robots(url, decode(headers, body))
    if binary := _binary(url, kind, body):
        return binary
    text, utf8 = decoded(headers, body)
    start = text[:512].lstrip()
    if kind.endswith("json") or (start[:1] in {"{", "["} and not kind.startswith("text/html")):
        return rest.read_json(url, headers, text)
    if start.startswith("<?xml") or kind.endswith("xml"):
        root = sitemap.xml_root(text)
        if root and root != "html":
            return sitemap.read_xml(url, text)
    elif kind == "text/plain" and not start.startswith("<"):
        return PageReading(url=url, kind=Kind.OTHER, layout=None)
    reading = _read_html(url, text, utf8)
    if len(body) > MAX_BODY:
        reading.unhandled.append(Unhandled(kind="lost_markup", value=f"only the first {MAX_BODY} bytes were read"))
    return reading


def urlsplit_path(url: str) -> str:
    """Path of ``url``; "" if it is no URL."""
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def _binary(url: str, kind: str, body: bytes) -> PageReading | None:
    if body.startswith(b"%PDF-") or kind == "application/pdf":
        return PageReading(url=url, kind=Kind.PDF, layout=None)
    if kind.startswith(_BINARY) or kind in _REQUISITES:
        return PageReading(url=url, kind=Kind.REQUISITE, layout=None)
    return None


def _read_html(url: str, source: str, utf8: bytes | None) -> PageReading:
    url, text = as_captured(url, source)
    if text is not source:
        utf8 = None
    if eppi.MARK in text:
        return eppi.read_map(url, text)
    document = Document.parse(url, text, utf8)
    if document is None:
        return PageReading(
            url=url, kind=Kind.OTHER, layout=None, unhandled=[Unhandled(kind="layout", value="no markup at all")]
        )
    for page in PAGES:
        if page.matches(document):
            return page(document).read()
    reading = PageReading(
        url=url,
        kind=Kind.OTHER,
        layout=None,
        canonical_url=document.named_url,
        title=document.head.title,
        links=document.links(),
        unhandled=[Unhandled(kind="layout", value=(document.head.title or url)[:200])],
    )
    if contact := contact_record(document):
        reading.pages.append(contact)
    return reading
