"""The add-on: binds the archive to a crawl, and refuses a crawl it cannot record."""

from __future__ import annotations

import logging
import platform
import socket
import tempfile
import time
from contextlib import suppress
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, Self, cast
from urllib.parse import urldefrag, urlsplit

import brotli  # type: ignore[import-untyped,unused-ignore] # typed or not depending on which of two packages won
from scrapy import signals
from scrapy.exceptions import CloseSpider
from scrapy.settings import SETTINGS_PRIORITIES
from scrapy.utils.misc import load_object
from twisted.internet.task import LoopingCall

from campbell_scraper.archive.archive_settings import (
    RECORDED_OPTIONS,
    RECORDED_SETTINGS,
    ArchiveSettings,
    CaptureUnavailable,
)
from campbell_scraper.archive.files import being_written
from campbell_scraper.archive.read.recovery import recover
from campbell_scraper.archive.userinfo import without_userinfo
from campbell_scraper.archive.write.exchange import MAX_LATE, Connection, Context, Exchange, LateBytes
from campbell_scraper.archive.write.recorder import Ending
from campbell_scraper.archive.write.records import CONFORMS_TO, date_of
from campbell_scraper.archive.write.restore import Recorded
from campbell_scraper.archive.write.writer import ArchiveFailedError, WarcWriter

from .crawl_log import CrawlLog
from .selftest import run_selftest
from .watched_reading import WatchedReading
from .wire import Attempts, close_spider, describe, handler_of, truncation

if TYPE_CHECKING:
    from pathlib import Path

    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

    from campbell_scraper.archive.write.records import Fields
    from campbell_scraper.archive.write.restore import Restored

HANDLER: Final = "campbell_scraper.archive.listen.download_handler.ArchiveDownloadHandler"
REQUISITES: Final = "campbell_scraper.archive.listen.requisites.RequisitesMiddleware"
ENCODINGS: Final = "campbell_scraper.archive.listen.requisites.WebEncodings"
_DEFAULT_HANDLERS: Final = {
    "scrapy.core.downloader.handlers.http.HTTPDownloadHandler",
    "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler",
    HANDLER,
}
_SCHEMES: Final = ("http", "https")

logger = logging.getLogger(__name__)


def addon_for(crawler: Crawler) -> ArchiveAddon:
    """Return the crawl's archive. Raises CaptureUnavailable if the add-on is not enabled."""
    addon = crawler.get_addon(ArchiveAddon)
    if addon is None:
        # The manager lists an add-on only once all are loaded; others may ask before.
        addon = cast("ArchiveAddon | None", getattr(crawler, "_archive_addon", None))
    if addon is None:
        raise CaptureUnavailable("the archive add-on is not enabled (ADDONS)")
    return addon


