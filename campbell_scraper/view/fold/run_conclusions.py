"""What a run may conclude: many pages lost at once are a failure of the site, not its decision (rule 8).

A page is lost in a run if it had been read before and now its address answers without it (404 or 410, a redirect, an
error, another kind of page, another page's content), it is behind a password, robots.txt bars it, or a complete
discovery does not name it. If a run loses few pages, each loss is taken as it looks. If it loses many, or an address
shows another page's content, the cause is unknown: such losses are in ``_losses``, and nothing is concluded from them.
The run then does not count as a complete discovery, and no later run is compared with it.

A person's ``removals.csv`` makes a loss believed: a line that names the page, or one that names ``reviews`` for all
pages that the first such run since that day lost. All this is a function of the captures and of that file.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from campbell_scraper.view.database.writing import write, write_values
from campbell_scraper.view.judging.assertions_file import limits
from campbell_scraper.view.keys import review_key
from campbell_scraper.view.schema.internal_tables import LossRow
from campbell_scraper.view.schema.log_tables import UnhandledRow

from .stated_fields import hollow_fields
from .vanished_fields import UNJUDGED, Removal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence

BELIEVED: Final = """NOT ((r.representation = 'item' OR r.representation LIKE 'protected:%')
    AND EXISTS (SELECT 1 FROM _losses l WHERE l.crawl_id = r.crawl_id AND l.review_id = r.address))"""
"""Condition on a row ``r`` of ``_representations``: it is not what a run saw in place of a lost page."""
COMPLETE: Final = """lower(coalesce(closing ->> 'discovery_complete', closing ->> 'crawl-discovery_complete', ''))
    IN ('1', 'true', 'yes')"""
"""Condition on a row of ``crawls``: the run itself took its discovery for complete."""
ALL: Final = "reviews"
"""The name in ``removals.csv`` that stands for all pages which a run lost."""
_REPLACED: Final = "the content of another page"
_MISSING: Final = "in no list"
_CLOSED: Final = "behind a password"
_GONE: Final = {"404 or 410", "redirected", _CLOSED, _MISSING}
_RUNS: Final = f"""SELECT crawl_id, source, started_at, {COMPLETE} FROM crawls
    WHERE source IS NOT NULL AND source <> ? AND started_at IS NOT NULL ORDER BY started_at, crawl_id"""  # noqa: S608
_SEEN: Final = """SELECT r.crawl_id, r.review_id, r.address, r.representation, c.same, c.stated, p.url
    FROM _representations r JOIN _contents c USING (content_hash) JOIN captures p USING (capture_id)
    WHERE r.crawl_id IS NOT NULL AND r.representation NOT LIKE 'protected:%' ORDER BY r.captured_at, r.capture_id"""
_PROTECTED: Final = """SELECT DISTINCT crawl_id, address FROM _representations
    WHERE crawl_id IS NOT NULL AND representation LIKE 'protected:%'"""
_BAD: Final = """SELECT c.crawl_id, a.address, c.url, CASE WHEN c.status IN (404, 410) THEN '404 or 410'
        WHEN c.redirect_to IS NOT NULL THEN 'redirected' WHEN c.status = 200 THEN 'no review' ELSE 'failed' END
    FROM _addresses a JOIN captures c ON c.url = a.url
    WHERE a.how = 'canonical' AND c.crawl_id IS NOT NULL AND c.truncated IS NULL
    AND (c.status IS NULL OR c.status NOT IN (200, 304) OR c.kind <> 'review') ORDER BY c.captured_at, c.capture_id"""
_ALIASED: Final = f"""SELECT c.crawl_id, a.address, c.url, '{_REPLACED}'
    FROM _aliases a JOIN captures c USING (capture_id) WHERE c.crawl_id IS NOT NULL"""  # noqa: S608
_BARRED: Final = """SELECT d.crawl_id, a.address, d.url, 'barred by robots.txt' FROM _addresses a
    JOIN discovered d ON d.url = a.url WHERE a.how = 'canonical' AND d.decision = 'robots'"""
_NAMED: Final = """SELECT 1 FROM _addresses a JOIN discovered d ON d.url = a.url AND d.crawl_id = ? WHERE a.address = ?
    UNION ALL SELECT 1 FROM _representations r JOIN _addresses a USING (address)
    JOIN discovered d ON d.url = a.url AND d.crawl_id = ? WHERE r.review_id = ? LIMIT 1"""
_COLUMNS: Final = "crawl_id, review_id, why, url"
_CONFLICT: Final = "lost: "


class _Run(NamedTuple):
    crawl_id: str
    started_at: str
    is_complete: bool


class _Page(NamedTuple):
    """A review's own page, as read in a run."""

    same: str
    url: str


