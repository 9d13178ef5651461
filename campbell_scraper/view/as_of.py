"""The library as it stood on a day, from the complete records of its versions."""

# ruff: noqa: S608 - names of tables and columns are the schema's own, values are bound

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from campbell_scraper.view.database.writing import write_values
from campbell_scraper.view.fold.corrections import load_corrections
from campbell_scraper.view.fold.materialise import put_review
from campbell_scraper.view.fold.refolding import FLUSH
from campbell_scraper.view.log.row_buffer import Rows
from campbell_scraper.view.schema.internal_tables import FileTextRow, PostFilesRow
from campbell_scraper.view.schema.log_tables import CaptureRow, CrawlRow
from campbell_scraper.view.schema.review_tables import ReviewUrlRow
from campbell_scraper.view.schema.table_model import Row

from .store import Store

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from campbell_scraper.view.fold.composing import Record

_VALID = """SELECT review_id, version, valid_from, capture_id, record FROM review_versions
    WHERE valid_from <= :at AND (valid_to IS NULL OR valid_to > :at) ORDER BY review_id"""
_LOG: dict[type[Row], str] = {
    CrawlRow: "started_at IS NULL OR started_at <= :at",
    CaptureRow: "captured_at <= :at",
    FileTextRow: "captured_at <= :at",
    PostFilesRow: "captured_at <= :at",
    ReviewUrlRow: "review_id IN (SELECT review_id FROM review_versions WHERE valid_from <= :at)",
}
"""Rows that a snapshot copies unchanged: their class → condition."""
_SEEN = """SELECT min(captured_at), max(captured_at),
    (SELECT capture_id FROM _representations s WHERE s.review_id = r.review_id AND s.captured_at <= :at
     ORDER BY captured_at DESC, capture_id DESC LIMIT 1)
    FROM _representations r WHERE review_id = :review AND captured_at <= :at"""


class State(NamedTuple):
    """A review as it stood."""

    review_id: str
    version: int
    valid_from: str
    capture_id: str | None
    record: Record
    """The complete record; its ``status`` says whether the page was there."""


def states(connection: sqlite3.Connection, at: str) -> Iterator[State]:
    """Yield every review that was known at a time (written as in the database), by review_id."""
    for review_id, version, valid_from, capture_id, record in connection.execute(_VALID, {"at": at}):
        yield State(review_id, version, valid_from, capture_id, json.loads(record))


def snapshot(store: Store, at: str, path: Path) -> int:
    """Write a database (a new file) of the library as it stood, for exports and SQL; return the number of reviews.

    It has the reviews' rows, crawls and captures as of then. It has no versions or changes, and no pages that are not
    reviews: of those the database keeps only the newest state.
    """
    live = store.connection
    with Store.open(path, library=store.library, bulk=True) as copy:
        rows = Rows(copy.connection)
        corrections = load_corrections(live)
        count = 0
        with copy.transaction():
            for kind, where in _LOG.items():
                cursor = live.execute(f"SELECT * FROM {kind.table.name} WHERE {where}", {"at": at})
                write_values(copy.connection, kind, cursor)
            for state in states(live, at):
                first, last, shown_by = live.execute(_SEEN, {"at": at, "review": state.review_id}).fetchone()
                put_review(
                    rows,
                    state.review_id,
                    state.record,
                    corrections.get(state.review_id, ()),
                    first_seen=first,
                    last_seen=last,
                    last_changed=state.valid_from,
                    version=state.version,
                    capture_id=state.capture_id or shown_by,
                )
                count += 1
                if rows.count >= FLUSH:
                    rows.flush()
            rows.flush()
            # Captures are chosen by captured_at; a restored one may be older than the start of its crawl.
            copy.connection.execute(
                "INSERT OR IGNORE INTO crawls (crawl_id) SELECT DISTINCT crawl_id FROM captures "
                "WHERE crawl_id IS NOT NULL"
            )
        copy.finish(identity=store.path.parent / "identity.csv")
    return count