class ArchiveAddon:
    """Records every exchange of a crawl: ``ADDONS = {"campbell_scraper.archive.ArchiveAddon": 300}``."""

    settings: ArchiveSettings

    def __init__(self, crawler: Crawler) -> None:
        self.closing: dict[str, str] = {}
        """Fields for the closing record, until the crawl ends (``discovery_complete`` for instance)."""
        self.failure: BaseException | None = None
        """Why the archive stopped the crawl; None while all is well."""
        self.reading = WatchedReading()
        """Reads pages, for the spider and for their requisites."""
        self._crawler = crawler
        self._writer: WarcWriter | None = None
        self._log: CrawlLog | None = None
        self._syncing: LoopingCall | None = None
        """Syncs the files, as often as ARCHIVE_FSYNC_INTERVAL says."""
        self._engine_ran = False
        self._reason = "finished"
        crawler._archive_addon = self  # type: ignore[attr-defined] # see addon_for

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the add-on of a crawl."""
        return cls(crawler)

    @property
    def crawl_id(self) -> str:
        """``isPartOf`` of this crawl's records."""
        return self.settings.crawl_id

    @property
    def writer(self) -> WarcWriter:
        """The crawl's writer. Raises CaptureUnavailable before the spider is open."""
        if self._writer is None:
            raise CaptureUnavailable("the archive is not open")
        return self._writer

    def update_settings(self, settings: BaseSettings) -> None:
        """Put the recording handlers and the requisites in place. Raises CaptureUnavailable if that cannot be."""
        self.settings = ArchiveSettings.from_settings(settings)
        _refuse_foreign_handlers(settings)
        _require_writable(self.settings.directory)
        handlers = dict(settings.getdict("DOWNLOAD_HANDLERS")) | dict.fromkeys(_SCHEMES, HANDLER)
        _ask_for_what_can_be_replayed(settings)
        priority = max(settings.getpriority("DOWNLOAD_HANDLERS") or 0, SETTINGS_PRIORITIES["addon"])
        settings.set("DOWNLOAD_HANDLERS", handlers, priority)
        settings.setdefault_in_component_priority_dict("SPIDER_MIDDLEWARES", load_object(REQUISITES), 450)
        # Once the body is decompressed (590), before anything reads its text (MetaRefreshMiddleware, 580).
        settings.setdefault_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", load_object(ENCODINGS), 585)
        connect = self._crawler.signals.connect
        connect(self._spider_opened, signal=signals.spider_opened)
        connect(self._engine_started, signal=signals.engine_started)
        connect(self._spider_closed, signal=signals.spider_closed)
        connect(self._close, signal=signals.engine_stopped)

    def note(self, **fields: str | None) -> None:
        """Record a decision about a URL that led to no exchange: ``note(url=..., via=..., decision="robots")``."""
        try:
            self.writer.note(fields)
        except ArchiveFailedError:
            logger.debug("not noted, the archive has failed: %s", fields)

    def restore(self, restored: Restored) -> None:
        """Write a record restored from an answer of another archive."""
        try:
            self.writer.submit(restored)
        except ArchiveFailedError:
            logger.debug("not restored, the archive has failed: %s", restored.source_uri)

    def begin(self, request: Request) -> Attempts:
        """Return the attempts that a download is recorded in. Raises ArchiveFailedError."""
        if self._writer is None and "archive_selftest" not in request.meta:
            raise ArchiveFailedError("the archive is not open")
        if self._writer is not None:
            self._writer.check()
        # In the self-test, the comparison finds a fault like any other difference.
        on_bug = _log_fault if "archive_selftest" in request.meta else self._failed
        attempts = Attempts(_context(request), self.settings, on_bug=on_bug, on_late=self._came_late)
        attempts.body_limit = request.meta.get("archive_body_limit")
        return attempts

    def end(self, request: Request, attempts: Attempts, failure: BaseException | None, *, stopped: bool) -> None:
        """Write a download's exchanges to the archive; never raises."""
        try:
            exchanges = _closed(attempts, failure, stopped=stopped)
            request.meta.pop("archive_record", None)
            if exchanges and exchanges[-1].answered:
                last = exchanges[-1]
                is_whole = last.complete and not last.truncated
                request.meta["archive_record"] = Recorded(last.record_id, date_of(last.started), last.headers, is_whole)
            collector = request.meta.get("archive_selftest")
            if isinstance(collector, list):
                collector += exchanges
            elif self._writer is not None:
                for exchange in exchanges:
                    with suppress(
                        ArchiveFailedError
                    ):  # the writer reports it; the other exchanges must still be written
                        self._writer.submit(exchange)
        except Exception as error:  # noqa: BLE001 - the exchange must not suffer, and the fault is reported
            self._failed(error)

    def _came_late(self, exchange: Exchange, data: bytes) -> None:
        if self._writer is not None:
            self._writer.submit(LateBytes(exchange.record_id, exchange.context.url, data[:MAX_LATE]))

    async def _spider_opened(self, spider: Spider) -> None:  # noqa: ARG002 - Scrapy's signature
        try:
            await self._open()
        except CaptureUnavailable as error:
            self.failure = error
            logger.critical("%s", error)
            raise CloseSpider("capture_selftest_failed") from error
        except Exception as error:  # Scrapy would log it, and crawl without the archive
            self.failure = error
            logger.critical("The archive cannot be opened: %s", error, exc_info=error)
            raise CloseSpider("archive_failed") from error

    async def _open(self) -> None:
        _require_recording_handlers(self._crawler)
        if self.settings.selftest:
            await run_selftest(self._crawler, is_exact=not self.settings.redact_headers)
        self._recover()
        started_at = self.settings.crawl_started or date_of(time.time())
        fields = _crawl_fields(self.settings, self._crawler.settings, started_at)
        writer = WarcWriter(self.settings, fields, on_failure=self._failed)
        self._log = CrawlLog(self.settings.directory)
        self._syncing = LoopingCall(writer.sync)
        self._syncing.start(self.settings.fsync_interval, now=False)
        self._writer = writer

    def _recover(self) -> None:
        """Close what a crash left open, unless another crawl is writing to the folder."""
        if others := being_written(self.settings.directory):
            logger.warning("Another crawl writes to the archive: %s", ", ".join(path.name for path in others))
            return
        for recovery in recover(self.settings.directory, self.settings.manifest):
            logger.warning("Archive: %s", recovery)

    def _failed(self, error: BaseException) -> None:
        """Stop the crawl after a fault of the recording or the writer."""
        if self.failure is None:
            self.failure = error
            logger.critical("The archive has failed, the crawl ends: %s", error, exc_info=error)
            close_spider(self._crawler, "archive_failed")

    def _engine_started(self) -> None:
        self._engine_ran = True

    def _spider_closed(self, spider: Spider, reason: str) -> None:  # noqa: ARG002 - Scrapy's signature
        self._reason = reason
        if not self._engine_ran:  # then there will be no engine_stopped
            self._close()

    def _close(self) -> None:
        self.reading.close()
        writer = self._writer
        if writer is None or self._log is None:
            return
        log, self._log = self._log, None
        log.stop()
        if self._syncing is not None:
            self._syncing.stop()
        stats = self._crawler.stats
        info = dict(self.closing) | {"crawl-reason": self._reason}
        if stats is not None:
            for name in ("downloader/request_count", "downloader/response_count", "item_scraped_count"):
                info[f"count-{name.rpartition('/')[2].removesuffix('_count')}"] = str(stats.get_value(name, 0))
        ending = Ending(
            status=_status(self._reason, self.failure), info=info, log=log.spool.pieces, log_length=log.spool.size
        )
        try:
            writer.close(ending)
        except ArchiveFailedError as error:
            self.failure = self.failure or error
        finally:
            log.spool.close()


