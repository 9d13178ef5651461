"""A crawl's items without duplicates: each review once, although many addresses show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campbell_scraper.items import Representation
from campbell_scraper.reading.page.links import review_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from campbell_scraper.items import ReviewRecord


class UniqueReviews:
    """Releases each review once: from the page at its own address, from another only if that one cannot be fetched.

    The spider says which addresses it requests and which were answered, so that a record read at another address waits
    only as long as the review's own page is still to come.
    """

    def __init__(self) -> None:
        self._released: set[str] = set()
        self._requested: set[str] = set()
        self._answered: set[str] = set()
        self._waiting: dict[str, ReviewRecord] = {}

    def note_request(self, url: str) -> None:
        """Note that a page is requested."""
        self._requested.add(review_id(url))

    def take(self, url: str, records: Iterable[ReviewRecord]) -> list[ReviewRecord]:
        """Take the records read at ``url``; return those at their own address that were not released before."""
        here = review_id(url)
        released = []
        for record in records:
            key = review_id(record.url)
            if record.representation is Representation.LISTING or key in self._released:
                continue
            if key == here:
                self._released.add(key)
                self._waiting.pop(key, None)
                released.append(record)
            else:
                self._waiting.setdefault(key, record)
        return released

    def release(self, *answered: str) -> list[ReviewRecord]:
        """Return the records that wait for no page any more; requests for the ``answered`` addresses have ended.

        Called after each answer or failure, once what follows from it was requested.
        """
        self._answered.update(map(review_id, answered))
        released = [key for key in self._waiting if key in self._answered or key not in self._requested]
        self._released.update(released)
        return [self._waiting.pop(key) for key in released]
