"""Discovery in the Wayback Machine: index of captures → captures → the site's pages as they were (docs/sites.md).

A capture is requested if its payload differs from that of the URL's previous one, unless an earlier run has it. The
answer is another archive's: the exchange is recorded as such, and the record restored from it says where it comes from
(``archive.write.restore``). The time that counts is that of the capture that was served, which may be a neighbour of
the requested one.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from campbell_scraper.archive.surt_keys import timestamp_of
from campbell_scraper.archive.write.restore import (
    is_archive_answer,
    memento_time,
    original_url,
    restore,
    split_memento_url,
)
from campbell_scraper.reading.page.links import content_link
from campbell_scraper.spiders.discovery import Answer, Discovery, History, Scope, Step, host_key

from . import wayback_index as cdx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from campbell_scraper.archive.write.restore import Restored
    from campbell_scraper.items import Kind
    from campbell_scraper.spiders.discovery import Reader
    from campbell_scraper.spiders.page_links import PageLinks

logger = logging.getLogger(__name__)

MAX_PAGES: Final = 2000
"""Pages of the index that are read for one path."""
MAX_NEIGHBOURS: Final = 5
"""How often one requested capture may lead to a neighbour."""
NO_CENSUS: Final = "the Wayback Machine does not hold everything that the site had"
"""Why no run of this source decides which reviews there are."""
NEAREST: Final = 3
"""Captures nearest to a date that are tried, if one is not served or does not show the page."""
ROUNDS: Final = 3
"""How often what failed is requested again at the end."""
_PAGES: Final = frozenset({"text/html", "application/xhtml+xml", "warc/revisit", "unk", "-", ""})
_EMPTY: Final = "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"
"""The index's digest (SHA-1) of an empty body."""
_REDIRECTS: Final = range(300, 400)
_NOT_HELD: Final = frozenset({403, 404, 410, 451})
"""The Wayback Machine has no such capture, or does not show it."""

CaptureKey = tuple[str, str]
"""Original URL and fourteen digits: what names a capture."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request was made for."""

    digest: str | None
    neighbours: int = 0
    """Neighbours that led here."""


