"""A condition in SQL from outside, run so that it can read and nothing else."""

from __future__ import annotations

import sqlite3
import time

from campbell_scraper.errors import UsageError

SECONDS = 30.0
"""How long a condition may take."""
_EVERY = 20_000
"""SQLite instructions between two looks at the clock."""
_FORBIDDEN = frozenset({"load_extension", "writefile", "readfile", "edit", "fts3_tokenizer", "zeroblob", "randomblob"})
"""Functions that reach outside the database or fill memory."""
_MAX_CONDITION = 100_000
_MAX_VALUE = 50_000_000
"""Bytes of a value that a condition may make: one function call is not interrupted by the clock."""


def matching(connection: sqlite3.Connection, condition: str, *, seconds: float = SECONDS) -> list[str]:
    """Return the review_id of all rows of ``review_overview`` for which a condition is true, in order.

    The condition may use sub-queries on any table and full text. Everything but reading is refused by SQLite's
    authorizer, whatever the text of the condition makes of the statement it is put into.

    Raises:
        UsageError: it is no condition, wants to do more than read, or takes longer than ``seconds``.

    """
    if len(condition) > _MAX_CONDITION:
        raise UsageError(f"The condition of --where is longer than {_MAX_CONDITION:,} characters.")
    _know_virtual_tables(connection)
    deadline = time.monotonic() + seconds
    longest = connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_VALUE)
    connection.set_authorizer(_authorize)
    connection.set_progress_handler(lambda: int(time.monotonic() > deadline), _EVERY)
    try:
        # Newlines keep a comment in the condition from swallowing the bracket.
        rows = connection.execute(f"SELECT review_id FROM review_overview WHERE (\n{condition}\n) ORDER BY review_id")  # noqa: S608
        return [row[0] for row in rows if isinstance(row[0], str)]
    except sqlite3.Error as error:
        if time.monotonic() > deadline:
            raise UsageError(f"The condition of --where takes longer than {seconds:g} seconds.") from error
        if "authoriz" in str(error) or "prohibited" in str(error):
            raise UsageError(f"The condition of --where may only read: {error}.") from error
        raise UsageError(f"--where needs a condition on the columns of review_overview: {error}.") from error
    except (sqlite3.Warning, ValueError) as error:  # several statements; a null character
        raise UsageError(f"--where needs one condition on the columns of review_overview: {error}.") from error
    finally:
        connection.set_progress_handler(None, 0)
        connection.set_authorizer(None)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, longest)


def _know_virtual_tables(connection: sqlite3.Connection) -> None:
    """Let SQLite set up what it sets up at the first use, by steps that the authorizer would refuse."""
    names = connection.execute("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%'").fetchall()
    for name in ("json_each('[]')", "json_tree('[]')", *(f'"{row[0]}"' for row in names)):
        connection.execute(f"SELECT 1 FROM {name} LIMIT 0")  # noqa: S608


def _authorize(action: int, first: str | None, second: str | None, schema: str | None, inner: str | None) -> int:
    del schema, inner
    if action in {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION:
        return sqlite3.SQLITE_DENY if (second or "").lower() in _FORBIDDEN else sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA and first == "data_version":  # full text asks for it
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY
