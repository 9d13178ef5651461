"""One crawl as a function: options in, outcome out. ``campbell crawl`` and ``campbell demo`` call it.

Scrapy's reactor starts once in a process, so a process runs one crawl.
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from campbell_scraper import settings as defaults
from campbell_scraper.archive import CaptureUnavailable, addon_for
from campbell_scraper.archive.write.writer import require_room
from campbell_scraper.errors import AssertionFailed, CampbellError, DamagedError, Exit, Unfinished, UsageError
from campbell_scraper.view.following import catch_up, followed, locked
from campbell_scraper.view.store import Store

from .crawl_counts import CrawlCounts
from .politeness.pace import UNAVAILABLE, spread
from .spider import SOURCES, ReviewsSpider, require_contact

if TYPE_CHECKING:
    from pathlib import Path

    from campbell_scraper.folder import DataFolder

    from .counts import Progress
    from .crawl_options import CrawlOptions

logger = logging.getLogger(__name__)

CLOCK_SLACK = timedelta(minutes=5)
"""How far the clock may have been set back between two runs."""
RESUMABLE = timedelta(hours=48)
"""How old an unfinished crawl may be to be resumed."""

_NEWEST_CRAWL = """SELECT crawl_id, started_at, arguments, status FROM crawls WHERE source = ? AND site = ?
    ORDER BY started_at DESC LIMIT 1"""
_NEWEST_FETCH = (
    "SELECT max(fetched_at) FROM captures WHERE crawl_id IN (SELECT crawl_id FROM crawls WHERE source <> '')"
)
_LAST_ERROR = """SELECT error FROM captures WHERE crawl_id = ? AND error IS NOT NULL
    ORDER BY captured_at DESC LIMIT 1"""
_UNREAD_LIST = """SELECT json_extract(closing, '$."crawl-unread-list-1"') FROM crawls WHERE crawl_id = ?"""


@dataclass(frozen=True, slots=True)
class UnfinishedCrawl:
    """A crawl that can be resumed."""

    crawl_id: str
    started_at: str


@dataclass(slots=True)
class CrawlOutcome:
    """How a crawl ended."""

    crawl_id: str = ""
    reason: str = "shutdown"
    """Scrapy's closing reason; "shutdown" also if a second Ctrl-C ends the crawl without one."""
    requests: int = 0
    answers: int = 0
    failure: BaseException | None = None
    """Why the archive or the database stopped the crawl, if they did."""
    last_error: str | None = None
    """What the last failed exchange says."""
    unread_list: str | None = None
    """The first list of reviews that could not be read, and why."""
    error: BaseException | None = None
    """The error that the command line reports; None if the exit code says enough."""

    @property
    def exit_code(self) -> Exit:
        """The documented exit code of this ending."""
        if self.reason in {"finished", "limit"}:
            return Exit.GOOD
        if self.reason == "shutdown":
            return Exit.INTERRUPTED
        return Exit.UNFINISHED


def run_crawl(
    options: CrawlOptions, folder: DataFolder, *, progress: Progress | None = None, log_file: Path | None = None
) -> CrawlOutcome:
    """Crawl a library into a data folder, and derive its database from what was archived.

    Raises:
        UsageError: options or folder cannot be used.
        LockHeld: another run works on the folder.
        AssertionFailed: earlier runs are in the future, so a clock is wrong.
        DamagedError: archive or database are damaged, or the capture self-test failed.

    """
    discovery = SOURCES[options.source](options.site, options.scope())
    require_contact(discovery.asks, options.contact)
    library = options.library or discovery.library
    with locked(folder, f"campbell crawl {discovery.site}"):
        require_room(folder.archive)  # before databases are made
        catch_up(folder, library)
        _require_clock(folder)
        unfinished = _unfinished_crawl(options, discovery.site, folder)
        with followed(folder, library, options.follow, is_gated=options.gate):
            outcome = _crawl(options, folder, unfinished, progress=progress, log_file=log_file)
        with closing(Store.open(folder.newest, readonly=True)) as store:
            outcome.last_error = _first(store, _LAST_ERROR, outcome.crawl_id)
            outcome.unread_list = _first(store, _UNREAD_LIST, outcome.crawl_id)
            outcome.error = _ending_error(outcome, discovery.site, store.count("reviews"))
    return outcome


def _require_clock(folder: DataFolder) -> None:
    """Raise AssertionFailed if earlier runs are in the future: what this run sees would be sorted before them."""
    if not folder.database.is_file():
        return
    with closing(Store.open(folder.newest, readonly=True)) as store:
        newest = store.connection.execute(_NEWEST_FETCH).fetchone()[0] or ""
    if newest > (datetime.now(UTC) + CLOCK_SLACK).strftime("%Y-%m-%dT%H:%M:%S"):
        raise AssertionFailed(
            f"The clock of this machine is wrong, or was in an earlier run: the newest capture is of {newest[:16]}, "
            f"and the clock says {datetime.now(UTC):%Y-%m-%dT%H:%M} (UTC). Nothing was requested."
        )


