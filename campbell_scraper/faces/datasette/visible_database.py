"""The database as it may be shown: the live file, or a copy without what ``exclusions.csv`` names.

Whoever may write SQL sees whatever the file holds: views and authorizers in front of it would leave full text, its
shadow tables and its word lists open. So while reviews are excluded, a copy is served that does not have them (the
portable file that ``campbell export sqlite`` makes), renewed when the library or the list changes.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import tempfile
import threading
import time
import weakref
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from datasette.database import Database, QueryInterrupted, Results  # type: ignore[import-untyped]  # ships no types

from campbell_scraper.faces.export.library_export import Library
from campbell_scraper.faces.export.portable.portable_copy import write_sqlite
from campbell_scraper.view.database import open_readonly
from campbell_scraper.view.schema.dictionary import INTERNAL

from .query_processes import QueryProcesses, QueryResult, VisitorQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from campbell_scraper.folder import DataFolder

EXPORT_SECONDS = 30.0
"""Seconds that SQL may take if all its rows are exported."""
COPY_EVERY = 60.0
"""Seconds between two copies while a crawl writes. A changed list of exclusions counts at once."""
_Sign = tuple[int, int, int] | None


class _Watch(NamedTuple):
    """A connection that only asks whether the data changed."""

    number: int
    """Tells connections apart: SQLite's ``data_version`` begins anew with each."""
    of: tuple[Path, _Sign]
    connection: sqlite3.Connection


