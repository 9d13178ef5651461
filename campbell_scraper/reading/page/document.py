"""The parsed page: one parse, and what every layout asks of it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Final, cast
from urllib.parse import urljoin

from lxml import etree
from lxml.etree import _Element
from parsel import Selector

from .links import absolute, canonical_url, content_link, is_file, names_file, plain_site, site_of
from .page_source import as_browsers_read

MAX_TITLE: Final = 2000
MAX_LEVELS: Final = 60
"""Ancestors that are looked at to tell whether an element stands in a list of other posts."""
MAX_LINKS: Final = 5000
"""Links of one page that are followed; a page of this site has about 60."""

HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
PARTS: Final = ("div", "section", "article", "main")
"""Elements that CMS templates put a content's class names on."""


@dataclass(frozen=True, slots=True)
class Marked:
    """Elements of some tags that have one of some classes, ``outside`` of elements of other classes."""

    tags: tuple[str, ...]
    names: tuple[str, ...]
    outside: tuple[str, ...] = ()

    def within(self, scope: _Element) -> Iterator[_Element]:
        """Yield these elements in ``scope``, itself included, in document order."""
        for match in Selector(root=scope, type="html").xpath(_xpath(self.tags, self.names)):
            element = cast("_Element", match.root)
            if not self._is_inside_others(element):
                yield element

    def _is_inside_others(self, element: _Element) -> bool:
        return bool(self.outside) and any(
            has_class(one, *self.outside) for one in islice(element.iterancestors(), MAX_LEVELS)
        )


@lru_cache(maxsize=1024)
def _xpath(tags: tuple[str, ...], names: tuple[str, ...]) -> str:
    """Return the XPath of elements with a class: half the work of a translated CSS selector."""
    marked = " or ".join(
        f"contains(@class, '{name}') and contains(concat(' ', normalize-space(@class), ' '), ' {name} ')"
        for name in names
    )
    return " | ".join(f"descendant-or-self::{tag}[{marked}]" for tag in tags)


def has_class(element: _Element, *names: str) -> bool:
    """Return whether the element has one of the classes."""
    classes = element.get("class")
    return classes is not None and not set(names).isdisjoint(classes.split())


def first(xpath: str, scope: _Element) -> _Element | None:
    """Return the first element that ``xpath`` finds in ``scope``."""
    matches = Selector(root=scope, type="html").xpath(xpath)
    return cast("_Element", matches[0].root) if matches else None


NO_XML: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that lxml refuses."""


def drop(element: _Element) -> None:
    """Remove ``element`` from its tree; the text behind it stays."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        before = element.getprevious()
        # The parser lets control characters through that lxml then refuses to write back.
        if before is None:
            parent.text = NO_XML.sub(" ", (parent.text or "") + element.tail)
        else:
            before.tail = NO_XML.sub(" ", (before.tail or "") + element.tail)
    parent.remove(element)


def line_of(element: _Element | None) -> str | None:
    """Return all text of an element (scripts and comments excepted) with single spaces; None if it has none."""
    if element is None:
        return None
    text = "".join(_texts(element)) if len(element) else element.text or ""
    return " ".join(text.split()) or None


_NO_TEXT: Final = frozenset({"script", "style", "template", "noscript"})


def _texts(element: _Element) -> Iterator[str]:
    skipped: _Element | None = None
    for event, node in etree.iterwalk(element, events=("start", "end", "comment", "pi")):
        if event == "start":
            if skipped is None and node.tag in _NO_TEXT:
                skipped = node
            if skipped is None:
                if node.tag == "br":
                    yield "\n"
                if node.text:
                    yield node.text
        else:
            if skipped is node:
                skipped = None
            if node is not element and skipped is None and node.tail:
                yield node.tail


