"""What can be wrong with a database file. Each message is one sentence that names the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campbell_scraper.errors import DamagedError, Exit

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path


class StoreError(DamagedError):
    """The database cannot be used; base of the errors below."""


class NotADatabase(StoreError):
    """The file is not a SQLite database, or it is another program's."""


class EmptyDatabase(NotADatabase):
    """The file has no tables yet: a run was killed while it made them."""


class WrongLibrary(StoreError):
    """The database holds another library than the one asked for."""

    exit_code = Exit.USAGE


class NewerSchema(StoreError):
    """A newer version of this code wrote the database."""


class Damaged(StoreError):
    """SQLite finds the database file damaged."""


class ArchiveIncomplete(StoreError):
    """The view must be rebuilt, but WARC files it was made from are missing: a rebuild would lose rows."""


def damage(error: sqlite3.DatabaseError, path: Path) -> StoreError:
    """Return our error for one that SQLite raised."""
    if "not a database" in str(error) or "encrypted" in str(error):
        return NotADatabase(f"{path} is not a SQLite database.")
    return Damaged(f"{path} is damaged: SQLite says {error}.")
