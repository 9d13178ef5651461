"""The add-on that makes a Scrapy project out of a data folder: where the archive goes, who stores, when to stop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

from scrapy import signals
from scrapy.exceptions import NotConfigured

from campbell_scraper.archive.resume import ReplayAnswers
from campbell_scraper.folder import DataFolder

from .conditional import ConditionalFiles
from .politeness import Politeness, PrivateAddressGuard

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings


class CampbellAddon:
    """Binds the archive add-on to the data folder named by ``CAMPBELL_DATA``."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Fill in what the data folder decides; what the user set stays."""
        folder = DataFolder(Path(settings["CAMPBELL_DATA"]))
        bound = {
            "ARCHIVE_DIR": str(folder.archive),
            "ARCHIVE_MANIFEST": str(folder.manifest),
            "ARCHIVE_PREFIX": "campbell",
            "ARCHIVE_SINK": "campbell_scraper.sink.IngestSink",
            "ARCHIVE_REQUISITES": settings.getbool("CAMPBELL_REQUISITES", True),
        }
        for name, value in bound.items():
            settings.set(name, value, priority="addon")
        if max_time := settings.getfloat("CAMPBELL_MAX_TIME"):
            settings.set("CLOSESPIDER_TIMEOUT", max_time, priority="addon")
        settings["EXTENSIONS"][Budget] = 500
        # Inside RetryMiddleware (550), which would hide a throttled answer; the guard before robots.txt is asked for.
        settings["DOWNLOADER_MIDDLEWARES"][Politeness] = 560
        settings["DOWNLOADER_MIDDLEWARES"][ReplayAnswers] = 950
        settings["DOWNLOADER_MIDDLEWARES"][PrivateAddressGuard] = 40
        settings["DOWNLOADER_MIDDLEWARES"][ConditionalFiles] = 410


class Budget:
    """Ends a crawl that has spent its requests or bytes (``CAMPBELL_MAX_REQUESTS``, ``CAMPBELL_MAX_BYTES``)."""

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._crawler = crawler
        self._max_requests = settings.getint("CAMPBELL_MAX_REQUESTS")
        self._max_bytes = settings.getint("CAMPBELL_MAX_BYTES")
        if not (self._max_requests or self._max_bytes):
            raise NotConfigured
        self._requests = self._bytes = 0
        crawler.signals.connect(self.requested, signal=signals.request_reached_downloader)
        crawler.signals.connect(self.received, signal=signals.bytes_received)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make it if a budget is set."""
        return cls(crawler)

    def requested(self, request: Request, spider: Spider) -> None:  # noqa: ARG002 - names are Scrapy's
        """Count a request."""
        self._requests += 1
        if self._max_requests and self._requests >= self._max_requests:
            self._stop("budget_requests")

    def received(self, data: bytes, request: Request, spider: Spider) -> None:  # noqa: ARG002
        """Count bytes of answers."""
        self._bytes += len(data)
        if self._max_bytes and self._bytes >= self._max_bytes:
            self._stop("budget_bytes")

    def _stop(self, reason: str) -> None:
        engine = self._crawler.engine
        if engine is not None and engine.spider is not None:
            engine.close_spider(engine.spider, reason)
