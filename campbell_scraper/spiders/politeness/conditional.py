"""Conditional requests for files: the site sends PDFs and images only if they have changed.

Style sheets are requested whole: a 304 would not say what they import, which a crawl's package needs. So are pages:
neither K2 nor WordPress answers them with 304, whatever validators they send (docs/sites.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler


class ConditionalFiles:
    """Downloader middleware: adds If-None-Match and If-Modified-Since to requests for known files and requisites."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the middleware."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Make the request conditional, if an earlier run has the file."""
        if not request.meta.get("conditional") and request.meta.get("archive_requisite") in {None, "style"}:
            return
        discovery = getattr(self._crawler.spider, "discovery", None)
        validators = None if discovery is None else discovery.known.validators(request.url)
        if validators is None:
            return
        if validators.etag:
            request.headers.setdefault("If-None-Match", validators.etag)
        if validators.last_modified:
            request.headers.setdefault("If-Modified-Since", validators.last_modified)
