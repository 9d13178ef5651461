"""The schema, written once: every table and column with type, meaning, source, example and the class of rows."""

from __future__ import annotations

from . import internal_tables, log_tables, page_tables, review_tables, summary_tables
from .sql_views import VIEWS, View
from .table_model import Column, Row, Table

ROWS: tuple[type[Row], ...] = tuple(
    kind
    for module in (log_tables, review_tables, summary_tables, page_tables, internal_tables)
    for kind in vars(module).values()
    if isinstance(kind, type) and "table" in vars(kind)
)
"""The classes of all rows, each after those that it refers to: as the modules define them."""
TABLES: tuple[Table, ...] = tuple(row.table for row in ROWS)
BY_NAME = {table.name: table for table in TABLES}

__all__ = ["BY_NAME", "ROWS", "TABLES", "VIEWS", "Column", "Row", "Table", "View"]
