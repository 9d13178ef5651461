"""Opening a database file for writing: whose it is, whether it is sound, how it is set up."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from campbell_scraper.folder import REPLAY_BASE
from campbell_scraper.view.fold import fulltext_index as search
from campbell_scraper.view.schema.dictionary import APPLICATION_ID, SCHEMA_NUMBER, dictionary_rows, schema_version
from campbell_scraper.view.schema.log_tables import MetaRow

from .creating import create_indexes, create_tables
from .extractor import extractor_version
from .own_schema import require_own_schema
from .readonly import BUSY_SECONDS, MAGIC, open_readonly
from .store_errors import EmptyDatabase, NewerSchema, NotADatabase, StoreError, WrongLibrary, store_error
from .writing import write

if TYPE_CHECKING:
    from pathlib import Path

_BULK_CACHE_KIB = 32 * 1024


def connect(
    path: Path, library: str | None = None, *, readonly: bool = False, bulk: bool = False
) -> sqlite3.Connection:
    """Open a database, or make one where there is none; another program's or library's is not touched.

    Raises:
        NotADatabase: SQLite cannot read it, it is another program's, or there is no such file (when only reading).
        Damaged: SQLite finds it damaged.
        Unfinished: the disk is full, or fails.
        ForeignSchema: it has triggers, or views in the place of tables.
        NewerSchema: newer code wrote it.
        WrongLibrary: it belongs to another library.
        StoreError: it cannot be opened.

    """
    connection = open_readonly(path) if readonly else _open_for_writing(path)
    try:
        if not readonly and not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            _create(connection, library or "campbell", bulk=bulk)
        elif bulk:
            raise StoreError(f"{path} is not a new file, which a bulk load needs.")
        else:
            _check(connection, path, library)
            _set_up(connection, readonly=readonly)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise store_error(error, path) or StoreError(f"{path} cannot be read: {error}.") from error
    except BaseException:
        connection.close()
        raise
    return connection


def _open_for_writing(path: Path) -> sqlite3.Connection:
    try:
        if path.exists() and path.stat().st_size:
            with path.open("rb") as file:
                if file.read(len(MAGIC)) != MAGIC:
                    raise NotADatabase(f"{path} is not a SQLite database.")
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    except sqlite3.OperationalError as error:
        raise store_error(error, path) or StoreError(f"{path} cannot be opened: {error}.") from error
    except OSError as error:
        raise StoreError(f"{path} cannot be opened: {error}.") from error
    search.register(connection)
    return connection


def _check(connection: sqlite3.Connection, path: Path, library: str | None) -> None:
    """Raise a StoreError unless a database fits this code and library."""
    if not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        raise EmptyDatabase(f"{path} is empty.")
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise NotADatabase(f"{path} is a database of another program.")
    number = connection.execute("PRAGMA user_version").fetchone()[0]
    if number > SCHEMA_NUMBER:
        raise NewerSchema(
            f"{path} was written by a newer campbell_scraper: its schema has the number {number}, "
            f"and this version knows {SCHEMA_NUMBER}."
        )
    require_own_schema(connection, path)
    holds = dict(connection.execute("SELECT key, value FROM meta")).get("library")
    if library is not None and holds != library:
        raise WrongLibrary(f"{path} belongs to another library: it holds {holds}, not {library}.")


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
    create_tables(connection)
    if not bulk:
        create_indexes(connection)
    versions = {"schema_version": schema_version(), "extractor_version": extractor_version()}
    facts = {**versions, "library": library, "replay_base": REPLAY_BASE}
    write(connection, [MetaRow(key=key, value=value) for key, value in facts.items()])
    write(connection, dictionary_rows())
    connection.execute("COMMIT")


def _set_up(connection: sqlite3.Connection, *, readonly: bool) -> None:
    if not readonly:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
