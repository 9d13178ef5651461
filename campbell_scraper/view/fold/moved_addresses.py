"""Addresses that redirect permanently to another review's page: their own page is gone (rules 6 and 8).

A redirect is a fact about the address, like 404: the page counts as gone at once, and its history says where the
redirect leads. Whether the work lives on there is decided in ``works``. Only addresses that had a page of their own can
lose it; a redirect to a page that is not a review (a site closed down, a start page) says nothing about one review.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from campbell_scraper.view.database.writing import write_values
from campbell_scraper.view.keys import review_key, url_identity
from campbell_scraper.view.schema.internal_tables import SignalRow

from .composing import PROTECTED

if TYPE_CHECKING:
    import sqlite3

MAX_HOPS = 10
"""Longer chains of redirects are not followed."""
_REDIRECTS = """SELECT captured_at, capture_id, crawl_id, url, redirect_to, status FROM captures
    WHERE redirect_to IS NOT NULL AND error IS NULL ORDER BY captured_at, capture_id"""
_OWN = f"""SELECT DISTINCT address, representation FROM _representations
    WHERE representation IN ('item', 'rest', '{PROTECTED}item', '{PROTECTED}rest')"""  # noqa: S608 - constants
"""A page behind a password counts as one too."""
_PERMANENT = frozenset({301, 308})


def update_moved(connection: sqlite3.Connection) -> list[str]:
    """Bring the signals of moved addresses up to date; return the reviews whose signals changed."""
    redirects = connection.execute(_REDIRECTS).fetchall()
    wanted: set[tuple[Any, ...]] = set()
    if redirects:
        own: dict[str, set[str]] = {}
        for address, name in connection.execute(_OWN):
            own.setdefault(name.removeprefix(PROTECTED), set()).add(address)
        pages, with_page = own.get("item", set()), own.get("item", set()) | own.get("rest", set())
        leads = {review_key(url): review_key(target) for _, _, _, url, target, _ in redirects}
        for at, capture_id, crawl_id, url, target, status in redirects:
            source = review_key(url)
            if status in _PERMANENT and source in with_page:
                end = _end(review_key(target), leads, pages)
                if end is not None and end != source:
                    wanted.add((source, at, "moved", capture_id, crawl_id, url_identity(url), None))
    return sorted(replace_signals(connection, "moved", wanted))


def replace_signals(connection: sqlite3.Connection, kind: str, wanted: set[tuple[Any, ...]]) -> set[str]:
    """Replace the signals of a kind by those wanted; return the reviews whose signals changed.

    A signal is the values of all its columns.
    """
    present = set(connection.execute("SELECT * FROM _signals WHERE kind = ?", (kind,)))
    connection.executemany(
        "DELETE FROM _signals WHERE review_id = ? AND at = ? AND kind = ? AND capture_id = ?",
        [row[:4] for row in present - wanted],
    )
    write_values(connection, SignalRow, sorted(wanted - present, key=str))
    return {row[0] for row in present ^ wanted}


def _end(address: str, leads: dict[str, str], pages: set[str]) -> str | None:
    """Return the review whose page a redirect ends at; None if it ends elsewhere."""
    for _ in range(MAX_HOPS):
        if address in pages:
            return address
        if address not in leads:
            return None
        address = leads[address]
    return None
