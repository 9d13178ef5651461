"""Discovery: how the reviews of a source are found."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from campbell_scraper.errors import UsageError
from campbell_scraper.items import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from campbell_scraper.items import PageReading


def host_key(url: str) -> str:
    """Host and port of a URL, ``www.`` and default ports left out: www and bare host are the same site."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return host if parts.port in (None, default) else f"{host}:{parts.port}"


def site_url(site: str) -> str:
    """Make what a user typed a URL to start from.

    Raises:
        UsageError: it is no http or https URL.

    """
    candidate = site if "://" in site else f"https://{site}"
    try:
        parts = urlsplit(candidate)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        valid = False
    if not valid:
        raise UsageError(f"{site!r} is no URL to start from (example: https://www.campbellcollaboration.org/).")
    return candidate if parts.path else candidate + "/"


class Discovery(ABC):
    """Where a crawl of one source begins and which links it follows."""

    source: ClassVar[str]

    def __init__(self, site: str) -> None:
        self.site = site_url(site)
        self.host = host_key(self.site)
        self.incomplete: list[str] = []
        """Why the set of reviews found may not be whole; empty after a complete discovery."""

    @property
    def library(self) -> str:
        """Name of the library this site is: one data folder holds one."""
        return self.host

    @abstractmethod
    def seeds(self) -> Iterable[str]:
        """URLs to begin with."""

    @abstractmethod
    def links(self, reading: PageReading) -> Iterable[str]:
        """URLs to follow from a page that was read, in order; off-site ones included (the spider notes them)."""

    def in_scope(self, url: str) -> bool:
        """Whether a URL belongs to the site."""
        return host_key(url) == self.host

    def failed(self, url: str, kind: Kind | None, reason: str) -> None:
        """Take note that a page could not be had; discovery pages make the discovery incomplete."""
        if kind in {Kind.LISTING, Kind.SITEMAP, Kind.API, None}:
            self.incomplete.append(f"{url}: {reason}")
