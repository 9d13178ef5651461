"""Where a field's value comes from: the representation that said it, and the captures that showed it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from .compose import sources

if TYPE_CHECKING:
    import sqlite3

    from .compose import Content


class FieldSource(NamedTuple):
    """Who says what a review's latest record has in a field."""

    representation: str
    """"item", "rest", "alias:<path>" or "listing:<path>"."""
    capture_id: str
    """Newest capture of that representation: the value stands in its payload."""
    captured_at: str
    since_capture_id: str
    """First capture from which on that representation said just what it says now."""
    since: str


def field_sources(connection: sqlite3.Connection, review_id: str) -> dict[str, FieldSource]:
    """Give for each field present in the review's latest record where it comes from; empty if there is no such review.

    Fields are those of ``review_versions.record`` (``title``, ``authors``, ``summaries``, …) but for ``status``.
    """
    newest: dict[str, tuple[str, FieldSource]] = {}
    for representation, capture_id, captured_at, content_hash in connection.execute(
        "SELECT representation, capture_id, captured_at, content_hash FROM _representations WHERE review_id = ? "
        "ORDER BY captured_at, capture_id",
        (review_id,),
    ):
        before = newest.get(representation)
        same = before is not None and before[0] == content_hash
        since = before[1][3:] if before is not None and same else (capture_id, captured_at)
        newest[representation] = content_hash, FieldSource(representation, capture_id, captured_at, *since)
    said: dict[str, Content] = {
        representation: json.loads(
            connection.execute("SELECT record FROM _contents WHERE content_hash = ?", (content_hash,)).fetchone()[0]
        )
        for representation, (content_hash, _) in newest.items()
    }
    return {name: newest[representation][1] for name, representation in sources(said).items()}
