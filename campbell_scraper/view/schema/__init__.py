"""The schema, written once: every table and column with type, meaning, source, example and the class of rows."""

from __future__ import annotations

from . import content_tables, internal_tables, log_tables, review_tables
from .sql_views import VIEWS, View
from .table_model import Column, Row, Table

ROWS: tuple[type[Row], ...] = (*log_tables.ROWS, *review_tables.ROWS, *content_tables.ROWS, *internal_tables.ROWS)
"""The classes of all rows, each after those that it refers to."""
TABLES: tuple[Table, ...] = tuple(row.table for row in ROWS)
BY_NAME = {table.name: table for table in TABLES}

__all__ = ["BY_NAME", "ROWS", "TABLES", "VIEWS", "Column", "Row", "Table", "View"]
