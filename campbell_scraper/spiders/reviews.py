"""The spider ``reviews``: from seeds to listings to review pages to other content pages, politely.

``campbell crawl`` runs it; so does ``scrapy crawl reviews -a source=k2 -a site=http://127.0.0.1:8000/``. It yields the
review records of the pages it reads (for ``-o reviews.jsonl``); the database is filled from the archive, not from them.
"""

from __future__ import annotations

import ipaddress
import logging
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import scrapy
from scrapy.exceptions import IgnoreRequest

from campbell_scraper.archive import addon_for
from campbell_scraper.errors import UsageError
from campbell_scraper.ingest import read_page_once
from campbell_scraper.items import Kind, Representation
from campbell_scraper.pages.urls import canonical_url

from .k2 import K2Discovery

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from campbell_scraper.items import PageReading, ReviewRecord

    from .discovery import Discovery

logger = logging.getLogger(__name__)

SOURCES: dict[str, type[Discovery]] = {"k2": K2Discovery}
_READABLE = ("text/", "application/xhtml", "application/xml", "application/json")


def is_loopback(url: str) -> bool:
    """Whether a URL's host is this machine by its address or name (no name is resolved)."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def require_contact(site: str, contact: str | None) -> None:
    """Refuse to crawl somebody else's host without telling them who asks.

    Raises:
        UsageError: the site is not on this machine and there is no contact.

    """
    if contact is None and not is_loopback(site):
        host = urlsplit(site).hostname
        raise UsageError(
            f"Crawling {host} needs --contact MAIL, so that its owner can reach you (loopback needs none)."
        )


class ReviewsSpider(scrapy.Spider):
    """Crawls one library.

    Args:
        source: one of SOURCES.
        site: the URL to start from.
        contact: mail address for User-Agent and From; needed for every host but this machine.
        limit: at most this many reviews.

    """

    name = "reviews"

    def __init__(
        self,
        *,
        source: str = "k2",
        site: str,
        contact: str | None = None,
        limit: str | int | None = None,
        library: str | None = None,
    ) -> None:
        super().__init__(self.name)
        if source not in SOURCES:
            raise UsageError(f"There is no source {source!r}: choose one of {', '.join(sorted(SOURCES))}.")
        self.discovery = SOURCES[source](site)
        self.library = library or self.discovery.library
        self.contact = contact
        self.limit = int(limit) if limit is not None else None
        self.reviews_read = 0
        self._noted: set[str] = set()
        require_contact(self.discovery.site, contact)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Make the spider, and tell the archive which crawl this is."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        settings = crawler.settings
        info = {"source": spider.discovery.source, "site": spider.discovery.site, "library": spider.library}
        settings.set("ARCHIVE_CRAWL_INFO", {**settings.getdict("ARCHIVE_CRAWL_INFO"), **info}, priority="spider")
        if spider.contact:
            agent = f"{settings['USER_AGENT']} (+mailto:{spider.contact})"
            settings.set("USER_AGENT", agent, priority="spider")
            settings.set("ARCHIVE_OPERATOR", spider.contact, priority="spider")
            headers = {**settings.getdict("DEFAULT_REQUEST_HEADERS"), "From": spider.contact}
            settings.set("DEFAULT_REQUEST_HEADERS", headers, priority="spider")
        return spider

    def closed(self, reason: str) -> None:
        """Say in the crawl's closing record whether all reviews of the site were found."""
        complete = reason == "finished" and not self.discovery.incomplete
        addon_for(self.crawler).closing["discovery_complete"] = "1" if complete else "0"
        for problem in self.discovery.incomplete[:20]:
            logger.warning("Discovery is incomplete: %s", problem)

    async def start(self) -> AsyncIterator[scrapy.Request]:
        """Begin with the source's seeds."""
        for url in self.discovery.seeds():
            yield self._request(url, via=None, hops="")

    def _request(self, url: str, *, via: str | None, hops: str) -> scrapy.Request:
        meta = {"archive_via": via, "archive_hops": hops}
        return scrapy.Request(url, callback=self.parse, errback=self.failed, meta=meta)

    async def parse(self, response: Response) -> AsyncIterator[scrapy.Request | ReviewRecord]:
        """Read a page, yield its reviews and follow its links."""
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
        if response.status != 200:
            if response.status not in {404, 410}:
                self.discovery.failed(response.url, None, f"HTTP {response.status}")
            return
        if not content_type.startswith(_READABLE):
            return
        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, values in response.headers.items()
            for value in values
        ]
        reading = read_page_once(response.url, headers, response.body)
        if reading.kind is Kind.REVIEW:
            self.reviews_read += 1
            if self.limit is not None and self.reviews_read > self.limit:
                return
            for record in reading.reviews:
                if record.representation is not Representation.LISTING:
                    yield record
        for request in self._follow(reading, response):
            yield request

    def _follow(self, reading: PageReading, response: Response) -> Iterator[scrapy.Request]:
        hops = response.meta.get("archive_hops", "") + "L"
        links = list(self.discovery.links(reading))
        if reading.canonical_url and self.discovery.in_scope(reading.canonical_url):
            links.insert(0, reading.canonical_url)
        for link in links:
            url = canonical_url(link)
            if not self.discovery.in_scope(url):
                self._note(url, response.url, "offsite")
            elif self.limit is not None and self.reviews_read >= self.limit:
                self.discovery.failed(url, None, "over the limit")
                self._note(url, response.url, "limit")
            else:
                yield self._request(url, via=response.url, hops=hops)
        for record in reading.reviews:
            if record.full_review_url and not self.discovery.in_scope(record.full_review_url):
                self._note(record.full_review_url, response.url, "offsite")

    def failed(self, failure: Failure) -> None:
        """Note a URL that was not fetched; what was attempted has a record of its own in the archive."""
        request: scrapy.Request = failure.request  # type: ignore[attr-defined]  # Scrapy sets it before the errback
        if failure.check(IgnoreRequest):
            reason = failure.getErrorMessage()
            decision = "robots" if "robots.txt" in reason else "private" if "private" in reason else "offsite"
            self._note(request.url, request.meta.get("archive_via"), decision)
            return
        self.discovery.failed(request.url, None, failure.getErrorMessage())
        logger.warning("Failed: %s: %s", request.url, failure.getErrorMessage())

    def _note(self, url: str, via: str | None, decision: str) -> None:
        if url not in self._noted:
            self._noted.add(url)
            addon_for(self.crawler).note(url=url, via=via, decision=decision)
