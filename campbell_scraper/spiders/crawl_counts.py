"""A crawl's own counts while it goes on, for whoever shows them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from scrapy import signals
from scrapy.utils.asyncio import create_looping_call

from campbell_scraper.archive import CaptureUnavailable, addon_for

from .counts import Counts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy.core.downloader import Slot
    from scrapy.crawler import Crawler

    from .counts import Progress
    from .spider import ReviewsSpider

_INTERVAL = 0.5
"""Seconds between two looks at the counts."""
_LEFT_ALONE = 5.0
"""A wait of this many delays, and at least of this many seconds, is shown as a pause."""


class CrawlCounts:
    """Passes a crawl's counts on, twice a second. Scrapy's signals hold only weak references to it."""

    def __init__(self, crawler: Crawler, progress: Progress) -> None:
        self._crawler = crawler
        self._progress = progress
        self._call = create_looping_call(self.show)
        crawler.signals.connect(self._start, signal=signals.spider_opened)
        crawler.signals.connect(self._stop, signal=signals.spider_closed)

    def _start(self) -> None:
        self._call.start(_INTERVAL)

    def _stop(self) -> None:
        if self._call.running:
            self._call.stop()

    def show(self, waits_for: str | None = None) -> None:
        """Pass the counts on."""
        spider = cast("ReviewsSpider | None", self._crawler.spider)
        stats = self._crawler.stats
        if stats is None or spider is None:  # it did not begin
            return
        try:
            written = addon_for(self._crawler).writer.counts
        except CaptureUnavailable:  # the archive is still being opened, or could not be
            return
        engine = self._crawler.engine
        slots = engine.downloader.slots if engine is not None and waits_for is None else {}
        under_way = sum(len(slot.active) for slot in slots.values())
        queued = int(stats.get_value("scheduler/enqueued", 0)) - int(stats.get_value("scheduler/dequeued", 0))
        self._progress.update(
            Counts(
                exchanges=written["exchanges"],
                failed=written["failures"],
                pending=queued + under_way,
                replayed=int(stats.get_value("archive/replayed", 0)),
                reviews=spider.reviews,
                detected_source=spider.detected_source,
                received=int(stats.get_value("downloader/response_bytes", 0)),
                waits_for=_waits_for(slots.values()) if waits_for is None else waits_for,
            )
        )


def _waits_for(slots: Iterable[Slot]) -> str:
    """Say what the downloader is doing."""
    waiting = ""
    for slot in slots:
        if slot.transferring:
            url = urlsplit(next(iter(slot.transferring)).url)
            return f"fetching {url.path or '/'}" + (f"?{url.query}" if url.query else "")
        pause = slot.lastseen + slot.delay - time.monotonic()
        if slot.queue and pause > max(_LEFT_ALONE * slot.delay, _LEFT_ALONE):
            waiting = f"pausing for {pause:.0f} s"
        elif slot.queue and slot.delay:
            waiting = waiting or f"a request every {slot.delay:.1f} s"
    return waiting
