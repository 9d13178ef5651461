"""Politeness that Scrapy leaves to us: Crawl-delay, Retry-After, and a back-off that slows the whole host."""

from __future__ import annotations

import logging
import re
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from scrapy import signals
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import RobotParser
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from campbell_scraper.archive import addon_for
from campbell_scraper.archive.listen.refused_request import RefusedRequest
from campbell_scraper.archive.listen.watched_reading import headers_of
from campbell_scraper.archive.listen.wire import close_spider
from campbell_scraper.archive.watched_processes import UnreadableError

from .own_rules import own_rules

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.core.downloader import Slot
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

_SECONDS = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
"""The standard has whole seconds only; some servers send fractions."""

UNAVAILABLE = "unavailable"
"""Closing reason of a crawl whose site does not answer for now."""
THROTTLED = frozenset({429, 503})
FIRST_BACKOFF = 2.0
"""Seconds to wait after the first throttled answer that names no time; doubles with each further one."""
MAX_BACKOFF = 120.0
MAX_THROTTLED = 8
"""The crawl ends after this many pauses in a row without a good answer in between."""
LONG_ENOUGH = 60.0
"""After this many seconds of such pauses, half of MAX_THROTTLED pauses are enough to end the crawl."""
MAX_CRAWL_DELAY = 60.0
"""Seconds: a longer Crawl-delay is cut to this."""
JITTER = 0.2
"""Requests are spread by a fifth around 1.25 times the delay, so that the gap is never shorter than the delay asked."""
GOOD_BEFORE_FASTER = 20
"""Good answers in a row before a slowed host is asked a little faster again."""


def spread(delay: float) -> float:
    """Return the mean delay for which jitter never goes below ``delay`` seconds."""
    return delay / (1 - JITTER)


def retry_after(value: bytes | None, now: datetime) -> float | None:
    """Return the seconds a Retry-After header asks for (RFC 9110 10.2.3); None if it says nothing."""
    if value is None:
        return None
    text = value.decode("latin-1").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text[:32]), 999_999_999.0)
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # OverflowError for a day or a year of twenty digits
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())


