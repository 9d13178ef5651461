"""The store: takes captures and what they say, keeps the view of them.

One thread writes. A crawl makes one transaction of what comes at once, a rebuild one of many pages, both by
:meth:`Store.transaction`.
"""

# ruff: noqa: S608 - names of tables and columns are the schema's own, values are bound

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from campbell_scraper.archive.capture import Lookup
from campbell_scraper.items import Representation
from campbell_scraper.view.database import connect
from campbell_scraper.view.database.staleness import stale_reason
from campbell_scraper.view.database.store_errors import StoreError
from campbell_scraper.view.fold import finish, ownership
from campbell_scraper.view.fold import fulltext_index as search
from campbell_scraper.view.fold.refolding import FLUSH, Folder
from campbell_scraper.view.fold.vanished import class_of
from campbell_scraper.view.log import crawl_rows as crawls
from campbell_scraper.view.log.intake import note_row, prepare
from campbell_scraper.view.log.row_buffer import Rows

from .keys import url_identity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlite_utils import Database

    from campbell_scraper.archive.capture import Capture, CrawlEnd, CrawlStart, Note
    from campbell_scraper.items import PageReading
    from campbell_scraper.view.log.intake import Page, Prepared, Row

_HOLDER = (
    "SELECT capture_id, url, captured_at FROM captures WHERE {} AND outcome = 'new' AND truncated IS NULL "
    "AND restored = 0 AND payload_length > 0 ORDER BY captured_at {}, capture_id {} LIMIT 1"
)
_HOLDER_OF_PAYLOAD: Final = _HOLDER.format("payload_digest = ?", "", "")
_HOLDER_OF_URL: Final = _HOLDER.format("url = ? AND status = 200", "DESC", "DESC")
HELD: Final = 32 * 1024 * 1024
"""Characters of pages that are no reviews, held back in a bulk load."""


