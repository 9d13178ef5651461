"""The lists of the live site: sitemaps, and what REST lists, read and joined by URL.

Neither is complete: protocols, titles and withdrawn reviews are in the sitemap only. Where sitemaps do not say when
posts were saved (WordPress 6.1), REST is asked, about many posts at once.
"""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from campbell_scraper.reading.page.links import canonical_url, review_id
from campbell_scraper.spiders.discovery import Answer, Discovery, Scope, Seen, Step

from . import wordpress_lists as wordpress
from .pending import Item
from .wordpress_lists import PAST_THE_END, PER_PAGE, RestError, RestList, RestPage, Sitemap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campbell_scraper.spiders.discovery import Reader

logger = logging.getLogger(__name__)

SITEMAPS: Final = (
    "/wp-sitemap.xml",
    "/sitemap_index.xml",
    "/sitemap.xml",
    "/sitemap_index.xml.gz",
    "/sitemap.xml.gz",
)
"""Where a sitemap index may be: WordPress's own, then what SEO plugins put in its place."""
MAX_PASSES: Final = 3
"""How often the REST list is read if it changes while it is read."""
MAX_SITEMAPS: Final = 200
DUE_SHARE: Final = 0.25
"""Largest share of all items that one run fetches again because of their age."""
_SWITCHED_OFF: Final = frozenset({401, 403, 404})

Phase = Callable[[], "list[Step]"]