class Politeness:
    """Downloader middleware: waits as long as the host asks, and ends the crawl if that is too long."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._base: dict[str, float] = {}
        self._throttled: dict[str, int] = {}
        self._waited: dict[str, float] = {}
        self._held_until: dict[str, float] = {}
        self._good: dict[str, int] = {}
        self._refused: set[str] = set()
        """URLs that answered 503, where that may concern the URL alone."""
        self._ended = False
        self._default = crawler.settings.getfloat("DOWNLOAD_DELAY")
        self._agent = crawler.settings["USER_AGENT"]
        self._patience = crawler.settings.getfloat("CAMPBELL_MAX_RETRY_AFTER", 900.0)
        crawler.signals.connect(self.robots_parsed, signal=signals.robots_parsed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the middleware."""
        return cls(crawler)

    def robots_parsed(self, robotparser: RobotParser, request: Request) -> None:
        """Obey the Crawl-delay in a host's robots.txt."""
        asked = robotparser.crawl_delay(self._agent)
        if asked is None:
            return
        host = urlsplit(request.url).hostname or ""
        self._base[host] = max(self._default, spread(min(float(asked), MAX_CRAWL_DELAY)))
        logger.info("%s asks for a delay of %s seconds between requests.", host, asked)

    def process_request(self, request: Request) -> None:
        """Set the host's delay before its first request is queued; refuse all requests once the crawl ends."""
        if self._ended:
            raise RefusedRequest("limit", "the host is not available")
        host = urlsplit(request.url).hostname or ""
        delay = self._base.get(host)
        if delay is None:
            return
        slot = self._slot(request)
        if slot is not None:
            slot.delay = max(slot.delay, delay)
        elif self._crawler.engine is not None:
            self._crawler.engine.downloader.per_slot_settings[host] = {"delay": delay}

    def process_response(self, request: Request, response: Response) -> Response:
        """Slow the whole host after a throttled answer; ease again after many good ones."""
        slot = self._slot(request)
        if slot is None:
            return response
        host = urlsplit(request.url).hostname or ""
        if response.status in THROTTLED:
            is_doubtful = self._may_fail_alone(request, response)
            if is_doubtful and request.url in self._refused:  # refused again after a pause
                request.meta["dont_retry"] = True
                return response
            if is_doubtful:
                self._refused.add(request.url)
            asked = retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
            self._slow(slot, host, asked, is_doubtful=is_doubtful)
        elif response.status < 500:
            self._throttled[host], self._waited[host] = 0, 0.0
            self._good[host] = self._good.get(host, 0) + 1
            if self._good[host] % GOOD_BEFORE_FASTER == 0:
                slot.delay = max(self._base.get(host, self._default), slot.delay * 0.75)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Leave a host that throttles by breaking connections alone for a while, longer each time in a row."""
        discovery = getattr(self._crawler.spider, "discovery", None)
        slot = self._slot(request)
        if slot is None or isinstance(exception, IgnoreRequest) or not getattr(discovery, "resets_throttle", False):
            return
        host = urlsplit(request.url).hostname or ""
        times = self._throttled[host] = self._throttled.get(host, 0) + 1
        self._hold(slot, host, min(FIRST_BACKOFF * 2 ** (times - 1), MAX_BACKOFF))

    def _may_fail_alone(self, request: Request, response: Response) -> bool:
        discovery = getattr(self._crawler.spider, "discovery", None)
        if response.status != 503 or "Retry-After" in response.headers or discovery is None:
            return False
        return bool(discovery.may_fail_alone(request.url))

    def _slow(self, slot: Slot, host: str, asked: float | None, *, is_doubtful: bool) -> None:
        times = self._throttled.get(host, 0)
        if time.monotonic() >= self._held_until.get(host, 0.0):  # not an answer to a request from before the pause
            times = self._throttled[host] = times + 1
        self._good[host] = 0
        waited = self._waited.get(host, 0.0)
        if times > (MAX_THROTTLED // 2 if waited >= LONG_ENOUGH else MAX_THROTTLED):
            logger.error("%s has throttled %d times in a row; ending the crawl, resume it later.", host, times)
            self._end(slot)
            return
        hold = asked if asked is not None else min(FIRST_BACKOFF * 2 ** (times - 1), MAX_BACKOFF)
        self._waited[host] = waited + hold
        if hold > self._patience:
            logger.error("%s asks for a pause of %.0f seconds; ending the crawl, resume it after that.", host, hold)
            self._end(slot)
            return
        if times > 1 or not is_doubtful:  # a URL that fails alone among good answers slows nothing
            slot.delay = min(slot.delay * 2, MAX_BACKOFF)
        self._hold(slot, host, hold)

    def _hold(self, slot: Slot, host: str, hold: float) -> None:
        """Send no request to a host for ``hold`` seconds."""
        slot.delay = max(slot.delay, 0.1)  # without any delay Scrapy does not look at the time of the last request
        slot.lastseen = max(slot.lastseen, time.monotonic() + hold / (1 - JITTER) - slot.delay * (1 - JITTER))
        self._held_until[host] = time.monotonic() + hold
        logger.warning("%s throttles: the next request to it waits %.1f seconds.", host, hold)

    def _end(self, slot: Slot) -> None:
        if not self._ended:
            self._ended = True
            close_spider(self._crawler, UNAVAILABLE)
        while slot.queue:
            refusal = RefusedRequest("limit", "the host is not available")
            failure = Failure(refusal)  # type: ignore[no-untyped-call]  # Twisted's
            slot.queue.popleft()[1].errback(failure)

    def _slot(self, request: Request) -> Slot | None:
        downloader = self._crawler.engine.downloader
        return downloader.slots.get(downloader.get_slot_key(request))


class Barred(RobotParser):
    """The rules of a host whose robots.txt cannot be fetched: nothing is allowed."""

    @classmethod
    def from_crawler(cls, crawler: Crawler, robotstxt_body: bytes) -> Self:  # noqa: ARG003 - names are Scrapy's
        """Make the rules, whatever the body."""
        return cls()

    def allowed(self, url: str | bytes, user_agent: str | bytes) -> bool:  # noqa: ARG002
        """Return False."""
        return False


class RobotsTxt(RobotsTxtMiddleware):
    """Scrapy's middleware, with the two cases of RFC 9309 that it leaves out.

    Scrapy takes any answer's body for rules, even an error page's, and no answer for permission to fetch everything. By
    2.3.1.3 a 4xx means that there are no rules; by 2.3.1.4 a robots.txt that server or network fail to deliver bars
    everything. If it is that of the host being crawled, the crawl ends.
    """

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status in THROTTLED:
            self._bar(netloc, f"{response.url} answers HTTP {response.status}")
            return
        body = response.body if response.status < 400 else b""
        agent = str(self._robotstxt_useragent or self._default_useragent)
        try:
            rules = await addon_for(self.crawler).reading.read(own_rules, headers_of(response), body, agent)
        except UnreadableError as error:
            self._bar(netloc, f"{response.url}: {error}")
            return
        await super()._parse_robots(Response(response.url, status=response.status, body=rules), netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        if isinstance(exc, IgnoreRequest):
            super()._robots_error(exc, netloc)
        else:
            self._bar(netloc, f"robots.txt of {netloc} cannot be fetched ({type(exc).__name__})")

    def _bar(self, netloc: str, reason: str) -> None:
        logger.error("%s: nothing is fetched from that host.", reason)
        waiting = self._parsers[netloc]
        assert isinstance(waiting, Deferred)
        barred = Barred()
        self._parsers[netloc] = barred
        waiting.callback(barred)
        discovery = getattr(self.crawler.spider, "discovery", None)
        if discovery is not None and urlsplit(discovery.asks).netloc == netloc:
            discovery.incomplete.append(reason)
            close_spider(self.crawler, UNAVAILABLE)
