"""The spider ``reviews``: from seeds to listings to review pages to other content pages, politely.

``campbell crawl`` runs it; so does ``scrapy crawl reviews -a source=k2 -a site=http://127.0.0.1:8000/``. If a
feed or a pipeline takes items (``-o reviews.jsonl``), it yields the records of the reviews that it fetches; the
database is filled from the archive, not from these records.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast
from urllib.parse import urlsplit

import scrapy
from scrapy import signals
from scrapy.exceptions import DontCloseSpider, IgnoreRequest

from campbell_scraper.archive import addon_for
from campbell_scraper.archive.listen.refused_request import decision_of
from campbell_scraper.archive.listen.watched_reading import headers_of
from campbell_scraper.archive.userinfo import without_userinfo
from campbell_scraper.archive.watched_processes import UnreadableError
from campbell_scraper.errors import UsageError
from campbell_scraper.folder import DataFolder
from campbell_scraper.items import Kind, Representation
from campbell_scraper.reading.page.links import canonical_url, review_id

from .bounds import Bounds
from .crawl_options import AUTO, CrawlOptions, source_sentence
from .discovery import Answer, Step
from .known_items import known_items
from .page_links import read_answer
from .politeness.budget import Postponed
from .politeness.reservations import Reservations
from .sources.auto_source import UNKNOWN, AutoDiscovery
from .sources.k2_source import K2Discovery
from .sources.live_source import LiveDiscovery
from .sources.wayback_source import WaybackDiscovery
from .unique_reviews import UniqueReviews

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.robotstxt import RobotParser
    from twisted.python.failure import Failure

    from campbell_scraper.items import ReviewRecord

    from .discovery import Discovery, KnownItems
    from .page_links import PageLinks

logger = logging.getLogger(__name__)

SOURCES: dict[str, type[Discovery]] = {
    AUTO: AutoDiscovery,
    "k2": K2Discovery,
    "live": LiveDiscovery,
    "wayback": WaybackDiscovery,
}
_REASONS = 3
"""Unread lists that the closing record names, at most."""


def is_loopback(url: str) -> bool:
    """Tell whether a URL's host is this machine by its address or name (no name is resolved)."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def require_contact(site: str, contact: str | None) -> None:
    """Refuse to crawl somebody else's host without telling them who asks.

    Raises:
        UsageError: the site is not on this machine and there is no contact.

    """
    if contact is None and not is_loopback(site):
        host = urlsplit(site).hostname
        raise UsageError(
            f"Crawling {host} needs --contact MAIL, so that its owner can reach you (loopback needs none)."
        )


