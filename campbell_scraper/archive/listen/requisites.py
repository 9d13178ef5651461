"""Page requisites: after a spider's callback, what the page needs to be shown is requested too.

They go the way of any request of the crawl - delay, concurrency, robots.txt - behind its own requests, and are
archived by the handler; their bodies are not handed to the spider. Each URL is fetched once a crawl. Markup is
untrusted: counts and lengths are bounded, and what does not parse is passed over.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import socket
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, cast
from urllib.parse import urljoin, urlsplit

import webencodings  # type: ignore[import-untyped]  # ships no types
from lxml import etree
from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import HtmlResponse, TextResponse
from scrapy.utils.defer import maybe_deferred_to_future
from scrapy.utils.response import get_base_url
from twisted.internet.threads import deferToThread
from w3lib.encoding import resolve_encoding
from w3lib.url import safe_url_string

from .archive_addon import addon_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    import lxml.html
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from .archive_addon import ArchiveAddon

PRIORITY: Final = -100
"""Scrapy priority of requisites: behind the spider's own requests."""
MAX_REDIRECTS: Final = 5
MAX_STYLE_DEPTH: Final = 5
"""Style sheets imported by style sheets, at most."""
_MAX_STYLE: Final = 4 << 20
_MAX_PAGE: Final = 32 << 20
"""Bytes of a page that is looked through for what it needs; a tree takes some fifteen times as many."""
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_INHERITED: Final = ("proxy", "_auth_proxy", "bindaddress", "cookiejar")
"""Entries of meta that say by which way a page was fetched: what it needs goes the same way."""
_LOCAL_SUFFIXES: Final = ("localhost", ".local", ".internal", ".lan", ".home", ".test", ".invalid", ".onion")

MAX_REQUISITES: Final = 2000
"""Requisites of one page or style sheet that are looked at."""
_MAX_CANDIDATES: Final = 10 * MAX_REQUISITES
MAX_URL: Final = 4096
_MAX_CSS: Final = 4 << 20

_ENCODINGS: Final = frozenset(map(resolve_encoding, webencodings.LABELS))
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
_TELLING: Final = sorted({"style", *_SOURCE_SETS, *(name for names in _SOURCES.values() for name in names)} - {"href"})
_MAY_NEED: Final = etree.XPath(
    "//*[self::style or self::image or (@href and not(self::a)) or "
    "(self::a and contains(translate(@href, 'PDF', 'pdf'), '.pdf'))"
    + "".join(f" or @{name}" for name in _TELLING if name.replace("-", "").isalpha())
    + "]"
)
"""Elements that may name something: to look at all of a page's in Python takes several times as long."""

logger = logging.getLogger(__name__)


