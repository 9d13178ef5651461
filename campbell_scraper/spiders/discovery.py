"""Discovery: how the reviews of a source are found, and which of them a run fetches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol
from urllib.parse import urlsplit

from campbell_scraper.errors import UsageError
from campbell_scraper.items import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from campbell_scraper.archive.write.restore import Recorded, Restored

    from .page_links import PageLinks
    from .sources.wayback_index import Span

FULL_EVERY = timedelta(days=30)
"""Pages that look unchanged are fetched again after this time, a part of them in each run."""

_READABLE = ("text/", "application/xhtml", "application/xml", "application/json")

CUT_OFF = "the answer was cut off"


def host_key(url: str) -> str:
    """Return host and port of a URL without ``www.`` and default ports: www and bare host are the same site.

    Returns "" for what is not a URL.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    host = (parts.hostname or "").removeprefix("www.")
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return host if port in (None, default) else f"{host}:{port}"


def site_url(site: str) -> str:
    """Return the start URL for what a user typed.

    Raises:
        UsageError: it is not an http or https URL.

    """
    candidate = site if "://" in site else f"https://{site}"
    try:
        parts = urlsplit(candidate)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        valid = False
    if not valid:
        raise UsageError(f"{site!r} is not a URL to start from (example: https://www.campbellcollaboration.org/).")
    if "@" in parts.netloc:
        raise UsageError(
            f"The address of {parts.hostname} has a name or password in it, which would stand in the archive and all "
            "reports: leave them out, and let a proxy on your machine (http_proxy) add them."
        )
    return candidate if parts.path else candidate + "/"


class Seen(NamedTuple):
    """What earlier runs know of one URL."""

    hint_modified: str | None
    """The hint under which it was last fetched whole (see :attr:`Step.hint_modified`)."""
    last_full_fetch: str
    """When that was, ISO 8601 in UTC with Z."""
    post: int | None = None
    """Its WordPress post ID, if its page named it."""


class Validators(NamedTuple):
    """What makes a request for a file conditional, from the newest whole answer."""

    etag: str | None
    last_modified: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What earlier runs restored from another archive."""

    captures: frozenset[tuple[str, str]] = frozenset()
    """Original URL and fourteen digits of each capture."""
    records: frozenset[str] = frozenset()
    """Their capture_ids."""
    redirects: Mapping[str, str] = field(default_factory=dict)
    """Where that archive redirected to, by requested URL."""


class KnownItems(Protocol):
    """What a discovery asks of earlier runs. URLs are as they were requested."""

    def last_seen(self, url: str) -> Seen | None:
        """Return hint and time of the newest run that requested the item, if it got it whole; else None."""

    def current(self) -> Iterable[str]:
        """Return the URLs of the source's reviews that are not known to be gone or moved."""

    def validators(self, url: str) -> Validators | None:
        """Return the validators of the newest complete answer (200) of that URL; None without one."""


class NothingKnown:
    """A first run: no earlier one knows anything."""

    def last_seen(self, url: str) -> Seen | None:  # noqa: ARG002 - the protocol's name
        """Return None."""
        return None

    def current(self) -> Iterable[str]:
        """Return nothing."""
        return ()

    def validators(self, url: str) -> Validators | None:  # noqa: ARG002
        """Return None."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """How much of a source one run is asked to fetch."""

    limit: int | None = None
    """Reviews at most."""
    full: bool = False
    """Fetch what looks unchanged too."""
    full_every: timedelta = FULL_EVERY
    span: Span | None = None
    """Which captures of another archive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer the spider got, of whatever status."""

    asked: str
    """The URL of the step, before redirects."""
    url: str
    """The URL that answered."""
    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    """The entity as received, content-encoded; empty once it has been read."""
    page: PageLinks | None = None
    """What the page says, once it was read; None for all answers but a readable 200."""
    listed: object = None
    """What the discovery's reader read of it; None if it is not a list."""
    reservations: Sequence[tuple[str, dict[str, str]]] = ()
    """What it says about text-and-data mining."""
    recorded: Recorded | None = None
    """The record that holds it in the archive."""

    @property
    def is_cut(self) -> bool:
        """Whether the connection ended, or a limit was reached, before the answer did."""
        return self.recorded is not None and not self.recorded.is_whole

    @property
    def media_type(self) -> str:
        """Media type of the Content-Type header, lower case, without parameters; "" without one."""
        return self.header("content-type").partition(";")[0].strip().lower()

    def header(self, name: str) -> str:
        """Return the first value of a header; "" if it is absent."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    def header_values(self, name: str) -> list[str]:
        """Return all values of a header, in order."""
        return [value for key, value in self.headers if key.lower() == name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The decision about one URL: request it, or skip it for a recorded reason."""

    url: str
    decision: str | None = None
    """None requests the page. Else what is noted: "unchanged"; "listed" for an item that was fetched whole, to keep
    its ``hint_modified``; "reserved" for a text-and-data-mining reservation."""
    hint_modified: str | None = None
    """When the item changed, as a list said: ISO 8601, UTC, seconds, Z."""
    is_review: bool = False
    """Counts against the run's limit of reviews."""
    via: str | None = None
    """The page that named the URL, where that is not the one just answered."""
    again: bool = False
    """Request it even if this run has done so already."""
    conditional: bool = False
    """A file, whose validators can be trusted: ask whether it has changed (If-None-Match, If-Modified-Since)."""
    priority: int = 0
    """Scrapy's priority: greater is sooner."""
    continues: bool = False
    """A further page of the answered list: no deeper than that page, and requested after what that page names."""
    exact: bool = False
    """Request the URL as it stands; a redirect counts as the answer, and no requisites are fetched."""
    alone: bool = False
    """Fetch none of the page's requisites."""
    details: Mapping[str, str] | None = None
    """Further fields of a note."""


