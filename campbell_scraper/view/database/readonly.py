"""The one way to open a database for reading."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final

from .store_errors import NotADatabase, StoreError, damage

if TYPE_CHECKING:
    from pathlib import Path

BUSY_SECONDS: Final = 30.0
MAGIC: Final = b"SQLite format 3\0"


def open_readonly(path: Path, *, query_only: bool = True) -> sqlite3.Connection:
    """Open a database that nothing can be written to, in a folder of any name, and one that cannot be written, too.

    No file is ever made. Threads may use the connection one after the other. Temporary tables and VACUUM INTO need
    ``query_only=False``.

    Raises:
        NotADatabase: there is no such file, or it is not a database.
        Damaged: SQLite finds it damaged.
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
            if query_only:
                connection.execute("PRAGMA query_only = ON")
        except sqlite3.OperationalError as error:
            connection.close()
            reason = error
        except sqlite3.DatabaseError as error:
            connection.close()
            raise damage(error, path) from error
        else:
            return connection
    raise StoreError(f"{path} cannot be opened: {reason}.")
