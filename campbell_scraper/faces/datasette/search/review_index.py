"""What reviews are filtered and sorted by, as sets, which are fast to count; read once for each state of the data."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3

FACETS: Final = {
    "group": "Coordinating group",
    "type": "Type of document",
    "stage": "Stage",
    "language": "Language of a summary",
    "status": "Status",
}
"""What reviews are filtered by besides their year: name in addresses → label."""
UNKNOWN: Final = "none"
"""The value, in addresses, of what a page does not say."""
NEWEST: Final = "newest"
SORTS: Final = {NEWEST: "Newest first", "oldest": "Oldest first", "title": "Title", "author": "First author"}
_ROWS = """
SELECT r.rowid, r.review_id, r.stage, r.status, r.published_date, r.title,
  (SELECT coalesce(a.family, a.name) FROM review_authors ra JOIN authors a USING (author_id)
    WHERE ra.review_id = r.review_id ORDER BY ra.position LIMIT 1)
FROM reviews r ORDER BY r.review_id"""
_MANY = {
    "group": "SELECT r.rowid, g.name FROM review_groups g JOIN reviews r USING (review_id)",
    "type": "SELECT r.rowid, t.name FROM review_document_types t JOIN reviews r USING (review_id)",
    "language": "SELECT DISTINCT r.rowid, s.language FROM summaries s JOIN reviews r USING (review_id)",
}


@dataclass(frozen=True, slots=True)
class ReviewIndex:
    """All reviews that may be shown; a place is a rowid of ``reviews``."""

    names: dict[int, str]
    """Place → review_id."""
    values: dict[str, dict[str, set[int]]]
    """Facet, or year → value → places."""
    orders: dict[str, list[int]]
    """Name of a sort order → all places; withdrawn reviews last."""
    withdrawn: set[int]


def load_index(connection: sqlite3.Connection) -> ReviewIndex:
    """Return the index of a library."""
    rows = [tuple(row) for row in connection.execute(_ROWS)]
    values: dict[str, dict[str, set[int]]] = {name: defaultdict(set) for name in (*FACETS, "year")}
    for place, _, stage, status, published, *_ in rows:
        values["stage"][stage or UNKNOWN].add(place)
        values["status"][status].add(place)
        values["year"][(published or UNKNOWN)[:4]].add(place)
    for name, sql in _MANY.items():
        for place, value in connection.execute(sql):
            values[name][value].add(place)
        if rest := {row[0] for row in rows}.difference(*values[name].values()):
            values[name][UNKNOWN] |= rest
    withdrawn = set(values["status"].get("withdrawn", ()))

    def order(sort: str) -> list[int]:
        keys = {
            NEWEST: lambda row: row[4] or "",
            "oldest": lambda row: row[4] or "9999",
            "title": lambda row: (row[5] or row[1]).casefold(),
            "author": lambda row: (row[6] is None, (row[6] or "").casefold()),
        }
        by_key = sorted(rows, key=keys[sort], reverse=sort == NEWEST)
        return [row[0] for row in sorted(by_key, key=lambda row: row[0] in withdrawn)]

    return ReviewIndex(
        {row[0]: row[1] for row in rows},
        {name: dict(sorted(found.items())) for name, found in values.items()},
        {name: order(name) for name in SORTS},
        withdrawn,
    )
