"""Compares two databases row by row and column by column.

``campbell verify --rebuild`` compares the live database with a rebuilt one, the tests compare crawls. Columns that may
differ are named here, each with its reason; everything else must be equal.
"""

# ruff: noqa: S608 - names of tables and columns are the schema's own, values are bound

from __future__ import annotations

import sqlite3
from contextlib import ExitStack, closing
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from campbell_scraper.view.database import open_readonly
from campbell_scraper.view.database.store_errors import translated_errors
from campbell_scraper.view.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from campbell_scraper.view.schema import Table

EXCLUDED: Mapping[str, str] = {
    "_warc_files": "bookkeeping of which files were read: a rebuild from other files notes others",
}
"""What a rebuild of the same archive may change: "table" or "table.column" → reason. The full-text tables (``*_fts``
and their shadows) are made from the others and are not compared either."""

CONTENT_EXCLUDED: Mapping[str, str] = {
    **EXCLUDED,
    "meta": "says which code and library, nothing of content",
    "crawls": "runs differ by their times, counts and arguments",
    "captures.outcome": "a payload seen before is a revisit, depending on what was fetched before",
    "captures.last_modified": "listings say the time of the request",
    **dict.fromkeys(
        ("*.crawl_id", "*.capture_id", "*.old_capture_id", "*.new_capture_id", "captures.refers_to"),
        "ids of crawls and captures are made anew by every crawl",
    ),
    **dict.fromkeys(
        (
            *("*.captured_at", "captures.fetched_at", "discovered.noted_at", "_signals.at", "_signals.since"),
            *("reviews.first_seen", "reviews.last_seen", "reviews.last_changed"),
            *("review_versions.valid_from", "review_versions.valid_to", "changes.changed_at"),
        ),
        "two crawls happen at two times",
    ),
    **dict.fromkeys(("*.via", "captures.hops"), "the page that led to a URL first depends on the order of answers"),
    **dict.fromkeys(
        ("captures.etag", "captures.payload_digest", "captures.payload_length"),
        "the site's bytes differ at every fetch",
    ),
    **dict.fromkeys(
        ("captures.warc_file", "captures.warc_offset", "captures.warc_length"),
        "WARC places depend on what was written before",
    ),
}
"""What two crawls of one unchanged site may differ in; ``*`` is any table. Rows that then are equal count once: a
request that was in flight when a crawl was killed is made again."""
MAX_DIFFERENCES = 1_000
"""More differences than this are not listed: the databases are not of one library."""
_MAX_SHOWN = 200
"""Characters of a value that are shown."""
Sortable = tuple[tuple[int, Any], ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One value, or one whole row (``column`` is None), that is not the same."""

    table: str
    key: str
    """The row: values of its key columns, separated by " | "."""
    column: str | None
    left: object
    """Value in the first database; for a whole row True if the row is there."""
    right: object

    def __str__(self) -> str:
        if self.column is None:
            return f"{self.table} [{self.key}]: only in the {'first' if self.left else 'second'}"
        return f"{self.table} [{self.key}] {self.column}: {_short(self.left)} / {_short(self.right)}"


def compare(left: Path, right: Path, *, exclude: Mapping[str, str] = EXCLUDED) -> list[Difference]:
    """Compare two database files; an empty list means equal. At most ``MAX_DIFFERENCES`` are returned.

    Raises:
        NotADatabase, Damaged: one of the files cannot be read.

    """
    found: list[Difference] = []
    with translated_errors(f"{left} or {right}"), ExitStack() as stack:
        first, second = (stack.enter_context(closing(open_readonly(path))) for path in (left, right))
        for table in TABLES:
            if table.name not in exclude:
                for difference in _compare_table(first, second, table, exclude):
                    found.append(difference)
                    if len(found) >= MAX_DIFFERENCES:
                        return found
    return found


def _compare_table(
    first: sqlite3.Connection, second: sqlite3.Connection, table: Table, exclude: Mapping[str, str]
) -> Iterator[Difference]:
    columns = [name for name in table.names if f"{table.name}.{name}" not in exclude and f"*.{name}" not in exclude]
    key = [name for name in table.key if name in columns]
    if len(key) < len(table.key):  # the key itself may differ: then the other columns identify a row
        key = columns
    rest = [name for name in columns if name not in key]
    sides = (_rows(connection, side, table.name, key, rest) for side, connection in enumerate((first, second)))
    for _, found in groupby(merge(*sides), key=itemgetter(0)):
        rows = {side: row for _, side, row in found}
        name = _name(next(iter(rows.values()))[: len(key)])
        if len(rows) == 1:
            yield Difference(table.name, name, None, 0 in rows, 1 in rows)
            continue
        for column, before, after in zip(rest, rows[0][len(key) :], rows[1][len(key) :], strict=True):
            if before != after or type(before) is not type(after):
                yield Difference(table.name, name, column, before, after)


def _rows(
    connection: sqlite3.Connection, side: int, table: str, key: list[str], rest: list[str]
) -> Iterator[tuple[Sortable, int, tuple[Any, ...]]]:
    """Yield sort key, side and values of each row; of rows with equal keys only one."""
    ordered, selected = (", ".join(f'"{name}"' for name in names) for names in (key, [*key, *rest]))
    rows = connection.execute(f"SELECT {selected} FROM {table} GROUP BY {ordered} ORDER BY {ordered}")
    return ((_sortable(row[: len(key)]), side, row) for row in rows)


def _sortable(key: tuple[Any, ...]) -> Sortable:
    """Order a key as SQLite does: NULL, then numbers, then text by its bytes."""
    return tuple(
        (0, 0) if value is None else (2, value.encode()) if isinstance(value, str) else (1, value) for value in key
    )


def _name(values: tuple[Any, ...]) -> str:
    return _short(" | ".join("NULL" if value is None else str(value) for value in values))


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"
