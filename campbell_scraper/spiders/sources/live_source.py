"""Discovery on the live site, WordPress since 2024 (docs/sites.md): sitemap and REST list, joined by URL.

Both are read in every run. An item itself is read only if its time of change is new or unknown, or if it is among the
oldest of those that were fetched long ago.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from campbell_scraper.items import Kind
from campbell_scraper.reading.page.links import review_id
from campbell_scraper.spiders.discovery import CUT_OFF, Answer, Scope, Step

from . import wordpress_lists as wordpress
from .live_lists import LiveLists
from .wordpress_lists import PER_PAGE, RestError, RestItem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from campbell_scraper.spiders.discovery import Reader, Seen
    from campbell_scraper.spiders.page_links import PageLinks

    from .pending import Item

logger = logging.getLogger(__name__)

_SPLIT: Final = re.compile(r"^\d{1,3}/?$")
_FINAL: Final = frozenset({200, 304, 404, 410})
"""Statuses that settle what a URL holds; after any other it is requested once more at the end."""


class LiveDiscovery(LiveLists):
    """Home page → sitemap index and REST list → items that are new, changed or of unknown age → what they carry."""

    source = "live"
    names_reviews = True
    asks_reservations = True

    def __init__(self, site: str, scope: Scope | None = None) -> None:
        super().__init__(site, scope)
        self._parts: dict[str, tuple[Item, str]] = {}
        """Requested parts of items: URL → item and "page", "json", "media", "file" or "time" (JSON before the page)."""
        self._again: dict[str, None] = {}
        self._linked: dict[str, str] = {}
        """Content of the site that pages link to: URL → the first page that does."""
        self._phases += [self._ask_items, self._ask_items_again, self._skipped_links]

    def seeds(self) -> Iterable[str]:
        """Yield the home page, which names the REST root."""
        yield urljoin(self.site, "/")

    def start(self) -> Iterable[Step]:
        """Ask for the home page; its requisites are fetched only in a first or a full run."""
        is_known = any(self.known.current()) and not self.scope.full
        return [Step(url=url, alone=is_known) for url in self.seeds()]

    def links(self, page: PageLinks) -> Iterable[str]:  # noqa: ARG002 - the base class's name
        """Return nothing: what is fetched comes from the lists, and :meth:`steps` knows where a review goes on."""
        return ()

    def steps(self, answer: Answer) -> list[Step]:
        """Return what follows from an answer, by what was requested."""
        for link in answer.page.links if answer.page is not None else ():
            self._linked.setdefault(link, answer.url)
        if answer.is_cut:
            self.failed(answer.asked, None, CUT_OFF)
            return self._settled(self._parts[answer.asked][0]) if answer.asked in self._parts else []
        if answer.asked in self._lists or answer.asked in self._times:
            return self._list_answered(answer)
        if answer.asked in self._parts:
            return self._part_answered(answer)
        if (root := wordpress.api_root(answer)) and self.in_scope(root):
            self._api = root
        return []

    def reader(self, answer: Answer) -> Reader | None:
        """Return what reads a list, or a single item of REST."""
        is_item = answer.asked in self._parts and self._parts[answer.asked][1] in {"json", "time"}
        return wordpress.read_item if is_item else super().reader(answer)

    def failed(self, url: str, kind: Kind | None, reason: str) -> None:  # noqa: ARG002 - the base class's name
        """Note that there was no answer: lists and parts of items are requested once more at the end."""
        if url in self._lists:
            self._list_failed(url, reason)
        elif url in self._parts:
            self._part_failed(url, reason)

    def barred(self, url: str, decision: str) -> None:
        """Go on without what is barred: with the sitemap if REST is, and vice versa."""
        if self._lists.get(url) == "rest":
            self._rest_off = f"barred ({decision})"
        elif url in self._parts and self._parts[url][1] == "time":
            self._part_failed(url, decision)
        elif url in self._parts:
            self._settle(url, is_whole=True)

    def _ask_items(self) -> list[Step]:
        return [step for item in list(self._items.values()) for step in self._decide(item)]

    def _decide(self, item: Item) -> list[Step]:
        seen = self._seen_before(item)
        if seen is not None and self._is_unchanged(item, seen):
            return [Step(url=item.url, decision="unchanged", hint_modified=item.hint, via=item.via)]
        if seen is not None and seen.post and item.hint is None and not item.is_timed and self._rest_off is None:
            item.is_timed = True
            url = wordpress.rest_url(self._api, f"wp/v2/review/{seen.post}", _embed=1)
            return [self._part_step(item, url, "time", via=item.via)]
        return [self._part_step(item, item.url, "page", via=item.via)]

    def _is_unchanged(self, item: Item, seen: Seen) -> bool:
        if item.hint is None or seen.hint_modified != item.hint:
            return False
        # A date without time says nothing about later changes of that day.
        return "T" in item.hint or seen.last_full_fetch[:10] > item.hint

    def _part_step(self, item: Item, url: str, role: str, *, via: str | None = None) -> Step:
        item.pending.add(url)
        self._parts[url] = (item, role)
        is_review = role == "page" and url == item.url and item.is_review
        return Step(url=url, via=via, is_review=is_review, hint_modified=item.hint, conditional=role == "file")

    def _media_step(self, item: Item, post_id: int) -> Step:
        url = wordpress.rest_url(self._api, "wp/v2/media", parent=post_id, per_page=PER_PAGE)
        return self._part_step(item, url, "media", via=item.url)

    def _part_answered(self, answer: Answer) -> list[Step]:
        item, role = self._parts[answer.asked]
        listed = answer.listed
        if role == "time":
            if isinstance(listed, RestItem) and review_id(listed.link) == review_id(item.url):
                item.take_rest(listed)
            self._settle(answer.asked, is_whole=True)
            return self._decide(item)
        steps: list[Step] = []
        problem = None
        if answer.status not in _FINAL and not (role in {"json", "media"} and answer.status in {400, 401, 403}):
            problem = f"HTTP {answer.status}"
        elif role == "page":
            steps = self._page_answered(item, answer)
        elif role == "json" and isinstance(listed, RestItem):
            item.take_rest(listed)
            steps = [self._media_step(item, listed.post_id)]
        elif role == "json" and isinstance(listed, RestError) and not listed.code:
            problem = str(listed)
        elif role == "media" and answer.media_type.endswith("json"):
            steps = self._files(item, answer)
        elif role == "media":
            problem = f"HTTP {answer.status}, no JSON"
        if problem is not None:
            self._part_failed(answer.asked, problem)
        else:
            self._settle(answer.asked, is_whole=True)
        return [*steps, *self._settled(item)]

    def _page_answered(self, item: Item, answer: Answer) -> list[Step]:
        page = answer.page
        if not item.is_review:
            return []
        is_review = page is not None and page.kind is Kind.REVIEW
        if answer.status == 200 and answer.asked == item.url and not is_review:
            # A firewall's challenge, an empty answer, a new theme: the next run asks again, whatever the lists say.
            item.is_whole = False
        if page is None:
            return []
        if (target := self._led_elsewhere(item, answer, page)) is not None:
            return self._moved(item, answer, target)
        return self._carried(item, answer, page)

    def _carried(self, item: Item, answer: Answer, page: PageLinks) -> list[Step]:
        """Return what a review's page leads to: its further parts, its files, its JSON if the REST list lacks it."""
        base = answer.url.rstrip("/") + "/"
        further = [url for url in page.links if url.startswith(base) and _SPLIT.match(url[len(base) :])]
        steps = [
            self._part_step(item, url, "page", via=answer.url) for url in further if url not in self._parts
        ] + self._files(item, answer)
        if answer.asked != item.url or self._rest_off is not None:
            return steps
        if item.post_id is not None:
            steps.append(self._media_step(item, item.post_id))
        elif (alternate := self._json_form(answer)) is not None and self.in_scope(alternate):
            url = alternate + ("&" if "?" in alternate else "?") + "_embed=1"
            steps.append(self._part_step(item, url, "json", via=answer.url))
        return steps

    def _json_form(self, answer: Answer) -> str | None:
        """Return the address of a page's JSON: as the page names it, else where REST has the page's post."""
        if (named := wordpress.json_alternate(answer)) is not None:
            return named
        post = wordpress.own_post(answer)
        return None if post is None else wordpress.rest_url(self._api, f"wp/v2/review/{post}")

    def _files(self, item: Item, answer: Answer) -> list[Step]:
        if answer.page is None:
            return []
        urls = [step.url for step in self.attachments(answer.page)]
        return [self._part_step(item, url, "file", via=answer.url) for url in urls if url not in self._parts]

    def _led_elsewhere(self, item: Item, answer: Answer, page: PageLinks) -> str | None:
        """Return the URL of the page that answered if it is another review's.

        WordPress redirects an old slug to its post, but also a mistyped one to a post whose slug begins alike.
        """
        if answer.asked != item.url:
            return None
        here = review_id(item.url)
        if review_id(answer.url) != here:
            return page.canonical_url or answer.url
        canonical = page.canonical_url
        return canonical if canonical and review_id(canonical) != here and review_id(canonical) in self._items else None

    def _moved(self, item: Item, answer: Answer, target: str) -> list[Step]:
        """Go on with the review that answered, unless the lists have it: then it is requested at its own address."""
        logger.warning("%s leads to %s, which does not count as the same review.", item.url, target)
        item.is_whole = False
        if review_id(target) in self._items or answer.page is None or answer.page.kind is not Kind.REVIEW:
            return []
        new = self._item_at(target, None, via=item.url)
        return self._decide(new)

    def _part_failed(self, url: str, reason: str) -> None:
        logger.warning("Could not fetch %s: %s", url, reason)
        item, role = self._parts[url]
        if role == "time":
            self._settle(url, is_whole=True)
            url = self._part_step(item, item.url, "page").url
        if url in self._again:
            self._settle(url, is_whole=False)
        else:
            self._again[url] = None

    def _settle(self, url: str, *, is_whole: bool) -> None:
        item, _ = self._parts[url]
        item.pending.discard(url)
        item.is_whole &= is_whole

    def _settled(self, item: Item) -> list[Step]:
        """Return the note of an item's time of change once it was fetched whole: only then may the next run skip it."""
        if item.pending or not item.is_whole or item.hint is None:
            return []
        return [Step(url=item.url, decision="listed", hint_modified=item.hint, via=item.via)]

    def _ask_items_again(self) -> list[Step]:
        return [Step(url=url, via=self._parts[url][0].via, again=True) for url in self._again]

    def _skipped_links(self) -> list[Step]:
        """Return notes on the links that this source does not follow: menus, articles, lists of posts."""
        asked = {*self._items, *map(review_id, self._parts), review_id(self.site)}
        return [
            Step(url=url, decision="limit", via=via) for url, via in self._linked.items() if review_id(url) not in asked
        ]
