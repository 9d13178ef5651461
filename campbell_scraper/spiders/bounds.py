"""Limits for a site without end: links from the start, pages of one list, pages of one path without a review."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from scrapy.spidermiddlewares.depth import DepthMiddleware

from campbell_scraper.items import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scrapy import Request
    from scrapy.http import Response

    from .discovery import Discovery, Step
    from .page_links import PageLinks

MAX_FRUITLESS: Final = 2000
"""Pages of one path that may come before its first review: a site can make them up for ever."""
MAX_LIST_PAGES: Final = 5000
"""Pages of one list, whatever they bring."""


class ListDepth(DepthMiddleware):
    """Scrapy's depth middleware, but a further page of a list (``meta["list_page"]``) is no deeper than the first."""

    def get_processed_request(self, request: Request, response: Response | None) -> Request | None:
        """Set a request's depth; return None if it is too deep."""
        if response is None or not request.meta.get("list_page"):
            return super().get_processed_request(request, response)
        request.meta["depth"] = response.meta["depth"]
        return request


class Bounds:
    """Decides which steps of one discovery lead too far."""

    def __init__(self, discovery: Discovery, depth_limit: int = 0) -> None:
        self._discovery = discovery
        self.depth_limit = depth_limit
        """Links from the start, and pages of a list that may bring no review; 0 for no limit."""
        self._fruitless: Counter[str] = Counter()
        """First part of a path → number of its pages that are not reviews."""
        self._told: set[str] = set()
        """Limits that were reported, so that each is reported once."""

    def within(
        self, steps: Iterable[Step], url: str, page: PageLinks | None, *, depth: int, list_page: int, reviews: int
    ) -> Iterable[Step]:
        """Return the steps that follow from a page; those that lead too far become notes.

        Args:
            steps: what the discovery wants.
            url: the page's URL.
            page: what the page says.
            depth: links from the start to the page.
            list_page: pages of its list that came before it.
            reviews: number of reviews read so far.

        """
        if self.depth_limit and depth >= self.depth_limit:
            return self.left_out(steps, f"{url}: more than {self.depth_limit} links from the start")
        if (path := self.endless_path(url, page, reviews)) is not None:
            return self.left_out(steps, f"{path}: more pages without a review than a library has")
        if self._is_endless_list(list_page, reviews):
            steps = list(steps)
            further = [step for step in steps if step.continues]
            others = [step for step in steps if not step.continues]
            return [*others, *self.left_out(further, f"{url}: a list of more pages than it brings reviews")]
        return steps

    def _is_endless_list(self, list_page: int, reviews: int) -> bool:
        """Tell whether a list goes on although it brings nothing; lists that name reviews have an end."""
        if self._discovery.names_reviews or not self.depth_limit:
            return False
        return list_page >= min(self.depth_limit + reviews, MAX_LIST_PAGES)

    def endless_path(self, url: str, page: PageLinks | None, reviews: int) -> str | None:
        """Return the path below which a site makes up pages for ever; None as long as none does.

        A library has fewer listings than reviews, and some hundreds of other pages.
        """
        if page is None or page.kind is Kind.REVIEW or self._discovery.names_reviews:
            return None
        path = "/" + urlsplit(url).path.strip("/").partition("/")[0]
        self._fruitless[path] += 1
        return path if self._fruitless[path] > MAX_FRUITLESS + reviews else None

    def left_out(self, steps: Iterable[Step], reason: str) -> Iterator[Step]:
        """Yield notes in place of requests, and mark the discovery as incomplete."""
        for step in steps:
            if step.decision is None and self._discovery.in_scope(step.url):
                kind = reason.partition(": ")[2]
                if kind not in self._told:
                    self._told.add(kind)
                    self._discovery.incomplete.append(reason)
                yield replace(step, decision="limit")
            else:
                yield step
