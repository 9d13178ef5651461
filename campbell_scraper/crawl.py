"""One crawl as a function: options in, outcome out. ``campbell crawl`` and ``campbell demo`` call it.

Scrapy's reactor starts once in a process, so a process runs one crawl.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from . import settings as defaults
from .archive import CaptureUnavailable, addon_for
from .errors import AssertionFailed, CampbellError, DamagedError, Exit, Unfinished
from .session import Session
from .spiders.politeness import spread
from .spiders.reviews import SOURCES, ReviewsSpider, require_contact

if TYPE_CHECKING:
    from pathlib import Path

    from .folder import DataFolder
    from .sink import CrawlWatch

logger = logging.getLogger(__name__)

DEFAULT_SITES = {
    "k2": None,
    "live": "https://www.campbellcollaboration.org/",
    "wayback": "https://www.campbellcollaboration.org/",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlOptions:
    """What ``campbell crawl`` can be asked."""

    source: str
    site: str
    library: str | None = None
    """Name of the library; by default the site's host."""
    contact: str | None = None
    limit: int | None = None
    """Reviews at most."""
    delay: float = 1.0
    """Seconds between requests to one host."""
    concurrency: int = 1
    max_requests: int | None = None
    max_bytes: int | None = None
    max_time: float | None = None
    """Seconds at most."""
    requisites: bool = True

    def arguments(self) -> dict[str, str]:
        """Give what was asked, as the archive records it."""
        names = ("limit", "delay", "concurrency", "max_requests", "max_bytes", "max_time", "requisites")
        return {name: str(getattr(self, name)) for name in names if getattr(self, name) is not None}


@dataclass(slots=True)
class CrawlOutcome:
    """How a crawl ended."""

    crawl_id: str = ""
    reason: str = "finished"
    """Scrapy's closing reason."""
    requests: int = 0
    answers: int = 0
    errors: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> Exit:
        """The documented exit code of this ending."""
        if self.reason in {"finished", "limit"}:
            return Exit.GOOD
        if self.reason == "shutdown":
            return Exit.INTERRUPTED
        return Exit.UNFINISHED


def run_crawl(
    options: CrawlOptions, folder: DataFolder, *, watch: CrawlWatch | None = None, log_file: Path | None = None
) -> CrawlOutcome:
    """Crawl a library into a data folder.

    Raises:
        UsageError: options or folder cannot be used.
        LockHeld: another run works on the folder.
        DamagedError: the database is damaged, or the capture self-test failed.
        Unfinished: nothing could be reached, or the archive could not be written.
        AssertionFailed: the site has no review.

    """
    discovery = SOURCES[options.source](options.site)
    require_contact(discovery.site, options.contact)
    with Session.open(folder, options.library or discovery.library, f"campbell crawl {discovery.site}") as session:
        outcome = _crawl(options, folder, session, watch, log_file)
        reviews = session.store.count("reviews")
    _judge(outcome, discovery.site, reviews)
    return outcome


def _crawl(
    options: CrawlOptions, folder: DataFolder, session: Session, watch: CrawlWatch | None, log_file: Path | None
) -> CrawlOutcome:
    outcome = CrawlOutcome()
    process = AsyncCrawlerProcess(_settings(options, folder, log_file))
    crawler = process.create_crawler(ReviewsSpider)

    def opened() -> None:
        outcome.crawl_id = addon_for(crawler).crawl_id

    def closed(reason: str) -> None:
        outcome.reason = reason

    crawler.signals.connect(opened, signal=signals.spider_opened)
    crawler.signals.connect(closed, signal=signals.spider_closed)
    task = process.crawl(
        crawler,
        source=options.source,
        site=options.site,
        contact=options.contact,
        limit=options.limit,
        library=options.library,
        session=session,
        watch=watch,
    )
    process.start()
    error = task.exception() if task.done() and not task.cancelled() else None
    if isinstance(error, CampbellError):
        raise error
    if isinstance(error, CaptureUnavailable):
        raise DamagedError(str(error)) from error
    if error is not None:
        raise error
    stats = crawler.stats
    assert stats is not None
    outcome.requests = int(stats.get_value("downloader/request_count", 0))
    outcome.answers = int(stats.get_value("downloader/response_count", 0))
    return outcome


def _settings(options: CrawlOptions, folder: DataFolder, log_file: Path | None) -> Settings:
    settings = Settings()
    settings.setmodule(defaults, priority="project")
    own: dict[str, Any] = {
        "CAMPBELL_DATA": str(folder.root),
        "CAMPBELL_REQUISITES": options.requisites,
        "CAMPBELL_MAX_REQUESTS": options.max_requests,
        "CAMPBELL_MAX_BYTES": options.max_bytes,
        "CAMPBELL_MAX_TIME": options.max_time,
        "ARCHIVE_CRAWL_INFO": {"arguments": " ".join(f"{k}={v}" for k, v in options.arguments().items())},
        "CONCURRENT_REQUESTS": max(options.concurrency, 1),
        "CONCURRENT_REQUESTS_PER_DOMAIN": max(options.concurrency, 1),
        "DOWNLOAD_DELAY": spread(options.delay),
        "LOG_FILE": str(log_file) if log_file is not None else None,
    }
    for name, value in own.items():
        settings.set(name, value, priority="cmdline")
    return settings


def _judge(outcome: CrawlOutcome, site: str, reviews: int) -> None:
    """Turn an ending that is none of the good ones into its error."""
    if outcome.reason == "capture_selftest_failed":
        raise DamagedError(
            "The capture self-test failed: what is recorded differs from what was sent; nothing was crawled."
        )
    if outcome.reason == "archive_failed":
        raise Unfinished("The archive could not be written (disk full?); what was fetched before is safe.")
    if outcome.reason == "finished" and outcome.answers == 0:
        raise Unfinished(f"{site} cannot be reached: no request was answered.")
    if outcome.reason == "finished" and reviews == 0:
        raise AssertionFailed(f"No review was found at {site}: is it a site in this source's layout?")
