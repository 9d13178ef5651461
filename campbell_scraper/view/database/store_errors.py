"""What can be wrong with a database file. Each message is one sentence that names the file."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from campbell_scraper.errors import CampbellError, DamagedError, Exit, Unfinished

if TYPE_CHECKING:
    from collections.abc import Iterator

_OF_MACHINE = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_UNSURE = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
"""Errors that SQLite also reports for its shared memory when the disk is full."""
_FAULTY = (
    "no such table", "no such column", "unsafe use of", "foreign key mismatch", "invalid fts5 file format",
    "Could not decode to UTF-8",
)  # fmt: skip
"""How the messages of SQLite and Python begin if a file does not match our SQL."""
_LEAST_ROOM = 1 << 16
"""Free bytes of a disk below which it counts as full; SQLite's shared memory takes half of them."""


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


class ForeignSchema(StoreError):
    """The database has something that this program never creates, such as a trigger."""


class ArchiveIncomplete(StoreError):
    """WARC files that the view was made from are missing: a rebuild would lose rows."""


def store_error(error: sqlite3.Error, name: object = "The database") -> CampbellError | None:
    """Return what an SQLite error means for the machine (Unfinished) or the file; None if it means neither."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL or (code in _UNSURE and isinstance(name, Path) and _is_full(name.parent)):
        return Unfinished(f"{name} cannot be read or written: the disk is full; what was stored before is safe.")
    if code in _OF_MACHINE:
        return Unfinished(f"{name} cannot be read or written: SQLite says {error}; what was stored before is safe.")
    if code == sqlite3.SQLITE_NOTADB:
        return NotADatabase(f"{name} is not a SQLite database.")
    if code == sqlite3.SQLITE_CORRUPT:
        return Damaged(f"{name} is damaged: SQLite says {error}.")
    if code in {0, sqlite3.SQLITE_ERROR} and str(error).startswith(_FAULTY):
        return Damaged(f"{name} cannot be read as a library: SQLite says {error}.")
    return None


@contextmanager
def translated_errors(name: object = "The database") -> Iterator[None]:
    """Raise what an SQLite error means, by :func:`store_error`, in place of the error itself."""
    try:
        yield
    except sqlite3.Error as error:
        if (meaning := store_error(error, name)) is None:
            raise
        raise meaning from error


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _LEAST_ROOM
    except OSError:
        return False
