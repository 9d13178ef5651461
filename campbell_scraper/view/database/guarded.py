"""Guards every connection that runs untrusted SQL: it can read this database, and nothing else."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Final

from campbell_scraper.view.fold.fulltext_index import FTS
from campbell_scraper.view.schema.dictionary import INTERNAL

from .store_errors import translated_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

_EVERY: Final = 20_000
"""SQLite instructions between two checks of the clock."""
_FORBIDDEN: Final = frozenset(
    {"load_extension", "writefile", "readfile", "edit", "fts3_tokenizer", "zeroblob", "randomblob"}
)
"""Functions that reach outside the database or fill memory."""
_PRAGMAS: Final = frozenset(
    {"data_version", "foreign_key_list", "index_info", "index_list", "index_xinfo", "schema_version", "table_info",
     "table_xinfo"}
)  # fmt: skip
"""Pragmas that may be read; full-text search needs the first."""
_VERSIONS: Final = frozenset({"data_version", "schema_version"})
"""Pragmas that a value would set."""
_READING: Final = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE})
_LIMITS: Final = {
    sqlite3.SQLITE_LIMIT_LENGTH: 20_000_000,  # the text of a PDF of five million characters
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 200_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 500,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
}
_DEFENSIVE: Final = getattr(sqlite3, "SQLITE_DBCONFIG_DEFENSIVE", None)
"""From Python 3.12 on; before, only the authorizer protects the file."""


@contextmanager
def guarded(connection: sqlite3.Connection, seconds: float) -> Iterator[None]:
    """Let a connection run untrusted SQL while the block runs, for at most ``seconds``.

    It may read tables, views and full text, but no internal table, no path of the machine and no memory; a statement
    that wants more raises sqlite3.DatabaseError, one that takes longer sqlite3.OperationalError ("interrupted"). The
    clock is not checked during a function call: a caller that must end in time uses a process that can be killed.

    Raises:
        Damaged: full text cannot be read.

    """
    deadline = time.monotonic() + seconds
    before = {limit: connection.setlimit(limit, value) for limit, value in _LIMITS.items()}
    (was_trusted,) = connection.execute("PRAGMA trusted_schema").fetchone()
    was_defensive = _DEFENSIVE is not None and connection.getconfig(_DEFENSIVE)  # type: ignore[attr-defined]
    connection.set_progress_handler(lambda: int(time.monotonic() > deadline), _EVERY)
    try:
        with translated_errors():
            _know_virtual_tables(connection)
        distrust_schema(connection)
        if _DEFENSIVE is not None:
            connection.setconfig(_DEFENSIVE)  # type: ignore[attr-defined]
        connection.set_authorizer(_authorize)
        yield
    finally:
        connection.set_progress_handler(None, 0)
        connection.set_authorizer(None)
        if _DEFENSIVE is not None:
            connection.setconfig(_DEFENSIVE, was_defensive)  # type: ignore[attr-defined]
        connection.execute(f"PRAGMA trusted_schema = {was_trusted}")
        for limit, value in before.items():
            connection.setlimit(limit, value)


def distrust_schema(connection: sqlite3.Connection) -> None:
    """Let views call harmless functions only, if SQLite counts JSON functions among them (3.40 does not)."""
    if _json_is_harmless():
        connection.execute("PRAGMA trusted_schema = OFF")


@cache
def _json_is_harmless() -> bool:
    """Return whether SQLite calls JSON functions harmless. A view in the guarded file could be crafted to deny it."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("CREATE VIEW lists AS SELECT json_group_array(1)")
        try:
            connection.execute("SELECT * FROM lists")
        except sqlite3.OperationalError:
            return False
        return True


def _know_virtual_tables(connection: sqlite3.Connection) -> None:
    """Let SQLite set up our virtual tables, which it does at first use by steps that the authorizer would refuse.

    Only tables of known names: any other name could be an SQL injection.
    """
    made = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL%'")}
    for name in ("json_each('[]')", "json_tree('[]')", *made.intersection(FTS)):
        connection.execute(f"SELECT 1 FROM {name} LIMIT 0")  # noqa: S608


def _authorize(action: int, first: str | None, second: str | None, schema: str | None, inner: str | None) -> int:
    del schema, inner  # "inner" may name a subquery as well as a view, and no view of ours reads an internal table
    if action == sqlite3.SQLITE_READ:
        is_allowed = first not in INTERNAL
    elif action == sqlite3.SQLITE_FUNCTION:
        is_allowed = (second or "").lower() not in _FORBIDDEN
    elif action == sqlite3.SQLITE_PRAGMA:
        is_allowed = first in _PRAGMAS and not (second and first in _VERSIONS)
    else:
        is_allowed = action in _READING
    return sqlite3.SQLITE_OK if is_allowed else sqlite3.SQLITE_DENY
