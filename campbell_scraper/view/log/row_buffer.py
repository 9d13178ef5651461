"""Rows on their way into the database: buffered by table, written by executemany in the order foreign keys need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from campbell_scraper.view.schema import BY_NAME, TABLES

if TYPE_CHECKING:
    import sqlite3

Row = tuple[Any, ...]


def _insert(table: str, verb: str = "INSERT") -> str:
    names = BY_NAME[table].names
    columns = ", ".join(f'"{name}"' for name in names)
    return f"{verb} INTO {table} ({columns}) VALUES ({', '.join('?' * len(names))})"


def _upsert(table: str, *, keep: tuple[str, ...] = (), newer: str = "") -> str:
    """Give an upsert that writes all columns but the key and ``keep``, where ``newer`` holds."""
    described = BY_NAME[table]
    written = [name for name in described.names if name not in described.key and name not in keep]
    assignments = ", ".join(f'"{name}" = excluded."{name}"' for name in written)
    key = ", ".join(f'"{name}"' for name in described.key)
    where = f" WHERE {newer}" if newer else ""
    return f"{_insert(table)} ON CONFLICT ({key}) DO UPDATE SET {assignments}{where}"


_IGNORE = "INSERT OR IGNORE"
_RANK = "CASE {}.how WHEN 'canonical' THEN 0 WHEN 'redirect' THEN 1 ELSE 2 END"
_DECIDED = "({0}.decision = 'fetched', {0}.noted_at, coalesce({0}.capture_id, ''), {0}.decision, coalesce({0}.via, ''))"
_HINT = "nullif(max(coalesce(excluded.hint_modified, ''), coalesce(discovered.hint_modified, '')), '')"
STATEMENTS = {table.name: _insert(table.name) for table in TABLES} | {
    # One capture may be read from several files (a WACZ of our own archive): the first place by name is kept.
    "captures": _upsert(
        "captures",
        newer="(excluded.warc_file, excluded.warc_offset) <= (captures.warc_file, captures.warc_offset)",
    ),
    "discovered": (
        f"{_insert('discovered')} ON CONFLICT (crawl_id, url) DO UPDATE SET hint_modified = {_HINT}, "
        + ", ".join(
            f"{name} = CASE WHEN {_DECIDED.format('excluded')} > {_DECIDED.format('discovered')} "
            f"THEN excluded.{name} ELSE discovered.{name} END"
            for name in ("via", "decision", "capture_id", "noted_at")
        )
    ),
    "unhandled": _insert("unhandled", _IGNORE),
    "reviews": _upsert("reviews", keep=("work_id", "matched_by")),
    "review_urls": _upsert("review_urls", newer=f"{_RANK.format('excluded')} < {_RANK.format('review_urls')}"),
    "authors": _insert("authors", _IGNORE),
    "coordinating_groups": _insert("coordinating_groups", _IGNORE),
    "document_types": _insert("document_types", _IGNORE),
    "review_groups": _insert("review_groups", _IGNORE),
    "review_document_types": _insert("review_document_types", _IGNORE),
    "files": _insert("files", _IGNORE),
    "_contents": _insert("_contents", _IGNORE),
    "_representations": _insert("_representations", _IGNORE),
    "_addresses": _upsert("_addresses", newer="excluded.how = 'canonical'"),
    "_aliases": _insert("_aliases", _IGNORE),
    "_signals": _insert("_signals", _IGNORE),
    "_file_texts": _upsert(
        "_file_texts",
        newer="(excluded.error IS NULL, excluded.captured_at, excluded.capture_id) "
        "> (_file_texts.error IS NULL, _file_texts.captured_at, _file_texts.capture_id)",
    ),
    "_post_files": _upsert(
        "_post_files",
        newer="(excluded.captured_at, excluded.capture_id) > (_post_files.captured_at, _post_files.capture_id)",
    ),
    "_warc_files": _upsert("_warc_files"),
    "_pending": _insert("_pending", _IGNORE),
}


class Rows:
    """A buffer of rows."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._waiting: dict[str, list[Row]] = {table.name: [] for table in TABLES}
        self.count = 0
        """Rows waiting."""

    def add(self, table: str, row: Row) -> None:
        """Take a row: values of all columns, in their order."""
        self._waiting[table].append(row)
        self.count += 1

    def extend(self, table: str, rows: list[Row]) -> None:
        """Take several rows of one table."""
        self._waiting[table] += rows
        self.count += len(rows)

    def flush(self) -> None:
        """Write all rows."""
        if not self.count:
            return
        for table, rows in self._waiting.items():
            if rows:
                self._connection.executemany(STATEMENTS[table], rows)
                rows.clear()
        self.count = 0

    def discard(self) -> None:
        """Forget all rows, after a transaction was rolled back."""
        for rows in self._waiting.values():
            rows.clear()
        self.count = 0
