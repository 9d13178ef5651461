"""The store: takes events and what their pages say, and keeps the view of them. Only one thread writes."""

# ruff: noqa: S608 - names of tables and columns are the schema's own, values are bound

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Self

from campbell_scraper.archive.capture import CrawlEnd, CrawlStart, Note
from campbell_scraper.view.database import opening
from campbell_scraper.view.database.store_errors import store_error
from campbell_scraper.view.fold import finish
from campbell_scraper.view.fold.refolding import FLUSH, Refolder
from campbell_scraper.view.log import crawl_rows
from campbell_scraper.view.log.intake import note_row
from campbell_scraper.view.log.row_buffer import Rows
from campbell_scraper.view.schema.internal_tables import PendingRow, WarcFileRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from campbell_scraper.view.log.intake import PageRows, RowsOfCapture
    from campbell_scraper.view.schema import Row
    from campbell_scraper.view.schema.page_tables import FileRow, PageRow


class Store:
    """An open database. Make one with :meth:`open`; all methods raise StoreError if the file cannot be used."""

    def __init__(self, connection: sqlite3.Connection, path: Path, *, bulk: bool = False) -> None:
        self.connection = connection
        self.path = path
        self.bulk = bulk
        self._rows = Rows(connection)
        self._refolder = Refolder(connection, self._rows)
        self._pages: dict[str, tuple[tuple[str, str], PageRows]] = {}
        """URL → when its page was captured, and the page; written at the end of the transaction."""
        self._crawls: set[str] = set()

    @classmethod
    def open(cls, path: Path, *, library: str | None = None, readonly: bool = False, bulk: bool = False) -> Self:
        """Open a database, or make one where there is none.

        ``library`` names what the database must hold (``None``: whatever it holds); ``bulk`` makes a new file that is
        fast to fill and of use only after :meth:`finish`.

        Raises:
            NotADatabase, WrongLibrary, NewerSchema, Damaged: the file is not what it should be; it is left untouched.
            StoreError: it cannot be opened.

        """
        connection = opening.connect(Path(path), library, readonly=readonly, bulk=bulk)
        return cls(connection, Path(path), bulk=bulk)

    def close(self) -> None:
        """Close the database."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @property
    def library(self) -> str:
        """Name of the library it holds."""
        return self.meta("library") or ""

    def meta(self, key: str) -> str | None:
        """Return a value of ``meta``."""
        row = self.connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set_replay_base(self, base: str) -> None:
        """Set where ``campbell replay`` serves the archive: the URL before the timestamp, with its slash."""
        with self.transaction():
            self.connection.execute("INSERT OR REPLACE INTO meta VALUES ('replay_base', ?)", (base,))

    def count(self, table: str) -> int:
        """Return the number of rows of a table or view."""
        name = table.replace('"', '""')
        return int(self.connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all or nothing of what the block stores. A block inside another belongs to the outer one.

        Raises:
            Damaged: SQLite finds the file damaged.
            Unfinished: the disk is full, or fails, or another process holds the file too long.

        """
        if self.connection.in_transaction:
            yield
            return
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._rows.flush()
            self._write_pages()
            self._rows.flush()
            self.connection.execute("COMMIT")
        except BaseException as error:
            self._rows.discard()
            self._pages.clear()
            self._crawls.clear()
            self._roll_back()
            if isinstance(error, sqlite3.Error) and (meaning := store_error(error, self.path)) is not None:
                raise meaning from error
            raise

    def _roll_back(self) -> None:
        # A full disk makes SQLite roll back by itself.
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def take(self, taken: RowsOfCapture | CrawlStart | CrawlEnd | Note) -> None:
        """Store one event's rows in the log; taking the same again changes nothing.

        Reviews, versions and works are brought up to date by :meth:`show_new` and :meth:`finish`.
        """
        with self.transaction():
            if taken.crawl_id is not None:
                self._take_crawl(taken.crawl_id)
            match taken:
                case CrawlStart():
                    crawl_rows.started(self.connection, taken)
                case CrawlEnd():
                    crawl_rows.ended(self.connection, taken)
                case Note():
                    if (row := note_row(taken)) is not None:
                        self._rows.add(row)
                case _:
                    self._take_capture(taken)
            if self._rows.count >= FLUSH:
                self._rows.flush()

    def _take_crawl(self, crawl_id: str) -> None:
        """Make sure the crawl has a row: captures may come before the record that describes it."""
        if crawl_id not in self._crawls:
            self._crawls.add(crawl_id)
            crawl_rows.ensure_row(self.connection, crawl_id)
            self._rows.add(PendingRow(kind="crawl", id=crawl_id))

    def _take_capture(self, capture: RowsOfCapture) -> None:
        self._rows.extend(capture.rows)
        self._rows.extend(capture.addresses)
        if not self.bulk:
            concerned = (*capture.sightings, capture.aliased, capture.signalled)
            self._rows.extend(PendingRow(kind="address", id=one) for one in concerned if one is not None)
        seen_at = capture.captured_at, capture.capture_id
        for page in capture.pages:
            url = page[0].url
            held = self._pages.get(url)
            if held is None or held[0] < seen_at:
                self._pages[url] = seen_at, page

    def _write_pages(self) -> None:
        """Write the newest captures of pages other than reviews; one of them is the footer that every page brings."""
        for seen_at, page in self._pages.values():
            self._page(seen_at, *page)
        self._pages.clear()

    def _page(self, seen_at: tuple[str, str], row: PageRow, parts: list[Row], files: list[FileRow]) -> None:
        """Take a page that is not a review, unless a newer capture of it is there."""
        url = row.url
        newest = self.connection.execute("SELECT captured_at, capture_id FROM pages WHERE url = ?", (url,)).fetchone()
        if newest is not None and newest >= seen_at:
            return
        if newest is not None:
            indexed = "DELETE FROM files_fts WHERE rowid IN (SELECT rowid FROM files WHERE page_url = ?)"
            self.connection.execute(indexed, (url,))
            self.connection.execute("DELETE FROM files WHERE page_url = ?", (url,))
            for table in ("map_cells", "map_codes", "map_references", "page_sections", "pages"):
                self.connection.execute(f"DELETE FROM {table} WHERE url = ?", (url,))
        self._rows.add(row)
        self._rows.extend(parts)
        self._rows.extend(files)

    def derived(self) -> dict[str, int]:
        """Return how far each WARC file has been derived: name → bytes from its beginning."""
        return dict(self.connection.execute("SELECT name, size FROM _warc_files"))

    def note_derived(self, sizes: Mapping[str, int]) -> None:
        """Note how far WARC files have been derived."""
        with self.transaction():
            self._rows.extend(WarcFileRow(name=name, size=size) for name, size in sizes.items())

    def place_of(self, capture_id: str) -> tuple[str, int] | None:
        """Return WARC file and offset of a capture's record; None for an unknown one."""
        found: tuple[str, int] | None = self.connection.execute(
            "SELECT warc_file, warc_offset FROM captures WHERE capture_id = ?", (capture_id,)
        ).fetchone()
        return found

    def show_new(self) -> None:
        """Fold the reviews that no earlier run knew, as soon as more than a listing of them has been read.

        What a run says of known reviews is judged over the whole run, by :meth:`finish`.
        """
        with self.transaction():
            self._refolder.show_new()

    def finish(self, *, identity: Path | None = None) -> None:
        """Fold the reviews with something new, and bring up to date what needs all captures.

        That is absences, redirects, works, texts of files, statistics. ``identity`` is people's ``identity.csv``; by
        default the one beside the database.
        """
        with self.transaction():
            self._rows.flush()
            identity = identity or self.path.parent / "identity.csv"
            finish.finish(self.connection, self._refolder, identity=identity, bulk=self.bulk)
        self._crawls.clear()
        if self.bulk and not self.connection.in_transaction:
            self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute("PRAGMA foreign_keys = ON")
            self.bulk = False
