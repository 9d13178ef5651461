"""Where a field's value comes from: the representation that said it, and the captures that showed it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from .composing import hollow, sources
from .losses import BELIEVED
from .stated import kept_fields, stated
from .vanished import class_of, load_vanished

if TYPE_CHECKING:
    import sqlite3

    from .composing import Content


_SIGHTINGS = f"""SELECT representation, capture_id, captured_at, crawl_id, content_hash, record
    FROM _representations r JOIN _contents USING (content_hash) WHERE review_id = ? AND {BELIEVED}
    ORDER BY captured_at, capture_id"""  # noqa: S608 - constant


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
    """Return the source of each field in the review's latest record; empty if there is no such review.

    Fields are those of ``review_versions.record`` (``title``, ``authors``, ``summaries``, …) but for ``status``.
    """
    believed = load_vanished(connection)
    seen: dict[str, _Seen] = {}
    for representation, capture_id, captured_at, crawl_id, content_hash, record in connection.execute(
        _SIGHTINGS, (review_id,)
    ):
        before, source = seen.get(representation), (representation, capture_id, captured_at)
        same = before is not None and before.content_hash == content_hash
        since = before.source[3:] if before is not None and same else source[1:]
        now = _Seen(content_hash, FieldSource(*source, *since), json.loads(record), {})
        if before is not None:
            if hollow(now.content) and not hollow(before.content):
                continue
            vanished = believed.get((crawl_id or "", class_of(representation)), frozenset())
            now = now.keeping(before, kept_fields(stated(before.content), stated(now.content), vanished))
        seen[representation] = now
    said = {representation: one.content for representation, one in seen.items()}
    return {name: seen[one].kept.get(name, seen[one].source) for name, one in sources(said).items()}


class _Seen(NamedTuple):
    """What a representation says after one of its sightings."""

    content_hash: str
    source: FieldSource
    content: Content
    kept: dict[str, FieldSource]
    """Sources of the fields that this sighting lacks and an earlier one had (``vanished``)."""

    def keeping(self, before: _Seen, names: frozenset[str]) -> _Seen:
        """Return the same with some fields as they were before."""
        content = {**self.content, **{name: before.content.get(name) for name in names}} if names else self.content
        kept = {name: before.kept.get(name, before.source) for name in names}
        return self._replace(content=content, kept=kept)
