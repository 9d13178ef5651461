"""The schema as documentation and as rows of ``data_dictionary``."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

from campbell_scraper.view.fold import fulltext_index as search

from . import TABLES as _ALL
from . import VIEWS
from .log_tables import DictionaryRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from . import Table, View

SCHEMA_NUMBER = 1
"""Incremented when older code must not write a database of this code; also SQLite's ``user_version``."""
APPLICATION_ID = 0x43616D70
"""SQLite's ``application_id``: "Camp"."""
TABLES: tuple[Table | View, ...] = (*(table for table in _ALL if not table.hidden), *VIEWS)
"""Tables and views that faces show, in the order of the documentation."""
INTERNAL: tuple[str, ...] = tuple(table.name for table in _ALL if table.hidden)
"""Names of tables that faces hide (full-text tables are hidden by Datasette itself)."""


@lru_cache(maxsize=1)
def schema_version() -> str:
    """Return the schema's number and a fingerprint of all its definitions."""
    text = repr((_ALL, VIEWS, search.create_sql()))
    return f"{SCHEMA_NUMBER}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def dictionary_rows() -> Iterator[DictionaryRow]:
    """Yield the rows of ``data_dictionary``."""
    for table in TABLES:
        for column in table.columns:
            yield DictionaryRow(
                table_=table.name,
                column_=column.name,
                type=column.sql,
                description=column.description,
                source=column.source,
                example=column.example,
            )


def markdown() -> str:
    """Return the data dictionary as a Markdown document."""
    parts = [
        "# Data dictionary",
        "",
        "Generated from `campbell_scraper/view/schema`; the database has it as a table.",
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
