"""The archive's catalog, ``catalog.sqlite``: which capture holds a payload, and which is the newest good one of a URL.

It is derived from the WARC files: if it is deleted, it is built again from them.
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from campbell_scraper.archive.capture import Capture
from campbell_scraper.archive.files import OPEN_SUFFIX
from campbell_scraper.archive.read.reader import read_events
from campbell_scraper.archive.stored_files import closed_files, size_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CATALOG_NAME: Final = "catalog.sqlite"
_BUSY_SECONDS: Final = 30.0
_VERSION: Final = 2
# Rows stay in insertion order: sorted by their random ids, each would dirty another page.
_SCHEMA: Final = f"""
create table if not exists holders (capture_id text primary key, url text not null, captured_at text not null,
                                    payload_digest text not null, warc_file text not null,
                                    warc_offset integer not null) strict;
create index if not exists holders_payload on holders (payload_digest);
create index if not exists holders_url on holders (url, captured_at);
create index if not exists holders_file on holders (warc_file);
create table if not exists files (warc_file text primary key, size integer not null) strict, without rowid;
pragma user_version = {_VERSION};
"""

_ADD: Final = "insert or ignore into holders values (?, ?, ?, ?, ?, ?)"
_CLOSED: Final = "insert or replace into files values (?, ?)"

logger = logging.getLogger(__name__)


class Holder(NamedTuple):
    """A capture with status 200 whose record holds the whole payload."""

    capture_id: str
    url: str
    captured_at: str


class Catalog:
    """Rows of a folder's captures; additions are visible at once, and kept once :meth:`commit` is called.

    A catalog that fails calls ``on_failure`` and is empty from then on: records are still written.
    """

    def __init__(self, directory: Path, *, on_failure: Callable[[Exception], None]) -> None:
        """Open the catalog, and read in the closed WARC files that it lacks. Raises OSError, sqlite3.Error."""
        self._on_failure = on_failure
        path = directory / CATALOG_NAME
        try:
            self._connection: sqlite3.Connection | None = self._open(path)
        except sqlite3.OperationalError:  # a lock or the disk, not the file itself
            raise
        except sqlite3.DatabaseError:  # damaged, or another version's
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            self._connection = self._open(path)
        self._follow(self._connection, directory)

    @staticmethod
    def _open(path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS)
        connection.execute("pragma journal_mode=wal")
        connection.execute("pragma synchronous=normal")  # rows lost in a power failure are still in the WARC files
        (version,) = connection.execute("pragma user_version").fetchone()
        is_new = connection.execute("select 1 from sqlite_schema").fetchone() is None
        if version != _VERSION and not is_new:
            connection.close()
            raise sqlite3.DatabaseError(f"{path.name} is another version's")
        connection.executescript(_SCHEMA)
        return connection

    def _follow(self, connection: sqlite3.Connection, directory: Path) -> None:
        """Forget files that are gone or have changed; read in those that are not known."""
        present = {path.name: path for path in closed_files(directory)}
        sizes = {name: size_of(path) for name, path in present.items()}
        known = dict(connection.execute("select warc_file, size from files"))
        still_open = {path.name.removesuffix(OPEN_SUFFIX) for path in directory.glob(f"*{OPEN_SUFFIX}")}
        named = {name for (name,) in connection.execute("select distinct warc_file from holders")} | known.keys()
        unknown = [name for name in sizes if known.get(name) != sizes[name]]
        if unknown:
            logger.info("Reading %d WARC files into the catalog", len(unknown))
        for name in [*(named - sizes.keys() - still_open), *unknown]:
            with connection:
                connection.execute("delete from holders where warc_file = ?", (name,))
                connection.execute("delete from files where warc_file = ?", (name,))
        for name in unknown:
            with connection:
                for event in read_events(present[name]):
                    if isinstance(event, Capture) and _holds_payload(event):
                        row = (event.capture_id, event.url, event.captured_at, event.payload_digest, name)
                        connection.execute(_ADD, (*row, event.warc_offset))
                connection.execute(_CLOSED, (name, sizes[name]))

    def of_payload(self, digest: str) -> Holder | None:
        """Return the oldest capture that holds a payload ("sha256:..."); None for a new payload."""
        return self._ask("payload_digest = ? order by captured_at", digest)

    def of_url(self, url: str) -> Holder | None:
        """Return the newest capture of a URL with status 200, which a 304 answer confirms."""
        return self._ask("url = ? order by captured_at desc", url)

    def place_of(self, capture_id: str) -> tuple[str, int] | None:
        """Return WARC file and offset of a holder's record."""
        row = self._execute("select warc_file, warc_offset from holders where capture_id = ?", (capture_id,))
        return (row[0], int(row[1])) if row else None

    def add(self, holder: Holder, payload_digest: str, warc_file: str, warc_offset: int = 0) -> None:
        """Add a capture that holds its payload in a file."""
        self._execute(_ADD, (*holder, payload_digest, warc_file, warc_offset))

    def forget(self, holder: Holder) -> None:
        """Drop a capture whose record cannot be read any more."""
        self._execute("delete from holders where capture_id = ?", (holder.capture_id,))

    def closed(self, path: Path) -> None:
        """Note that all captures of a closed file are in the catalog."""
        self._execute(_CLOSED, (path.name, path.stat().st_size))

    def commit(self) -> None:
        """Keep the added rows, once their records are on disk."""
        try:
            if self._connection is not None:
                self._connection.commit()
        except sqlite3.Error as error:
            self._fail(error)

    def close(self) -> None:
        """Close the database; what was added since the last commit is dropped."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.rollback()
                connection.close()

    def _ask(self, condition: str, value: str) -> Holder | None:
        query = f"select capture_id, url, captured_at from holders where {condition} limit 1"  # noqa: S608 - our own
        row = self._execute(query, (value,))
        return Holder._make(row) if row else None

    def _execute(self, statement: str, values: tuple[str | int, ...]) -> tuple[str, ...] | None:
        try:
            if self._connection is not None:
                row: tuple[str, ...] | None = self._connection.execute(statement, values).fetchone()
                return row
        except sqlite3.Error as error:
            self._fail(error)
        return None

    def _fail(self, error: sqlite3.Error) -> None:
        self.close()
        self._on_failure(error)


def _holds_payload(capture: Capture) -> bool:
    """Tell whether others may refer to a capture instead of storing its payload again."""
    is_whole = capture.outcome == "new" and capture.status == 200 and not (capture.truncated or capture.restored)
    return is_whole and capture.payload_digest is not None
