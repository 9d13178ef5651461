"""The home page: what the library holds, how it is, what is new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from campbell_scraper.faces.datasette.queries import QUERIES

from .plots import plot_rows
from .review_page import language_name, rows_of

if TYPE_CHECKING:
    import sqlite3

_COUNTS = (
    ("reviews", "SELECT count(*) FROM reviews", "/-/reviews"),
    ("works", "SELECT count(DISTINCT work_id) FROM reviews", "works"),
    ("summaries", "SELECT count(*) FROM summaries WHERE NOT is_placeholder", "summaries"),
    ("languages", "SELECT count(DISTINCT language) FROM summaries", "summaries?_facet=language"),
    ("sections", "SELECT count(*) FROM sections", "sections"),
    ("facts with their sentences", "SELECT count(*) FROM evidence_facts", "evidence_facts"),
    ("PDFs with text", "SELECT count(*) FROM files WHERE text IS NOT NULL", "files"),
    ("captures", "SELECT count(*) FROM captures", "captures"),
)
_HEALTH = (
    ("failed requests", "SELECT count(*) FROM captures WHERE outcome = 'failed' AND crawl_id = :crawl",
     "captures?outcome=failed"),
    ("unrecognised values", "SELECT count(*) FROM unhandled WHERE crawl_id = :crawl", "unhandled"),
    ("reviews gone from the site", "SELECT count(*) FROM reviews WHERE status = 'gone'", "reviews?status=gone"),
    ("reviews withdrawn", "SELECT count(*) FROM reviews WHERE status = 'withdrawn'", "reviews?status=withdrawn"),
    ("PDFs without text", "SELECT count(*) FROM files WHERE capture_id IS NOT NULL AND text IS NULL",
     "files?text__isnull=1"),
)  # fmt: skip

_EXCHANGES = "SELECT count(*) FROM captures WHERE crawl_id = :crawl"
_NEWEST = 5
"""Works listed as published last."""


def load_home(connection: sqlite3.Connection) -> dict[str, Any]:
    """Return what the home page shows."""
    crawl = rows_of(connection, "SELECT * FROM crawls ORDER BY started_at DESC LIMIT 1")
    parameters = {"crawl": crawl[0]["crawl_id"] if crawl else None}
    return {
        "counts": [(connection.execute(sql).fetchone()[0], text, where) for text, sql, where in _COUNTS],
        "crawl": crawl[0] if crawl else None,
        "exchanges": connection.execute(_EXCHANGES, parameters).fetchone()[0],
        "health": [(text, connection.execute(sql, parameters).fetchone()[0], where) for text, sql, where in _HEALTH],
        "coverage": plot_rows(connection, "coverage"),
        "groups": rows_of(
            connection,
            "SELECT g.name, count(*) AS reviews FROM review_groups g JOIN reviews USING (review_id) GROUP BY g.name "
            "ORDER BY g.name",
        ),
        "languages": [
            row | {"name": language_name(row["language"])}
            for row in rows_of(
                connection,
                "SELECT language, count(DISTINCT review_id) AS reviews FROM summaries GROUP BY 1 ORDER BY 2 DESC, 1",
            )
        ],
        "newest": _newest(connection),
        "queries": QUERIES,
    }


def _newest(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Return the five works published last.

    Page by page, each looked up in its own work: to rank the pages of all works first takes fifty times as long.
    """
    newest: list[dict[str, Any]] = []
    dated = connection.execute(
        "SELECT review_id, work_id FROM reviews WHERE published_date IS NOT NULL "
        "ORDER BY published_date DESC, review_id"
    )
    for review_id, work_id in dated:
        newest += rows_of(
            connection,
            "SELECT review_id, title, stage, status, published_date FROM works WHERE work_id = ? AND review_id = ?",
            work_id,
            review_id,
        )
        if len(newest) == _NEWEST:
            break
    return newest