class ReviewsSpider(scrapy.Spider):
    """Crawls one library.

    Args:
        options: what to crawl; without them, ``site`` and texts for other fields of ``CrawlOptions`` (``limit="5"``).
        known: what earlier runs know; by default what the data folder's database says.

    """

    name = "reviews"

    def __init__(self, *, options: CrawlOptions | None = None, known: KnownItems | None = None, site: str = "",
                 **arguments: str) -> None:  # fmt: skip
        super().__init__(self.name)
        options = options or CrawlOptions.of_texts(site, arguments)
        scope = options.scope()
        self.limit = scope.limit
        self.discovery = SOURCES[options.source](options.site, scope)
        self.detected_source = ""
        """Which source the start page showed, as a sentence; "" if the source was named."""
        self._known = known
        self.library = options.library or self.discovery.library
        self.contact, self.is_gated = options.contact, options.gate
        self._reviews_read: set[str] = set()
        self._under_way: set[str] = set()
        """Requested URLs that may be reviews, if the number of reviews is limited."""
        self._asked: set[str] = set()
        """Requested URLs: most links are on every page, and Scrapy is slow to drop a repeated request."""
        self._waiting: list[scrapy.Request] = []
        self._reviews_asked = 0
        self._limited = False
        self._errors: list[str] = []
        """Unexpected errors, each with its URL in front."""
        self._first_seed_done = asyncio.Event()
        self._reached = False
        self._noted: set[tuple[str, str]] = set()
        self.bounds = Bounds(self.discovery)
        self._is_asked_for_items = False
        """Whether a feed or a pipeline takes the records; if none does, they are not read."""
        self._unique_reviews = UniqueReviews()
        self._reservations = Reservations(self.discovery.site)
        require_contact(self.discovery.asks, options.contact)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Make the spider, and tell the archive which crawl this is."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        settings = crawler.settings
        spider._is_asked_for_items = bool(settings.getdict("FEEDS") or settings.getdict("ITEM_PIPELINES"))
        spider.bounds.depth_limit = settings.getint("DEPTH_LIMIT")
        info = {"source": spider.discovery.source, "site": spider.discovery.site, "library": spider.library}
        info |= {"gate": "1"} if spider.is_gated else {}
        settings.set("ARCHIVE_CRAWL_INFO", {**settings.getdict("ARCHIVE_CRAWL_INFO"), **info}, priority="cmdline")
        spider._load_known()
        if spider.discovery.resets_throttle:
            settings.set("ARCHIVE_SILENT_RETRY", False, priority="cmdline")
        if spider.contact:
            agent = f"{settings['USER_AGENT']} (+mailto:{spider.contact})"
            settings.set("USER_AGENT", agent, priority="spider")
            settings.set("ARCHIVE_OPERATOR", spider.contact, priority="spider")
            headers = {**settings.getdict("DEFAULT_REQUEST_HEADERS"), "From": spider.contact}
            settings.set("DEFAULT_REQUEST_HEADERS", headers, priority="spider")
        crawler.signals.connect(spider.robots_parsed, signal=signals.robots_parsed)
        crawler.signals.connect(spider.idle, signal=signals.spider_idle)
        crawler.signals.connect(spider.went_wrong, signal=signals.spider_error)
        return spider

    def _load_known(self) -> None:
        """Tell the discovery what earlier runs know."""
        if self._known is not None:
            self.discovery.known = self._known
        elif data := self.crawler.settings.get("CAMPBELL_DATA"):
            known = known_items(DataFolder(Path(data)).newest, self.discovery.source)
            if known is not None:
                self.discovery.known, self.discovery.history = known, known.history
                self.crawler.signals.connect(known.close, signal=signals.spider_closed)

    def _go_on_as(self, source: str, why: str) -> None:
        """Go on with the discovery of the source that the site was found to be."""
        asked = self.discovery
        assert isinstance(asked, AutoDiscovery)
        self.discovery = SOURCES[source](asked.site, asked.scope)
        self.detected_source = source_sentence(asked.site, source, why)
        self.discovery.incomplete += asked.incomplete
        self.discovery.sitemaps_named(asked.named_sitemaps)
        self.bounds = Bounds(self.discovery, self.bounds.depth_limit)
        self._load_known()
        addon_for(self.crawler).closing["crawl-source"] = source
        logger.info("%s", self.detected_source)

    def robots_parsed(self, robotparser: RobotParser, request: scrapy.Request) -> None:
        """Pass the sitemaps that the site's robots.txt names to the discovery (Scrapy has requested it already)."""
        if self.discovery.in_scope(request.url):
            parsed = getattr(robotparser, "rp", None)  # Protego, Scrapy's default
            self.discovery.sitemaps_named(list(getattr(parsed, "sitemaps", None) or ()))

    def went_wrong(self, failure: Failure, response: Response) -> None:
        """Note an unexpected error, which Scrapy only logs: what follows from the page is not known."""
        self._errors.append(f"{response.url}: unexpected error: {failure.value!r}")

    def idle(self) -> None:
        """Ask the discovery what is left; at the end say in the closing record whether it was complete.

        The archive is still open then.

        Raises:
            DontCloseSpider: there is more to do.

        """
        engine = self.crawler.engine
        assert engine is not None
        if self._waiting:
            self._under_way.clear()
            waiting, self._waiting = self._waiting, []
            for request in reversed(waiting):  # the scheduler takes the newest first
                engine.crawl(request.replace(dont_filter=True))
            raise DontCloseSpider
        while steps := list(self.discovery.idle()):
            requests = list(self._requests(steps, via=None, hops=""))
            for request in requests:
                engine.crawl(request)
            if requests:
                raise DontCloseSpider
        closing = addon_for(self.crawler).closing
        complete = not (self._errors or self.discovery.incomplete or self._limited)
        complete = complete and not self.is_at_limit and not isinstance(self.discovery, AutoDiscovery)
        closing.update(self.discovery.closing | self._reservations.closing)
        closing["discovery_complete"] = "1" if complete else "0"
        unread = [*self._errors, *self.discovery.unread_lists()][:_REASONS]
        closing |= {f"crawl-unread-list-{number}": reason[:500] for number, reason in enumerate(unread, 1)}
        for reason in [*self._errors, *self.discovery.incomplete][:20]:
            logger.warning("Discovery is incomplete: %s", reason)

    async def start(self) -> AsyncIterator[scrapy.Request]:
        """Begin with the source's seeds: the first alone, so that a site that is down gets no more requests."""
        addon_for(self.crawler).closing["crawl-source"] = self.discovery.source
        steps = list(self.discovery.start())
        if self.discovery.asks_reservations:
            steps.insert(1, Step(url=self._reservations.address, alone=True))
        for request in self._requests(steps[:1], via=None, hops=""):
            yield request
        await self._first_seed_done.wait()
        if self._reached and isinstance(self.discovery, AutoDiscovery):  # robots.txt bars the start page
            self._go_on_as("k2", UNKNOWN)
        if self.detected_source:
            steps += self.discovery.start()
        if self._reached:
            for request in self._requests(steps[1:], via=None, hops=""):
                yield request

    async def parse(self, response: Response) -> AsyncIterator[scrapy.Request | ReviewRecord]:
        """Read a page, yield its reviews and take the discovery's next steps."""
        received = _answer(response)
        if (restored := self.discovery.restored(received)) is not None:
            addon_for(self.crawler).restore(restored)
        answer = await self._read(received)
        self._reached = True
        if answer is not None and isinstance(self.discovery, AutoDiscovery):
            self._go_on_as(*cast("tuple[str, str]", answer.listed))
        self._first_seed_done.set()
        for step in self._reservations.notes(answer or received):
            self._note(step, response.url)
        if answer is None or answer.asked == self._reservations.address:
            self._under_way.discard(received.asked)
            for record in self._unique_reviews.release(received.asked, response.url):
                yield record
            return
        page = answer.page if self.discovery.reads_pages else None
        if page is not None and page.refreshed and (redirect := self._refresh(response, page.refreshed)) is not None:
            yield redirect
            return
        if page is not None and page.kind is Kind.REVIEW:
            self._count_reviews(page)
            for record in self._unique_reviews.take(response.url, page.reviews) if self._is_asked_for_items else ():
                yield record
        self._under_way.discard(answer.asked)
        hops = response.meta.get("archive_hops", "") + "L"
        steps = self.discovery.steps(answer)
        list_page = response.meta.get("list_page", 0)
        steps = self.bounds.within(steps, response.url, page, depth=response.meta.get("depth", 0), list_page=list_page,
                                   reviews=self.reviews)  # fmt: skip
        for request in self._requests(steps, via=response.url, hops=hops):
            if request.meta["list_page"]:
                request.meta["list_page"] += list_page
            yield request
        for record in self._unique_reviews.release(answer.asked, response.url):
            yield record

    async def _read(self, answer: Answer) -> Answer | None:
        """Return an answer with its content, read in a watched process; None if it could not be read."""
        page_url, reader = self.discovery.page_url(answer), self.discovery.reader(answer)
        if page_url is None and reader is None and answer.asked != self._reservations.address:
            return answer
        read = addon_for(self.crawler).reading.read
        try:
            return await read(read_answer, answer, page_url, reader, with_reviews=self._is_asked_for_items)
        except UnreadableError as error:
            logger.warning("Could not read %s: %s", answer.url, error)
            if not self.discovery.reads_pages:
                return answer
            self.discovery.failed(answer.asked, None, str(error))
            return None

    def _refresh(self, response: Response, url: str) -> scrapy.Request | None:
        """Return the request for the target of a page's meta refresh; None after too many redirects."""
        request = response.request
        assert request is not None
        url = without_userinfo(url)
        urls = [*request.meta.get("redirect_urls", ()), response.url]
        if url in urls or len(urls) > self.crawler.settings.getint("REDIRECT_MAX_TIMES"):
            return None
        return request.replace(url=url, meta={**request.meta, "redirect_urls": urls, "redirect_times": len(urls)})

    @property
    def reviews(self) -> int:
        """Number of reviews read so far, each once."""
        return len(self._reviews_read)

    @property
    def is_at_limit(self) -> bool:
        """Whether as many reviews as wanted were read."""
        return self.limit is not None and self.reviews >= self.limit

    def may_ask(self, request: scrapy.Request) -> bool:
        """Tell whether a page may be requested now; if not, it will be when nothing is under way.

        None overtakes one that waits: which reviews are taken does not depend on how fast pages are read.
        """
        asked = request.meta["asked"]
        is_full = self._waiting or self.reviews + len(self._under_way) >= (self.limit or 0)
        if asked not in self._under_way and is_full:
            self._waiting.append(request)
            return False
        self._under_way.add(asked)
        return True

    def _count_reviews(self, page: PageLinks) -> None:
        """Count a page's reviews, each once for all of its addresses."""
        self._reviews_read.update(
            review_id(one.url) for one in page.review_addresses if one.representation is not Representation.LISTING
        )

    def _requests(self, steps: Iterable[Step], *, via: str | None, hops: str) -> Iterator[scrapy.Request]:
        """Make requests of the steps that need one, and notes of the others."""
        for step in steps:
            named_by = step.via or via
            if step.decision is not None:
                self._note(step, named_by)
                continue
            url = step.url if step.exact else canonical_url(step.url)
            if not self.discovery.in_scope(url):
                self._note(Step(url=url, decision="offsite", hint_modified=step.hint_modified), named_by)
            elif url in self._asked and not (step.again or step.exact):
                continue
            elif self._is_over_limit(step):
                self._limited = True
                self._note(Step(url=url, decision="limit", hint_modified=step.hint_modified), named_by)
            else:
                self._reviews_asked += step.is_review
                self._asked.add(url)
                self._unique_reviews.note_request(url)
                yield self._request(step, url, named_by, hops)

    def _is_over_limit(self, step: Step) -> bool:
        if self.limit is None:
            return False
        return self.is_at_limit or (step.is_review and self._reviews_asked >= self.limit)

    def _request(self, step: Step, url: str, via: str | None, hops: str) -> scrapy.Request:
        meta = {"archive_via": via, "archive_hops": hops, "asked": step.url, "conditional": step.conditional,
                "archive_replay": not step.again, "list_page": int(step.continues),
                "archive_requisites": not (step.exact or step.alone),
                "perhaps_review": not (self.discovery.names_reviews or step.conditional)}  # fmt: skip
        headers = {"Accept-Encoding": "gzip"} if step.exact else None
        if step.exact:
            meta["dont_redirect"] = True
        return scrapy.Request(url, callback=self.parse, errback=self.failed, meta=meta,
                              headers=headers, dont_filter=step.again or step.exact,
                              priority=step.priority - step.continues)  # fmt: skip

    def failed(self, failure: Failure) -> list[ReviewRecord]:
        """Note a URL that was not fetched; what was attempted has a record of its own in the archive.

        Returns the records that waited for it.
        """
        request: scrapy.Request = failure.request  # type: ignore[attr-defined]  # Scrapy sets it before the errback
        self._reached = self._reached or isinstance(failure.value, IgnoreRequest)
        self._first_seed_done.set()
        asked = request.meta.get("asked", request.url)
        self._under_way.discard(asked)
        if isinstance(failure.value, Postponed):
            return []
        if isinstance(failure.value, IgnoreRequest):
            decision = decision_of(failure.value)
            self._note(Step(url=request.url, decision=decision), request.meta.get("archive_via"))
            self.discovery.barred(asked, decision)
        else:
            self.discovery.failed(asked, None, failure.getErrorMessage())
            logger.warning("Could not fetch %s: %s", request.url, failure.getErrorMessage())
        return self._unique_reviews.release(asked)

    def _note(self, step: Step, via: str | None) -> None:
        assert step.decision is not None
        if (step.url, step.decision) in self._noted:
            return
        self._noted.add((step.url, step.decision))
        fields = {"url": step.url, "via": via, "decision": step.decision, **(step.details or {})}
        if step.hint_modified is not None:
            fields["hint_modified"] = step.hint_modified
        addon_for(self.crawler).note(**fields)


def _answer(response: Response) -> Answer:
    """Return what the discovery needs of a response, except what its page says."""
    return Answer(
        asked=response.meta.get("asked", response.url),
        url=response.url,
        status=response.status,
        headers=headers_of(response),
        body=response.body,
        recorded=response.meta.get("archive_record"),
    )