@dataclass(slots=True)
class PageHead:
    """What a page says about itself; from the body too, because injected lines can push a head into it."""

    base: str | None = None
    canonical: str | None = None
    og_url: str | None = None
    site_name: str | None = None
    shortlink: str | None = None
    title: str | None = None
    json_url: str | None = None
    """``<link rel="alternate" type="application/json">``: the item's own REST address."""
    api_root: str | None = None
    """``<link rel="https://api.w.org/">``: the REST root of the site."""
    alternates: dict[str, str] = field(default_factory=dict)
    """``<link rel="alternate" hreflang="…">``: language → the same page in it."""


@dataclass(slots=True)
class Document:
    """An HTML page: its URL, its source as text, and its tree."""

    url: str
    text: str
    root: _Element
    head: PageHead
    base_url: str
    """What relative references resolve against: ``<base href>``, else the URL."""
    root_url: str
    """The start page of ``base_url``'s site."""
    body_class: str = ""
    body_id: str = ""
    excessive: bool = False
    """Whether the parser gave up (nesting too deep) before the end."""
    _firsts: dict[tuple[Marked, _Element], _Element | None] = field(default_factory=dict)

    @classmethod
    def parse(cls, url: str, text: str, utf8: bytes | None = None) -> Document | None:
        """Return the page, or None if the text holds no element; ``utf8`` is the text encoded, if it is at hand."""
        parser = html_parser()
        if (readable := as_browsers_read(text)) is not text:
            text, utf8 = readable, None
        try:
            root = etree.fromstring(text.encode("utf-8", "replace") if utf8 is None else utf8, parser)
        except (etree.ParserError, etree.XMLSyntaxError, AssertionError):
            return None
        if root is None:
            return None
        head = _read_head(root)
        base = absolute(url, head.base) if head.base else None
        if base and site_of(base) != site_of(url):
            # Injected, or a copy of the site elsewhere: its links would all leave the site.
            base = None
        body = root.find("body")
        return cls(
            url=url,
            text=text,
            root=root,
            head=head,
            base_url=base or url,
            root_url=_root_of(base or url),
            body_class=f" {' '.join(body.get('class', '').split())} " if body is not None else "",
            body_id=body.get("id", "") if body is not None else "",
            excessive=any("depth" in (entry.message or "") for entry in parser.error_log.filter_from_fatals()),
        )

    @property
    def selector(self) -> Selector:
        """The page for parsel: XPath and CSS over the one tree."""
        return Selector(root=self.root, type="html")

    def has_body_class(self, name: str) -> bool:
        """Return whether ``<body>`` has this class."""
        return f" {name} " in self.body_class

    @property
    def named_url(self) -> str | None:
        """The address the page gives for itself (canonical link, else og:url), cleaned; None if it gives none.

        A canonical link to another site is not believed: it is what injected spam writes.
        """
        for address in (self.head.canonical, self.head.og_url):
            url = absolute(self.base_url, address) if address else None
            if url and site_of(url) == site_of(self.url):
                return canonical_url(url)
        return None

    @property
    def canonical(self) -> str:
        """The address of this page: the one it names, else the one it was read from, cleaned."""
        return self.named_url or canonical_url(self.url)

    @property
    def language(self) -> str | None:
        """The page's language: as its alternates say, else as its root element does; None where neither says."""
        own = (tag for tag in self.head.alternates if _TAG.fullmatch(tag) and self._alternate(tag) == self.canonical)
        stated = next(own, self.root.get("lang") or "")
        return stated if _TAG.fullmatch(stated) else None

    @property
    def english_page(self) -> str | None:
        """The address of the same page in English, else in the site's own language, if the page names one."""
        tags = sorted(self.head.alternates, key=lambda tag: tag.lower() == "x-default")
        wanted = (tag for tag in tags if is_english(tag) or tag.lower() == "x-default")
        address = next((url for tag in wanted if (url := self._alternate(tag))), None)
        return address if address != self.canonical else None

    def _alternate(self, tag: str) -> str | None:
        url = self.absolute(self.head.alternates[tag])
        return canonical_url(url) if url and site_of(url) == site_of(self.url) else None

    @property
    def start_page(self) -> str:
        """The address of the start page of the page's site."""
        return _root_of(self.canonical)

    def absolute(self, reference: str | None) -> str | None:
        """Return ``reference`` as an absolute http(s) URL, or None."""
        return absolute(self._base_of(reference), reference) if reference else None

    def first(self, query: Marked, scope: _Element | None = None) -> _Element | None:
        """Return the first element that ``query`` finds in ``scope`` (by default the page); the answer is cached."""
        key = query, self.root if scope is None else scope
        if key not in self._firsts:
            self._firsts[key] = next(self.marked(query, scope), None)
        return self._firsts[key]

    def marked(self, query: Marked, scope: _Element | None = None) -> Iterator[_Element]:
        """Yield the elements that ``query`` finds in ``scope`` (by default the page), in document order."""
        if len(query.names) == 1 and query.names[0] not in self.text:
            return iter(())
        return query.within(self.root if scope is None else scope)

    def links(self) -> list[str]:
        """Return the addresses of this site's content that the page links to, in page order, without repeats."""
        references = dict.fromkeys(anchor.get("href") for anchor in self.root.iter("a"))
        links: dict[str, None] = {}
        for href in references:
            if href and (link := content_link(self._base_of(href), href)):
                links[link] = None
                if len(links) >= MAX_LINKS:
                    break
        return list(links)

    def _base_of(self, reference: str) -> str:
        """Return what a reference is resolved against: the site's root where that is enough.

        The menus of all pages of a site then resolve alike, and each of their links once.
        """
        if (reference[0] == "/" and reference[1:2] != "/") or reference.startswith(("https://", "http://")):
            return self.root_url
        return self.base_url

    def files(self, within: _Element) -> Iterator[tuple[_Element, str]]:
        """Yield links to documents (PDF and the like) and their absolute URLs, in page order."""
        for anchor in within.iter("a"):
            href = anchor.get("href")
            if href and names_file(href) and (url := self.absolute(href)) and is_file(url):
                yield anchor, url


