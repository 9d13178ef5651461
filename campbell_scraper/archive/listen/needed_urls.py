"""What a page or a style sheet needs to be shown: the URLs of its requisites.

Markup is untrusted: counts and lengths are bounded, and what does not parse is passed over.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple, cast
from urllib.parse import urljoin, urlsplit

import webencodings  # type: ignore[import-untyped]  # ships no types
from lxml import etree
from scrapy.http import HtmlResponse
from scrapy.utils.response import get_base_url
from w3lib.encoding import resolve_encoding
from w3lib.url import safe_url_string

from campbell_scraper.archive import http
from campbell_scraper.archive.capture import PayloadError
from campbell_scraper.archive.watched_processes import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import lxml.html

MAX_REQUISITES: Final = 2000
"""Requisites of one page or style sheet that are looked at."""
_MAX_CANDIDATES: Final = 10 * MAX_REQUISITES
MAX_URL: Final = 4096
_MAX_CSS: Final = 4 << 20
_MAX_PAGE: Final = 32 << 20
"""Bytes of a page that is looked through for what it needs; its tree takes about fifteen times as many."""

ENCODINGS: Final = frozenset(map(resolve_encoding, webencodings.LABELS))
"""Those of the Encoding Standard: some others that Python has (punycode) take quadratic time."""

_COMMENT: Final = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_CSS_URL: Final = re.compile(
    r"""@import\s+(?:"(?P<import1>(?:\\.|[^"\\\n]){1,4096})"|'(?P<import2>(?:\\.|[^'\\\n]){1,4096})')
      | (?P<at>@import\s+)?\burl\(\s*(?:"(?P<url1>(?:\\.|[^"\\\n]){1,4096})"|'(?P<url2>(?:\\.|[^'\\\n]){1,4096})'
                                       |(?P<url3>(?:\\.|[^"'()\s\\]){1,4096}))\s*\)""",
    re.VERBOSE | re.IGNORECASE,
)
_CSS_ESCAPE: Final = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_CANDIDATE: Final = re.compile(r"[\s,]*(?P<url>[^\s,][^\s]*)(?P<descriptors>[^,]*)(?:,|$)")

_STYLE_RELS: Final = frozenset({"stylesheet"})
_OTHER_RELS: Final = frozenset(
    {"icon", "apple-touch-icon", "apple-touch-icon-precomposed", "mask-icon", "preload", "modulepreload", "manifest"}
)
_SOURCES: Final[dict[str, tuple[str, ...]]] = {
    "script": ("src",),
    "img": ("src", "data-src"),
    "source": ("src",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "image": ("href", "{http://www.w3.org/1999/xlink}href", "xlink:href"),
    "body": ("background",),
    "table": ("background",),
    "td": ("background",),
}
_SOURCE_SETS: Final = ("srcset", "data-srcset", "imagesrcset")
_URL_ATTRIBUTES: Final = sorted({"style", *_SOURCE_SETS}.union(*_SOURCES.values()) - {"href"})
_MAY_NEED: Final = etree.XPath(
    "//*[self::style or self::image or (@href and not(self::a)) or "
    "(self::a and contains(translate(@href, 'PDF', 'pdf'), '.pdf'))"
    + "".join(f" or @{name}" for name in _URL_ATTRIBUTES if name.replace("-", "").isalpha())
    + "]"
)
"""Elements that may name a requisite: looking at every element in Python takes several times as long."""


class Requisite(NamedTuple):
    """One URL that a page needs."""

    url: str
    """Absolute, percent-encoded, without fragment."""
    is_style: bool
    """True for a style sheet, which may need more."""


def requisites_of(url: str, headers: http.Headers, body: bytes, *, is_style: bool) -> list[Requisite]:
    """Return what an HTML page or a style sheet needs, by its URL, its headers and its entity as received."""
    try:
        body = http.decode_leniently(headers, body)
    except PayloadError as error:
        raise UnreadableError(str(error)) from error
    if not 0 < len(body) <= _MAX_PAGE:
        return []
    page = HtmlResponse(url, headers={"Content-Type": http.header(headers, "content-type") or ""}, body=body)
    if page.encoding not in ENCODINGS:
        page = page.replace(encoding="utf-8")
    return css_requisites(page.text, url) if is_style else html_requisites(page.selector.root, url, get_base_url(page))


def html_requisites(root: lxml.html.HtmlElement, page_url: str, base_url: str) -> list[Requisite]:
    """Return what an HTML page needs, in page order, without repeats; its host's favicon if it names no icon."""
    needed: dict[str, Requisite] = {}
    has_icon = False
    for element in cast("list[lxml.html.HtmlElement]", _MAY_NEED(root)):
        if element.tag == "link":
            has_icon = has_icon or "icon" in (element.get("rel") or "").lower().split()
        for raw, is_style in _of_element(element):
            _add(needed, raw, base_url, is_style=is_style)
        if len(needed) >= MAX_REQUISITES:
            break
    if not has_icon:
        _add(needed, "/favicon.ico", page_url, is_style=False)
    needed.pop(page_url.partition("#")[0], None)
    return list(needed.values())


def css_requisites(text: str, sheet_url: str) -> list[Requisite]:
    """Return what a style sheet needs, without repeats."""
    needed: dict[str, Requisite] = {}
    for raw, is_style in islice(_of_css(text), _MAX_CANDIDATES):
        _add(needed, raw, sheet_url, is_style=is_style)
        if len(needed) >= MAX_REQUISITES:
            break
    return list(needed.values())


def _add(needed: dict[str, Requisite], raw: str, base: str, *, is_style: bool) -> None:
    raw = raw.strip()
    if not raw or len(raw) > MAX_URL or raw.startswith("#"):
        return
    try:
        url = str(safe_url_string(urljoin(base, raw).partition("#")[0]))
        parts = urlsplit(url)
    except ValueError:
        return
    if parts.scheme not in {"http", "https"} or not parts.hostname or len(url) > MAX_URL:
        return
    if url not in needed or (is_style and not needed[url].is_style):
        needed[url] = Requisite(url, is_style)


def _of_element(element: lxml.html.HtmlElement) -> Iterator[tuple[str, bool]]:
    tag = str(element.tag)
    for name in _SOURCES.get(tag, ()):
        if value := element.get(name):
            yield value, False
    for name in _SOURCE_SETS:
        if value := element.get(name):
            yield from ((url, False) for url in source_set(value))
    if style := element.get("style"):
        yield from _of_css(style)
    if tag == "style":
        yield from _of_css(element.text or "")
    elif tag == "link":
        yield from _of_link(element)
    elif tag == "input" and (element.get("type") or "").lower() == "image" and element.get("src"):
        yield element.get("src") or "", False
    elif (
        tag == "a"
        and (href := element.get("href"))
        and href.partition("#")[0].partition("?")[0].lower().endswith(".pdf")
    ):
        yield href, False


def _of_link(element: lxml.html.HtmlElement) -> Iterator[tuple[str, bool]]:
    href = element.get("href")
    rels = set((element.get("rel") or "").lower().split())
    if not href:
        return
    if rels & _STYLE_RELS or ("preload" in rels and (element.get("as") or "").lower() == "style"):
        yield href, True
    elif rels & _OTHER_RELS:
        yield href, False


def source_set(value: str) -> Iterator[str]:
    """Yield the URLs of a ``srcset`` attribute (HTML standard, "parse a srcset attribute", without its descriptors)."""
    position = 0
    for _ in range(MAX_REQUISITES):
        match = _CANDIDATE.match(value, position)
        if not match or match.end() == position:
            return
        url = match["url"]
        if url.endswith(","):  # no descriptor: the comma ends the candidate, whatever follows begins the next
            position = match.end("url")
            url = url.rstrip(",")
        else:
            position = match.end()
        if url:
            yield url


def _of_css(text: str) -> Iterator[tuple[str, bool]]:
    for match in _CSS_URL.finditer(_COMMENT.sub(" ", text[:_MAX_CSS])):
        imported = match["import1"] or match["import2"]
        raw = imported or match["url1"] or match["url2"] or match["url3"] or ""
        if not raw.lower().startswith("data:"):
            yield _CSS_ESCAPE.sub(_unescape, raw), bool(imported or match["at"])


def _unescape(match: re.Match[str]) -> str:
    if match[1]:
        code = int(match[1], 16)
        return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
    return match[2] or ""