def _log_fault(error: BaseException) -> None:
    logger.error("Recording failed in the self-test: %s", error, exc_info=error)


def _status(reason: str, failure: BaseException | None) -> str:
    if failure is not None or reason == "archive_failed":
        return "failed"
    return "finished" if reason == "finished" else "interrupted"


def _refuse_foreign_handlers(settings: BaseSettings) -> None:
    if not settings.getbool("TWISTED_REACTOR_ENABLED", True):
        raise CaptureUnavailable("without Twisted's reactor (TWISTED_REACTOR_ENABLED) nothing can be recorded")
    handlers = settings.getwithbase("DOWNLOAD_HANDLERS")
    for scheme in _SCHEMES:
        handler = handlers.get(scheme)
        path = handler if isinstance(handler, str) else f"{handler.__module__}.{handler.__qualname__}"
        if path not in _DEFAULT_HANDLERS:
            raise CaptureUnavailable(
                f"{path} handles {scheme} (DOWNLOAD_HANDLERS, perhaps of the spider's custom_settings or of another"
                f" add-on): the archive would miss every {scheme} exchange"
            )


def _require_recording_handlers(crawler: Crawler) -> None:
    """Check which handlers downloads really have, once all add-ons and settings are applied."""
    for scheme in _SCHEMES:
        handler = handler_of(crawler, scheme)
        path = f"{type(handler).__module__}.{type(handler).__qualname__}"
        if path != HANDLER:
            raise CaptureUnavailable(
                f"{path} handles {scheme} downloads, not the archive:"
                " something took over DOWNLOAD_HANDLERS or DOWNLOADER after the add-on"
            )


