"""Rows written by sqlite-utils, and how rows with the same key are merged where that depends on their values."""

# ruff: noqa: S608 - names of tables and columns are the schema's own, values are bound

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

from campbell_scraper.view.lean_imports import without
from campbell_scraper.view.schema import internal_tables as internal
from campbell_scraper.view.schema import log_tables as log
from campbell_scraper.view.schema import review_tables as reviews
from campbell_scraper.view.schema.table_model import Row

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from sqlite_utils import Database


def _upsert(kind: type[Row], where: str = "", **merged: str) -> str:
    """Return the statement that writes ``merged`` (column → expression), or all columns but the key, over a row."""
    name, names, key = kind.table.name, kind.table.names, kind.table.key
    merged = merged or {column: f"excluded.{column}" for column in names if column not in key}
    return (
        f"INSERT INTO {name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))}) "
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {', '.join(f'{one} = {what}' for one, what in merged.items())}"
        + (f" WHERE {where}" if where else "")
    )


_RANK = "CASE {}.how WHEN 'canonical' THEN 0 WHEN 'redirect' THEN 1 ELSE 2 END"
_DECIDED = "({0}.decision = 'fetched', {0}.noted_at, coalesce({0}.capture_id, ''), {0}.decision, coalesce({0}.via, ''))"
_LATER = f"CASE WHEN {_DECIDED.format('excluded')} > {_DECIDED.format('discovered')} THEN excluded"
_UPSERTS: Final[dict[type[Row], str]] = {
    # One capture may be read from several files (a WACZ of our own archive): the first place by name is kept.
    log.CaptureRow: _upsert(
        log.CaptureRow, "(excluded.warc_file, excluded.warc_offset) <= (captures.warc_file, captures.warc_offset)"
    ),
    log.DiscoveredRow: _upsert(
        log.DiscoveredRow,
        hint_modified="nullif(max(coalesce(excluded.hint_modified, ''), coalesce(discovered.hint_modified, '')), '')",
        **{
            name: f"{_LATER}.{name} ELSE discovered.{name} END"
            for name in ("via", "decision", "capture_id", "noted_at")
        },
    ),
    # Which work a review belongs to is decided among all reviews: work_id and matched_by stay.
    reviews.ReviewRow: _upsert(
        reviews.ReviewRow,
        **{
            column.name: f"excluded.{column.name}"
            for column in reviews.ReviewRow.table.columns
            if column.name not in {"review_id", "work_id", "matched_by"}
        },
    ),
    reviews.ReviewUrlRow: _upsert(reviews.ReviewUrlRow, f"{_RANK.format('excluded')} < {_RANK.format('review_urls')}"),
    internal.AddressRow: _upsert(internal.AddressRow, "excluded.how = 'canonical'"),
    internal.FileTextRow: _upsert(
        internal.FileTextRow,
        "(excluded.error IS NULL, excluded.captured_at, excluded.capture_id) "
        "> (_file_texts.error IS NULL, _file_texts.captured_at, _file_texts.capture_id)",
    ),
    internal.PostFilesRow: _upsert(
        internal.PostFilesRow,
        "(excluded.captured_at, excluded.capture_id) > (_post_files.captured_at, _post_files.capture_id)",
    ),
}
"""Statements for tables whose rows are merged under a condition, which upsert_all() cannot express."""


def utils(connection: sqlite3.Connection) -> Database:
    """Return a connection wrapped for sqlite-utils. Only processes that write import the library."""
    with without("pandas"):  # which takes a second to import
        from sqlite_utils import Database  # noqa: PLC0415
    return Database(connection, recursive_triggers=False, execute_plugins=False)


def write(connection: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """Write rows of one table, inside the caller's transaction."""
    ahead = iter(rows)
    for first in islice(ahead, 1):
        write_values(connection, type(first), (row.values() for row in chain([first], ahead)))


def write_values(connection: sqlite3.Connection, kind: type[Row], values: Iterable[Sequence[Any]]) -> None:
    """Write rows of one table, given as the values of all its columns in their order."""
    if kind in _UPSERTS:
        connection.executemany(_UPSERTS[kind], values)
    else:
        utils(connection).table(kind.table.name).insert_all(
            chain([kind.table.names], values), ignore=kind.table.stays == "first", replace=kind.table.stays == "last"
        )