class VisibleDatabase(Database):  # type: ignore[misc]  # Datasette ships no types
    """A data folder's database for Datasette: readable while it is written, and when a rebuild replaces the file."""

    def __init__(self, ds: Any, folder: DataFolder) -> None:
        super().__init__(ds, path=str(folder.database))
        self._folder = folder
        self._local = threading.local()
        self._lock = threading.Lock()
        self._copy: tuple[_Sign, tuple[_Sign, _Sign], float, Path] | None = None
        self._copies: Path | None = None
        self._remove_copies: Callable[[], Any] = lambda: None
        self._watch: _Watch | None = None
        self._watching = threading.Lock()
        self._kept: dict[str, tuple[tuple[int, int], Any]] = {}
        self._queries = QueryProcesses()

    def connect(self, write: bool = False) -> sqlite3.Connection:  # noqa: ARG002 - Datasette asks with it
        """Open what may be shown, always for reading only."""
        return self._open(self._current()[0])

    def close(self) -> None:
        """Close what is open and remove the copy: a server ended by a signal runs no finalizers."""
        super().close()
        self._queries.close()
        self._remove_copies()
        self._copies = self._copy = None

    async def cached(self, name: str, load: Callable[[sqlite3.Connection], Any]) -> Any:
        """Return what ``load`` makes of a connection, made once for each state of the data and kept under its name."""

        def kept() -> Any:
            version = self._version()  # before the connection: what is read may be newer than it says, never older
            held = self._kept.get(name)
            if held is None or held[0] != version:
                self._kept[name] = held = (version, load(self._connection()))
            return held[1]

        return await self._elsewhere(kept)

    def _version(self) -> tuple[int, int]:
        """Return a token that changes whenever the rows that may be shown change, whoever changed them."""
        current = self._current()
        with self._watching:
            if self._watch is None or self._watch.of != current:
                number = 0
                if self._watch is not None:
                    number = self._watch.number + 1
                    self._watch.connection.close()
                self._watch = _Watch(number, current, self._open(current[0]))
            return self._watch.number, self._watch.connection.execute("PRAGMA data_version").fetchone()[0]

    async def execute(  # noqa: PLR0917 - Datasette's
        self, sql: str, params: Any = None, truncate: bool = False, custom_time_limit: int | None = None,
        page_size: int | None = None, log_sql_errors: bool = True,  # noqa: ARG002 - a visitor's mistake is not logged
    ) -> Results:  # fmt: skip
        """Run SQL, which may be a visitor's, in a process of its own. Raises QueryInterrupted, sqlite3.Error."""
        milliseconds = min(custom_time_limit or self.ds.sql_time_limit_ms, self.ds.sql_time_limit_ms)
        most = self.ds.max_returned_rows
        most = most + (most == (page_size or self.ds.page_size)) if truncate and most else None
        answer = await self._answer(sql, params, milliseconds / 1000, most)
        cursor = _no_rows(answer.columns)
        return Results([sqlite3.Row(cursor, row) for row in answer.rows], answer.is_cut, cursor.description)

    async def spooled(self, sql: str, params: Any) -> tuple[list[str], IO[bytes]]:
        """Return the columns of SQL, and a temporary file with all its rows (for ``read_rows``).

        Raises QueryInterrupted, sqlite3.Error.
        """
        with contextlib.ExitStack() as on_error:
            file = on_error.enter_context(tempfile.NamedTemporaryFile(prefix="campbell-rows-"))
            answer = await self._answer(sql, params, EXPORT_SECONDS, None, file.name)
            on_error.pop_all()
        return answer.columns, file

    async def _answer(
        self, sql: str, params: Any, seconds: float, most_rows: int | None, spool: str | None = None
    ) -> QueryResult:
        path, sign = await self._elsewhere(self._current)
        given = {**params} if isinstance(params, dict) else params  # Datasette's own kind holds the request
        try:
            return await self._queries.run(VisitorQuery(path, sign, sql, given, seconds, most_rows, spool))
        except sqlite3.OperationalError as error:
            if error.args == ("interrupted",):
                raise QueryInterrupted(error, sql, params) from error
            raise

    async def get_all_foreign_keys(self) -> dict[str, Any]:
        """Return the foreign keys, without those of internal tables, whose rows Datasette would count."""
        by_table: dict[str, Any] = await super().get_all_foreign_keys()
        for keys in by_table.values():
            keys["incoming"] = [key for key in keys["incoming"] if key["other_table"] not in INTERNAL]
        return by_table

    async def attached_databases(self) -> list[Any]:
        """Return nothing: none is attached, and the file's path stays private."""
        return []

    async def execute_fn(self, fn: Callable[[sqlite3.Connection], Any]) -> Any:
        """Run ``fn`` with this thread's connection to what may be shown now."""
        return await self._elsewhere(lambda: fn(self._connection()))

    async def _elsewhere(self, work: Callable[[], Any]) -> Any:
        """Do work in one of Datasette's threads, if it has any."""
        if self.ds.executor is None:
            return work()
        return await asyncio.get_running_loop().run_in_executor(self.ds.executor, work)

    def _connection(self) -> sqlite3.Connection:
        path, sign = self._current()
        held = getattr(self._local, "held", None)
        if held is not None and held[0] == (path, sign):
            return held[1]  # type: ignore[no-any-return]
        if held is not None:
            held[1].close()
        connection = self._open(path)
        self.ds._prepare_connection(connection, self.name)
        self._local.held = ((path, sign), connection)
        return connection

    def _current(self) -> tuple[Path, _Sign]:
        """Return the file to read, and what tells it from another file of that name.

        Raises:
            UsageError: ``exclusions.csv`` cannot be read; nothing is shown then.

        """
        listed = _sign(self._folder.exclusions)
        if listed is None:
            return self._folder.database, _identity(_sign(self._folder.database))
        with self._lock:
            stored = (_sign(self._folder.database), _sign(Path(f"{self._folder.database}-wal")))
            if self._copy is not None and self._copy[0] == listed:
                _, copied, at, path = self._copy
                if copied == stored or time.monotonic() - at < COPY_EVERY:
                    return path, _sign(path)
            path = self._copied()
            if self._copy is not None:
                with contextlib.suppress(OSError):
                    self._copy[3].unlink()
            self._copy = (listed, stored, time.monotonic(), path)
            return path, _sign(path)

    def _copied(self) -> Path:
        if self._copies is None:
            self._copies = Path(tempfile.mkdtemp(prefix="campbell-shown-"))
            self._remove_copies = weakref.finalize(self, shutil.rmtree, self._copies, ignore_errors=True)
        path = self._copies / f"campbell-{time.monotonic_ns()}.db"
        with Library.open(self._folder) as library:
            write_sqlite(library, self._folder, path)
        return path

    def _open(self, path: Path) -> sqlite3.Connection:
        connection = open_readonly(path)
        self._all_file_connections.append(connection)
        return connection


def _no_rows(columns: Sequence[str]) -> sqlite3.Cursor:
    """Return a cursor of these columns, of which rows can be made."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        names = ", ".join('NULL AS "{}"'.format(column.replace('"', '""')) for column in columns)
        return connection.execute(f"SELECT {names or 'NULL'}")


def _sign(path: Path) -> _Sign:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def _identity(sign: _Sign) -> _Sign:
    """Return the part of a file's sign that stays the same while it is written."""
    return None if sign is None else (sign[0], 0, 0)
