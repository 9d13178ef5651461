"""Plain Joomla articles: the evidence-and-gap-maps page, "About", error pages."""

from __future__ import annotations

import re
from functools import cached_property

from lxml.etree import _Element

from campbell_scraper.items import Attachment, Kind, Link, PageRecord, PageSection
from campbell_scraper.reading.page import attachments
from campbell_scraper.reading.page.document import HEADINGS, PARTS, Document, Marked, first, has_class, line_of
from campbell_scraper.reading.page.links import review_id
from campbell_scraper.reading.summary.blocks import blocks_of, text_of

from .layouts import DocumentPage

_ARTICLE = Marked(PARTS, ("item-page",))
_BODY = '(descendant-or-self::*[@itemprop="articleBody"])[1]'
_HEADLINE = '(descendant::*[@itemprop="headline" or contains(@class, "page-header")])[1]'
_TAGLINE_TAGS = frozenset({"div", "p", "span", "h2"})
_TAGLINE_CLASSES = ("custom", "tagline", "site-description", "slogan")
_ERROR = (
    "//*[@id='errorboxoutline' or @id='error-page' or contains(@class, 'error-page') or contains(@class, 'errorbox')"
    " or contains(@class, 'error-code')]"
)
_ERROR_NAMES = ("error-page", "errorbox", "error-code")
_MAP = re.compile(r"\bevidence(?:\s+and|\s*&)?\s+gap\s+maps?\b|\bEGMs?\b", re.IGNORECASE)
MAX_TAGLINE = 120
MAX_MODULES = 50


class JoomlaArticle(DocumentPage):
    """An article: its title, the site's tagline above it, and its headed parts with their links."""

    layout = "joomla-article"

    @classmethod
    def matches(cls, document: Document) -> bool:
        """Look for ``div.item-page``, or at least an ``articleBody``: com_content prints them."""
        if "item-page" not in document.text and "articleBody" not in document.text:
            return False
        return document.first(_ARTICLE) is not None or first(_BODY, document.root) is not None

    @cached_property
    def kind(self) -> Kind:
        """Map for a page about evidence and gap maps."""
        return Kind.MAP if _kind_of(self.document.canonical, self.title) == "map" else Kind.PAGE

    @cached_property
    def title(self) -> str | None:
        """The article's headline, else the page's title."""
        return line_of(first(_HEADLINE, self._article)) or self.document.head.title

    @cached_property
    def content(self) -> list[PageRecord]:
        """One page record."""
        record = page_record(self.document, self._body, self.title, self._article)
        record.kind = _kind_of(record.url, self.title)
        return [record]

    @cached_property
    def attachments(self) -> list[Attachment]:
        """The files that the article links to."""
        return attachments.of_page(self.document, self._body)

    @cached_property
    def _body(self) -> _Element:
        article = self.document.first(_ARTICLE)
        body = first(_BODY, self.document.root if article is None else article)
        found = article if body is None else body
        assert found is not None
        return found

    @cached_property
    def _article(self) -> _Element:
        article = self.document.first(_ARTICLE)
        return self._body if article is None else article


def _kind_of(url: str, title: str | None) -> str:
    if review_id(url) == "":
        return "home"
    return "map" if _MAP.search(title or "") else "article"


def page_record(document: Document, body: _Element, title: str | None, before: _Element | None = None) -> PageRecord:
    """Return the content of ``body`` as a page record of kind "article".

    A first heading that repeats the title is the title, not a section.
    """
    sections = _sections(document, body, title)
    return PageRecord(
        url=document.canonical,
        kind="article",
        title=title,
        tagline=_tagline(document, before),
        text=text_of(body),
        sections=sections,
    )


def _sections(document: Document, body: _Element, title: str | None) -> list[PageSection]:
    sections = [PageSection(heading="", text="")]
    lines: list[str] = []
    seen = (title or "").lower()
    for block in blocks_of(body):
        if block.level is not None and not (len(sections) == 1 and not lines and block.text.lower() == seen):
            sections[-1].text = "\n".join(lines)
            lines = []
            sections.append(PageSection(heading=block.text, text=""))
        elif block.level is None:
            lines.append(block.line)
    sections[-1].text = "\n".join(lines)
    _add_links(document, body, sections)
    return [one for one in sections if one.heading or one.text or one.links]


def _add_links(document: Document, body: _Element, sections: list[PageSection]) -> None:
    """Add each link to the last section whose heading stands before it."""
    at = 0
    for element in body.iter("a", *HEADINGS):
        if element.tag != "a":
            text = line_of(element)
            if at + 1 < len(sections) and sections[at + 1].heading == text:
                at += 1
            continue
        url = document.absolute(element.get("href"))
        if url is not None:
            sections[at].links.append(Link(text=line_of(element) or "", url=url))


def _tagline(document: Document, before: _Element | None) -> str | None:
    """Return the site's line: the first short module that stands before the content."""
    candidates = 0
    for element in document.root.iter():
        if element is before or candidates > MAX_MODULES:
            return None
        if element.tag in _TAGLINE_TAGS and has_class(element, *_TAGLINE_CLASSES):
            candidates += 1
            text = line_of(element)
            if text and len(text) <= MAX_TAGLINE and next(element.iter("a", "ul", "form"), None) is None:
                return text
    return None


class ErrorPage(DocumentPage):
    """A page that says it could not serve: Joomla's error page, WordPress's maintenance and "critical error" pages.

    Some servers send them with status 200. They have no record and no unrecognised value.
    """

    layout = "error-page"

    @classmethod
    def matches(cls, document: Document) -> bool:
        """Look for WordPress's and Joomla's own error markup."""
        if document.body_id == "error-page" or document.has_body_class("error404"):
            return True
        if (document.head.title or "") == "Maintenance" and "scheduled maintenance" in document.text:
            return True
        if "error" not in document.text or not any(name in document.text for name in _ERROR_NAMES):
            return False
        return first(_ERROR, document.root) is not None or document.has_body_class("error-page")

    @cached_property
    def links(self) -> list[str]:
        """Nothing: the page is about a failure."""
        return []
