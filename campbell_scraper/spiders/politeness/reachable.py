"""A site that goes away in the middle of a crawl: the crawl ends and can be resumed, instead of trying every page.

What was requested has a record with the reason in the archive; the rest is found again when the crawl is resumed.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Self

from scrapy.exceptions import DownloadCancelledError, IgnoreRequest

from campbell_scraper.archive.listen.wire import close_spider

from .pace import UNAVAILABLE

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger(__name__)

MAX_FAILURES = 12
"""Attempts in a row without an answer after which the site counts as gone (three pages with Scrapy's retries);
``CAMPBELL_MAX_FAILURES``, 0 for any number."""


class Reachable:
    """Downloader middleware next to the downloader, so that it sees each attempt and not only the last."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._most = crawler.settings.getint("CAMPBELL_MAX_FAILURES", MAX_FAILURES)
        self._failures = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the middleware."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        """Note that the site is there: any answer shows it."""
        if self._is_of_site(request):
            self._failures = 0
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Count an attempt without an answer, unless the page was refused or cut off for its size."""
        if isinstance(exception, IgnoreRequest | DownloadCancelledError) or not self._is_of_site(request):
            return
        self._failures += 1
        if self._most and self._failures == self._most:
            logger.error("%d attempts in a row had no answer, the last: %s; ending the crawl.", self._most, exception)
            close_spider(self._crawler, UNAVAILABLE)

    def _is_of_site(self, request: Request) -> bool:
        discovery = getattr(self._crawler.spider, "discovery", None)
        return discovery is None or bool(discovery.in_scope(request.url))
