"""What a table and a column are, before they become SQL, documentation or metadata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Column(NamedTuple):
    """One column: ``sql`` is its type and constraints, ``example`` a value as SQLite would print it."""

    name: str
    sql: str
    description: str
    source: str
    example: str = ""

    @property
    def type(self) -> str:
        """Its STRICT type: TEXT or INTEGER."""
        return self.sql.split(" ", 1)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table. A name that begins with ``_`` is plumbing: hidden from faces, compared all the same."""

    name: str
    description: str
    """One sentence: what one row is."""
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    """Columns of the primary key; also the order in which tables are compared."""
    constraints: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    """What stands after ``CREATE INDEX … ON table``: column lists, perhaps with a WHERE."""
    unique: tuple[str, ...] = ()
    """The same for unique indexes."""
    without_rowid: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names in order."""
        return tuple(column.name for column in self.columns)

    @property
    def hidden(self) -> bool:
        """True for plumbing."""
        return self.name.startswith("_")
