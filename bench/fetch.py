"""One side of ``bench.capture``: plain Scrapy fetches a list of URLs, with the archive add-on or without.

``python -m bench.fetch urls.txt result.json concurrency [archive folder]``. Nothing is parsed, and only the add-on
stores anything, so that the difference between two runs is the cost of the add-on.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import scrapy
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.downloadermiddlewares import cookies

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

URLS = Path(sys.argv[1]).read_text().split() if __name__ == "__main__" else []


class Fetch(scrapy.Spider):
    """Requests each URL of a file once."""

    name = "fetch"
    custom_settings = {"HTTPERROR_ALLOW_ALL": True}  # noqa: RUF012 - Scrapy's interface
    answers = 0
    received = 0

    async def start(self) -> AsyncIterator[scrapy.Request]:
        for url in URLS:
            yield scrapy.Request(url, dont_filter=True)

    def parse(self, response: scrapy.http.Response, **_: Any) -> None:
        Fetch.answers += 1
        Fetch.received += len(response.body)


def peak_kb() -> int:
    """Return the peak memory of this process; that of getrusage includes the memory of the process that started it."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


def main() -> None:
    settings: dict[str, Any] = {
        "CONCURRENT_REQUESTS": int(sys.argv[3]),
        "CONCURRENT_REQUESTS_PER_DOMAIN": int(sys.argv[3]),
        "DOWNLOAD_DELAY": 0,
        "REDIRECT_ENABLED": False,
        "ROBOTSTXT_OBEY": False,
        "RETRY_ENABLED": False,
        "LOG_LEVEL": "WARNING",
        "TELNETCONSOLE_ENABLED": False,
    }
    if len(sys.argv) > 4:
        settings["ADDONS"] = {"campbell_scraper.archive.ArchiveAddon": 300}
        settings["ARCHIVE_DIR"] = sys.argv[4]
        settings["ARCHIVE_REQUISITES"] = False
    # Otherwise whichever side runs first would fetch the list of public suffixes.
    cookies._split_domain = type(cookies._split_domain)(suffix_list_urls=(), include_psl_private_domains=True)
    process = AsyncCrawlerProcess(settings)
    began, cpu = time.perf_counter(), time.process_time()
    process.crawl(Fetch)
    process.start()
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    result = {
        "seconds": seconds,
        "cpu": cpu,
        "answers": Fetch.answers,
        "bytes": Fetch.received,
        "peak_mb": peak_kb() / 1024,
    }
    Path(sys.argv[2]).write_text(json.dumps(result))


if __name__ == "__main__":
    main()
