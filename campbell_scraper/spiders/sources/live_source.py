"""Discovery on the live site, WordPress since 2024 (docs/sites.md): sitemap and REST list, joined by URL.

Neither list is whole: protocols, titles and withdrawn reviews are in the sitemap only. Both are read in every run; the
items themselves only if their time of change is not the one under which they were last fetched, or none is said.
"""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from campbell_scraper.items import Kind
from campbell_scraper.reading.page.links import canonical_url, review_id
from campbell_scraper.spiders.discovery import CUT_OFF, Answer, Discovery, Scope, Step

from . import wordpress_lists as wordpress
from .pending import Item
from .wordpress_lists import PAST_THE_END, PER_PAGE, RestError, RestItem, RestList

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from campbell_scraper.spiders.page_links import PageLinks

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
"""Times the REST list is begun again because it changed while it was read."""
MAX_SITEMAPS: Final = 200
_SPLIT: Final = re.compile(r"^\d{1,3}/?$")
_FINAL: Final = frozenset({200, 304, 404, 410})
"""Statuses that settle what a URL holds; after another one it is asked once more at the end."""
_SWITCHED_OFF: Final = frozenset({401, 403, 404})

Phase = Callable[[], "list[Step]"]


class LiveDiscovery(Discovery):
    """Home page → sitemap index and REST list → items that are new, changed or of unknown age → what they carry."""

    source = "live"
    names_reviews = True
    asks_reservations = True

    def __init__(self, site: str, scope: Scope | None = None) -> None:
        super().__init__(site, scope)
        self._api = urljoin(self.site, "/wp-json/")
        self._named: list[str] = []
        self._named_elsewhere: list[str] = []
        self._lists: dict[str, str] = {}
        """Lists asked for: URL → "rest", "sitemap" (where one may be) or "part" (a sitemap that an index names)."""
        self._failed_lists: dict[str, str] = {}
        self._rest = RestList(self.scope.limit)
        self._rest_off: str | None = None
        self._sitemap_read = False
        self._items: dict[str, Item] = {}
        self._parts: dict[str, tuple[Item, str]] = {}
        """Parts of items asked for: URL → item and "page", "json", "media" or "file"."""
        self._again: dict[str, None] = {}
        self._linked: dict[str, str] = {}
        """Content of the site that pages link to: URL → the first page that does."""
        self._phases: deque[Phase] = deque(
            [self._ask_lists, self._ask_lists_again, self._ask_other_sitemaps, self._ask_items, self._ask_items_again,
             self._left]
        )  # fmt: skip

    def seeds(self) -> Iterable[str]:
        """Yield the home page, which names the REST root."""
        yield urljoin(self.site, "/")

    def links(self, page: PageLinks) -> Iterable[str]:  # noqa: ARG002 - the base class's name
        """Return nothing: what is fetched comes from the lists, and :meth:`steps` knows where a review goes on."""
        return ()

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

    def steps(self, answer: Answer) -> list[Step]:
        """Return what follows from an answer, by what it was asked for."""
        for link in answer.page.links if answer.page is not None else ():
            self._linked.setdefault(link, answer.url)
        role = self._lists.get(answer.asked)
        if answer.is_cut:
            self.failed(answer.asked, None, CUT_OFF)
            return self._settled(self._parts[answer.asked][0]) if answer.asked in self._parts else []
        if role == "rest":
            return self._rest_answered(answer)
        if role is not None:
            return self._sitemap_answered(answer)
        if answer.asked in self._parts:
            return self._part_answered(answer)
        if (root := wordpress.api_root(answer)) and self.in_scope(root):
            self._api = root
        return []

    def failed(self, url: str, kind: Kind | None, reason: str) -> None:  # noqa: ARG002 - the base class's name
        """Take note that there was no answer: lists and parts of items are asked once more at the end."""
        if url in self._lists:
            self._list_failed(url, reason)
        elif url in self._parts:
            self._part_failed(url, reason)

    def barred(self, url: str, decision: str) -> None:
        """Go on without what robots.txt bars: without REST by the sitemap, and the other way round."""
        if self._lists.get(url) == "rest":
            self._rest_off = f"barred ({decision})"
        elif url in self._parts:
            self._settle(url, is_whole=True)

    # Lists

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
        return Step(url=url, via=via, again=again, priority=1)

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
        found = wordpress.read_list(answer)
        if isinstance(found, RestError):
            return self._rest_refused(answer.asked, page, found)
        if not self._rest.take(page, found, answer.asked):
            return self._rest_anew(answer.asked)
        if self._rest.is_limited:
            self.incomplete.append(f"limited to {self.scope.limit} reviews")
            return []
        if self._rest.goes_on(page, found):
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
            # The end, where the server does not say how many pages there are; else the list has become shorter.
            return [] if self._rest.total is None else self._rest_anew(url)
        if page == 1 and error.code and error.status in _SWITCHED_OFF:
            self._rest_off = str(error)
            logger.warning("The site has no REST list of reviews (%s): going by its sitemap alone.", error)
        else:
            self._list_failed(url, str(error))
        return []

    def _sitemap_answered(self, answer: Answer) -> list[Step]:
        if answer.status in {404, 410} and self._lists[answer.asked] == "sitemap":
            return []
        sitemap = wordpress.read_sitemap(answer) if answer.status == 200 else None
        if sitemap is None:
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
            # The site's posts of other types are not what this source is for.
            others = [Step(url=url, decision="limit") for url in named if url not in read and self.in_scope(url)]
            offsite = [Step(url=url, decision="offsite") for url in named if not self.in_scope(url)]
            return [*(self._list_step(url, "part", via=answer.url) for url in read), *others, *offsite]
        of_reviews = wordpress.is_review_sitemap(answer.asked)
        self._sitemap_read |= of_reviews
        for url, modified in sitemap.entries:
            is_review = of_reviews or wordpress.is_review_address(url)
            self._sitemap_read |= is_review
            self._found(url, modified, via=answer.url, is_review=is_review)
        return []

    def _found(self, url: str, modified: str | None, *, via: str, is_review: bool = True) -> Item:
        item = self._items.setdefault(review_id(url), Item(canonical_url(url), via=via, is_review=is_review))
        if modified is not None:
            item.hints.add(modified)
        return item

    # Items

    def _ask_items(self) -> list[Step]:
        in_rest: dict[str, Item] = {}
        for found, via in self._rest.items.values():
            item = self._found(found.link, found.modified, via=via)
            item.post_id, item.in_rest, item.is_review = found.post_id, True, True
            in_rest[review_id(found.link)] = item
        self._items = in_rest | self._items
        for found, via in self._rest.earlier.values():
            # Listed, and then no more: its page says whether it was deleted meanwhile.
            self._items.setdefault(review_id(found.link), Item(canonical_url(found.link), via=via))
        if not self.incomplete:
            for url in self.known.current():
                if self.in_scope(url) and wordpress.is_review_address(url):
                    self._items.setdefault(review_id(url), Item(canonical_url(url)))
        return [step for item in list(self._items.values()) for step in self._decide(item)]

    def _decide(self, item: Item) -> list[Step]:
        if self._is_unchanged(item):
            return [Step(url=item.url, decision="unchanged", hint_modified=item.hint, via=item.via)]
        return [self._part_step(item, item.url, "page", via=item.via)]

    def _is_unchanged(self, item: Item) -> bool:
        if self.scope.full or item.hint is None:
            return False
        seen = self.known.last_seen(item.url)
        if seen is None or seen.hint_modified != item.hint:
            return False
        fetched = datetime.fromisoformat(seen.last_full_fetch)
        if self.now - fetched >= self.scope.full_every:
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
        if answer.status not in _FINAL and not (role in {"json", "media"} and answer.status in {400, 401, 403}):
            self._part_failed(answer.asked, f"HTTP {answer.status}")
            return self._settled(item)
        steps: list[Step] = []
        if role == "page":
            steps = self._page_answered(item, answer)
        elif role == "json":
            found = wordpress.read_item(answer)
            if isinstance(found, RestItem):
                steps = [self._media_step(item, found.post_id)]
            elif not found.code:
                self._part_failed(answer.asked, str(found))
                return self._settled(item)
        elif role == "media":
            if answer.media_type.endswith("json"):
                steps = self._files(item, answer)
            else:
                self._part_failed(answer.asked, f"HTTP {answer.status}, no JSON")
                return self._settled(item)
        self._settle(answer.asked, is_whole=True)
        return [*steps, *self._settled(item)]

    def _page_answered(self, item: Item, answer: Answer) -> list[Step]:
        page = answer.page
        if not item.is_review:
            return []
        is_review = page is not None and page.kind is Kind.REVIEW
        if answer.status == 200 and answer.asked == item.url and not is_review:
            # A firewall's question, an empty answer, a new theme: the next run asks again, whatever the lists say.
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
        if item.in_rest and item.post_id is not None:
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
        found = [step.url for step in self.attachments(answer.page)]
        return [self._part_step(item, url, "file", via=answer.url) for url in found if url not in self._parts]

    def _led_elsewhere(self, item: Item, answer: Answer, page: PageLinks) -> str | None:
        """Return the address of the page that answered if it is another review's.

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
        """Go on with the review that answered, unless the lists have it: then it is asked for by its own address."""
        logger.warning("%s leads to %s, which is not taken for the same review.", item.url, target)
        item.is_whole = False
        if review_id(target) in self._items or answer.page is None or answer.page.kind is not Kind.REVIEW:
            return []
        new = self._found(target, None, via=item.url)
        return self._decide(new)

    def _part_failed(self, url: str, reason: str) -> None:
        logger.warning("Not had: %s: %s", url, reason)
        if url in self._again:
            self._settle(url, is_whole=False)
        else:
            self._again[url] = None

    def _settle(self, url: str, *, is_whole: bool) -> None:
        item, _ = self._parts[url]
        item.pending.discard(url)
        item.is_whole &= is_whole

    def _settled(self, item: Item) -> list[Step]:
        """Note an item's time of change once it was fetched whole: only then may the next run leave it out."""
        if item.pending or not item.is_whole or item.hint is None:
            return []
        return [Step(url=item.url, decision="listed", hint_modified=item.hint, via=item.via)]

    def _ask_items_again(self) -> list[Step]:
        return [Step(url=url, via=self._parts[url][0].via, again=True) for url in self._again]

    def _left(self) -> list[Step]:
        """Return notes of what pages link to and this source does not follow: menus, articles, lists of posts."""
        asked = {*self._items, *map(review_id, self._parts), review_id(self.site)}
        return [
            Step(url=url, decision="limit", via=via) for url, via in self._linked.items() if review_id(url) not in asked
        ]
