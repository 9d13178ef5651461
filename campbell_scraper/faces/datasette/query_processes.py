"""Watched processes that run visitors' SQL: a query takes at most its time and its memory, and delays no other page.

Nothing less stops every function of SQLite: within one call (``instr``, ``replace``) it looks at no clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import signal
import sqlite3
import weakref
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

from pebble import ProcessExpired, ProcessPool

from campbell_scraper.archive.watched_processes import limited_memory, process_context
from campbell_scraper.faces.datasette.search.sql_functions import register_functions
from campbell_scraper.view.database import open_readonly
from campbell_scraper.view.database.guarded import guarded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

MAX_MEMORY: Final = 256 << 20
"""Bytes that one query may take."""
MAX_ANSWER: Final = 16 << 20
"""Bytes of the rows of one answer, which the server holds too."""
MAX_SPOOLED: Final = 1 << 30
"""Bytes of the rows of one answer in a file."""
_PROCESSES: Final = 4
_NICENESS: Final = 10
_GRACE: Final = 1.0
"""Seconds over its time after which a query is killed with its process."""


class VisitorQuery(NamedTuple):
    """One query."""

    path: Path
    file: tuple[int, int, int] | None
    """What tells the file from another of its name."""
    sql: str
    parameters: Any
    seconds: float
    most_rows: int | None
    spool: str | None = None
    """The file that the rows are written to, instead of being returned."""


class QueryResult(NamedTuple):
    """The answer to a query."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    is_cut: bool
    """Whether there are more rows."""


class QueryProcesses:
    """A few processes that run queries; they start with the first."""

    def __init__(self) -> None:
        self._pool = ProcessPool(_PROCESSES, initializer=_begin, context=process_context(__name__))
        self.close = weakref.finalize(self, _stop, self._pool)

    async def run(self, query: VisitorQuery) -> QueryResult:
        """Return the answer to a query. Raises sqlite3.Error; OperationalError("interrupted") if its time is over."""
        future = self._pool.schedule(_answer, args=(query,), timeout=query.seconds + _GRACE)
        try:
            return await asyncio.wrap_future(future)
        except TimeoutError:
            raise sqlite3.OperationalError("interrupted") from None
        except (MemoryError, ProcessExpired):
            raise sqlite3.OperationalError(f"the query takes more than {MAX_MEMORY >> 20} MB") from None


def _stop(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()


def _begin() -> None:
    os.nice(_NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the pool ends a process by it, in the middle of a function too


_opened: dict[tuple[Path, tuple[int, int, int] | None], sqlite3.Connection] = {}
"""The connection of this process."""


def _answer(query: VisitorQuery) -> QueryResult:
    key = query.path, query.file
    if key not in _opened:
        for connection in _opened.values():
            connection.close()
        _opened.clear()
        connection = open_readonly(query.path)
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        register_functions(connection)
        _opened[key] = connection
    connection = _opened[key]
    with guarded(connection, query.seconds), limited_memory(MAX_MEMORY):
        cursor = connection.execute(query.sql, query.parameters if query.parameters is not None else {})
        columns = [column[0] for column in cursor.description or ()]
        if query.spool is not None:
            _write_rows(cursor, query.spool)
            return QueryResult(columns, [], is_cut=False)
        rows: list[tuple[Any, ...]] = []
        left, is_cut = MAX_ANSWER, False
        for row in cursor:
            if is_cut := query.most_rows is not None and len(rows) >= query.most_rows:
                break
            left -= sum(len(value) if isinstance(value, str | bytes) else 8 for value in row)
            if left < 0:
                raise sqlite3.OperationalError(f"the answer is over {MAX_ANSWER >> 20} MB")
            rows.append(row)
        cursor.close()
        return QueryResult(columns, rows, is_cut)


def _write_rows(rows: Iterable[tuple[Any, ...]], path: str) -> None:
    with open(path, "wb") as file:  # noqa: PTH123 - a name that the server made
        for row in rows:
            pickle.dump(row, file)
            if file.tell() > MAX_SPOOLED:
                raise sqlite3.OperationalError(f"the answer is over {MAX_SPOOLED >> 20} MB")


def read_rows(file: IO[bytes]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a file that a query process wrote."""
    with contextlib.suppress(EOFError):
        while True:
            yield pickle.load(file)  # noqa: S301 - written by a process of ours
