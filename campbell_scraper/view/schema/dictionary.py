"""The schema as SQL, as documentation and as rows of ``data_dictionary``: all derived from ``tables``."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from campbell_scraper.view.fold import fulltext_index as search

from . import TABLES as _ALL
from . import VIEWS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from . import Table, View

SCHEMA_NUMBER = 1
"""Raised when older code must not write a database of this code; also SQLite's ``user_version``."""
APPLICATION_ID = 0x43616D70
"""SQLite's ``application_id``: "Camp"."""
TABLES: tuple[Table | View, ...] = (*(table for table in _ALL if not table.hidden), *VIEWS)
"""Tables and views that faces show, in the order of the documentation."""
PLUMBING: tuple[str, ...] = tuple(table.name for table in _ALL if table.hidden)
"""Names of tables that faces hide (full-text tables are hidden by Datasette itself)."""


def table_sql(table: Table) -> str:
    """Give the CREATE TABLE statement: STRICT, with its primary key."""
    lines = [f'  "{column.name}" {column.sql}' for column in table.columns]
    if table.name not in _NULLABLE_KEYS:
        lines.append("  PRIMARY KEY (" + ", ".join(f'"{name}"' for name in table.key) + ")")
    lines += [f"  {constraint}" for constraint in table.constraints]
    options = "STRICT, WITHOUT ROWID" if table.without_rowid else "STRICT"
    return f"CREATE TABLE {table.name} (\n" + ",\n".join(lines) + f"\n) {options}"


_NULLABLE_KEYS = frozenset({"unhandled", "files"})
"""Tables whose key has columns that may be NULL: a unique index keeps it instead."""


def index_sql() -> list[str]:
    """Give the CREATE INDEX statements that a bulk load leaves for its end."""
    return [
        f"CREATE INDEX {_index_name(table.name, what)} ON {table.name} {what}"
        for table in _ALL
        for what in table.indexes
    ]


def unique_sql() -> list[str]:
    """Give the CREATE UNIQUE INDEX statements, which writing relies on."""
    return [f"CREATE UNIQUE INDEX {table.name}_key ON {table.name} {what}" for table in _ALL for what in table.unique]


def _index_name(table: str, what: str) -> str:
    columns = what[1:].split(")", 1)[0]
    return table + "_" + "_".join(re.findall(r"\w+", columns))


def create_sql() -> list[str]:
    """Give all statements that make an empty database, but for :func:`index_sql`."""
    views = [f"CREATE VIEW {view.name} AS{view.sql}" for view in VIEWS]
    return [*(table_sql(table) for table in _ALL), *unique_sql(), *views, *search.create_sql()]


@lru_cache(maxsize=1)
def schema_version() -> str:
    """Give the schema's number and a fingerprint of all its statements."""
    text = ";\n".join([*create_sql(), *index_sql()])
    return f"{SCHEMA_NUMBER}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def dictionary_rows() -> Iterator[tuple[str, str, str, str, str, str]]:
    """Give the rows of ``data_dictionary``."""
    for table in TABLES:
        for column in table.columns:
            yield table.name, column.name, column.sql, column.description, column.source, column.example


def markdown() -> str:
    """Give the data dictionary as a Markdown document."""
    parts = [
        "# Data dictionary",
        "",
        "Generated from `campbell_scraper/store/tables`; the database has it as a table.",
        "",
    ]
    for table in TABLES:
        parts += [f"## {table.name}", "", table.description, ""]
        parts += ["| column | type | meaning | source | example |", "|---|---|---|---|---|"]
        parts += [
            f"| {c.name} | {_cell(c.sql)} | {_cell(c.description)} | {_cell(c.source)} | {_cell(c.example)} |"
            for c in table.columns
        ]
        parts.append("")
    return "\n".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
