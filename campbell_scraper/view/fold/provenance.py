"""Where a field's value comes from: the representation that said it, and the captures that showed it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from .composing import hollow, sources
from .run_conclusions import BELIEVED
from .stated_fields import kept_fields, stated
from .vanished_fields import class_of, load_vanished
from .version_fold import Sighting, rest_is_current

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
    """First capture since which that representation has said exactly what it says now."""
    since: str


def field_sources(connection: sqlite3.Connection, review_id: str) -> dict[str, FieldSource]:
    """Return the source of each field in the review's latest record; empty if there is no such review.

    Fields are those of ``review_versions.record`` (``title``, ``authors``, ``summaries``, …) but for ``status``.
    """
    believed = load_vanished(connection)
    contents: dict[str, Content] = {}
    hashes: dict[str, str] = {}
    latest: dict[str, FieldSource] = {}
    sightings: dict[str, Sighting] = {}
    kept: dict[str, dict[str, FieldSource]] = {}
    """Representation → sources of the fields that its latest sighting lacks and an earlier one had."""
    for name, capture_id, captured_at, crawl_id, content_hash, record in connection.execute(_SIGHTINGS, (review_id,)):
        now: Content = json.loads(record)
        since, lost = (capture_id, captured_at), frozenset[str]()
        if (last := latest.get(name)) is not None:
            if hollow(now) and not hollow(contents[name]):
                continue
            if hashes[name] == content_hash:
                since = last.since_capture_id, last.since
            vanished = believed.get((crawl_id or "", class_of(name)), frozenset())
            lost = kept_fields(stated(contents[name]), stated(now), vanished)
            kept[name] = {field: kept[name].get(field, last) for field in lost}
        else:
            kept[name] = {}
        contents[name] = now | {field: contents[name].get(field) for field in lost}
        hashes[name], latest[name] = content_hash, FieldSource(name, capture_id, captured_at, *since)
        sightings[name] = Sighting(
            at=captured_at, capture_id=capture_id, crawl_id=crawl_id, representation=name, content_hash=content_hash
        )
    by_field = sources(contents, rest_is_current=rest_is_current(sightings))
    return {field: kept[name].get(field, latest[name]) for field, name in by_field.items()}
