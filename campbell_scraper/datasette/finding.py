"""The search page: reviews and PDFs that have all the words, with the places where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .fulltext import Query, count_hits, parse, snippet
from .reading import language_name

if TYPE_CHECKING:
    import sqlite3

PAGE = 20
"""Reviews on one page of results."""
_PLACES = 3
"""Sections shown of one review."""
_MAX_PDFS = 20
# Weights: title, headline, brief, authors, doi, text, grams.
_REVIEWS = """
SELECT r.review_id, r.title, r.stage, r.status, r.published_date, r.headline, r.brief, r.doi,
  (SELECT group_concat(name, '; ') FROM (SELECT a.name FROM review_authors ra JOIN authors a USING (author_id)
    WHERE ra.review_id = r.review_id ORDER BY ra.position)) AS authors
FROM (SELECT rowid AS place, bm25(reviews_fts, 10, 5, 4, 6, 8, 1, 1) AS score FROM reviews_fts
  WHERE reviews_fts MATCH :match ORDER BY score LIMIT :limit OFFSET :offset) JOIN reviews r ON r.rowid = place
ORDER BY score"""
_SECTIONS = """
SELECT s.position, s.heading, s.text, s.kind, m.position AS summary, m.language
FROM sections s JOIN summaries m USING (summary_id) WHERE s.review_id = ? ORDER BY m.position, s.position"""
_FILES = """
SELECT f.url, f.label, f.language, f.pages, f.text, f.review_id, f.page_url, r.title
FROM (SELECT rowid AS place, rank AS score FROM files_fts WHERE files_fts MATCH ? ORDER BY rank LIMIT ?)
JOIN files f ON f.rowid = place LEFT JOIN reviews r USING (review_id) ORDER BY score"""


def find(connection: sqlite3.Connection, typed: str, page: int = 1) -> dict[str, Any]:
    """Give what the search page shows. Any text is a query; one without letters or digits finds nothing."""
    query = parse(typed)
    result: dict[str, Any] = {
        "typed": typed, "searched": bool(query.match), "total": 0, "reviews": [], "files": [], "page": page, "pages": 0,
    }  # fmt: skip
    if not query.match:
        return result
    count = "SELECT count(*) FROM reviews_fts WHERE reviews_fts MATCH ?"
    result["total"] = connection.execute(count, (query.match,)).fetchone()[0]
    result["pages"] = -(-result["total"] // PAGE)
    rows = connection.execute(_REVIEWS, {"match": query.match, "limit": PAGE, "offset": (page - 1) * PAGE}).fetchall()
    result["reviews"] = [_review(connection, query, dict(row)) for row in rows]
    if page == 1:
        result["files"] = [_file(query, dict(row)) for row in connection.execute(_FILES, (query.match, _MAX_PDFS))]
    return result


def _review(connection: sqlite3.Connection, query: Query, row: dict[str, Any]) -> dict[str, Any]:
    sections = [dict(one) for one in connection.execute(_SECTIONS, (row["review_id"],))]
    for section in sections:
        section["hits"] = 5 * count_hits(query, section["heading"]) + count_hits(query, section["text"])
    best = sorted((one for one in sections if one["hits"]), key=lambda one: -one["hits"])[:_PLACES]
    for section in best:
        section["name"] = language_name(section["language"])
        section["heading_pieces"] = snippet(query, section["heading"], whole=True)
        section["pieces"] = snippet(query, section["text"])
    row["places"] = best
    row["title_pieces"] = snippet(query, row["title"] or row["review_id"], whole=True)
    row["author_pieces"] = snippet(query, row["authors"], whole=True)
    lead = next((row[name] for name in ("brief", "headline") if count_hits(query, row[name])), None)
    lead = lead or (None if best else row["brief"] or row["headline"])
    row["lead_pieces"] = snippet(query, lead) if lead else []
    return row


def _file(query: Query, row: dict[str, Any]) -> dict[str, Any]:
    row["pieces"] = snippet(query, row["text"])
    row["language"] = language_name(row["language"]) if row["language"] else None
    return row