Reader = Callable[[Answer], object]
"""Reads an answer that is a list, after content decoding. Another process calls it: it must be a module's function."""


class Discovery(ABC):
    """Where a crawl of one source begins and what follows from each answer.

    The spider calls :meth:`start`, then :meth:`steps` for each answer, then, whenever nothing is under way any more,
    :meth:`idle` until that returns nothing.
    """

    source: ClassVar[str]
    asks_reservations: ClassVar[bool] = False
    """Whether the site itself is asked for its text-and-data-mining reservations."""
    reads_pages: ClassVar[bool] = True
    """Whether answers are pages of the site; if not, an answer that cannot be read still counts as good."""
    names_reviews: ClassVar[bool] = False
    """Whether steps say which page is a review; if not, any page may be one until it is read."""
    resets_throttle: ClassVar[bool] = False
    """Whether this host throttles by breaking connections."""

    def __init__(self, site: str, scope: Scope | None = None) -> None:
        self.site = site_url(site)
        self.host = host_key(self.site)
        self.scope = scope or Scope()
        self.known: KnownItems = NothingKnown()
        """What earlier runs know; the spider sets it before the crawl begins."""
        self.history: Callable[[], History] = History
        """Set by the spider likewise."""
        self.now = datetime.now(UTC)
        self.incomplete: list[str] = []
        """Why the set of reviews found may not be whole; empty after a complete discovery."""
        self.closing: dict[str, str] = {}
        """Fields for the crawl's closing record."""

    @property
    def library(self) -> str:
        """Name of the library this site is: one data folder holds one."""
        return self.host

    @property
    def asks(self) -> str:
        """URL of the host that is crawled: the site itself, or the archive that a source asks instead."""
        return self.site

    @abstractmethod
    def seeds(self) -> Iterable[str]:
        """Return the URLs to begin with."""

    @abstractmethod
    def links(self, page: PageLinks) -> Iterable[str]:
        """Return the URLs to follow from a page, in order; off-site ones included (the spider notes them)."""

    def start(self) -> Iterable[Step]:
        """Return the first steps."""
        return [Step(url=url) for url in self.seeds()]

    def page_url(self, answer: Answer) -> str | None:
        """Return the URL of the page in an answer; None if it has no page to read."""
        return answer.url if answer.status == 200 and answer.media_type.startswith(_READABLE) else None

    def reader(self, answer: Answer) -> Reader | None:  # noqa: ARG002 - for sources that ask for lists
        """Return what reads an answer that is a list, for :attr:`Answer.listed`; None for other answers."""
        return None

    def steps(self, answer: Answer) -> Iterable[Step]:
        """Return what follows from an answer: by default the page's own address, then its links."""
        page = answer.page
        if answer.is_cut:
            self.failed(answer.asked, None, CUT_OFF)
        if page is None:
            if answer.status not in {200, 304, 404, 410}:
                self.failed(answer.asked, None, f"HTTP {answer.status}")
            return []
        links = list(self.links(page))
        if page.canonical_url and self.in_scope(page.canonical_url):
            links.insert(0, page.canonical_url)
        steps = [Step(url=url, continues=self.continues(page, answer.url, url)) for url in links]
        return [*steps, *self.attachments(page)]

    def continues(self, page: PageLinks, url: str, link: str) -> bool:  # noqa: ARG002 - the sources' names
        """Tell whether a link of a page leads to a further page of the same list."""
        return False

    def attachments(self, page: PageLinks) -> list[Step]:
        """Return steps for the files of this site that a page's own content offers."""
        return [Step(url=one.url, conditional=True) for one in page.offered if self.in_scope(one.url)]

    def idle(self) -> Iterable[Step]:
        """Return what is left to do when nothing is under way; no steps end the crawl."""
        return ()

    def restored(self, answer: Answer) -> Restored | None:  # noqa: ARG002 - a source of another archive's pages does
        """Return the record to restore from an archive's answer; asked before :meth:`steps`."""
        return None

    def sitemaps_named(self, urls: Sequence[str]) -> None:  # noqa: B027 - most sources have no use for it
        """Take the sitemaps that the site's robots.txt names; ignored by default."""

    def barred(self, url: str, decision: str) -> None:  # noqa: B027
        """Note that a step was not requested ("robots", "private"), which is not a failure."""

    def may_fail_alone(self, url: str) -> bool:  # noqa: ARG002 - for subclasses
        """Tell whether a 503 may mean that this URL alone is unavailable, not that the host needs a rest."""
        return False

    def unread_lists(self) -> list[str]:
        """Return why reviews may be missing that this run should have found, each reason with its URL in front.

        A run with a limit is meant to miss some.
        """
        return [] if self.scope.limit is not None else self.incomplete

    def in_scope(self, url: str) -> bool:
        """Tell whether a URL belongs to the site."""
        return host_key(url) == self.host

    def failed(self, url: str, kind: Kind | None, reason: str) -> None:
        """Note that a page could not be fetched; if it may be a list of reviews, the discovery is incomplete."""
        if kind in {Kind.LISTING, Kind.SITEMAP, Kind.API, None}:
            self.incomplete.append(f"{url}: {reason}")