class WaybackDiscovery(Discovery):
    """Index → every distinct capture of the site's reviews and listings, or the one nearest a date."""

    source = "wayback"
    names_reviews = True
    reads_pages = False
    resets_throttle = True

    def __init__(self, site: str, scope: Scope | None = None) -> None:
        super().__init__(site, scope)
        self.span = self.scope.span or cdx.Span()
        self._index: dict[str, tuple[str, int]] = {}
        """Requested pages of the index: URL → path and number of the page."""
        self._pages: list[Step] = []
        """Further pages of the index; requested from :meth:`idle`, so that they count as no deeper than the first."""
        self._asked: dict[str, _Asked] = {}
        self._digests: dict[CaptureKey, str] = {}
        """Digest of each capture's payload in the index, also for captures served in place of the requested one."""
        self._wanted: set[CaptureKey] = set()
        """Captures that are fetched or requested."""
        self._past: History | None = None
        self._restored: set[CaptureKey] = set()
        self._last: dict[str, str] = {}
        """URL key → digest of its last row."""
        self._redirects: set[tuple[str, str]] = set()
        self._nearest: dict[str, list[cdx.IndexRow]] = {}
        """URL key → the captures nearest to the date that show the page, the nearest first."""
        self._nearest_of: dict[str, str] = {}
        """Requested URL → the key whose nearest capture it was."""
        self._tried: set[cdx.IndexRow] = set()
        self._failed: dict[str, str] = {}
        self._reviews: set[str] = set()
        """URL keys of pages below a listing that were requested, if their number is limited."""
        self._is_limited = self._is_answered = False
        self._counts = dict.fromkeys(("listed", "held", "restored", "neighbours", "missing"), 0)
        self._phases: deque[Callable[[], list[Step]]] = deque([self._ask_nearest])
        for _ in range(ROUNDS):
            self._phases += [self._ask_again, self._ask_nearest]

    @property
    def asks(self) -> str:
        """URL of the Wayback Machine, which is crawled in place of the site."""
        return self.span.machine + "/"

    def seeds(self) -> Iterable[str]:
        """Yield the first page of the index for each path."""
        for path in self.span.paths:
            yield self._index_url(path, 1)

    def start(self) -> Iterable[Step]:
        """Ask for the index."""
        return [Step(url=url, exact=True, priority=1) for url in self.seeds()]

    def links(self, page: PageLinks) -> Iterable[str]:  # noqa: ARG002 - the base class's name
        """Return nothing: the index knows what there is."""
        return ()

    def in_scope(self, url: str) -> bool:
        """Tell whether a URL is the Wayback Machine's."""
        return host_key(url) == host_key(self.asks)

    def may_fail_alone(self, url: str) -> bool:
        """Tell whether a URL is a capture's: the Wayback Machine answers 503 for good where it cannot play one."""
        return url in self._asked

    def unread_lists(self) -> list[str]:
        """Return what could not be read of the index; a capture that is not served is the Wayback Machine's loss."""
        return [reason for reason in self.incomplete if reason.partition(": ")[0] in self._index]

    def idle(self) -> list[Step]:
        """Return what is left: the nearest captures once the index is read, then what failed."""
        pages, self._pages = self._pages, []
        if pages:
            return pages
        while self._phases:
            if steps := self._phases.popleft()():
                return steps
        self.incomplete += [f"{url}: {reason}" for url, reason in self._failed.items()]
        self._failed.clear()
        self.closing["crawl-wayback-complete"] = "0" if self.incomplete else "1"
        self.incomplete.append(NO_CENSUS)
        self.closing |= {f"crawl-wayback-{name}": str(count) for name, count in self._counts.items()}
        return []

    def steps(self, answer: Answer) -> list[Step]:
        """Return what follows from a page of the index or a capture."""
        self._is_answered = True
        if answer.asked in self._index:
            return self._index_answered(answer)
        asked = self._asked.get(answer.asked)
        return [] if asked is None else self._capture_answered(answer, asked)

    def failed(self, url: str, kind: Kind | None, reason: str) -> None:  # noqa: ARG002 - the base class's name
        """Note what is to be requested again."""
        self._failed[url] = reason

    def barred(self, url: str, decision: str) -> None:
        """Note that the Wayback Machine does not allow this request."""
        if url in self._index:
            self.incomplete.append(f"{url}: barred ({decision})")

    def restored(self, answer: Answer) -> Restored | None:
        """Return the original record of a capture that was served, once."""
        asked = self._asked.get(answer.asked)
        if asked is None or answer.recorded is None:
            return None
        if self.span.nearest is not None and answer.status != 200:
            return None
        moment, url = memento_time(answer.headers), original_url(answer.headers, answer.url)
        served = (url, moment.strftime("%Y%m%d%H%M%S")) if moment is not None and url is not None else None
        digest = self._digests.get(served, asked.digest) if served is not None else None
        record = restore(
            answer.recorded, memento_url=answer.url, status=answer.status, entity=answer.body, digest=digest
        )
        if record is None or record.record_id in self._earlier.records:  # by this crawl, before it was interrupted
            return None
        if not self._is_wanted(answer, (record.url, timestamp_of(record.captured_at))):
            return None
        self._counts["restored"] += 1
        return record

    def _is_wanted(self, answer: Answer, key: CaptureKey) -> bool:
        """Tell whether a served capture is one to keep: of the requested site and time, and not kept yet."""
        parts = split_memento_url(answer.asked)
        is_neighbour = parts is not None and parts.timestamp != key[1]
        if key in self._restored or (is_neighbour and key in self._earlier.captures and not self.scope.full):
            return False
        if host_key(key[0]) != self.host or not self.span.holds(key[1]):
            return False
        self._restored.add(key)
        self._wanted.add(key)
        return True

    # Index

    def _index_url(self, path: str, number: int, resume_key: str | None = None) -> str:
        url = cdx.query_url(self.span, self.host, path, resume_key)
        self._index[url] = (path, number)
        return url

    def _index_answered(self, answer: Answer) -> list[Step]:
        self._failed.pop(answer.asked, None)
        index = answer.listed if answer.status == 200 else None
        if not isinstance(index, cdx.IndexAnswer):
            self._failed[answer.asked] = f"HTTP {answer.status}, no index of captures"
            return []
        if index.malformed:
            logger.warning("%d rows of the index are not captures: %s", index.malformed, answer.asked)
        steps = [step for row in index.rows for step in self._row(row, answer.url)]
        path, number = self._index[answer.asked]
        if index.resume_key is not None:
            asked_before = set(self._index)
            url = self._index_url(path, number + 1, index.resume_key)
            if url in asked_before or number >= MAX_PAGES:
                self.incomplete.append(f"{answer.asked}: the index has no end")
            else:
                self._pages.append(Step(url=url, exact=True, priority=1, via=answer.url))
        return steps

    def _row(self, row: cdx.IndexRow, via: str) -> list[Step]:
        if not self._is_page(row) or not self.span.holds(row.timestamp):
            return []
        self._counts["listed"] += 1
        self._digests[row.original, row.timestamp] = row.digest
        if self.span.nearest is not None:
            if row.status not in {200, None}:
                return []
            moment, near = self.span.nearest, self._nearest.setdefault(row.urlkey, [])
            near.append(row)
            near.sort(key=lambda one: one.distance(moment))
            del near[NEAREST:]
            return []
        return self._ask(row, via) if self._is_news(row) else []

    def _is_page(self, row: cdx.IndexRow) -> bool:
        if host_key(row.original) != self.host or content_link(row.original, row.original) is None:
            return False
        return row.status not in {200, None} or row.mimetype.lower() in _PAGES

    def _is_news(self, row: cdx.IndexRow) -> bool:
        """Tell whether a row's payload differs from its URL's previous row; for a redirect, from all previous rows."""
        if row.digest == _EMPTY:
            return True  # redirects to different places all have an empty body
        if row.status is not None and row.status in _REDIRECTS:
            before = len(self._redirects)
            self._redirects.add((row.urlkey, row.digest))
            return len(self._redirects) > before
        same = self._last.get(row.urlkey) == row.digest
        self._last[row.urlkey] = row.digest
        return not same

    def _ask_nearest(self) -> list[Step]:
        return [step for urlkey in self._nearest for step in self._ask_nearest_of(urlkey)]

    def _ask_nearest_of(self, urlkey: str) -> list[Step]:
        rows = self._nearest[urlkey][:1]
        steps = [step for row in rows if row not in self._tried for step in self._ask(row, None)]
        self._tried.update(rows)
        self._nearest_of.update((step.url, urlkey) for step in steps)
        return steps

    def _next_nearest(self, asked: str) -> list[Step]:
        """Go on to the next capture of a page, if the nearest does not show it."""
        urlkey = self._nearest_of.pop(asked, None)
        if urlkey is None:
            return []
        del self._nearest[urlkey][:1]
        return self._ask_nearest_of(urlkey)

    def _ask(self, row: cdx.IndexRow, via: str | None) -> list[Step]:
        url = f"{self.span.machine}/web/{row.timestamp}id_/{row.original}"
        key = (row.original, row.timestamp)
        if not self.scope.full and {key, self._leads_to(url, key)} & self._earlier.captures:
            self._counts["held"] += 1
            return [Step(url=url, decision="unchanged", via=via)]
        if key in self._wanted:
            return []
        if self._is_over_limit(row):
            return [Step(url=row.original, decision="limit", via=via)]
        self._wanted.add(key)
        self._asked[url] = _Asked(row.digest)
        return [Step(url=url, exact=True, via=via)]

    def _is_over_limit(self, row: cdx.IndexRow) -> bool:
        if self.scope.limit is None or not _may_be_review(row.original) or row.urlkey in self._reviews:
            return False
        if len(self._reviews) >= self.scope.limit:
            if not self._is_limited:
                self.incomplete.append(f"limited to {self.scope.limit} reviews")
            self._is_limited = True
            return True
        self._reviews.add(row.urlkey)
        return False

    @property
    def _earlier(self) -> History:
        """What earlier runs restored, read once."""
        if self._past is None:
            self._past = self.history()
        return self._past

    def _leads_to(self, url: str, key: CaptureKey) -> CaptureKey:
        """Return the capture that is served for a URL, as earlier runs know it: itself, or a neighbour."""
        for _ in range(MAX_NEIGHBOURS):
            target = self._earlier.redirects.get(url)
            parts = split_memento_url(target) if target else None
            if target is None or parts is None:
                break
            url, key = target, (parts.url, parts.timestamp)
        return key

    # Captures

    def _capture_answered(self, answer: Answer, asked: _Asked) -> list[Step]:
        self._failed.pop(answer.asked, None)
        recorded = answer.recorded
        if is_archive_answer(answer.headers):
            if recorded is None or not recorded.is_whole or memento_time(answer.headers) is None:
                self._failed[answer.asked] = "the capture was not served whole"
            return self._next_nearest(answer.asked) if answer.status != 200 else self._attached(answer)
        if answer.status in _REDIRECTS:
            return self._neighbour(answer, asked)
        if answer.status in _NOT_HELD:
            logger.info("The Wayback Machine does not serve %s: HTTP %d", answer.asked, answer.status)
            self._counts["missing"] += 1
            return self._next_nearest(answer.asked)
        self._failed[answer.asked] = f"HTTP {answer.status}"
        return []

    def _attached(self, answer: Answer) -> list[Step]:
        """Return notes on the files that a captured page offers: this source fetches pages only."""
        url = original_url(answer.headers, answer.url)
        offered = [one.url for one in answer.page.offered] if answer.page is not None else []
        return [Step(url=one, decision="limit", via=url) for one in offered if host_key(one) == self.host]

    def page_url(self, answer: Answer) -> str | None:
        """Return the original address of the captured page that an archive's answer carries."""
        if answer.status != 200 or not is_archive_answer(answer.headers) or answer.media_type not in _PAGES:
            return None
        return original_url(answer.headers, answer.url)

    def reader(self, answer: Answer) -> Reader | None:
        """Return what reads a page of the index."""
        return cdx.read_index if answer.asked in self._index else None

    def _neighbour(self, answer: Answer, asked: _Asked) -> list[Step]:
        """Go on to the capture that is served instead of the requested one, unless that is fetched anyway."""
        try:
            target = urljoin(answer.url, answer.header("location"))
        except ValueError:
            target = answer.header("location")
        parts = split_memento_url(target)
        if parts is None or not self.in_scope(target) or asked.neighbours >= MAX_NEIGHBOURS:
            self._failed[answer.asked] = f"HTTP {answer.status} to {target[:500]}"
            return []
        self._counts["neighbours"] += 1
        key = (parts.url, parts.timestamp)
        if target in self._asked or key in self._wanted or (key in self._earlier.captures and not self.scope.full):
            return []
        if len(parts.timestamp) == 14 and not self.span.holds(parts.timestamp):
            return []
        self._wanted.add(key)
        if answer.asked in self._nearest_of:
            self._nearest_of[target] = self._nearest_of.pop(answer.asked)
        self._asked[target] = _Asked(None, asked.neighbours + 1)
        return [Step(url=target, exact=True, via=answer.url)]

    def _ask_again(self) -> list[Step]:
        if not self._is_answered:
            return []  # the Wayback Machine cannot be reached, after several attempts
        failed, self._failed = self._failed, {}
        for url, reason in failed.items():
            logger.warning("Asking again: %s: %s", url, reason)
        return [Step(url=url, exact=True, again=True) for url in failed]


def _may_be_review(url: str) -> bool:
    """Tell by its URL whether a page is not a listing."""
    parts = urlsplit(url)
    path = parts.path.strip("/")
    if path == "index.php":
        return "view=item" in parts.query.split("&")
    return "/" in path and not path.startswith(("component/jak2filter", "component/k2/itemlist"))
