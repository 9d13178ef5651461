"""The schema, written once: every table and column with type, meaning, source and example."""

from __future__ import annotations

from . import content_tables as content
from . import internal_tables as plumbing
from . import log_tables as log
from . import review_tables as reviews
from .sql_views import VIEWS, View
from .table_model import Column, Table

TABLES: tuple[Table, ...] = (*log.TABLES, *reviews.TABLES, *content.TABLES, *plumbing.TABLES)
"""All tables, each after those it refers to."""
BY_NAME = {table.name: table for table in TABLES}

__all__ = ["BY_NAME", "TABLES", "VIEWS", "Column", "Table", "View"]