class _Site:
    """What is known of one source's pages before a run."""

    def __init__(self) -> None:
        self.expected: set[str] = set()
        self.locked: set[str] = set()
        """Behind a password: only their address can be lost."""
        self.urls: dict[str, str] = {}
        self.pages: dict[str, set[str]] = {}
        """Address → every content its own page ever had."""
        self.latest: dict[str, str] = {}
        self.had: dict[str, set[str]] = defaultdict(set)
        """Content → the addresses that ever had it."""

    def learn(self, review: str, page: _Page) -> None:
        self.urls[review] = page.url
        self.latest[review] = page.same
        self.pages.setdefault(review, set()).add(page.same)
        self.had[page.same].add(review)

    def replaced(self, pages: Mapping[str, _Page]) -> Iterator[str]:
        """Yield the addresses that show another address's content and had their own before."""
        now: dict[str, set[str]] = defaultdict(set)
        for review, page in pages.items():
            now[page.same].add(review)
        new = {review for review in pages if review not in self.pages}
        if len(new) >= limits("earned")[0] and len({pages[review].same for review in new}) == 1:
            yield from new  # nobody knows whose it is
        for review, page in pages.items():
            if review in new or page.same in self.pages[review]:
                continue
            others = {one for one in self.had.get(page.same, ()) if self.latest[one] == page.same} | now[page.same]
            twins = set().union(*(self.had[one] for one in self.pages[review]))
            if others - twins - {review}:
                yield review


def update(connection: sqlite3.Connection, removals: Sequence[Removal]) -> list[str]:
    """Bring ``_losses`` up to date; return the reviews that must be folded anew."""
    present = set(connection.execute(f"SELECT {_COLUMNS} FROM _losses"))  # noqa: S608 - constant
    wanted = set(_judge_all(connection, removals))
    connection.executemany(
        "DELETE FROM _losses WHERE crawl_id = ? AND review_id = ?", [row[:2] for row in present - wanted]
    )
    write_values(connection, LossRow, sorted(wanted - present))
    connection.execute(
        f"UPDATE crawls SET discovery_complete = ({COMPLETE} AND crawl_id NOT IN (SELECT crawl_id FROM _losses)) "  # noqa: S608
        f"WHERE discovery_complete <> ({COMPLETE} AND crawl_id NOT IN (SELECT crawl_id FROM _losses))"
    )
    connection.execute(f"DELETE FROM unhandled WHERE kind = 'conflict' AND value LIKE '{_CONFLICT}%'")  # noqa: S608
    write(
        connection,
        [
            UnhandledRow(crawl_id=crawl_id, url=url, kind="conflict", value=f"{_CONFLICT}{why} under its address")
            for crawl_id, _, why, url in sorted(wanted)
            if why == _REPLACED
        ],
    )
    return sorted({str(row[1]) for row in present ^ wanted})


