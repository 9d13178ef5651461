"""Each review once among a crawl's items, although many addresses show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campbell_scraper.items import Representation
from campbell_scraper.reading.page.links import review_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from campbell_scraper.items import ReviewRecord


class OncePerReview:
    """Lets each review through once: from the page at its own address, from another only if that one cannot be fetched.

    The spider says which addresses it requests and which were answered, so that a record read at another address waits
    only as long as the review's own page is still to come.
    """

    def __init__(self) -> None:
        self._given: set[str] = set()
        self._asked: set[str] = set()
        self._answered: set[str] = set()
        self._waiting: dict[str, ReviewRecord] = {}

    def asked(self, url: str) -> None:
        """Note that a page is requested."""
        self._asked.add(review_id(url))

    def read(self, url: str, records: Iterable[ReviewRecord]) -> list[ReviewRecord]:
        """Take the records read at ``url``; return those at their own address that were not returned before."""
        here = review_id(url)
        given = []
        for record in records:
            key = review_id(record.url)
            if record.representation is Representation.LISTING or key in self._given:
                continue
            if key == here:
                self._given.add(key)
                self._waiting.pop(key, None)
                given.append(record)
            else:
                self._waiting.setdefault(key, record)
        return given

    def left(self, *answered: str) -> list[ReviewRecord]:
        """Return the records that wait for no page any more; requests for the ``answered`` addresses have ended.

        Called after each answer or failure, once what follows from it was requested.
        """
        self._answered.update(map(review_id, answered))
        given = [key for key in self._waiting if key in self._answered or key not in self._asked]
        self._given.update(given)
        return [self._waiting.pop(key) for key in given]
