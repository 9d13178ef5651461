"""One crawl of a plan, in a process of its own (a reactor runs once). Generic: knows Scrapy and the add-on, no Campbell.

Usage: ``python -m tests.archive_write.crawl_process plan.json results.json``
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import scrapy
from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.exceptions import StopDownload
from scrapy.http import Response

from campbell_scraper.archive import ArchiveAddon

PLAN: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
RESULTS: dict[str, Any] = {"requests": {}, "reason": None, "error": None}


class PlanSpider(scrapy.Spider):
    name = "plan"
    custom_settings = PLAN.get("custom_settings", {})

    async def start(self) -> AsyncIterator[scrapy.Request]:
        self.crawler.signals.connect(self.headers, signals.headers_received)
        self.crawler.signals.connect(self.bytes, signals.bytes_received)
        self.crawler.signals.connect(self.closed_with, signals.spider_closed)
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

    def closed_with(self, reason: str) -> None:
        RESULTS["reason"] = reason

    def parse(self, response: Response) -> Any:
        assert response.request is not None
        RESULTS["requests"].setdefault(response.request.url, []).append(
            {
                "status": response.status,
                "sha256": hashlib.sha256(response.body).hexdigest(),
                "length": len(response.body),
                "flags": response.flags,
            }
        )
        for note in PLAN.get("notes", []):
            archive = self.crawler.get_addon(ArchiveAddon)
            assert archive is not None
            archive.note(**note)

    def failed(self, failure: Any) -> None:
        RESULTS["requests"].setdefault(failure.request.url, []).append({"error": repr(failure.value)})


def main() -> None:
    settings = {"ADDONS": {"campbell_scraper.archive.ArchiveAddon": 300}, "LOG_LEVEL": "INFO", **PLAN["settings"]}
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(PlanSpider)
    task = process.crawl(crawler)
    process.start()
    if task.done() and task.exception() is not None:
        error = task.exception()
        RESULTS["error"] = f"{type(error).__name__}: {error}"
    archive = crawler.get_addon(ArchiveAddon)
    if archive is not None and archive.failure is not None:
        RESULTS["failure"] = f"{type(archive.failure).__name__}: {archive.failure}"
    RESULTS["max_rss_kb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    Path(sys.argv[2]).write_text(json.dumps(RESULTS))


if __name__ == "__main__":
    main()
