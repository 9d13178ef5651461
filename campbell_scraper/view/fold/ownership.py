"""Which review an address belongs to.

One item answers at many URLs, and its page names the canonical one. A listing links to whichever URL its menu knows, so
its block may have another address than the review. What was captured of such an address belongs to the review that its
page named last. An address that ever had a page of its own is a review of its own, whatever it names now.

``_representations.review_id`` is the owner, ``address`` what the URL itself says. The owner follows from all captures,
whatever the order they came in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from campbell_scraper.view.database.writing import write
from campbell_scraper.view.keys import review_key
from campbell_scraper.view.schema.review_tables import ReviewUrlRow

from .moved_addresses import MAX_HOPS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

MARK = "#"
"""Between a representation and the address it was found under, where that is not the review's own."""
_ADDRESSES = """SELECT a.address, a.url, a.how FROM _addresses a
    WHERE a.address IN (SELECT address FROM _representations WHERE review_id = ?)"""


def qualified(representation: str, address: str, owner: str) -> str:
    """Name a representation so that only the same address is compared with it."""
    return representation if address == owner else f"{representation}{MARK}{address}"


def owner_of(connection: sqlite3.Connection, address: str) -> str:
    """Return the review that an address belongs to, by all captures known; itself if no page says otherwise."""
    seen = {address}
    for _ in range(MAX_HOPS):
        named = _named(connection, address)
        if named is None or named in seen:
            return address
        address = named
        seen.add(named)
    return address


def _named(connection: sqlite3.Connection, address: str) -> str | None:
    """Return the review an address' page named last; None if it named none, or the address had a page of its own."""
    newest: tuple[str] | None = connection.execute(
        "SELECT review_id FROM _aliases WHERE address = ? ORDER BY captured_at DESC, capture_id DESC LIMIT 1",
        (address,),
    ).fetchone()
    return newest[0] if newest is not None and not has_own_page(connection, address) else None


def has_own_page(connection: sqlite3.Connection, address: str) -> bool:
    """Tell whether a page that was read at an address ever was the address's own."""
    own = (
        "SELECT 1 FROM _representations WHERE address = ? AND (representation = 'item' OR representation LIKE 'item#%')"
    )
    return connection.execute(f"{own} LIMIT 1", (address,)).fetchone() is not None


def concerned(connection: sqlite3.Connection, address: str) -> list[str]:
    """Return the address and all that reach their owner through it."""
    addresses, waiting = [address], [address]
    while waiting and len(addresses) < 1_000:
        pointing = connection.execute("SELECT DISTINCT address FROM _aliases WHERE review_id = ?", (waiting.pop(),))
        more = [row[0] for row in pointing if row[0] not in addresses]
        addresses += more
        waiting += more
    return addresses


def reassign(connection: sqlite3.Connection, address: str) -> set[str]:
    """Move what was captured of an address to its owner; return the reviews that gained or lost captures."""
    owner = owner_of(connection, address)
    rows = connection.execute(
        "SELECT review_id, captured_at, capture_id, representation FROM _representations "
        "WHERE address = ? AND review_id <> ?",
        (address, owner),
    ).fetchall()
    if not rows:
        return set()
    connection.executemany(
        "UPDATE _representations SET review_id = ?, representation = ? "
        "WHERE review_id = ? AND captured_at = ? AND capture_id = ? AND representation = ?",
        [(owner, qualified(row[3].split(MARK, 1)[0], address, owner), *row) for row in rows],
    )
    return {owner, *(row[0] for row in rows)}


def reassign_all(connection: sqlite3.Connection) -> None:
    """Run :func:`reassign` on every address, before reviews are folded for the first time."""
    for (address,) in connection.execute("SELECT DISTINCT address FROM _aliases ORDER BY address").fetchall():
        reassign(connection, address)


def reassign_pending(connection: sqlite3.Connection) -> set[str]:
    """Run :func:`reassign` on pending addresses that are or were another's; return the reviews concerned."""
    pending = "SELECT DISTINCT address FROM _aliases WHERE address IN (SELECT id FROM _pending WHERE kind = 'address')"
    moved: set[str] = set()
    for (address,) in connection.execute(f"{pending} ORDER BY address").fetchall():
        for one in concerned(connection, address):
            moved |= reassign(connection, one)
    return moved


def owners_of_pending(connection: sqlite3.Connection) -> set[str]:
    """Return the reviews that pending addresses belong to, and those still shown under these addresses."""
    shown = connection.execute("SELECT id FROM _pending JOIN reviews ON review_id = id WHERE kind = 'address'")
    pending = connection.execute("SELECT id FROM _pending WHERE kind = 'address'")
    return {row[0] for row in shown.fetchall()} | {owner_of(connection, row[0]) for row in pending.fetchall()}


def naming_pending(connection: sqlite3.Connection) -> set[str]:
    """Return the reviews among whose URLs is a pending address: it may have got a page of its own."""
    pending = {row[0] for row in connection.execute("SELECT id FROM _pending WHERE kind = 'address'")}
    named = connection.execute("SELECT DISTINCT review_id, url FROM _addresses JOIN _representations USING (address)")
    return {review_id for review_id, url in named if review_key(url) in pending}


def write_urls(connection: sqlite3.Connection, reviews: Iterable[str]) -> None:
    """Write ``review_urls`` of reviews anew, except the URLs that redirect there, which ``finish`` adds."""
    for review_id in reviews:
        connection.execute("DELETE FROM review_urls WHERE review_id = ?", (review_id,))
        named = connection.execute(_ADDRESSES, (review_id,)).fetchall()
        write(
            connection,
            [
                ReviewUrlRow(review_id=review_id, url=url, how=how if address == review_id else "alias")
                for address, url, how in named
                if how == "canonical" or review_key(url) == review_id or not has_own_page(connection, review_key(url))
            ],
        )
