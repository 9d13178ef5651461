"""The one way to open a database for reading."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING, Final

from campbell_scraper.errors import UsageError

from .own_schema import require_own_schema
from .store_errors import NotADatabase, StoreError, store_error

if TYPE_CHECKING:
    from pathlib import Path

BUSY_SECONDS: Final = 30.0
MAGIC: Final = b"SQLite format 3\0"
_NO_WRITING: Final = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}


def open_readonly(path: Path, *, query_only: bool = True) -> sqlite3.Connection:
    """Open a database read-only, whatever its folder is called, even if the folder is not writable.

    No database is ever created; SQLite may put ``-wal`` and ``-shm`` beside one. Threads may use the connection one
    after the other. Temporary tables and VACUUM INTO need ``query_only=False``.

    Raises:
        NotADatabase: there is no such file, or it is not a database.
        ForeignSchema: it has triggers, or views in the place of tables.
        Damaged: SQLite finds it damaged.
        Unfinished: the disk is full, or fails.
        UsageError: rows are still in its WAL, in a folder that cannot be written.
        StoreError: it cannot be opened.

    """
    if not path.is_file():
        raise NotADatabase(f"There is no database {path}.")
    # SQLite reads "#", "?" and "%" in a name as parts of a URI; as_uri() encodes them.
    uri = path.absolute().as_uri()
    for mode in ("mode=ro", "immutable=1"):  # the second for a folder that cannot be written: a CD, a backup
        connection = sqlite3.connect(
            f"{uri}?{mode}", uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
            require_own_schema(connection, path)
            if query_only:
                connection.execute("PRAGMA query_only = ON")
        except sqlite3.DatabaseError as error:
            connection.close()
            reason = error
            if error.sqlite_errorcode & 0xFF not in _NO_WRITING or _has_wal(path):
                break
        except StoreError:
            connection.close()
            raise
        else:
            return connection
    if _has_wal(path) and not os.access(path.parent, os.W_OK):
        raise UsageError(f"{path}-wal cannot be read in a read-only place: copy the folder to a writable one.")
    raise store_error(reason, path) or StoreError(f"{path} cannot be opened: {reason}.") from reason


def _has_wal(path: Path) -> bool:
    wal = path.with_name(f"{path.name}-wal")
    return wal.is_file() and wal.stat().st_size > 0
