"""A session: a data folder opened for writing, locked, mended and brought up to date.

Rule 1 of DESIGN.md makes every start the same: cut what a crash tore, store what the database lacks, and rebuild the
view when the code that made it has changed or it points at bytes that are not there.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from campbell_scraper.archive.capture import CrawlStart
from campbell_scraper.archive.files import still_written
from campbell_scraper.archive.publish.cdxj import write_index
from campbell_scraper.archive.read.reader import read_events
from campbell_scraper.archive.read.recovery import recover
from campbell_scraper.errors import DamagedError, LockHeld, UsageError
from campbell_scraper.faces.datasette.metadata import write_faces
from campbell_scraper.view import Damaged, NewerSchema, NotADatabase, Store, StoreError, WrongLibrary
from campbell_scraper.view.log.ingest import Ingest
from campbell_scraper.view.rebuild import rebuild_in_place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from campbell_scraper.archive.capture import Event
    from campbell_scraper.archive.read.recovery import Recovery
    from campbell_scraper.folder import DataFolder

logger = logging.getLogger(__name__)

_ORPHAN_PATIENCE = 60.0
"""Seconds in which a killed crawl's last exchanges should be written; then something is wrong."""


@contextlib.contextmanager
def store_errors(folder: DataFolder) -> Iterator[None]:
    """Turn what the store raises about a file into one sentence and its exit code."""
    try:
        yield
    except WrongLibrary as error:
        raise UsageError(f"{folder.root} belongs to another library: {error}") from error
    except NewerSchema as error:
        raise DamagedError(f"{folder.database} was written by a newer campbell_scraper: {error}") from error
    except (NotADatabase, Damaged) as error:
        raise DamagedError(f"{folder.database} cannot be used: {error}") from error
    except StoreError as error:
        raise DamagedError(f"{folder.database}: {error}") from error


@dataclass(slots=True)
class Session:
    """A data folder in use by one run."""

    folder: DataFolder
    store: Store
    recoveries: Sequence[Recovery] = ()
    caught_up: int = 0
    """Captures the database lacked."""
    rebuilt: str | None = None
    """Why the view was rebuilt, if it was."""
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @classmethod
    def open(cls, folder: DataFolder, library: str, purpose: str) -> Self:
        """Lock the folder and make archive and database whole.

        Raises:
            UsageError: the folder cannot be written, or belongs to another library.
            LockHeld: another run works on it, or what one had fetched is still being written.
            DamagedError: the database is none, or newer than this code.

        """
        folder.create()
        with contextlib.ExitStack() as stack:
            stack.enter_context(folder.lock(purpose))
            with store_errors(folder):
                store = Store.open(folder.database, library=library)
            stack.callback(store.close)
            session = cls(folder, store)
            if still_written(folder.archive, _ORPHAN_PATIENCE):
                raise LockHeld(f"What a killed crawl had fetched is still being written to {folder.archive}.")
            session.recoveries = recover(folder.archive, folder.manifest)
            for recovery in session.recoveries:
                logger.warning("Recovered after a crash: %s", recovery)
            session._bring_up_to_date()
            session._stack = stack.pop_all()
        return session

    def _bring_up_to_date(self) -> None:
        with store_errors(self.folder):
            self.rebuilt = self.store.stale(self.folder.archive)
        if self.rebuilt:
            logger.warning("Rebuilding the database from the archive: %s", self.rebuilt)
            rebuild_in_place(self.folder, self.store)
            self.note_ingested()
            return
        for path in sorted(self.folder.archive.glob("*.warc.gz")):
            if not self.store.has_ingested(path.name, path.stat().st_size):
                self.caught_up += ingest_file(self.store, path)

    def note_ingested(self) -> None:
        """Note that the database has all of every closed WARC file, so that the next start need not read them again."""
        for path in sorted(self.folder.archive.glob("*.warc.gz")):
            self.store.ingested(path.name, path.stat().st_size)

    def finish_crawl(self, *, whole: bool) -> None:
        """Write what a crawl leaves besides archive and rows: the index, and the files that Datasette serves it with.

        ``whole``: every capture that was handed over was stored.
        """
        write_index(self.folder.archive, self.folder.index)
        write_faces(self.folder)
        if whole:
            self.note_ingested()

    def close(self) -> None:
        """Close the database and let the folder go."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def ingest_file(store: Store, path: Path) -> int:
    """Store what one closed WARC file holds; gives the number of captures the database lacked."""
    before = store.count("captures")
    ingest = Ingest(store, damaged=lambda damage: logger.warning("Skipped a damaged record: %s", damage))
    batch: list[Event] = []
    for event in read_events(path):
        batch.append(event)
        if len(batch) >= 200:
            _store_batch(store, ingest, batch)
            batch = []
    _store_batch(store, ingest, batch)
    with store.transaction():
        store.ingested(path.name, path.stat().st_size)
    return store.count("captures") - before


def _store_batch(store: Store, ingest: Ingest, batch: Sequence[Event]) -> None:
    with store.transaction():
        for event in batch:
            ingest.take(event)


def library_of(folder: DataFolder) -> str:
    """Say which library a folder holds: what its database says, else what its archive says.

    Raises:
        UsageError: neither knows.

    """
    if folder.database.is_file():
        with store_errors(folder), contextlib.closing(Store.open(folder.database, readonly=True)) as store:
            return store.library
    for path in sorted(folder.archive.glob("*.warc.gz*")):
        for event in read_events(path):
            if isinstance(event, CrawlStart) and event.info.get("crawl-library"):
                return event.info["crawl-library"]
            break
    raise UsageError(f"{folder.root} holds neither a database nor an archive of a library.")