def _judge_all(connection: sqlite3.Connection, removals: Sequence[Removal]) -> Iterator[tuple[str, str, str, str]]:
    """Yield the rows of ``_losses``."""
    sightings = _by_crawl(connection.execute(_SEEN))
    bad: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    for sql in (_BARRED, _BAD, _ALIASED):
        for crawl_id, address, url, why in connection.execute(sql):
            bad[crawl_id][address] = why, url
    sites: dict[str, _Site] = defaultdict(_Site)
    closed: dict[str, set[str]] = defaultdict(set)
    for crawl_id, address in connection.execute(_PROTECTED):
        closed[crawl_id].add(address)
    pages_believed = {(review_key(one.field), one.since) for one in removals if "/" in one.field}
    all_believed = sorted(one.since for one in removals if one.field == ALL)
    for crawl_id, source, started_at, is_complete in connection.execute(_RUNS, (UNJUDGED,)).fetchall():
        site, run = sites[source], _Run(crawl_id, started_at, bool(is_complete))
        seen, pages = sightings.get(crawl_id, (set(), {}))
        shut = closed.get(crawl_id, set())
        lost = {review: (_CLOSED, site.urls[review]) for review in site.expected & shut}
        lost |= _lost(connection, site, run, (seen, pages), bad.get(crawl_id, {}))
        believed = {
            review for review in lost if any(review == name and day <= started_at for name, day in pages_believed)
        }
        doubted = {review: lost[review] for review in lost if review not in believed}
        known = site.expected | site.locked
        judged = len(known) if is_complete else len(known & (seen | shut | lost.keys()))
        if not _are_many(len(doubted), judged, len(known)):
            doubted = {review: loss for review, loss in doubted.items() if loss[0] == _REPLACED}
        if doubted and all_believed and all_believed[0] <= started_at:
            del all_believed[0]
            doubted = {}
        yield from ((crawl_id, review, why, url) for review, (why, url) in doubted.items())
        gone = {review for review, (why, _) in lost.items() if review not in doubted and why in _GONE}
        site.expected -= gone
        site.locked = (site.locked - gone | shut - doubted.keys()) - (pages.keys() - doubted.keys())
        for review, page in pages.items():
            if review not in doubted:
                site.learn(review, page)
                site.expected.add(review)
        site.expected |= seen & site.urls.keys() - lost.keys()


def _by_crawl(rows: sqlite3.Cursor) -> dict[str, tuple[set[str], dict[str, _Page]]]:
    """Return for each run the reviews it saw in any form, and the pages it read at reviews' own addresses."""
    by_crawl: dict[str, tuple[set[str], dict[str, _Page]]] = {}
    is_hollow: dict[str, bool] = {}
    for crawl_id, review, address, representation, same, stated, url in rows:
        seen, pages = by_crawl.setdefault(crawl_id, (set(), {}))
        seen |= {review, address}
        if representation == "item":
            if stated not in is_hollow:
                is_hollow[stated] = hollow_fields(frozenset(json.loads(stated)))
            if not is_hollow[stated]:
                pages[address] = _Page(same, url)
    return by_crawl


def _lost(
    connection: sqlite3.Connection,
    site: _Site,
    run: _Run,
    read: tuple[set[str], dict[str, _Page]],
    bad: Mapping[str, tuple[str, str]],
) -> dict[str, tuple[str, str]]:
    """Return the pages that a run lost: review_id → why, and the URL."""
    seen, pages = read
    lost = {review: bad[review] for review in (site.expected | site.locked) & bad.keys() - pages.keys()}
    lost |= {review: (_REPLACED, pages[review].url) for review in site.replaced(pages)}
    if run.is_complete:
        for review in site.expected - seen - lost.keys():
            names = (run.crawl_id, review, run.crawl_id, review)
            if not connection.execute(_NAMED, names).fetchone():
                lost[review] = _MISSING, site.urls[review]
    return lost


def _are_many(lost: int, judged: int, known: int) -> bool:
    fewest, share = limits("earned")
    return lost >= min(fewest, max(2, known)) and 100 * lost > share * judged