class _Parsers(threading.local):
    """One parser for each thread: making one takes a twentieth of a page's time, and its log covers its last page."""

    html: etree.HTMLParser

    def __init__(self) -> None:
        self.html = etree.HTMLParser(encoding="utf-8", huge_tree=True)


_parsers = _Parsers()


def html_parser() -> etree.HTMLParser:
    """Return this thread's parser of UTF-8 HTML."""
    return _parsers.html


def _root_of(url: str) -> str:
    if site := plain_site(url):
        return f"{site}/"
    try:
        return urljoin(url, "/")
    except ValueError:
        return url


_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")


def is_english(tag: str) -> bool:
    """Return whether a BCP 47 tag is English, of any country."""
    return re.split("[-_]", tag.lower(), maxsplit=1)[0] == "en"


_HEAD: Final = {
    ("base", ""): ("base", "href"),
    ("link", "canonical"): ("canonical", "href"),
    ("link", "shortlink"): ("shortlink", "href"),
    ("link", "application/json"): ("json_url", "href"),
    ("link", "https://api.w.org/"): ("api_root", "href"),
    ("meta", "og:url"): ("og_url", "content"),
    ("meta", "og:site_name"): ("site_name", "content"),
}
"""Element and its kind → field of the head, and attribute with its value; the first value counts."""


def _read_head(root: _Element) -> PageHead:
    head = PageHead()
    for element in root.iter("base", "link", "meta", "title"):
        tag, kind = str(element.tag), element.get("property") or element.get("name") or ""
        if tag == "title":
            parent = element.getparent()
            if head.title is None and parent is not None and parent.tag in {"head", "body", "html"}:
                head.title = (line_of(element) or "")[:MAX_TITLE] or None
            continue
        if tag != "meta":
            kind = (element.get("rel") or "").lower()
            if kind == "alternate" and (language := element.get("hreflang")):
                head.alternates.setdefault(language, element.get("href") or "")
                continue
            kind = element.get("type") or "" if kind == "alternate" else kind
        name, attribute = _HEAD.get((tag, kind), ("", ""))
        if name and not getattr(head, name):
            setattr(head, name, element.get(attribute))
    return head
