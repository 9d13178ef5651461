"""Absence shown by discoveries: what two successive complete discoveries of one source did not list.

A Wayback crawl lists what its archive holds, not what the site has: it shows no absence. See rule 8 in
docs/architecture.md.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from campbell_scraper.view.keys import review_key

from .moved_addresses import replace_signals

if TYPE_CHECKING:
    import sqlite3

_NO_DISCOVERY = "wayback"


class CompleteDiscovery(NamedTuple):
    """A crawl that read every list of reviews to its end."""

    started_at: str
    crawl_id: str
    finished_at: str


def update_missing(connection: sqlite3.Connection) -> list[str]:
    """Bring the signals of absence up to date; return the reviews whose signals changed.

    All are made anew: what a run may conclude, and which addresses are a review's, may be known later.
    """
    wanted: set[tuple[Any, ...]] = set()
    sources = connection.execute(
        "SELECT DISTINCT source FROM crawls WHERE discovery_complete = 1 AND source IS NOT NULL AND source <> ?",
        (_NO_DISCOVERY,),
    ).fetchall()
    for (source,) in sources:
        discoveries = [
            CompleteDiscovery(*row)
            for row in connection.execute(
                "SELECT started_at, crawl_id, coalesce(finished_at, started_at) FROM crawls WHERE source = ? "
                "AND discovery_complete = 1 AND started_at IS NOT NULL ORDER BY started_at, crawl_id",
                (source,),
            )
        ]
        wanted |= _absent(connection, source, list(pairwise(discoveries)))
    return sorted(replace_signals(connection, "missing", wanted))


def _absent(
    connection: sqlite3.Connection, source: str, pairs: list[tuple[CompleteDiscovery, CompleteDiscovery]]
) -> set[tuple[Any, ...]]:
    """Return the signals of reviews that neither of two successive discoveries had, though known before."""
    if not pairs:
        return set()
    first_sight = connection.execute(
        "SELECT min(captured_at), review_id FROM _representations JOIN crawls USING (crawl_id) WHERE source = ? "
        "GROUP BY review_id ORDER BY 1",
        (source,),
    ).fetchall()
    own = {row[0] for row in connection.execute("SELECT address FROM _representations WHERE representation = 'item'")}
    addresses: dict[str, set[str]] = {}
    for review_id, url in connection.execute(
        "SELECT review_id, url FROM _addresses JOIN (SELECT DISTINCT address, review_id FROM _representations) "
        "USING (address)"
    ):
        if (key := review_key(url)) == review_id or key not in own:  # a page once named another as its own by mistake
            addresses.setdefault(review_id, set()).add(key)
    absent: set[tuple[Any, ...]] = set()
    known: set[str] = set()
    place = 0
    seen_before = _reviews_seen(connection, pairs[0][0].crawl_id)
    for earlier, later in pairs:
        while place < len(first_sight) and first_sight[place][0] < earlier.started_at:
            known.add(first_sight[place][1])
            place += 1
        seen = _reviews_seen(connection, later.crawl_id)
        either = seen | seen_before
        absent |= {
            (review, later.finished_at, "missing", "", later.crawl_id, "", earlier.started_at)
            for review in known - either
            if either.isdisjoint(addresses.get(review, ()))
        }
        seen_before = seen
    return absent


def _reviews_seen(connection: sqlite3.Connection, crawl_id: str) -> set[str]:
    seen = {
        row[0]
        for row in connection.execute("SELECT DISTINCT review_id FROM _representations WHERE crawl_id = ?", (crawl_id,))
    }
    urls = connection.execute("SELECT url FROM discovered WHERE crawl_id = ?", (crawl_id,))
    return seen | {review_key(row[0]) for row in urls}