def _unfinished_crawl(options: CrawlOptions, site: str, folder: DataFolder) -> UnfinishedCrawl | None:
    """Find the crawl to resume: same source, site and scope, not finished, younger than 48 hours."""
    if options.resume is False:
        return None
    row = None
    if folder.database.is_file():
        with closing(Store.open(folder.newest, readonly=True)) as store:
            row = store.connection.execute(_NEWEST_CRAWL, (options.source, site)).fetchone()
    crawl = None
    if row is not None and row[3] != "finished" and (row[2] or "") == options.recorded():
        age = datetime.now(UTC) - datetime.fromisoformat(row[1])
        crawl = UnfinishedCrawl(row[0], row[1]) if age < RESUMABLE else None
    if crawl is None and options.resume:
        raise UsageError(f"There is no crawl of {site} to resume: none was interrupted in the last 48 hours.")
    return crawl


def _crawl(
    options: CrawlOptions,
    folder: DataFolder,
    unfinished: UnfinishedCrawl | None,
    *,
    progress: Progress | None,
    log_file: Path | None,
) -> CrawlOutcome:
    outcome = CrawlOutcome()
    # A log that cannot be written (the disk is full) must not bury the sentence that says why under tracebacks.
    logging.raiseExceptions = False
    process = AsyncCrawlerProcess(_settings(options, folder, unfinished, log_file))
    crawler = process.create_crawler(ReviewsSpider)

    def opened() -> None:
        outcome.crawl_id = addon_for(crawler).crawl_id

    def closed(reason: str) -> None:
        outcome.reason = reason

    crawler.signals.connect(opened, signal=signals.spider_opened)
    crawler.signals.connect(closed, signal=signals.spider_closed)
    counts = CrawlCounts(crawler, progress) if progress is not None else None
    task = process.crawl(crawler, options=options)
    process.start()
    if counts is not None:
        counts.show("the database is brought up to date")
    error = task.exception() if task.done() and not task.cancelled() else None
    if isinstance(error, CampbellError):
        raise error
    if isinstance(error, CaptureUnavailable):
        raise DamagedError(str(error)) from error
    if error is not None:
        raise error
    outcome.failure = addon_for(crawler).failure
    stats = crawler.stats
    assert stats is not None
    outcome.requests = int(stats.get_value("downloader/request_count", 0))
    outcome.answers = int(stats.get_value("downloader/response_count", 0))
    return outcome


def _settings(
    options: CrawlOptions, folder: DataFolder, unfinished: UnfinishedCrawl | None, log_file: Path | None
) -> Settings:
    settings = Settings()
    settings.setmodule(defaults, priority="project")
    own: dict[str, Any] = {
        "CAMPBELL_DATA": str(folder.root),
        "CAMPBELL_FOLLOWED": True,
        "CAMPBELL_REQUISITES": options.requisites,
        "CAMPBELL_MAX_REQUESTS": options.max_requests,
        "CAMPBELL_MAX_BYTES": options.max_bytes,
        "CAMPBELL_MAX_TIME": options.max_time,
        "ARCHIVE_CRAWL_INFO": {"arguments": options.recorded()},
        "CONCURRENT_REQUESTS": max(options.concurrency, 1),
        "CONCURRENT_REQUESTS_PER_DOMAIN": max(options.concurrency, 1),
        "DOWNLOAD_DELAY": spread(options.delay),
        "LOG_FILE": str(log_file) if log_file is not None else None,
        "LOG_FILE_APPEND": False,  # else the log of a library would grow for years
    }
    if unfinished is not None:
        own["ARCHIVE_CRAWL_ID"] = own["ARCHIVE_RESUME"] = unfinished.crawl_id
        own["ARCHIVE_CRAWL_STARTED"] = unfinished.started_at
    for name, value in own.items():
        settings.set(name, value, priority="cmdline")
    return settings


def _first(store: Store, sql: str, crawl_id: str) -> str | None:
    row = store.connection.execute(sql, (crawl_id,)).fetchone()
    return None if row is None or row[0] is None else str(row[0])[:300]


def _ending_error(outcome: CrawlOutcome, site: str, reviews: int) -> BaseException | None:
    """Return the error that an ending means; None for a good one, and for those that only have an exit code."""
    if outcome.reason == "capture_selftest_failed":
        return DamagedError(
            "The capture self-test failed: what is recorded differs from what was sent; nothing was crawled."
        )
    if outcome.failure is not None:  # also after the last request, when the reason is "finished"
        return _stopped(outcome.failure)
    if outcome.reason in {"finished", UNAVAILABLE} and outcome.answers == 0:
        reason = f" ({outcome.last_error})" if outcome.last_error else ""
        return Unfinished(f"{site} cannot be reached: no request was answered{reason}.")
    if outcome.reason == "finished" and reviews == 0:
        why = outcome.unread_list or "is it a site in this source's layout?"
        return AssertionFailed(f"No review was found at {site}: {why}")
    return None


def _stopped(failure: BaseException) -> BaseException:
    """Return the error that stopped a crawl whose captures could not be stored any more."""
    cause: BaseException | None = failure
    while cause is not None and not isinstance(cause, OSError | sqlite3.Error | CampbellError):
        cause = cause.__cause__
    if isinstance(cause, CampbellError):
        return cause
    if isinstance(cause, OSError | sqlite3.OperationalError):
        return Unfinished(f"Archive or database could not be written ({cause}); what was stored before is safe.")
    return failure