def _ask_for_what_can_be_replayed(settings: BaseSettings) -> None:
    """Keep Scrapy from asking for zstd, which neither pywb nor wabac.js decodes, and for what it cannot read itself.

    brotlipy, which pywb installs over the package of the same name, has another interface: Scrapy 2.19 announces ``br``
    with it, and then fails on every answer that uses it.
    """
    codings = "gzip, deflate, br" if hasattr(brotli.Decompressor, "process") else "gzip, deflate"
    headers = settings.getdict("DEFAULT_REQUEST_HEADERS")
    if not any(name.lower() == "accept-encoding" for name in headers):
        priority = max(settings.getpriority("DEFAULT_REQUEST_HEADERS") or 0, SETTINGS_PRIORITIES["addon"])
        settings.set("DEFAULT_REQUEST_HEADERS", {**headers, "Accept-Encoding": codings}, priority)


def _require_writable(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory) as file:
            file.write(b"writable")
    except OSError as error:
        raise CaptureUnavailable(f"ARCHIVE_DIR {directory} cannot be written: {error.strerror}") from error


def _context(request: Request) -> Context:
    meta = request.meta
    via, hops = meta.get("archive_via"), str(meta.get("archive_hops") or "")
    if redirects := meta.get("redirect_urls"):
        via, hops = redirects[-1], hops + "R" * len(redirects)
    elif not hops and urlsplit(request.url).path == "/robots.txt":
        hops = "I"
    proxy = urlsplit(meta["proxy"] if "//" in meta["proxy"] else f"//{meta['proxy']}") if meta.get("proxy") else None
    return Context(
        url=without_userinfo(urldefrag(request.url)[0]),
        method=request.method,
        via=without_userinfo(urldefrag(via)[0]) if via else None,
        hops=hops,
        proxy=f"{proxy.hostname}:{proxy.port or (443 if proxy.scheme == 'https' else 80)}" if proxy else None,
    )


def _closed(attempts: Attempts, failure: BaseException | None, *, stopped: bool) -> list[Exchange]:
    exchanges = attempts.exchanges
    if not exchanges and failure is not None:  # no connection: DNS, refused, proxy
        waited = time.monotonic() - attempts.began
        exchanges = [Exchange(attempts.context, Connection(serial=0), attempts.settings, waited)]
    for exchange in exchanges[:-1]:
        exchange.close(truncated="disconnect", error="pooled connection was dead; sent again on a new one")
    if exchanges:
        reason, error = "disconnect", "connection lost before the end of the message"
        if failure is not None:
            reason, error = truncation(failure), describe(failure)
        elif stopped:
            reason, error = "unspecified", "download stopped by the spider"
        exchanges[-1].close(truncated=reason, error=error, cut=stopped or failure is not None)
    return exchanges


def _crawl_fields(settings: ArchiveSettings, all_settings: BaseSettings, started_at: str) -> Fields:
    software = (
        f"campbell_scraper/{version('campbell-scraper')} Scrapy/{version('scrapy')} Twisted/{version('twisted')}"
        f" Python/{platform.python_version()}"
    )
    named: dict[str, Any] = {
        "software": software,
        "format": "WARC File Format 1.1",
        "conformsTo": CONFORMS_TO,
        "operator": settings.operator,
        "robots": "obey" if all_settings.getbool("ROBOTSTXT_OBEY") else "ignore",
        "isPartOf": settings.crawl_id,
        "hostname": socket.gethostname(),
        "http-header-user-agent": all_settings.get("USER_AGENT"),
        "crawl-started": started_at,
    }
    named |= {f"crawl-{name}": value for name, value in settings.crawl_info.items()}
    named |= {f"setting-{name}": all_settings.get(name) for name in RECORDED_SETTINGS}
    named |= {f"setting-ARCHIVE_{name.upper()}": getattr(settings, name) for name in RECORDED_OPTIONS}
    if settings.redact_headers:
        named["redacted"] = ", ".join(settings.redact_headers)
    return [(name, str(value)) for name, value in named.items() if value is not None and str(value)]