def is_private_address(address: str) -> bool:
    """Tell whether an IP address is not one of the public Internet's."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None) or getattr(parsed, "sixtofour", None)
    return not (mapped or parsed).is_global or parsed.is_multicast


def is_private_name(host: str) -> bool | None:
    """Tell whether a host is private by its name or address alone; None if only a look-up can tell."""
    try:
        return is_private_address(host.strip("[]"))
    except ValueError:
        pass
    name = host.lower().rstrip(".")
    if "." not in name or name.endswith(_LOCAL_SUFFIXES):
        return True
    return True if name.replace(".", "").isdigit() else None  # 127.1 and its like, which resolvers take


class WebEncodings:
    """Downloader middleware that reads as UTF-8 what names an encoding that the web has not.

    Python has more than the Encoding Standard, and to read some (punycode) takes the square of a page.
    """

    def process_response(self, request: Request, response: Response) -> Response:  # noqa: ARG002 - Scrapy's signature
        """Return the response, of an encoding of the web."""
        if isinstance(response, TextResponse) and response.encoding not in _ENCODINGS:
            return response.replace(encoding="utf-8")
        return response


class RequisitesMiddleware:
    """Spider middleware. ``Request.meta["archive_requisites"] = False`` leaves a page's requisites out.

    It also tells the archive which page a request came from, where the spider does not: ``archive_via`` (URL) and
    ``archive_hops`` (Heritrix's letters from the seed).
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._seen: set[int] = set()
        self._private: dict[str, bool] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the middleware of a crawl."""
        return cls(crawler)

    @property
    def _archive(self) -> ArchiveAddon:
        return addon_for(self._crawler)

    async def process_start(self, start: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Take note of the seeds."""
        async for item in start:
            if isinstance(item, Request):
                self._seen.add(hash(item.url))
            yield item

    async def process_spider_output(self, response: Response, result: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Pass on what the callback gave, then request what the page needs."""
        async for item in result:
            if isinstance(item, Request):
                self._seen.add(hash(item.url))
                self._say_origin(item, response)
            yield item
        if self._archive.settings.requisites and response.meta.get("archive_requisites", True) is not False:
            for requisite in _needed(response):
                if request := await self._request(requisite, response):
                    yield request

    def _say_origin(self, request: Request, response: Response) -> None:
        inherited = response.meta.get("archive_via")
        stated = request.meta.get("archive_via")
        if stated is None or (stated == inherited and stated != response.url):  # copied along with meta
            request.meta["archive_via"] = response.url
            request.meta["archive_hops"] = _hops(response) + "L"

    async def _request(self, requisite: Requisite, response: Response) -> Request | None:
        if hash(requisite.url) in self._seen:
            return None
        self._seen.add(hash(requisite.url))
        redirected = response.status in _REDIRECTS and bool(response.meta.get("archive_requisite"))
        page = response.meta.get("archive_page") or response.url
        if await self._is_barred(requisite.url, page):
            self._archive.note(url=requisite.url, via=response.url, decision="private")
            return None
        meta: dict[str, Any] = {
            "archive_requisite": "style" if requisite.is_style else "other",
            "archive_page": page,
            "archive_via": response.url,
            "archive_hops": _hops(response) + ("R" if redirected else "E"),
            "archive_body_limit": _MAX_STYLE if requisite.is_style else 0,
            "archive_depth": response.meta.get("archive_depth", 0) + 1,
            # A redirect is followed here and not by Scrapy, so that it cannot lead to a private address.
            "dont_redirect": True,
            "handle_httpstatus_list": list(_REDIRECTS),
        }
        meta |= {name: response.meta[name] for name in _INHERITED if name in response.meta}
        headers = {"Accept": "*/*"}
        if referer := _referer(requisite.url, page):
            headers["Referer"] = referer
        return Request(
            requisite.url,
            callback=_archived,
            errback=self._not_archived,
            headers=headers,
            meta=meta,
            priority=PRIORITY,
            dont_filter=True,  # each once by our own book; Scrapy's filter would keep the spider from asking later
        )

    async def _is_barred(self, url: str, page: str) -> bool:
        """Tell whether a public page points at a private address."""
        host, page_host = urlsplit(url).hostname or "", urlsplit(page).hostname or ""
        return host != page_host and await self._is_private(host) and not await self._is_private(page_host)

    async def _is_private(self, host: str) -> bool:
        known = is_private_name(host)
        if known is None:
            known = self._private.get(host)
        if known is None:
            known = await maybe_deferred_to_future(deferToThread(_resolves_to_private, host))
            self._private[host] = known
        return known

    def _not_archived(self, failure: Failure) -> None:
        """Record what was barred; what failed on the wire has its record already."""
        request: Request = failure.request  # type: ignore[attr-defined] # set by Scrapy
        if isinstance(failure.value, IgnoreRequest) and getattr(failure.value, "response", None) is None:
            decision = "private" if "private" in failure.getErrorMessage() else "robots"
            self._archive.note(url=request.url, via=request.meta.get("archive_via"), decision=decision)
        else:
            logger.info("Requisite %s of %s: %s", request.url, request.meta.get("archive_via"), failure.value)


def _archived(response: Response) -> None:
    """Take a requisite's response: nothing is left to do, it is in the archive."""


def _resolves_to_private(host: str) -> bool:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False  # the download will fail alike, and leave its record
    return any(is_private_address(str(address[4][0])) for address in found)


def _hops(response: Response) -> str:
    return str(response.meta.get("archive_hops") or "") + "R" * len(response.meta.get("redirect_urls") or ())


def _referer(url: str, page: str) -> str | None:
    """Return the Referer a browser sends by default (strict-origin-when-cross-origin)."""
    here, there = urlsplit(page), urlsplit(url)
    if (here.scheme, here.netloc) == (there.scheme, there.netloc):
        return page
    return None if here.scheme == "https" and there.scheme == "http" else f"{here.scheme}://{here.netloc}/"


def _needed(response: Response) -> Iterable[Requisite]:
    kind = response.meta.get("archive_requisite")
    depth = response.meta.get("archive_depth", 0)
    if kind and response.status in _REDIRECTS:
        location = (response.headers.get("Location") or b"").decode("latin-1")
        if not location or depth > MAX_REDIRECTS + MAX_STYLE_DEPTH:
            return []
        target = urljoin(response.url, location).partition("#")[0]
        return [Requisite(target, kind == "style")] if target.startswith(("http://", "https://")) else []
    if not isinstance(response, TextResponse) or not 0 < len(response.body) <= _MAX_PAGE:
        return []
    content_type = (response.headers.get("Content-Type") or b"").lower()
    if kind == "style" or content_type.startswith(b"text/css"):
        return css_requisites(response.text, response.url) if depth <= MAX_STYLE_DEPTH else []
    if kind is None and isinstance(response, HtmlResponse):
        return html_requisites(response.selector.root, response.url, get_base_url(response))
    return []


class Requisite(NamedTuple):
    """One URL that a page needs."""

    url: str
    """Absolute, percent-encoded, without fragment."""
    is_style: bool
    """True for a style sheet, which may need more."""


def html_requisites(root: lxml.html.HtmlElement, page_url: str, base_url: str) -> list[Requisite]:
    """Return what an HTML page needs, in page order, without repeats; its host's favicon if it names no icon."""
    found: dict[str, Requisite] = {}
    has_icon = False
    for element in cast("list[lxml.html.HtmlElement]", _MAY_NEED(root)):
        if element.tag == "link":
            has_icon = has_icon or "icon" in (element.get("rel") or "").lower().split()
        for raw, is_style in _of_element(element):
            _add(found, raw, base_url, is_style=is_style)
        if len(found) >= MAX_REQUISITES:
            break
    if not has_icon:
        _add(found, "/favicon.ico", page_url, is_style=False)
    found.pop(page_url.partition("#")[0], None)
    return list(found.values())


def css_requisites(text: str, sheet_url: str) -> list[Requisite]:
    """Return what a style sheet needs, without repeats."""
    found: dict[str, Requisite] = {}
    for raw, is_style in islice(_of_css(text), _MAX_CANDIDATES):
        _add(found, raw, sheet_url, is_style=is_style)
        if len(found) >= MAX_REQUISITES:
            break
    return list(found.values())


def _add(found: dict[str, Requisite], raw: str, base: str, *, is_style: bool) -> None:
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
    if url not in found or (is_style and not found[url].is_style):
        found[url] = Requisite(url, is_style)


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
