"""One crawl of a plan, in a process of its own: a reactor runs once. Generic: Scrapy and the add-on, no Campbell.

Usage: ``python -m tests.archive_write.crawl_process plan.json results.json``
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import resource
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import scrapy
from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess, CrawlerProcess
from scrapy.exceptions import StopDownload
from scrapy.http import Response
from scrapy.http.response import text

from campbell_scraper.archive import ArchiveAddon
from campbell_scraper.archive.capture import Capture
from campbell_scraper.archive.listen import wire
from campbell_scraper.archive.read.reader import read_archive
from campbell_scraper.archive.write.catalog import Catalog
from campbell_scraper.archive.write.exchange import Exchange

PLAN: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
RESULTS: dict[str, Any] = {"requests": {}, "reason": None, "error": None}


def sabotage(how: str) -> None:
    """Do to this process what happens to crawls."""
    if how == "disk full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
    elif how == "unwritable catalog":

        def refuse(*_: Any, **__: Any) -> None:
            raise OSError("no space for the catalog")

        Catalog.__init__ = refuse  # type: ignore[method-assign]
    elif how == "failing catalog":

        def fail_to_add(catalog: Catalog, *_: Any) -> None:
            catalog._fail(sqlite3.OperationalError("no space in the catalog"))

        Catalog.add = fail_to_add  # type: ignore[method-assign,assignment]
    elif how == "hook moved":
        # What an upgrade would do that renames the method: data passes, and is not seen.
        del wire.RecordingProtocol.dataReceived
    elif how == "no guessing of charsets":
        text.from_bytes = None  # type: ignore[attr-defined,assignment]
    elif how == "capture bug":
        received = Exchange.received

        def fail(exchange: Exchange, data: bytes) -> None:
            if exchange.context.url.endswith("/7"):
                raise ZeroDivisionError("a bug")
            received(exchange, data)

        Exchange.received = fail  # type: ignore[assignment,method-assign]


class PlanSpider(scrapy.Spider):
    name = "plan"
    custom_settings = PLAN.get("custom_settings", {})

    async def start(self) -> AsyncIterator[scrapy.Request]:
        self.crawler.signals.connect(self.headers, signals.headers_received)
        self.crawler.signals.connect(self.bytes, signals.bytes_received)
        for index, plan in enumerate(PLAN["requests"]):
            yield scrapy.Request(
                plan["url"],
                method=plan.get("method", "GET"),
                body=bytes.fromhex(plan.get("body", "")),
                headers=plan.get("headers"),
                meta={"handle_httpstatus_all": True, "archive_requisites": False, **plan.get("meta", {})},
                priority=-index,
                dont_filter=True,
                errback=self.failed,
            )

    def headers(self, request: scrapy.Request, **_: Any) -> None:
        if request.meta.get("stop") == "head":
            raise StopDownload(fail=False)

    def bytes(self, request: scrapy.Request, **_: Any) -> None:
        if request.meta.get("stop") == "body":
            raise StopDownload(fail=False)

    def parse(self, response: Response) -> Any:
        assert response.request is not None
        if response.meta.get("archive_requisite"):
            raise AssertionError("a requisite reached the spider")
        RESULTS["requests"].setdefault(response.request.url, []).append(
            {
                "status": response.status,
                "sha256": hashlib.sha256(response.body).hexdigest(),
                "length": len(response.body),
                "flags": response.flags,
                "class": type(response).__name__,
            }
        )
        archive = self.crawler.get_addon(ArchiveAddon)
        assert archive is not None
        if self.settings.getbool("LOOKS_INTO_ARCHIVE"):
            events = read_archive([archive.settings.directory])
            stored = {event.url for event in events if isinstance(event, Capture)}
            RESULTS.setdefault("unwritten", []).extend({response.request.url} - stored)
        for note in PLAN.get("notes", []):
            archive.note(**note)

    def failed(self, failure: Any) -> None:
        RESULTS["requests"].setdefault(failure.request.url, []).append({"error": repr(failure.value)})


def closed_with(reason: str) -> None:
    RESULTS["reason"] = reason


def peak_kb() -> int:
    """Return the most memory the process has had; what getrusage says began with the memory of whoever started it."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


def main() -> None:
    settings = {"ADDONS": {"campbell_scraper.archive.ArchiveAddon": 300}, "LOG_LEVEL": "INFO", **PLAN["settings"]}
    sabotage(PLAN["settings"].get("SABOTAGE", ""))
    with_asyncio = "TWISTED_REACTOR" not in settings
    process = AsyncCrawlerProcess(settings) if with_asyncio else CrawlerProcess(settings)
    crawler = process.create_crawler(PlanSpider)
    crawler.signals.connect(closed_with, signals.spider_closed)
    task = process.crawl(crawler)
    process.start()
    if isinstance(task, asyncio.Future) and task.done() and task.exception() is not None:
        error = task.exception()
        RESULTS["error"] = f"{type(error).__name__}: {error}"
    archive = crawler.get_addon(ArchiveAddon)
    if archive is not None and archive.failure is not None:
        RESULTS["failure"] = f"{type(archive.failure).__name__}: {archive.failure}"
    RESULTS["peak_kb"] = peak_kb()
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    Path(sys.argv[2]).write_text(json.dumps(RESULTS))


if __name__ == "__main__":
    main()
