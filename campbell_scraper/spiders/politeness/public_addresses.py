"""Private addresses: a public site cannot lead the crawler to them, whatever name it gives them.

URLs are checked before they are requested (:class:`PrivateAddressGuard`). A name's address is known only when it is
looked up for the connection itself, and may differ a second later ("DNS rebinding"); so the resolver that connections
use refuses private addresses (:class:`PublicResolver`).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NoReturn, Self
from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest
from scrapy.resolver import CachingThreadedResolver
from twisted.internet.error import DNSLookupError

from campbell_scraper.archive.listen.refused_request import RefusedRequest
from campbell_scraper.archive.listen.requisites import is_private_address, is_private_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scrapy import Request
    from scrapy.crawler import Crawler
    from twisted.internet.base import ReactorBase
    from twisted.internet.defer import Deferred

logger = logging.getLogger(__name__)


def is_private(url: str) -> bool:
    """Tell whether a URL's host is private by its address or name alone (nothing is looked up)."""
    return bool(is_private_name(urlsplit(url).hostname or ""))


class PublicResolver(CachingThreadedResolver):
    """Scrapy's resolver, which refuses private addresses once a crawl of a public site is under way.

    The site's own name is trusted when it is looked up for the first time: whoever crawls a site of their own network
    knows it by that name. If its address is private, those of other names may be, too.
    """

    def __init__(self, reactor: ReactorBase, cache_size: int, timeout: float) -> None:
        super().__init__(reactor, cache_size, timeout)
        self._site: str | None = None
        self._refuses = False
        self.refused: set[str] = set()
        """Names that resolve to private addresses."""

    def guard(self, site: str) -> None:
        """Refuse, from now on, private addresses of all hosts that the site at that URL may lead to."""
        self._site = urlsplit(site).hostname
        self._refuses = not is_private(site)

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802 - Twisted's name
        """Look a name up."""
        found: Deferred[str] = super().getHostByName(name, timeout)
        return found.addCallback(self._checked, name)

    def _checked(self, address: str, name: str) -> str:
        if name == address:
            return address  # an address, not a name: the guard has let it pass, or it is the archive's self-test
        own, private = name == self._site, is_private_address(address)
        if own:
            self._site = None
        if not (self._refuses and private):
            return address
        if own:
            logger.warning("%s is at the private address %s: this is a crawl of a private network.", name, address)
            self._refuses = False
            return address
        self.refused.add(name)
        raise DNSLookupError(f"{name} is at the private address {address}")


class PrivateAddressGuard:
    """Downloader middleware: refuses URLs of private addresses, unless the site itself was given as one.

    Inside RetryMiddleware, which would ask again for what is refused.
    """

    def __init__(self, site: str, resolver: PublicResolver | None) -> None:
        self._site = site
        self._resolver = resolver
        if resolver is not None:
            resolver.guard(site)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the guard for the host being crawled."""
        from twisted.internet import reactor  # noqa: PLC0415 - importing it installs it

        discovery = getattr(crawler.spider, "discovery", None)
        site = crawler.settings.getdict("ARCHIVE_CRAWL_INFO").get("site", "")
        resolver = getattr(reactor, "resolver", None)
        if not isinstance(resolver, PublicResolver):
            logger.warning("Hosts at private addresses are not refused, since TWISTED_DNS_RESOLVER was changed.")
            resolver = None
        return cls(getattr(discovery, "asks", site), resolver)

    def process_request(self, request: Request) -> None:
        """Refuse an address; or a name that was refused before."""
        host = urlsplit(request.url).hostname
        if (is_private(request.url) and not is_private(self._site)) or self._is_refused(host):
            self._refuse()

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Say why a name could not be looked up, if the resolver refused it."""
        if not isinstance(exception, IgnoreRequest) and self._is_refused(urlsplit(request.url).hostname):
            self._refuse()

    def _is_refused(self, host: str | None) -> bool:
        return self._resolver is not None and host in self._resolver.refused

    def _refuse(self) -> NoReturn:
        raise RefusedRequest("private", "private address")
