"""The add-on that makes a Scrapy project out of a data folder: where the archive goes, when to stop."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

from scrapy.downloadermiddlewares import cookies

from campbell_scraper.archive.listen.resume import ReplayAnswers
from campbell_scraper.folder import DataFolder
from campbell_scraper.view.following import catch_up, followed, locked
from campbell_scraper.words import log_plainly

from .bounds import ListDepth
from .politeness.budget import Budget, ReviewLimit
from .politeness.conditional import ConditionalFiles
from .politeness.pace import Politeness, RobotsTxt
from .politeness.plain_redirects import PlainRedirects
from .politeness.public_addresses import PrivateAddressGuard
from .politeness.reachable import Reachable

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

    from .spider import ReviewsSpider


FOLLOW = 60.0
"""Seconds between derivations of what a crawl has archived so far."""


class CampbellAddon:
    """Binds the archive add-on to the data folder named by ``CAMPBELL_DATA``."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Fill in what the data folder decides; what the user set stays."""
        log_plainly()
        # Scrapy's cookies would fetch the list of public suffixes from two other sites, in requests that no archive
        # records, and keep it in the user's home, which a hardened service may not write.
        cookies._split_domain = type(cookies._split_domain)(
            suffix_list_urls=(), include_psl_private_domains=True, cache_dir=None
        )
        folder = DataFolder(Path(settings["CAMPBELL_DATA"]))
        bound = {
            "ARCHIVE_DIR": str(folder.archive),
            "ARCHIVE_MANIFEST": str(folder.manifest),
            "ARCHIVE_PREFIX": "campbell",
            "ARCHIVE_REQUISITES": settings.getbool("CAMPBELL_REQUISITES", True),
        }
        for name, value in bound.items():
            settings.set(name, value, priority="addon")
        if not settings.getbool("CAMPBELL_FOLLOWED"):
            settings["EXTENSIONS"][FollowedCrawl] = 0
        if max_time := settings.getfloat("CAMPBELL_MAX_TIME"):
            settings.set("CLOSESPIDER_TIMEOUT", max_time, priority="addon")
        # Inside RetryMiddleware (550), which would hide a throttled answer and ask again for a refused address.
        settings["DOWNLOADER_MIDDLEWARES"][Politeness] = 560
        settings["DOWNLOADER_MIDDLEWARES"][ReplayAnswers] = 950
        settings["DOWNLOADER_MIDDLEWARES"][PrivateAddressGuard] = 565
        settings["DOWNLOADER_MIDDLEWARES"][ReviewLimit] = 50
        settings["DOWNLOADER_MIDDLEWARES"][ConditionalFiles] = 410
        settings["DOWNLOADER_MIDDLEWARES"][Budget] = 960
        settings["DOWNLOADER_MIDDLEWARES"][Reachable] = 940
        settings["DOWNLOADER_MIDDLEWARES"][PlainRedirects] = 930
        settings["DOWNLOADER_MIDDLEWARES"]["scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware"] = None
        settings["DOWNLOADER_MIDDLEWARES"][RobotsTxt] = 100
        settings["SPIDER_MIDDLEWARES"]["scrapy.spidermiddlewares.depth.DepthMiddleware"] = None
        settings["SPIDER_MIDDLEWARES"][ListDepth] = 900


class FollowedCrawl:
    """Extension for a plain ``scrapy crawl reviews``: locks and derives the folder as ``campbell crawl`` does."""

    def __init__(self, crawler: Crawler) -> None:
        from twisted.internet import reactor  # noqa: PLC0415 - importing it installs a reactor

        spider = cast("ReviewsSpider", crawler.spider)
        folder = DataFolder(Path(crawler.settings["CAMPBELL_DATA"]))
        stack = ExitStack()
        stack.enter_context(locked(folder, "scrapy crawl reviews"))
        catch_up(folder, spider.library)
        stack.enter_context(followed(folder, spider.library, FOLLOW, is_gated=spider.is_gated))
        # After engine_stopped, which closes the archive's files.
        cast("Any", reactor).addSystemEventTrigger("after", "shutdown", stack.close)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Lock the data folder and bring it up to date."""
        return cls(crawler)
