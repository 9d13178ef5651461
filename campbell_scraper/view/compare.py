"""Two databases against each other, row by row and column by column.

``campbell verify --rebuild`` compares the live database with a rebuilt one, the tests compare crawls. Columns that may
differ are named here, each with its reason; everything else must be equal.
"""

# ruff: noqa: S608 - names of tables and columns are the schema's own, values are bound

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from campbell_scraper.view.database import open_readonly
from campbell_scraper.view.database.store_errors import Damaged
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

_IDS = "capture ids are made anew by every crawl"
_TIMES = "two crawls happen at two times"
_RUNS = "crawl ids are made anew by every crawl"
_PLACES = "WARC places depend on what was written before"
_BYTES = "the site's bytes differ at every fetch"
CONTENT_EXCLUDED: Mapping[str, str] = {
    **EXCLUDED,
    "meta": "says which code and library, nothing of content",
    "crawls": "runs differ by their times, counts and arguments",
    "captures.capture_id": _IDS,
    "captures.crawl_id": _RUNS,
    "captures.captured_at": _TIMES,
    "captures.fetched_at": _TIMES,
    "captures.refers_to": _IDS,
    "captures.outcome": "a payload seen before is a revisit, depending on what was fetched before",
    "captures.via": "the page that led to a URL first depends on the order of answers",
    "captures.hops": "the page that led to a URL first depends on the order of answers",
    "captures.etag": _BYTES,
    "captures.last_modified": "listings say the time of the request",
    "captures.payload_digest": _BYTES,
    "captures.payload_length": _BYTES,
    "captures.warc_file": _PLACES,
    "captures.warc_offset": _PLACES,
    "captures.warc_length": _PLACES,
    "discovered.crawl_id": _RUNS,
    "discovered.capture_id": _IDS,
    "discovered.noted_at": _TIMES,
    "discovered.via": "the page that led to a URL first depends on the order of answers",
    "unhandled.crawl_id": _RUNS,
    "reviews.first_seen": _TIMES,
    "reviews.last_seen": _TIMES,
    "reviews.last_changed": _TIMES,
    "reviews.capture_id": _IDS,
    "review_versions.valid_from": _TIMES,
    "review_versions.valid_to": _TIMES,
    "review_versions.capture_id": _IDS,
    "changes.changed_at": _TIMES,
    "changes.old_capture_id": _IDS,
    "changes.new_capture_id": _IDS,
    "files.capture_id": _IDS,
    "pages.capture_id": _IDS,
    "pages.captured_at": _TIMES,
    "_aliases.captured_at": _TIMES,
    "_aliases.capture_id": _IDS,
    "_representations.captured_at": _TIMES,
    "_representations.capture_id": _IDS,
    "_representations.crawl_id": _RUNS,
    "_signals.at": _TIMES,
    "_signals.capture_id": _IDS,
    "_signals.crawl_id": _RUNS,
    "_signals.since": _TIMES,
    "_file_texts.captured_at": _TIMES,
    "_file_texts.capture_id": _IDS,
    "_post_files.captured_at": _TIMES,
    "_post_files.capture_id": _IDS,
}
"""What two crawls of one unchanged site may differ in. Rows that then are equal count once: a request that was in
flight when a crawl was killed is made again."""
MAX_DIFFERENCES = 1_000
"""More differences than this are not listed: the databases are not of one library."""
_NAMES_SHOWN = 200


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
    with ExitStack() as stack:
        first, second = (stack.enter_context(closing(open_readonly(path))) for path in (left, right))
        try:
            for table in TABLES:
                if table.name not in exclude:
                    for difference in _compare_table(first, second, table, exclude):
                        found.append(difference)
                        if len(found) >= MAX_DIFFERENCES:
                            return found
        except sqlite3.DatabaseError as error:
            raise Damaged(f"{left} or {right} is damaged: SQLite says {error}.") from error
    return found


def _compare_table(
    first: sqlite3.Connection, second: sqlite3.Connection, table: Table, exclude: Mapping[str, str]
) -> Iterator[Difference]:
    columns = [name for name in table.names if f"{table.name}.{name}" not in exclude]
    key = [name for name in table.key if name in columns]
    if len(key) < len(table.key):
        yield from _compare_sets(first, second, table.name, columns)
        return
    rest = [name for name in columns if name not in key]
    yield from _merge(
        _rows(first, table.name, [*key, *rest], key),
        _rows(second, table.name, [*key, *rest], key),
        table.name,
        key,
        rest,
    )


def _merge(
    left: Iterator[tuple[Any, ...]], right: Iterator[tuple[Any, ...]], table: str, key: list[str], rest: list[str]
) -> Iterator[Difference]:
    width = len(key)
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        here = _sortable(one, width)
        there = _sortable(other, width)
        if other is None or (one is not None and here < there):
            assert one is not None
            yield Difference(table, _name(one[:width]), None, True, False)
            one = next(left, None)
        elif one is None or there < here:
            yield Difference(table, _name(other[:width]), None, False, True)
            other = next(right, None)
        else:
            for name, before, after in zip(rest, one[width:], other[width:], strict=True):
                if before != after or type(before) is not type(after):
                    yield Difference(table, _name(one[:width]), name, before, after)
            one, other = next(left, None), next(right, None)


def _compare_sets(
    first: sqlite3.Connection, second: sqlite3.Connection, table: str, columns: list[str]
) -> Iterator[Difference]:
    here = Counter(set(_rows(first, table, columns, columns)))
    there = Counter(set(_rows(second, table, columns, columns)))
    for row in sorted(here - there, key=repr):
        yield Difference(table, _name(row), None, True, False)
    for row in sorted(there - here, key=repr):
        yield Difference(table, _name(row), None, False, True)


def _rows(
    connection: sqlite3.Connection, table: str, columns: list[str], order: list[str]
) -> Iterator[tuple[Any, ...]]:
    selected = ", ".join(f'"{name}"' for name in columns)
    ordered = ", ".join(f'"{name}"' for name in order)
    return connection.execute(f"SELECT {selected} FROM {table} ORDER BY {ordered}")


def _sortable(row: tuple[Any, ...] | None, width: int) -> tuple[tuple[int, Any], ...]:
    """Order a key as SQLite does: NULL, then numbers, then text by its bytes."""
    if row is None:
        return ()
    return tuple(
        (0, 0) if value is None else (2, value.encode()) if isinstance(value, str) else (1, value)
        for value in row[:width]
    )


def _name(values: tuple[Any, ...]) -> str:
    return _short(" | ".join("NULL" if value is None else str(value) for value in values))


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= _NAMES_SHOWN else text[: _NAMES_SHOWN - 1] + "…"
