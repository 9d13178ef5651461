"""Page requisites: after a spider's callback, what the page needs to be shown is requested too.

They are requested like any other URL (delay, concurrency, robots.txt), after the spider's own requests, and archived by
the handler; the spider does not get their bodies. Each URL is fetched once per crawl.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import HtmlResponse, TextResponse
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.threads import deferToThread
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding

from campbell_scraper.archive import http
from campbell_scraper.archive.listen.refused_request import decision_of
from campbell_scraper.archive.watched_processes import UnreadableError

from .archive_addon import addon_for
from .needed_urls import ENCODINGS, Requisite, requisites_of
from .watched_reading import headers_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from .archive_addon import ArchiveAddon

PRIORITY: Final = -100
"""Scrapy priority of requisites: after the spider's own requests."""
MAX_REDIRECTS: Final = 5
MAX_STYLE_DEPTH: Final = 5
"""Style sheets imported by style sheets, at most."""
_MAX_STYLE: Final = 4 << 20
_PAGES: Final = frozenset({"text/html", "application/xhtml+xml"})
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_INHERITED: Final = ("proxy", "_auth_proxy", "bindaddress", "cookiejar")
"""Keys of meta that say how a page was fetched: its requisites are fetched the same way."""
_LOCAL_SUFFIXES: Final = ("localhost", ".local", ".internal", ".lan", ".home", ".test", ".invalid", ".onion")

logger = logging.getLogger(__name__)


def is_private_address(address: str) -> bool:
    """Tell whether an IP address is outside the public Internet."""
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
    return True if name.replace(".", "").isdigit() else None  # 127.1 and the like, which resolvers accept


class WebEncodings:
    """Downloader middleware that sets UTF-8 where a response names an encoding that the Encoding Standard lacks.

    Python knows more encodings, and some of them (punycode) take quadratic time.
    """

    def process_response(self, request: Request, response: Response) -> Response:  # noqa: ARG002 - Scrapy's signature
        """Return the response, with an encoding of the Encoding Standard."""
        if not isinstance(response, TextResponse):
            return response
        # Not .encoding: if none is stated, Scrapy decodes the whole body to guess one.
        media = (response.headers.get("Content-Type") or b"").decode("latin-1")
        encoding = http_content_type_encoding(media) or html_body_declared_encoding(response.body)
        return response if encoding is None or encoding in ENCODINGS else response.replace(encoding="utf-8")


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
        """Remember the seeds."""
        async for item in start:
            if isinstance(item, Request):
                self._seen.add(hash(item.url))
            yield item

    async def process_spider_output(self, response: Response, result: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Pass on what the callback yields, then request what the page needs."""
        async for item in result:
            if isinstance(item, Request):
                self._seen.add(hash(item.url))
                self._say_origin(item, response)
            yield item
        if self._archive.settings.requisites and response.meta.get("archive_requisites", True) is not False:
            for requisite in await self._needed(response):
                if request := await self._request(requisite, response):
                    yield request

    def _say_origin(self, request: Request, response: Response) -> None:
        inherited = response.meta.get("archive_via")
        stated = request.meta.get("archive_via")
        if stated is None or (stated == inherited and stated != response.url):  # copied along with meta
            request.meta["archive_via"] = response.url
            request.meta["archive_hops"] = _hops(response) + "L"

    async def _needed(self, response: Response) -> list[Requisite]:
        kind = response.meta.get("archive_requisite")
        depth = response.meta.get("archive_depth", 0)
        headers = headers_of(response)
        if kind and response.status in _REDIRECTS:
            target = http.redirect_target(response.status, headers, response.url)
            if target is None or depth > MAX_REDIRECTS + MAX_STYLE_DEPTH:
                return []
            target = target.partition("#")[0]
            return [Requisite(target, kind == "style")] if target.startswith(("http://", "https://")) else []
        media = http.media_type(headers)
        is_style = kind == "style" or media == "text/css"
        # Scrapy ignores the Content-Type of a compressed response.
        is_page = kind is None and (isinstance(response, HtmlResponse) or media in _PAGES)
        if not response.body or not (depth <= MAX_STYLE_DEPTH if is_style else is_page):
            return []
        read = self._archive.reading.read
        try:
            return await read(requisites_of, response.url, headers, response.body, is_style=is_style)
        except UnreadableError as error:
            logger.warning("Requisites of %s are not fetched: %s", response.url, error)
            return []

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
            dont_filter=True,  # _seen drops repeats; Scrapy's filter would block later requests of the spider
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
        """Record what was barred; what failed on the wire has a record already."""
        request: Request = failure.request  # type: ignore[attr-defined] # set by Scrapy
        if isinstance(failure.value, IgnoreRequest) and getattr(failure.value, "response", None) is None:
            decision = decision_of(failure.value)
            self._archive.note(url=request.url, via=request.meta.get("archive_via"), decision=decision)
        else:
            logger.info("Requisite %s of %s: %s", request.url, request.meta.get("archive_via"), failure.value)


def _archived(response: Response) -> None:
    """Take a requisite's response: nothing is left to do, it is in the archive."""


def _resolves_to_private(host: str) -> bool:
    try:
        addresses = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False  # the download will fail too, and leave its record
    return any(is_private_address(str(address[4][0])) for address in addresses)


def _hops(response: Response) -> str:
    return str(response.meta.get("archive_hops") or "") + "R" * len(response.meta.get("redirect_urls") or ())


def _referer(url: str, page: str) -> str | None:
    """Return the Referer a browser sends by default (strict-origin-when-cross-origin)."""
    here, there = urlsplit(page), urlsplit(url)
    if (here.scheme, here.netloc) == (there.scheme, there.netloc):
        return page
    return None if here.scheme == "https" and there.scheme == "http" else f"{here.scheme}://{here.netloc}/"