class Store:
    """An open database. Make one with :meth:`open`; all methods raise StoreError where the file fails them."""

    def __init__(self, connection: sqlite3.Connection, path: Path, *, bulk: bool = False) -> None:
        self.connection = connection
        self.path = path
        self.bulk = bulk
        self._rows = Rows(connection)
        self._folder = Folder(connection, self._rows)
        self._last: Prepared | None = None
        self._held: dict[str, tuple[tuple[str, str], Page]] = {}
        """URL → when its page was captured, and the page."""
        self._held_size = 0
        self._crawls: set[str] = set()
        self._marked = False

    @classmethod
    def open(cls, path: Path, *, library: str | None = None, readonly: bool = False, bulk: bool = False) -> Self:
        """Open a database, or make one where there is none.

        ``library`` names what the database must hold (``None``: whatever it holds); ``bulk`` makes a new file that is
        fast to fill and of use only after :meth:`finish`.

        Raises:
            NotADatabase, WrongLibrary, NewerSchema, Damaged: the file is not what it should be; it is left untouched.
            StoreError: it cannot be opened.

        """
        connection = connect.connect(Path(path), readonly=readonly)
        try:
            connect.prepare(connection, library, readonly=readonly, bulk=bulk)
        except BaseException:
            connection.close()
            raise
        return cls(connection, Path(path), bulk=bulk)

    def close(self) -> None:
        """Close the database."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @property
    def database(self) -> Database:
        """The same connection with sqlite-utils' conveniences, for reading."""
        from sqlite_utils import Database  # noqa: PLC0415 - takes a second where pandas is installed, and few ask

        return Database(self.connection)

    @property
    def library(self) -> str:
        """Name of the library it holds."""
        return self.meta("library") or ""

    def meta(self, key: str) -> str | None:
        """Give a value of ``meta``."""
        row = self.connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set_replay_base(self, base: str) -> None:
        """Say where ``campbell replay`` serves the archive: the URL before the timestamp, with its slash."""
        with self.transaction():
            self.connection.execute("INSERT OR REPLACE INTO meta VALUES ('replay_base', ?)", (base,))

    def count(self, table: str) -> int:
        """Give the number of rows of a table or view."""
        name = table.replace('"', '""')
        return int(self.connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all or nothing of what the block stores. A block inside another belongs to the outer one.

        Raises:
            Damaged: SQLite finds the file damaged.
            sqlite3.OperationalError: the disk is full, or another process holds the file too long.

        """
        if self.connection.in_transaction:
            yield
            return
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._rows.flush()
            self.connection.execute("COMMIT")
        except BaseException as error:
            self._rows.discard()
            self._held.clear()
            self._held_size = 0
            self._marked = False
            self._crawls.clear()
            self._roll_back()
            if isinstance(error, sqlite3.DatabaseError) and type(error) is sqlite3.DatabaseError:
                raise connect.damage(error) from error
            raise

    def _roll_back(self) -> None:
        # A full disk makes SQLite roll back by itself.
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def crawl_started(self, start: CrawlStart) -> None:
        """Take a crawl's warcinfo record."""
        with self._writing(start.crawl_id):
            crawls.started(self.connection, start)

    def crawl_ended(self, end: CrawlEnd) -> None:
        """Take a crawl's closing record."""
        with self._writing(end.crawl_id):
            crawls.ended(self.connection, end)

    def note(self, note: Note) -> None:
        """Take a decision about a URL that led to no exchange."""
        with self._writing(note.crawl_id):
            row = note_row(note)
            if row is not None:
                self._rows.add("discovered", row)
                self._flush()

    def add(self, capture: Capture, kind: str, reading: PageReading | None = None) -> None:
        """Take a capture and what it says; taking the same again changes nothing."""
        self.add_prepared(prepare(capture, kind, reading))

    def add_prepared(self, prepared: Prepared) -> None:
        """Take the same as :meth:`add`, prepared elsewhere by :func:`prepare`: cheap to send between processes."""
        with self._writing(prepared.crawl_id):
            owners = {} if self.bulk else {one: ownership.owner_of(self.connection, one) for one in prepared.sightings}
            for table, row in prepared.rows:
                self._rows.add(table, _owned(row, owners) if table == "_representations" else row)
            self._last = prepared
            seen_at = prepared.captured_at, prepared.capture_id
            for page in prepared.pages:
                if self.bulk:
                    self._hold(seen_at, page)
                else:
                    self._page(seen_at, *page)
            if self.bulk:
                self._rows.extend("_addresses", prepared.addresses)
                if self._rows.count >= FLUSH:
                    self._rows.flush()
            else:
                self._rows.flush()
                self._fold(prepared, owners)

    def _fold(self, prepared: Prepared, owners: dict[str, str]) -> None:
        at, capture_id, signalled = prepared.captured_at, prepared.capture_id, prepared.signalled
        moved = self._reassigned(prepared)
        seen: dict[str, list[str]] = {}
        for address, names in prepared.sightings.items():
            owner = owners[address]
            seen.setdefault(owner, []).extend(ownership.qualified(name, address, owner) for name, _ in names)
        concerned = dict.fromkeys([*seen, *sorted(moved), *([signalled] if signalled is not None else [])])
        refolded: list[str] = []
        given_up: list[str] = []
        waiting: set[str] = set()
        self._folder.running = self._crawls
        for review_id in concerned:
            if self._waits(review_id):
                waiting.add(review_id)
                self._rows.add("_waiting", (review_id,))
                continue
            names_seen = seen.get(review_id, [])
            short = len(names_seen) == 1 and review_id != signalled and review_id not in moved
            if short and self._folder.unchanged(review_id, names_seen[0], at, capture_id):
                continue
            if self._folder.refold(review_id):
                refolded.append(review_id)
            elif review_id in moved:
                given_up.append(review_id)
        self._rows.flush()
        for review_id in given_up:
            ownership.give_up(self.connection, review_id)
        self._rows.extend("_addresses", prepared.addresses)
        self._rows.flush()
        shown = [one for one in prepared.sightings if ownership.owner_of(self.connection, one) not in waiting]
        ownership.write_urls(self.connection, shown, moved - waiting - set(given_up))
        for review_id in refolded:
            finish.attach_files(self.connection, review_id)
            search.insert(self.connection, review_id)

    def _waits(self, review_id: str) -> bool:
        """Tell whether a review must not be shown yet: only lists have named it, by an address that may be another's.

        Its page says so when it is captured; if it is not, the end of the run decides.
        """
        if self.connection.execute("SELECT 1 FROM reviews WHERE review_id = ?", (review_id,)).fetchone():
            return False
        found = self.connection.execute(
            "SELECT DISTINCT representation FROM _representations WHERE review_id = ?", (review_id,)
        ).fetchall()
        return bool(found) and all(class_of(row[0]) == Representation.LISTING for row in found)

    def _reassigned(self, prepared: Prepared) -> set[str]:
        """Move captures whose owner this one changes; gives the reviews that gained or lost by it."""
        addresses = [*prepared.sightings, *([prepared.aliased] if prepared.aliased is not None else [])]
        moved: set[str] = set()
        for address in addresses:
            if address == prepared.aliased or ownership.is_alias(self.connection, address):
                for one in ownership.concerned(self.connection, address):
                    moved |= ownership.reassign(self.connection, one)
        return moved

    def _hold(self, seen_at: tuple[str, str], page: Page) -> None:
        """Keep a page that is no review until its URL's newest is known: a footer is one that every page brings."""
        url, text = page[0][0], page[0][4]
        held = self._held.get(url)
        if held is None or held[0] < seen_at:
            self._held[url] = seen_at, page
            self._held_size += len(text) - (len(held[1][0][4]) if held else 0)
            if self._held_size > HELD:
                self._write_held()

    def _write_held(self) -> None:
        for seen_at, page in self._held.values():
            self._page(seen_at, *page)
        self._held.clear()
        self._held_size = 0

    def _page(self, seen_at: tuple[str, str], row: Row, sections: list[Row], files: list[Row]) -> None:
        """Take a page that is no review, if none newer is there."""
        url = row[0]
        self._rows.flush()
        newest = self.connection.execute("SELECT captured_at, capture_id FROM pages WHERE url = ?", (url,)).fetchone()
        if newest is not None and newest >= seen_at:
            return
        if newest is not None:
            indexed = "DELETE FROM files_fts WHERE rowid IN (SELECT rowid FROM files WHERE page_url = ?)"
            self.connection.execute(indexed, (url,))
            self.connection.execute("DELETE FROM files WHERE page_url = ?", (url,))
            self.connection.execute("DELETE FROM page_sections WHERE url = ?", (url,))
            self.connection.execute(
                "UPDATE pages SET kind = ?, title = ?, tagline = ?, text = ?, capture_id = ?, captured_at = ? "
                "WHERE url = ?",
                (*row[1:], url),
            )
        else:
            self._rows.add("pages", row)
        self._rows.extend("page_sections", sections)
        self._rows.extend("files", files)

    def add_file_text(
        self, url: str, capture_id: str, *, pages: int | None, text: str | None, error: str | None
    ) -> None:
        """Take the text of a captured file, or why it has none. The newest text counts, and text before errors."""
        with self._writing(None):
            self._rows.flush()
            if self._last is not None and self._last.capture_id == capture_id:
                captured_at = self._last.captured_at
            else:
                row = self.connection.execute(
                    "SELECT captured_at FROM captures WHERE capture_id = ?", (capture_id,)
                ).fetchone()
                if row is None:
                    raise StoreError(f"there is no capture {capture_id}")
                captured_at = row[0]
            address = url_identity(url)
            self._rows.add("_file_texts", (address, captured_at, capture_id, pages, text, error))

    @property
    def holders(self) -> Lookup:
        """Where whole payloads of earlier captures can be looked up."""
        return Lookup(self.path, _HOLDER_OF_PAYLOAD, _HOLDER_OF_URL)

    def has_ingested(self, name: str, size: int) -> bool:
        """Tell whether all records of that WARC file, at that size, are in the database."""
        row = self.connection.execute("SELECT size FROM _warc_files WHERE name = ?", (name,)).fetchone()
        return row is not None and row[0] == size

    def ingested(self, name: str, size: int) -> None:
        """Note that all records of a closed WARC file are in the database."""
        with self.transaction():
            self._rows.add("_warc_files", (name, size))
            self._rows.flush()

    def stale(self, archive: Path) -> str | None:
        """Say in a few words why the view must be rebuilt from the archive; None if it need not.

        Raises:
            ArchiveIncomplete: it must, but files it was made from are missing.

        """
        return stale_reason(self.connection, Path(archive))

    def finish(self, *, identity: Path | None = None) -> None:
        """Bring up to date what needs all captures: absences, redirects, works, texts of files, statistics.

        ``identity`` is people's ``identity.csv``; by default the one beside the database. To be called at the end of a
        crawl, and of a bulk load.
        """
        with self.transaction():
            self._write_held()
            self._rows.flush()
            whole = self.bulk or self.meta("unfinished") == "all"
            finish.finish(
                self.connection,
                self._rows,
                self._folder,
                identity=identity or self.path.parent / "identity.csv",
                bulk=self.bulk,
                crawls=None if whole else frozenset(self._crawls),
            )
            self.connection.execute("DELETE FROM meta WHERE key = 'unfinished'")
        self._crawls.clear()
        self._marked = False
        if self.bulk and not self.connection.in_transaction:
            self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute("PRAGMA foreign_keys = ON")
            self.bulk = False

    @contextlib.contextmanager
    def _writing(self, crawl_id: str | None) -> Iterator[None]:
        with self.transaction():
            if crawl_id is not None and crawl_id not in self._crawls:
                crawls.known(self.connection, crawl_id)
                self._crawls.add(crawl_id)
            if not self._marked and not self.bulk:
                # Left behind by a run that never finished, it makes the next finish() look at everything.
                self.connection.execute(
                    "INSERT INTO meta VALUES ('unfinished', 'some') ON CONFLICT (key) DO UPDATE SET value = 'all'"
                )
                self._marked = True
            yield

    def _flush(self) -> None:
        if not self.bulk or self._rows.count >= FLUSH:
            self._rows.flush()


def _owned(row: Row, owners: dict[str, str]) -> Row:
    """Give a row of ``_representations`` to the review that its address belongs to."""
    address = row[0]
    owner = owners.get(address, str(address))
    return (owner, *row[1:3], ownership.qualified(row[3], address, owner), *row[4:])
