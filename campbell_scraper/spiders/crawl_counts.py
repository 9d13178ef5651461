"""A crawl's own counts while it goes on, for whoever shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from scrapy.utils.asyncio import create_looping_call

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from .spider import ReviewsSpider

_EVERY = 0.5
"""Seconds between two looks at the counts."""


class Progress(Protocol):
    """Whoever wants to see a crawl's progress."""

    def update(self, *, pages: int, requests: int, failed: int, bytes: int) -> None:  # noqa: A002 - what it counts
        """Take the counts so far: review pages read, requests sent, requests without an answer, bytes received."""


class Shown:
    """Passes a crawl's counts on, twice a second and at its end."""

    def __init__(self, crawler: Crawler, progress: Progress) -> None:
        self._crawler = crawler
        self._progress = progress
        self._call = create_looping_call(self._show)

    def start(self) -> None:
        """Begin, when the spider is open."""
        self._call.start(_EVERY)

    def stop(self) -> None:
        """Pass the last counts on."""
        if self._call.running:
            self._call.stop()
        self._show()

    def _show(self) -> None:
        stats = self._crawler.stats
        assert stats is not None
        spider = cast("ReviewsSpider", self._crawler.spider)
        self._progress.update(
            pages=spider.reviews_read,
            requests=int(stats.get_value("downloader/request_count", 0)),
            failed=int(stats.get_value("downloader/exception_count", 0)),
            bytes=int(stats.get_value("downloader/response_bytes", 0)),
        )
