"""Rows on their way into the database: buffered by table, written in the order that foreign keys need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campbell_scraper.view.database.writing import write
from campbell_scraper.view.schema import ROWS, Row

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


class Rows:
    """A buffer of rows."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._waiting: dict[type[Row], list[Row]] = {kind: [] for kind in ROWS}
        self.count = 0
        """Rows waiting."""

    def add(self, row: Row) -> None:
        """Add a row."""
        self._waiting[type(row)].append(row)
        self.count += 1

    def extend(self, rows: Iterable[Row]) -> None:
        """Add several rows."""
        for row in rows:
            self.add(row)

    def flush(self) -> None:
        """Write all rows."""
        if not self.count:
            return
        for rows in self._waiting.values():
            if rows:
                write(self._connection, rows)
                rows.clear()
        self.count = 0

    def discard(self) -> None:
        """Forget all rows, after a transaction was rolled back."""
        for rows in self._waiting.values():
            rows.clear()
        self.count = 0
