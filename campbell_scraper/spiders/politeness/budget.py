"""Budgets: a crawl ends once its requests or bytes are spent, and asks for no more pages once it has enough reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from scrapy import signals
from scrapy.exceptions import IgnoreRequest, NotConfigured

from campbell_scraper.archive.listen.refused_request import RefusedRequest
from campbell_scraper.archive.listen.wire import close_spider

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.crawler import Crawler

    from campbell_scraper.spiders.spider import ReviewsSpider


class Postponed(IgnoreRequest):
    """A request is not made now; the spider makes it again later."""


class Budget:
    """Downloader middleware for ``CAMPBELL_MAX_REQUESTS`` and ``CAMPBELL_MAX_BYTES``; innermost, to count all requests.

    Requests are counted before they are queued, robots.txt, redirects and repetitions included: a crawl with
    several requests at once never sends more than it may. Bytes are counted as they arrive; what is under way
    when they are spent is received to its end.
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._crawler = crawler
        self._max_requests = settings.getint("CAMPBELL_MAX_REQUESTS")
        self._max_bytes = settings.getint("CAMPBELL_MAX_BYTES")
        if not (self._max_requests or self._max_bytes):
            raise NotConfigured
        self._requests = self._bytes = 0
        self._spent = False
        crawler.signals.connect(self.received, signal=signals.bytes_received)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make it if a budget is set."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:  # noqa: ARG002 - the name is Scrapy's
        """Count a request, or refuse it."""
        if self._spent:
            raise RefusedRequest("limit", "over the budget")
        self._requests += 1
        if self._max_requests and self._requests >= self._max_requests:
            self._stop("budget_requests")

    def received(self, data: bytes, request: Request, spider: Spider) -> None:  # noqa: ARG002
        """Count bytes of answers."""
        self._bytes += len(data)
        if self._max_bytes and self._bytes >= self._max_bytes and not self._spent:
            self._stop("budget_bytes")

    def _stop(self, reason: str) -> None:
        self._spent = True
        close_spider(self._crawler, reason)


class ReviewLimit:
    """Downloader middleware for ``limit``, where only reading a page shows whether it is a review.

    Near the limit a page waits until those under way have been read; beyond it none is requested.
    """

    def __init__(self, spider: ReviewsSpider) -> None:
        self._spider = spider

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make it if there is a limit."""
        spider: ReviewsSpider = crawler.spider  # type: ignore[assignment]  # the add-on is this spider's
        if getattr(spider, "limit", None) is None:
            raise NotConfigured
        return cls(spider)

    def process_request(self, request: Request) -> None:
        """Refuse a page that may be one review too many."""
        if not request.meta.get("perhaps_review"):
            return
        if self._spider.is_at_limit:
            raise RefusedRequest("limit", "--limit is reached")
        if not self._spider.may_ask(request):
            raise Postponed("waits for pages under way")
