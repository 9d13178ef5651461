"""The functions of the search that SQL may call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .fulltext_query import fts_query
from .snippets import excerpt

if TYPE_CHECKING:
    import sqlite3


def register_functions(connection: sqlite3.Connection) -> None:
    """Make ``fts_query(words)``, ``fts_query(words, table)`` and ``excerpt(text, words)`` known.

    ``escape_fts`` is Datasette's own, for tables whose full text the user's metadata names.
    """
    connection.create_function("fts_query", -1, fts_query, deterministic=True)
    connection.create_function("escape_fts", 1, fts_query, deterministic=True)
    connection.create_function("excerpt", 2, excerpt, deterministic=True)
