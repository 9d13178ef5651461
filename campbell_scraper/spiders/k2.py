"""Discovery on a site in the K2 layout: listings and their pagination, sitemap, menu (SITES.md 2.4).

A K2 site says of no item when it changed: ``Last-Modified`` is its date of creation, and a matching ETag still gets 200
(SITES.md 2.5). What a run can compare is the listing. An item that earlier runs know is left out where each listing
that names it shows of it what it showed when the item was last fetched, to the letter, behind the same item. It is
fetched where

* an entry differs, or another item stands before it: it is new there, has moved, or its neighbour has;
* it is the first of a listing: one that is sorted by time shows an edit of its first item by nothing;
* no listing prints its Additional Info, but only its title, which says nothing of the rest;
* no listing names it, or a page could not be had, which may have been a listing;
* it was last fetched 30 days ago (``--full-every``), or ``--full`` is given.

An edit of what no listing prints, such as a summary's text where only the short fields are shown, and that moves
nothing, is thus found after 30 days at the latest.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from campbell_scraper.items import Kind
from campbell_scraper.pages.urls import review_id

from .discovery import Answer, Discovery, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from campbell_scraper.items import ListedEntry, PageReading

    from .discovery import Scope

LISTINGS = ("/better-evidence.html", "/library.html")
"""The library's listings in the site's K2 years."""
SEARCH = "/component/jak2filter"
"""Where the extension jak2filter answers searches."""
_PLACE = frozenset({"start", "limitstart"})
"""Query parts that say which page of a listing is meant."""
_HAD = frozenset({200, 304, 404, 410})


class K2Discovery(Discovery):
    """Follows listings page by page until one brings nothing new, then everything they and the menu name."""

    source = "k2"
    asks_reservations = True

    def __init__(self, site: str, scope: Scope | None = None) -> None:
        super().__init__(site, scope)
        self._items: set[str] = set()
        """What listings link to, but for their own pages."""
        self._listings: dict[str, dict[int, list[ListedEntry]]] = {}
        """Entries by listing and by the place where their page begins."""
        self._listed_at: dict[str, str] = {}
        """Of each address the time of the last listing that names it."""
        self._reviews: Mapping[str, str] | None = None
        self._held: dict[str, dict[str, str]] = {}
        """What waits until the listings are read: review → its addresses, each with the page that named it."""
        self._left_out: dict[str, bool] = {}
        """Whether a review is left out; of those that were decided."""
        self._shown_at: dict[str, str] = {}
        """Addresses that showed an item, and when."""
        self._not_whole: set[str] = set()
        """Those whose files could not all be had."""
        self._owed: dict[str, set[str]] = {}
        """Files asked for, and the addresses of the items that offer them."""
        self._is_ending = False

    def seeds(self) -> Iterable[str]:
        """Give the start URL and, when that is the site's root, its listings and sitemap too."""
        yield self.site
        if urlsplit(self.site).path in {"", "/"}:
            for path in LISTINGS:
                yield urljoin(self.site, path)
            yield urljoin(self.site, "/sitemap.xml")

    def start(self) -> Iterable[Step]:
        """Give the first steps."""
        return map(_listings_first, super().start())

    def links(self, reading: PageReading) -> Iterable[str]:
        """Give a page's links; of a listing that repeats what is known, no further pages (it may be endless)."""
        if reading.kind is not Kind.LISTING:
            return reading.links
        items = {link for link in reading.links if not _is_page_of_listing(link)}
        new = items - self._items
        self._items |= items
        return reading.links if new else sorted(items, key=reading.links.index)

    def steps(self, answer: Answer) -> list[Step]:
        """Give what follows from a page, but for items that earlier runs know: they wait for the listings."""
        reading, recorded = answer.reading, answer.recorded
        if answer.status not in _HAD or answer.is_cut:
            self._not_whole |= self._owed.get(answer.asked, set())
        steps = list(map(_listings_first, super().steps(answer)))
        if reading is None or recorded is None or answer.is_cut:
            return steps
        if reading.kind is Kind.LISTING:
            listing, place = _listing_of(answer.asked)
            self._listings.setdefault(listing, {})[place] = reading.listed
            for entry in reading.listed:
                self._listed_at[entry.url] = max(recorded.date, self._listed_at.get(entry.url, ""))
        elif reading.kind is Kind.REVIEW and answer.url == answer.asked:
            self._shown_at[answer.asked] = recorded.date
            for step in steps:
                if step.conditional:
                    self._owed.setdefault(step.url, set()).add(answer.asked)
        return [step for step in steps if not self._waits(step, answer)]

    def failed(self, url: str, kind: Kind | None, reason: str) -> None:
        """Take note that a page could not be had."""
        self._not_whole |= self._owed.get(url, set())
        super().failed(url, kind, reason)

    def idle(self) -> list[Step]:
        """Give the items that waited, then those that no page has named, at the end how the listings showed all."""
        if self._held:
            return self._decide()
        if self._is_ending:
            return []
        self._is_ending = True
        return [*self._unnamed(), *self._had()]

    def _waits(self, step: Step, answer: Answer) -> bool:
        """Whether a step is for an item that earlier runs know, and whose turn has not come."""
        review = None if step.conditional or self.scope.full else self._known_reviews.get(review_id(step.url))
        if review is None or self._left_out.get(review) is False:
            return False
        # The address of an item that is left out may come up only now: it has its row all the same.
        self._held.setdefault(review, {}).setdefault(step.url, answer.url)
        return True

    @property
    def _known_reviews(self) -> Mapping[str, str]:
        if self._reviews is None:
            self._reviews = self.known.reviews()
        return self._reviews

    def _decide(self) -> list[Step]:
        held, self._held = self._held, {}
        hints = self._hints()
        named: dict[str | None, set[str]] = {}
        for url in hints:
            named.setdefault(self._known_reviews.get(review_id(url)), set()).add(url)
        entries = (entry for pages in self._listings.values() for page in pages.values() for entry in page)
        told = {entry.url for entry in entries if entry.has_block}
        steps = []
        for review, addresses in held.items():
            listed = named.get(review, set())
            is_told = not self.incomplete and not told.isdisjoint(listed)
            left_out = is_told and all(self._is_unchanged(url, hints[url]) for url in listed)
            decision = "unchanged" if self._left_out.setdefault(review, left_out) else None
            for url, via in addresses.items():
                steps.append(Step(url=url, via=via, decision=decision, hint_modified=hints.get(url)))
        return steps

    def _is_unchanged(self, url: str, hint: str | None) -> bool:
        seen = None if hint is None else self.known.last_seen(url)
        if seen is None or seen.hint_modified != hint:
            return False
        return self.now - datetime.fromisoformat(seen.last_full_fetch) < self.scope.full_every

    def _hints(self) -> dict[str, str | None]:
        """Give of each listed address a digest of its entries and of what stands before them; None for a first one."""
        entries: dict[str, set[str]] = {}
        firsts: set[str] = set()
        for pages in self._listings.values():
            whole = dict.fromkeys(entry for place in sorted(pages) for entry in pages[place])
            firsts.update(entry.url for entry in list(whole)[:1])
            for before, entry in pairwise(whole):
                entries.setdefault(entry.url, set()).add(f"{entry.fingerprint} {review_id(before.url)}")
        hints: dict[str, str | None] = {
            url: "listing:" + sha256("\n".join(sorted(said)).encode()).hexdigest()[:32] for url, said in entries.items()
        }
        return hints | dict.fromkeys(firsts)

    def _unnamed(self) -> list[Step]:
        """Give the known reviews that nothing named in this run, since pages that might have were left out."""
        if self.incomplete or self.scope.limit is not None or True not in self._left_out.values():
            return []
        known = self._known_reviews
        return [
            Step(url=url)
            for url in self.known.current()
            if self.in_scope(url) and known.get(review_id(url)) not in self._left_out
        ]

    def _had(self) -> list[Step]:
        """Give notes of how the listings showed what was fetched whole: only such an item may be left out next time.

        Not if a listing was read after the item: what it shows may be an edit that the item did not have yet.
        """
        hints = self._hints()
        return [
            Step(url=url, decision="listed", hint_modified=hint)
            for url, moment in self._shown_at.items()
            if (hint := hints.get(url)) is not None and url not in self._not_whole and moment >= self._listed_at[url]
        ]


def _listings_first(step: Step) -> Step:
    """Give a step that is due before others if it is for a listing, so that items are read after what it shows."""
    path = urlsplit(step.url).path
    is_listing = path in LISTINGS or path.startswith(SEARCH) or _is_page_of_listing(step.url)
    return replace(step, priority=1) if is_listing else step


def _is_page_of_listing(url: str) -> bool:
    query = urlsplit(url).query
    return "start=" in query or "limitstart=" in query


def _listing_of(url: str) -> tuple[str, int]:
    """Give a listing's address without the part that names one of its pages, and the place where that begins."""
    parts = urlsplit(url)
    asked = parse_qsl(parts.query, keep_blank_values=True)
    place = next((value for name, value in asked if name in _PLACE and value.isdecimal() and len(value) < 9), "0")
    rest = urlencode([pair for pair in asked if pair[0] not in _PLACE])
    return f"{parts.path}?{rest}", int(place)
