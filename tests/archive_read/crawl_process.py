"""One crawl with the archive add-on in a process of its own: ``crawl_process.py plan.json results.pickle``."""

from __future__ import annotations

import json
import os
import pickle
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response

from campbell_scraper.archive.listen.resume import ReplayAnswers

PLAN: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
BODIES: list[tuple[str, str, int, bytes, list[str]]] = []


class Walk(scrapy.Spider):
    """Follows every link, and posts what the plan says."""

    name = "walk"
    handle_httpstatus_all = True
    custom_settings = {"HTTPERROR_ALLOW_ALL": True}  # noqa: RUF012 - Scrapy's interface

    async def start(self) -> AsyncIterator[scrapy.Request]:
        yield scrapy.Request(PLAN["start"], self.parse)
        for body in PLAN.get("posts", ()):
            url = scrapy.Request(PLAN["start"]).url + "post"
            yield scrapy.Request(url, self.parse, method="POST", body=body, dont_filter=True)

    def parse(self, response: Response, **_: Any) -> Any:
        assert response.request is not None
        BODIES.append((response.request.method, response.url, response.status, response.body, list(response.flags)))
        if len(BODIES) == PLAN.get("kill_after"):
            os.kill(os.getpid(), signal.SIGKILL)
        if sum("replayed" not in flags for *_, flags in BODIES) == PLAN.get("kill_when"):
            os.kill(os.getpid(), signal.SIGKILL)
        for link in response.css("a::attr(href)").getall() if hasattr(response, "css") else ():
            yield response.follow(link, self.parse)


if __name__ == "__main__":
    process = CrawlerProcess(
        {
            "ADDONS": {"campbell_scraper.archive.ArchiveAddon": 300},
            "ARCHIVE_FSYNC_INTERVAL": 0.05,
            "ARCHIVE_REQUISITES": False,
            "DOWNLOADER_MIDDLEWARES": {ReplayAnswers: 950},
            "CONCURRENT_REQUESTS": 1,
            "LOG_LEVEL": "WARNING",
            "RETRY_ENABLED": False,
            "TELNETCONSOLE_ENABLED": False,
            **PLAN["settings"],
        }
    )
    process.crawl(Walk)
    process.start()
    Path(sys.argv[2]).write_bytes(pickle.dumps(BODIES))
