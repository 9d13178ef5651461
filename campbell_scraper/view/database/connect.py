"""Opening a database file: whose it is, whether it is sound, how it is set up."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from campbell_scraper.folder import REPLAY_BASE
from campbell_scraper.view.fold import fulltext_index as search
from campbell_scraper.view.schema.dictionary import (
    APPLICATION_ID,
    SCHEMA_NUMBER,
    create_sql,
    dictionary_rows,
    index_sql,
    schema_version,
)

from .extractor import extractor_version
from .store_errors import Damaged, NewerSchema, NotADatabase, StoreError, WrongLibrary

if TYPE_CHECKING:
    from pathlib import Path

_BUSY_SECONDS = 30.0
_BULK_CACHE_KIB = 32 * 1024
_MAGIC = b"SQLite format 3\0"


def connect(path: Path, *, readonly: bool = False) -> sqlite3.Connection:
    """Open a file that is, or will be, ours.

    Raises:
        NotADatabase: there is no such file (when only reading), or it is no SQLite database.
        StoreError: it cannot be opened.

    """
    if readonly and not path.is_file():
        raise NotADatabase("there is no such file")
    try:
        if path.exists() and path.stat().st_size:
            with path.open("rb") as file:
                if file.read(len(_MAGIC)) != _MAGIC:
                    raise NotADatabase("the file is no SQLite database")
        mode = "ro" if readonly else "rwc"
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
    except (OSError, sqlite3.OperationalError) as error:
        raise StoreError(f"the file cannot be opened ({error})") from error
    search.register(connection)
    return connection


def prepare(connection: sqlite3.Connection, library: str | None, *, readonly: bool, bulk: bool) -> None:
    """Check a database, or make it if the file is empty; nothing of another program's or library's is touched.

    Raises:
        NotADatabase: SQLite cannot read it, or it is another program's.
        Damaged: SQLite finds it damaged.
        NewerSchema: newer code wrote it.
        WrongLibrary: it belongs to another library.

    """
    try:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        number = connection.execute("PRAGMA user_version").fetchone()[0]
        objects = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not objects and not readonly:
            _create(connection, library or "campbell", bulk=bulk)
            return
        if application != APPLICATION_ID:
            raise NotADatabase("the file is a database of another program")
        if number > SCHEMA_NUMBER:
            raise NewerSchema(f"its schema is number {number}, this version knows {SCHEMA_NUMBER}")
        if bulk:
            raise StoreError("a bulk load needs a new file")
        holds = dict(connection.execute("SELECT key, value FROM meta")).get("library")
        if library is not None and holds != library:
            raise WrongLibrary(f"it holds {holds}, not {library}")
        _set_up(connection, readonly=readonly)
    except sqlite3.OperationalError as error:
        raise StoreError(f"the database cannot be read ({error})") from error
    except sqlite3.DatabaseError as error:
        raise damage(error) from error


def damage(error: sqlite3.DatabaseError) -> StoreError:
    """Give the error of ours that one of SQLite's means."""
    if "not a database" in str(error) or "encrypted" in str(error):
        return NotADatabase("the file is no SQLite database")
    return Damaged(f"SQLite says: {error}")


def _create(connection: sqlite3.Connection, library: str, *, bulk: bool) -> None:
    connection.execute("PRAGMA page_size = 8192")
    if bulk:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(f"PRAGMA cache_size = -{_BULK_CACHE_KIB}")
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA temp_store = MEMORY")
    else:
        _set_up(connection, readonly=False)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_NUMBER}")
    for statement in create_sql() if bulk else [*create_sql(), *index_sql()]:
        connection.execute(statement)
    connection.executemany(
        "INSERT INTO meta VALUES (?, ?)",
        [
            ("schema_version", schema_version()),
            ("extractor_version", extractor_version()),
            ("library", library),
            ("replay_base", REPLAY_BASE),
        ],
    )
    connection.executemany("INSERT INTO data_dictionary VALUES (?, ?, ?, ?, ?, ?)", dictionary_rows())
    connection.execute("COMMIT")


def _set_up(connection: sqlite3.Connection, *, readonly: bool) -> None:
    if not readonly:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
