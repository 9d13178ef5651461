"""The list of reviews: those selected, page by page; for a search also where its words stand, and PDFs."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from campbell_scraper.faces.datasette.pages.review_page import language_name, rows_of
from campbell_scraper.faces.export.citations.citation import STAGE_NAMES

from .fulltext_query import Query
from .review_index import FACETS, UNKNOWN, ReviewIndex
from .selection import Selected, Selection, select
from .snippets import count_hits, snippet
from .suggestion import suggestion

if TYPE_CHECKING:
    import sqlite3

PAGE = 20
"""Reviews on one page."""
_PLACES = 3
"""Sections shown of one review."""
_MAX_PDFS = 20
_MOST_FILES = 500
"""PDFs that are ranked: their texts are long, and each place of a word counts."""
_SENTENCE = re.compile(r".+?[.?!](?=\s|$)", re.DOTALL)
_REVIEWS = """
SELECT r.review_id, r.title, r.stage, r.status, r.published_date, substr(r.published_date, 1, 4) AS year, r.doi,
  r.headline, r.brief,
  (SELECT group_concat(name, '; ') FROM (SELECT a.name FROM review_authors ra JOIN authors a USING (author_id)
    WHERE ra.review_id = r.review_id ORDER BY ra.position)) AS authors,
  (SELECT json_group_array(name) FROM (SELECT g.name FROM review_groups g
    WHERE g.review_id = r.review_id ORDER BY g.position)) AS groups,
  (SELECT json_group_array(name) FROM (SELECT t.name FROM review_document_types t
    WHERE t.review_id = r.review_id ORDER BY t.position)) AS types,
  (SELECT json_group_array(language) FROM (SELECT s.language FROM summaries s
    WHERE s.review_id = r.review_id GROUP BY s.language ORDER BY min(s.position))) AS languages
FROM json_each(?) wanted JOIN reviews r ON r.rowid = wanted.value ORDER BY wanted.key"""
_SECTIONS = """
SELECT s.review_id, s.position, s.heading, s.text, s.kind, m.position AS summary, m.language
FROM sections s JOIN summaries m USING (summary_id) WHERE s.review_id IN (SELECT value FROM json_each(?))
ORDER BY m.position, s.position"""
_FILES = """
SELECT f.url, f.label, f.language, f.pages, f.text, f.review_id, f.page_url, f.capture_id, r.title
FROM (SELECT * FROM (SELECT rowid AS place, bm25(files_fts) AS score FROM files_fts WHERE files_fts MATCH ? LIMIT ?)
  ORDER BY score LIMIT ?)
JOIN files f ON f.rowid = place LEFT JOIN reviews r USING (review_id) ORDER BY score"""


def find(
    connection: sqlite3.Connection, index: ReviewIndex, selection: Selection, page: int = 1, size: int = PAGE
) -> dict[str, Any]:
    """Return what a page of the list shows. Any text is a query; one without letters or digits finds nothing."""
    selected = select(connection, index, selection)
    query, total = selected.query, len(selected.places)
    reviews = _reviews(connection, selected.places[(page - 1) * size : page * size])
    if query.match:
        _show_places(connection, query, reviews)
    # A PDF has neither fields nor groups, years and languages.
    has_files = query.match and page == 1 and not query.has_fields and selection == Selection(selection.typed)
    files = rows_of(connection, _FILES, query.match, _MOST_FILES, _MAX_PDFS) if has_files else []
    return {
        "typed": selection.typed,
        "searched": bool(query.match or query.left_out),
        "total": total,
        "page": page,
        "pages": -(-total // size),
        "first": (page - 1) * size + 1,
        "meant": None if selected.matched or not query.match else suggestion(connection, query),
        "reviews": reviews,
        "files": [_file(query, row) for row in files],
        "facets": _facets(selected, selection),
    }


def value_name(facet: str, value: str) -> str:
    """Return what people call a value of a facet."""
    if value == UNKNOWN:
        return "not stated"
    if facet == "stage":
        return STAGE_NAMES.get(value, value).lower()
    return language_name(value) if facet == "language" else value


def _facets(selected: Selected, selection: Selection) -> dict[str, list[dict[str, Any]]]:
    """Return each facet's values with their numbers of reviews, the most frequent first; years the newest first."""
    facets: dict[str, list[dict[str, Any]]] = {}
    for name in (*FACETS, "year"):
        is_year = name == "year"
        chosen = {selection.since, selection.until} - {""} if is_year else set(selection.chosen.get(name, ()))
        counts = dict.fromkeys(chosen, 0) | selected.counts[name]
        facets[name] = [
            {"value": value, "name": value_name(name, value), "count": count, "chosen": value in chosen}
            for value, count in sorted(counts.items(), key=lambda one: (not is_year and -one[1], one[0]))
            if count or value in chosen
        ]
        if is_year:
            facets[name].reverse()
    return facets


def _reviews(connection: sqlite3.Connection, places: list[int]) -> list[dict[str, Any]]:
    reviews = rows_of(connection, _REVIEWS, json.dumps(places))
    for row in reviews:
        for name in ("groups", "types", "languages"):
            row[name] = json.loads(row[name])
        row["sentence"] = row["headline"] or _first_sentence(row["brief"])
    return reviews


def _first_sentence(text: str | None) -> str | None:
    match = _SENTENCE.match(text) if text else None
    return match[0] if match else text


def _show_places(connection: sqlite3.Connection, query: Query, reviews: list[dict[str, Any]]) -> None:
    """Add to reviews where the words stand in them."""
    sections = defaultdict(list)
    for section in rows_of(connection, _SECTIONS, json.dumps([row["review_id"] for row in reviews])):
        section["hits"] = 5 * count_hits(query, section["heading"]) + count_hits(query, section["text"])
        if section["hits"]:
            sections[section["review_id"]].append(section)
    for row in reviews:
        best = sorted(sections[row["review_id"]], key=lambda one: -one["hits"])[:_PLACES]
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


def _file(query: Query, row: dict[str, Any]) -> dict[str, Any]:
    row["pieces"] = snippet(query, row["text"])
    row["language"] = language_name(row["language"]) if row["language"] else None
    return row
