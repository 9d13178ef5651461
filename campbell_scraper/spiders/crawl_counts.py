"""A crawl's own counts while it goes on, for whoever shows them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Protocol, cast

from scrapy import signals
from scrapy.utils.asyncio import create_looping_call

from campbell_scraper.items import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from .spider import ReviewsSpider

_EVERY = 0.5
"""Seconds between two looks at the counts."""
_FILES = {
    "application/pdf": Kind.PDF,
    "text/css": Kind.REQUISITE,
    "text/javascript": Kind.REQUISITE,
    "application/javascript": Kind.REQUISITE,
}
_FAMILIES = ("image/", "font/", "audio/", "video/")


class Progress(Protocol):
    """Whoever shows a crawl's progress."""

    def update(self, *, pages: Mapping[Kind, int], requests: int, failed: int, received: int, url: str = "") -> None:
        """Show the counts so far: answers by kind, finished requests, those that failed, bytes, and the last URL."""


class CrawlCounts:
    """Counts a crawl's answers and passes the counts on, twice a second. Scrapy's signals do not keep it alive."""

    def __init__(self, crawler: Crawler, progress: Progress) -> None:
        self._crawler = crawler
        self._progress = progress
        self._files: Counter[Kind] = Counter()
        self._answers = 0
        self._url = ""
        self._call = create_looping_call(self.show)
        crawler.signals.connect(self._start, signal=signals.spider_opened)
        crawler.signals.connect(self._answered, signal=signals.response_received)
        crawler.signals.connect(self._call.stop, signal=signals.spider_closed)

    def _start(self) -> None:
        self._call.start(_EVERY)

    def _answered(self, response: Response, request: Request) -> None:
        self._answers += 1
        self._url = request.url
        mime = (response.headers.get("Content-Type") or b"").decode("latin-1").partition(";")[0].strip().lower()
        kind = Kind.REQUISITE if mime.startswith(_FAMILIES) else _FILES.get(mime)
        if kind is not None:
            self._files[kind] += 1

    def show(self) -> None:
        """Pass the counts on."""
        stats = self._crawler.stats
        assert stats is not None
        spider = cast("ReviewsSpider", self._crawler.spider)
        self._progress.update(
            pages=self._files + spider.kinds,
            requests=self._answers + spider.failures,
            failed=spider.failures,
            received=int(stats.get_value("downloader/response_bytes", 0)),
            url=self._url,
        )
