"""Scrapy settings: polite by default. ``campbell crawl`` and ``scrapy crawl reviews`` both begin here."""

from __future__ import annotations

from typing import Any

from scrapy.settings import default_settings

from . import __version__
from .spiders.politeness.pace import JITTER, spread

BOT_NAME = "campbell_scraper"
SPIDER_MODULES = ["campbell_scraper.spiders"]
NEWSPIDER_MODULE = "campbell_scraper.spiders"

ADDONS: dict[Any, int] = {
    "campbell_scraper.spiders.addon.CampbellAddon": 200,
    "campbell_scraper.archive.ArchiveAddon": 300,
}

# No console listens on a port. Scrapy 2.19 imports switched-off extensions too, and with them aiohttp: 0.2 s.
EXTENSIONS_BASE: dict[Any, int | None] = {
    path: place
    for path, place in default_settings.EXTENSIONS_BASE.items()
    if not path.endswith((".RemoteControl", ".TelnetConsole"))
}
EXTENSIONS: dict[Any, int | None] = {"campbell_scraper.faces.datasette.crawl_extension.FolderFaces": 500}

# The data folder of the crawl (see campbell_scraper.folder); source and site are the spider's arguments.
CAMPBELL_DATA = "data/campbell"

USER_AGENT = f"campbell_scraper/{__version__}"
ROBOTSTXT_OBEY = True
CONCURRENT_REQUESTS = 1
CONCURRENT_REQUESTS_PER_DOMAIN = 1
# Scrapy 2.19 makes this many tasks for each response, whatever a callback yields; its default of 100 takes 0.9 ms.
CONCURRENT_ITEMS = 4
DOWNLOAD_DELAY = spread(1.0)
DOWNLOAD_DELAY_JITTER = JITTER
DOWNLOAD_TIMEOUT = 60
DOWNLOAD_MAXSIZE = 256 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_VERIFY_CERTIFICATES = True
DOWNLOAD_FAIL_ON_DATALOSS = False
RETRY_TIMES = 3
REDIRECT_MAX_TIMES = 10
DEPTH_LIMIT = 50
COOKIES_ENABLED = True
# The processes that read pages also decompress them and find meta refreshes, so that the reactor need not.
COMPRESSION_ENABLED = False
METAREFRESH_ENABLED = False
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en",
}
HTTPERROR_ALLOW_ALL = True

# Nothing leaves the machine but the crawl's own requests.
TWISTED_DNS_RESOLVER = "campbell_scraper.spiders.politeness.public_addresses.PublicResolver"
LOG_LEVEL = "INFO"
FEED_EXPORT_ENCODING = "utf-8"
