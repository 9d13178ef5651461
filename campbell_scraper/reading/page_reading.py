"""From a captured answer to its page object: what kind of thing it is, then which layout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from campbell_scraper.items import Kind, PageReading, Unhandled
from campbell_scraper.reading.layouts import sitemap
from campbell_scraper.reading.layouts.eppi_maps import EppiMap, is_map
from campbell_scraper.reading.layouts.joomla_articles import ErrorPage, JoomlaArticle
from campbell_scraper.reading.layouts.k2_pages import K2Item, K2Listing
from campbell_scraper.reading.layouts.layouts import DocumentPage, LayoutPage, SimplePage, UnknownPage
from campbell_scraper.reading.layouts.rest_answers import LAYOUT as REST_LAYOUT
from campbell_scraper.reading.layouts.rest_answers import RestAnswer
from campbell_scraper.reading.layouts.user_abstracts import UserAbstract
from campbell_scraper.reading.layouts.wordpress_pages import WordPressListing, WordPressPage, WordPressReview
from campbell_scraper.reading.page.decoding import MAX_BODY, decode, decoded, media_type_of
from campbell_scraper.reading.page.document import Document
from campbell_scraper.reading.page.links import path_of
from campbell_scraper.reading.page.page_source import as_captured

PAGES: Final[tuple[type[DocumentPage], ...]] = (
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

LAYOUTS: Final = (*(page.layout for page in PAGES), REST_LAYOUT, EppiMap.layout, "sitemap", "feed", "robots")
"""Names of all layouts."""

_BINARY: Final = ("image/", "font/", "audio/", "video/")
_REQUISITES: Final = frozenset(
    {
        *("text/css", "text/javascript", "application/javascript", "application/x-javascript"),
        *("application/font-woff", "application/vnd.ms-fontobject", "application/font-sfnt", "application/x-font-ttf"),
    }
)


def read_page(url: str, headers: Sequence[tuple[str, str]], body: bytes) -> PageReading:
    """Return all that one answer says; the arguments and guarantees are those of :func:`open_page`."""
    return open_page(url, headers, body).read()


def read_without_facts(url: str, headers: Sequence[tuple[str, str]], body: bytes) -> PageReading:
    """Return what :func:`read_page` does, but for the facts that the summaries state."""
    return open_page(url, headers, body).read(with_facts=False)


def open_page(url: str, headers: Sequence[tuple[str, str]], body: bytes) -> LayoutPage:
    """Return the page object of one answer, parsed; what the page says is read when its fields are asked for.

    Pure: no I/O, no clock. Never raises on bad input: what cannot be read is a page of kind ``other``, and a page of an
    unknown layout has an ``unhandled`` row of kind "layout". ``body`` is the entity with its content codings undone;
    ``headers`` are the response's.
    """
    kind = media_type_of(headers)
    if path_of(url) == "/robots.txt" and body.lstrip()[:1] != b"<":
        return SimplePage(sitemap.read_robots(url, decode(headers, body)))
    if (binary := _binary(kind, body)) is not None:
        return SimplePage(PageReading(url=url, kind=binary, layout=None))
    text, utf8 = decoded(headers, body)
    start = text[:512].lstrip()
    if kind.endswith("json") or (start[:1] in {"{", "["} and not kind.startswith("text/html")):
        return RestAnswer(url, headers, text)
    if start.startswith("<?xml") or kind.endswith("xml"):
        root = sitemap.xml_root(text)
        if root and root != "html":
            return SimplePage(sitemap.read_xml(url, text))
    elif kind == "text/plain" and not start.startswith("<"):
        return SimplePage(PageReading(url=url, kind=Kind.OTHER, layout=None))
    page = _open_html(url, text, utf8)
    if len(body) > MAX_BODY:
        page.lost.append(Unhandled(kind="lost_markup", value=f"only the first {MAX_BODY} bytes were read"))
    return page


def _binary(kind: str, body: bytes) -> Kind | None:
    if body.startswith(b"%PDF-") or kind == "application/pdf":
        return Kind.PDF
    return Kind.REQUISITE if is_requisite(kind) else None


def is_requisite(media_type: str) -> bool:
    """Return whether this media type is that of a page requisite: an image, a font, a style sheet, a script."""
    return media_type.startswith(_BINARY) or media_type in _REQUISITES


def _open_html(url: str, source: str, utf8: bytes | None) -> LayoutPage:
    url, text = as_captured(url, source)
    if text is not source:
        utf8 = None
    if is_map(text):
        return EppiMap(url, text)
    document = Document.parse(url, text, utf8)
    if document is None:
        nothing = Unhandled(kind="layout", value="no markup")
        return SimplePage(PageReading(url=url, kind=Kind.OTHER, layout=None, unhandled=[nothing]))
    return next((page for page in PAGES if page.matches(document)), UnknownPage)(document)