class LiveLists(Discovery):
    """Sitemap index and REST list → items, each with the time of its last change if either says it."""

    def __init__(self, site: str, scope: Scope | None = None) -> None:
        super().__init__(site, scope)
        self._api = urljoin(self.site, "/wp-json/")
        self._named: list[str] = []
        self._named_elsewhere: list[str] = []
        self._lists: dict[str, str] = {}
        """Requested lists: URL → "rest", "sitemap" (where one may be) or "part" (a sitemap that an index names)."""
        self._failed_lists: dict[str, str] = {}
        self._rest = RestList(self.scope.limit)
        self._rest_off: str | None = None
        self._sitemap_read = False
        self._items: dict[str, Item] = {}
        self._due: set[str] = set()
        """review_ids of the items that are fetched again because of their age."""
        self._times: dict[str, tuple[str, int]] = {}
        """Lists that only say when posts were saved: URL → type of the posts, and number of the page."""
        self._phases: deque[Phase] = deque(
            [self._ask_lists, self._ask_lists_again, self._ask_other_sitemaps, self._ask_times]
        )

    def sitemaps_named(self, urls: Sequence[str]) -> None:
        """Prefer the sitemaps that robots.txt names; one on another host is noted."""
        self._named = [url for url in urls if self.in_scope(url)][:MAX_SITEMAPS]
        self._named_elsewhere = [url for url in urls if not self.in_scope(url)][:MAX_SITEMAPS]

    def idle(self) -> list[Step]:
        """Return the steps of the next phase that has any."""
        while self._phases:
            if steps := self._phases.popleft()():
                return steps
        return []

    def _seen_before(self, item: Item) -> Seen | None:
        """Return what is known of an item; None if it is to be fetched whatever the lists say."""
        is_wanted = self.scope.full or review_id(item.url) in self._due
        return None if is_wanted else self.known.last_seen(item.url)

    def reader(self, answer: Answer) -> Reader | None:
        """Return what reads a list."""
        if answer.asked in self._times:
            return partial(wordpress.read_list, of_type=self._times[answer.asked][0])
        role = self._lists.get(answer.asked)
        return wordpress.read_list if role == "rest" else wordpress.read_sitemap if role else None

    def _list_answered(self, answer: Answer) -> list[Step]:
        """Return what follows from a list."""
        if answer.asked in self._times:
            return self._times_answered(answer)
        return self._rest_answered(answer) if self._lists[answer.asked] == "rest" else self._sitemap_answered(answer)

    def _ask_lists(self) -> list[Step]:
        sitemaps = self._named or [urljoin(self.site, SITEMAPS[0])]
        robots = urljoin(self.site, "/robots.txt")
        elsewhere = [Step(url=url, decision="offsite", via=robots) for url in self._named_elsewhere]
        return [*elsewhere, *(self._list_step(url, "sitemap") for url in sitemaps), self._rest_step(1)]

    def _ask_lists_again(self) -> list[Step]:
        failed, self._failed_lists = self._failed_lists, {}
        self._phases.appendleft(self._give_up_lists)
        return [Step(url=url, again=True, priority=1) for url in failed]

    def _give_up_lists(self) -> list[Step]:
        self.incomplete += [f"{url}: {reason}" for url, reason in self._failed_lists.items()]
        if not self._rest.items:
            of_rest = (reason for url, reason in self._failed_lists.items() if self._lists[url] == "rest")
            self._rest_off = next(of_rest, self._rest_off)
        return []

    def _ask_other_sitemaps(self) -> list[Step]:
        if self._sitemap_read:
            return []
        others = [url for path in SITEMAPS if (url := urljoin(self.site, path)) not in self._lists]
        self._phases.appendleft(self._give_up_sitemap)
        return [self._list_step(url, "sitemap") for url in others]

    def _give_up_sitemap(self) -> list[Step]:
        if not self._sitemap_read:
            self.incomplete.append(f"{self.site}: no sitemap of reviews was found, and the REST list is not whole")
        self._failed_lists.clear()
        return []

    def _list_step(self, url: str, role: str, *, via: str | None = None, again: bool = False) -> Step:
        self._lists[url] = role
        return Step(url=url, via=via, again=again, priority=1, continues=self._rest.pages.get(url, 1) > 1)

    def _rest_step(self, page: int, *, again: bool = False) -> Step:
        url = wordpress.rest_url(
            self._api, "wp/v2/review", orderby="id", order="asc", per_page=self._rest.per_page, _embed=1, page=page
        )
        self._rest.pages[url] = page
        return self._list_step(url, "rest", again=again)

    def _list_failed(self, url: str, reason: str) -> None:
        logger.warning("A list of reviews could not be read: %s: %s", url, reason)
        self._failed_lists[url] = reason

    def _rest_answered(self, answer: Answer) -> list[Step]:
        page = self._rest.pages[answer.asked]
        listed = answer.listed
        if isinstance(listed, RestError):
            return self._rest_refused(answer.asked, page, listed)
        assert isinstance(listed, RestPage)
        if not self._rest.take(page, listed, answer.asked):
            return self._rest_anew(answer.asked)
        if self._rest.is_limited:
            self.incomplete.append(f"limited to {self.scope.limit} reviews")
            return []
        if self._rest.goes_on(page, listed):
            return [self._rest_step(page + 1, again=self._rest.passes > 1)]
        return []

    def _rest_anew(self, url: str) -> list[Step]:
        """Begin the list again, since it changed while it was read."""
        self._rest.begin_again()
        if self._rest.passes > MAX_PASSES:
            self.incomplete.append(f"{url}: the list changed each time it was read")
            return []
        logger.warning("The REST list changed while it was read: beginning again.")
        return [self._rest_step(1, again=True)]

    def _rest_refused(self, url: str, page: int, error: RestError) -> list[Step]:
        if error.code == PAST_THE_END and page > 1:
            # The end, if the server does not say how many items there are; else the list has become shorter.
            return [] if self._rest.total is None else self._rest_anew(url)
        if page == 1 and error.code and error.status in _SWITCHED_OFF:
            self._rest_off = str(error)
            logger.warning("The site has no REST list of reviews (%s): using its sitemap alone.", error)
        else:
            self._list_failed(url, str(error))
        return []

    def _sitemap_answered(self, answer: Answer) -> list[Step]:
        if answer.status in {404, 410} and self._lists[answer.asked] == "sitemap":
            return []
        sitemap = answer.listed if answer.status == 200 else None
        if not isinstance(sitemap, Sitemap):
            self._list_failed(answer.asked, f"HTTP {answer.status}, no sitemap")
            return []
        if not sitemap.is_whole:
            self._list_failed(answer.asked, "the sitemap has no end")
        if sitemap.is_index:
            named = [url for url, _ in sitemap.entries if url not in self._lists]
            wanted = wordpress.wanted_sitemaps([url for url in named if self.in_scope(url)])
            read = wanted[: MAX_SITEMAPS - len(self._lists)]
            if len(read) < len(wanted):
                self.incomplete.append(f"{answer.url}: more than {MAX_SITEMAPS} sitemaps")
            # This source does not crawl posts of other types.
            others = [Step(url=url, decision="limit") for url in named if url not in read and self.in_scope(url)]
            offsite = [Step(url=url, decision="offsite") for url in named if not self.in_scope(url)]
            return [*(self._list_step(url, "part", via=answer.url) for url in read), *others, *offsite]
        of_reviews = wordpress.is_review_sitemap(answer.asked)
        self._sitemap_read |= of_reviews
        for url, modified in sitemap.entries:
            is_review = of_reviews or wordpress.is_review_address(url)
            self._sitemap_read |= is_review
            self._item_at(url, modified, via=answer.url, is_review=is_review)
        return []

    def _item_at(self, url: str, modified: str | None, *, via: str, is_review: bool = True) -> Item:
        item = self._items.setdefault(review_id(url), Item(canonical_url(url), via=via, is_review=is_review))
        if modified is not None:
            item.hints.add(modified)
        return item

    def _ask_times(self) -> list[Step]:
        """Join both lists, and ask REST for the times that neither says."""
        if self._sitemap_read and any(self.known.current()) and not any(one.is_review for one in self._items.values()):
            self.incomplete.append(f"{self.site}: its sitemap names no review any more")
        in_rest: dict[str, Item] = {}
        for rest_item, via in self._rest.items.values():
            item = self._item_at(rest_item.link, rest_item.modified, via=via)
            item.post_id, item.is_review = rest_item.post_id, True
            in_rest[review_id(rest_item.link)] = item
        self._items = in_rest | self._items
        for rest_item, via in self._rest.earlier.values():
            # Listed only before the list was begun again: its page shows whether it was deleted meanwhile.
            self._items.setdefault(review_id(rest_item.link), Item(canonical_url(rest_item.link), via=via))
        if not self.incomplete:
            for url in self.known.current():
                if self.in_scope(url) and wordpress.is_review_address(url):
                    self._items.setdefault(review_id(url), Item(canonical_url(url)))
        self._choose_due()
        return [] if self._rest_off is not None else self._times_steps()

    def _choose_due(self) -> None:
        """Choose what is fetched again because of its age: the oldest, at most a fixed share of all items."""
        if self.scope.full:
            return
        known = ((key, self.known.last_seen(item.url)) for key, item in self._items.items())
        ages = sorted((seen.last_full_fetch, key) for key, seen in known if seen is not None)
        due = [key for at, key in ages if self.now - datetime.fromisoformat(at) >= self.scope.full_every]
        most = math.ceil(DUE_SHARE * len(self._items)) if self.scope.full_every else len(due)
        self._due = set(due[:most])

    def _times_steps(self) -> list[Step]:
        untimed = [item for item in self._items.values() if item.hint is None]
        posts = [str(seen.post) for one in untimed if one.is_review and (seen := self._seen_before(one)) and seen.post]
        steps = []
        for at in range(0, len(posts), PER_PAGE):
            some = ",".join(posts[at : at + PER_PAGE])
            url = wordpress.rest_url(self._api, "wp/v2/review", include=some, per_page=PER_PAGE, _embed=1)
            self._times[url] = wordpress.REVIEW_TYPE, 1
            steps.append(Step(url=url))
        return steps if all(one.is_review for one in untimed) else [*steps, self._pages_step(1)]

    def _pages_step(self, page: int) -> Step:
        fields = "id,type,link,modified_gmt"
        url = wordpress.rest_url(self._api, "wp/v2/pages", per_page=PER_PAGE, _fields=fields, page=page)
        self._times[url] = "page", page
        return Step(url=url)

    def _times_answered(self, answer: Answer) -> list[Step]:
        """Take the times in a list. Posts missing from it are requested one by one."""
        of_type, page = self._times[answer.asked]
        listed = answer.listed
        if not isinstance(listed, RestPage):
            return []
        for rest_item in listed.items:
            if (item := self._items.get(review_id(rest_item.link))) is not None:
                item.take_rest(rest_item)
        return [self._pages_step(page + 1)] if of_type == "page" and page < (listed.total_pages or 0) else []
