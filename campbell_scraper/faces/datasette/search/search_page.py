"""The search page: reviews and PDFs that have all the words, with the places where they stand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from campbell_scraper.faces.datasette.pages.review_page import language_name

from .fulltext_query import Query, count_hits, parse, snippet

if TYPE_CHECKING:
    import sqlite3

PAGE = 20
"""Reviews on one page of results."""
_PLACES = 3
"""Sections shown of one review."""
_MAX_PDFS = 20
MOST = 2_000
"""Matches that are listed, and ranked by all their words: words in more reviews than that tell them apart no better,
and to count how often each occurs is what takes time."""
_MOST_FILES = 500
"""PDFs that are ranked: their texts are long, and each place of a word counts."""
_SHORT = "{title headline authors doi}"
# Weights: title, headline, brief, authors, doi, text, grams.
_RANKED = """
SELECT place FROM (SELECT rowid AS place, bm25(reviews_fts, 10, 5, 4, 6, 8, 1, 1) AS score FROM reviews_fts
  WHERE reviews_fts MATCH ? LIMIT ?) ORDER BY score, place"""
_BY_DATE = """
SELECT rowid FROM reviews WHERE rowid IN (SELECT rowid FROM reviews_fts WHERE reviews_fts MATCH ?)
ORDER BY published_date DESC, rowid LIMIT ?"""
_REVIEWS = """
SELECT r.review_id, r.title, r.stage, r.status, r.published_date, r.headline, r.brief, r.doi,
  (SELECT group_concat(name, '; ') FROM (SELECT a.name FROM review_authors ra JOIN authors a USING (author_id)
    WHERE ra.review_id = r.review_id ORDER BY ra.position)) AS authors
FROM json_each(?) wanted JOIN reviews r ON r.rowid = wanted.value ORDER BY wanted.key"""
_SECTIONS = """
SELECT s.position, s.heading, s.text, s.kind, m.position AS summary, m.language
FROM sections s JOIN summaries m USING (summary_id) WHERE s.review_id = ? ORDER BY m.position, s.position"""
_FILES = """
SELECT f.url, f.label, f.language, f.pages, f.text, f.review_id, f.page_url, r.title
FROM (SELECT * FROM (SELECT rowid AS place, bm25(files_fts) AS score FROM files_fts WHERE files_fts MATCH ? LIMIT ?)
  ORDER BY score LIMIT ?)
JOIN files f ON f.rowid = place LEFT JOIN reviews r USING (review_id) ORDER BY score"""


def find(connection: sqlite3.Connection, typed: str, page: int = 1) -> dict[str, Any]:
    """Return what the search page shows. Any text is a query; one without letters or digits finds nothing."""
    query = parse(typed)
    result: dict[str, Any] = {
        "typed": typed, "searched": bool(query.match), "total": 0, "reviews": [], "files": [], "page": page, "pages": 0,
        "most": MOST,
    }  # fmt: skip
    if not query.match:
        return result
    count = "SELECT count(*) FROM reviews_fts WHERE reviews_fts MATCH ?"
    result["total"] = connection.execute(count, (query.match,)).fetchone()[0]
    result["pages"] = -(-min(result["total"], MOST) // PAGE)
    places = json.dumps(_places(connection, query, result["total"])[(page - 1) * PAGE : page * PAGE])
    result["reviews"] = [_review(connection, query, dict(row)) for row in connection.execute(_REVIEWS, (places,))]
    if page == 1:
        result["files"] = [
            _file(query, dict(row)) for row in connection.execute(_FILES, (query.match, _MOST_FILES, _MAX_PDFS))
        ]
    return result


def _places(connection: sqlite3.Connection, query: Query, total: int) -> list[int]:
    """Return the rows of the reviews found, the best first.

    Of more than MOST first those that say it in a few words, the best first, then the newest.
    """
    if total <= MOST:
        return [row[0] for row in connection.execute(_RANKED, (query.match, MOST))]
    found = [*connection.execute(_RANKED, (f"{_SHORT} : ({query.match})", MOST))]
    if len(found) < MOST:
        found += connection.execute(_BY_DATE, (query.match, MOST))
    return list(dict.fromkeys(row[0] for row in found))[:MOST]


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
