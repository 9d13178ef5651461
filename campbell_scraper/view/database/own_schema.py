"""Checks that a database file has what this program makes: foreign triggers and views could act on reads and writes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from campbell_scraper.view.fold.fulltext_index import FTS
from campbell_scraper.view.schema import TABLES, VIEWS

from .store_errors import ForeignSchema

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

_TABLES: Final = {table.name: "table" for table in TABLES}
_KINDS: Final = _TABLES | {view.name: "view" for view in VIEWS} | dict.fromkeys(FTS, "virtual")
"""Name → its type in ``PRAGMA table_list``."""
_MADE: Final = re.compile(r"CREATE (?:(?:VIRTUAL )?TABLE|VIEW|(?:UNIQUE )?INDEX) ")
"""How SQLite spells what may be there: no trigger, and nothing that was written into the schema by hand."""


def require_own_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a database with triggers, generated columns, views in place of tables, or tables that are not STRICT.

    Other tables are allowed.

    Raises:
        ForeignSchema: it has one of these.
        sqlite3.DatabaseError: the schema cannot be read.

    """
    if foreign := next(_foreign(connection), None):
        raise ForeignSchema(
            f"{path} has {foreign}, which campbell_scraper never makes: delete the file and run campbell rebuild."
        )


def _foreign(connection: sqlite3.Connection) -> Iterator[str]:
    for name, sql in connection.execute("SELECT name, sql FROM sqlite_schema"):
        if sql is not None and not _MADE.match(str(sql)):
            yield f"a trigger, {name}"
    for _, name, kind, _, _, is_strict in connection.execute("PRAGMA main.table_list").fetchall():
        own = _KINDS.get(name.lower(), kind)
        if own != kind:
            yield f"a {kind} {name} in place of a {own}"
        elif name in _TABLES and not is_strict:
            yield f"a table {name} without types"
    for name in _TABLES:
        for column in connection.execute(f"PRAGMA main.table_xinfo({name})"):
            if column[-1]:
                yield f"a generated column, {name}.{column[1]}"
