"""The schema, written once: every table and column with type, meaning, source and example."""

from __future__ import annotations

from . import content, log, plumbing, reviews
from .model import Column, Table
from .views import VIEWS, View

TABLES: tuple[Table, ...] = (*log.TABLES, *reviews.TABLES, *content.TABLES, *plumbing.TABLES)
"""All tables, each after those it refers to."""
BY_NAME = {table.name: table for table in TABLES}

__all__ = ["BY_NAME", "TABLES", "VIEWS", "Column", "Table", "View"]
