"""A process of its own that derives a data folder: once, or repeatedly while a crawl runs.

A crawl's process writes no row. What it archives is derived here. If this process is killed, the crawl goes on, and the
next derivation begins where this one stopped.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Self

from campbell_scraper.archive.files import being_written
from campbell_scraper.archive.publish.cdxj import write_index
from campbell_scraper.archive.read.reader import read_events
from campbell_scraper.archive.read.recovery import recover
from campbell_scraper.archive.stored_files import store_locked
from campbell_scraper.archive.verify import listed_damage
from campbell_scraper.archive.watched_processes import process_context
from campbell_scraper.errors import DamagedError, LockHeld, Unfinished, UsageError
from campbell_scraper.words import log_plainly

from .database.staleness import stale_reason
from .database.store_errors import EmptyDatabase
from .decisions import require_readable
from .derive import Derived, derive_new, lacking_files, library_named, reader_pool
from .judging.gate import database_to_derive, settle
from .reader_pool import PAGE_OBJECTS
from .rebuild import replace_database
from .store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from campbell_scraper.folder import DataFolder

    from .derive import Pool

logger = logging.getLogger(__name__)

_NICENESS = 5
"""Added to this process's niceness, so that the crawl comes first on a busy processor."""
_STEP = 2.0
"""Seconds between two looks into the archive: pages are read during the crawl, so that little is left at its end."""
_PATIENCE = 10.0
"""Seconds that the process has to end once its pipe is closed."""


@contextmanager
def locked(folder: DataFolder, purpose: str) -> Iterator[None]:
    """Lock a folder while the block runs, and first cut off from its archive what a crash tore.

    An object store is locked too, and has all closed WARC files once the block has ended without an error.

    Raises:
        UsageError: the folder cannot be written, or one of people's files in it cannot be read.
        LockHeld: another run works on it, or writes to its archive.
        DamagedError: a closed WARC file is missing or is not what the manifest says; nothing was touched.

    """
    folder.create()
    with folder.lock(purpose), store_locked(folder.archive, folder.manifest, purpose):
        if being_written(folder.archive):
            raise LockHeld(f"Another process writes WARC files to {folder.archive}.")
        require_listed(folder)
        require_readable(folder.root)
        folder.sweep()
        for recovery in recover(folder.archive, folder.manifest):
            logger.warning("Recovered after a crash: %s", recovery)
        yield


def require_listed(folder: DataFolder) -> None:
    """Raise DamagedError unless every closed WARC file is what the manifest says."""
    found = list(listed_damage(folder.manifest, anew=False))
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise DamagedError(f"The archive is damaged: {found[0]}{more}. Restore it from your copy; nothing was changed.")


def library_of(folder: DataFolder) -> str:
    """Return which library a folder holds, by its database, else by its archive.

    Raises:
        UsageError: neither names one.

    """
    with suppress(EmptyDatabase):  # also one that a crash left behind
        if folder.database.is_file():
            with closing(Store.open(folder.database, readonly=True)) as store:
                return store.library
    for source in lacking_files(folder.archive, {}):
        library, _ = library_named(read_events(source.path))
        if library is not None:
            return library
    raise UsageError(f"{folder.root} holds neither a database nor an archive of a library.")


def catch_up(folder: DataFolder, library: str) -> None:
    """Bring the database of a locked folder up to date with its archive, in another process.

    Raises:
        StoreError: the folder belongs to another library, or its database cannot be used.

    """
    if not is_up_to_date(folder, library):
        with Derivation(folder, library) as derivation:
            derivation.finish()


@contextmanager
def followed(folder: DataFolder, library: str, every: float, *, is_gated: bool = False) -> Iterator[None]:
    """Derive a locked folder while the block, a crawl, runs, and once more when it has ended.

    New reviews are shown every ``every`` seconds; with 0 nothing is derived before the end. A crawl that ``is_gated``
    is not shown before it has ended and was judged. At the end the archive's index is brought up to date too.
    """
    with Derivation(folder, library, every=every, is_gated=is_gated) as derivation:
        try:
            yield
        finally:
            derivation.ask_to_finish()
            write_index(folder.archive, folder.index)
            derivation.finish()


def is_up_to_date(folder: DataFolder, library: str) -> bool:
    """Tell whether a folder's database is what this code makes of all closed files of its archive.

    Raises:
        StoreError: the folder belongs to another library, or its database cannot be used.

    """
    if folder.held.is_file():  # people's files may have opened the gate since
        return False
    if not folder.database.is_file():
        return not lacking_files(folder.archive, {})
    try:
        store = Store.open(folder.database, library=library, readonly=True)
    except EmptyDatabase:
        return False
    with closing(store):
        return (
            stale_reason(store.connection, folder.archive) is None
            and not lacking_files(folder.archive, store.derived())
            and not store.count("_pending")
        )


def bring_up_to_date(folder: DataFolder, store: Store, *, pool: Pool | None = None) -> Derived:
    """Derive what the archive has and the database lacks; everything, if other code made the database."""
    reason = stale_reason(store.connection, folder.archive)
    if reason is not None:
        logger.warning("Rebuilding the database from the archive: %s", reason)
        return replace_database(folder, store, pool=pool)
    derived = derive_new(folder, store, pool=pool)
    store.finish()
    return derived


class Derivation:
    """A process that derives a folder, whose lock the caller holds. Use it as a context manager."""

    def __init__(self, folder: DataFolder, library: str, *, every: float | None = None, is_gated: bool = False) -> None:
        """Start the process; it derives at once, and with ``every`` what a crawl archives from then on.

        During the crawl new reviews are shown every so many seconds (0: only at its end), unless it ``is_gated``.
        """
        self._folder = folder
        self._library = library
        self._is_gated = is_gated
        self._is_asked = False
        self._process, self._connection = self._start(every)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._close()

    def ask_to_finish(self) -> None:
        """Ask for the rest to be derived; :meth:`finish` waits for it."""
        if not self._is_asked:
            self._is_asked = True
            with suppress(OSError):
                self._connection.send("finish")

    def finish(self, progress: Callable[[int], None] | None = None) -> Derived:
        """Wait until everything is derived and the view finished; return what the last derivation did.

        ``progress`` is called with the number of captures derived so far.

        Raises:
            StoreError: the folder belongs to another library, or its database cannot be used.
            OSError, sqlite3.Error: archive or database could not be read or written.
            Unfinished: the process was killed, and the one started in its place too.

        """
        answer = self._answer(progress)
        if answer is None:
            logger.warning("The process that derives the database was killed; another one starts.")
            self._close()
            self._process, self._connection = self._start(None)
            answer = self._answer(progress)
        if answer is None:
            raise Unfinished("The database could not be derived from the archive; the next run will do it.")
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _start(self, every: float | None) -> tuple[BaseProcess, Connection]:
        ours, theirs = multiprocessing.Pipe()
        process = process_context(PAGE_OBJECTS, __name__).Process(  # type: ignore[attr-defined]  # BaseContext's stubs have none
            target=_derive,
            args=(theirs, self._folder, self._library, every),
            kwargs={"is_gated": self._is_gated},
            name="derivation",
        )
        process.start()
        theirs.close()
        self._is_asked = False
        return process, ours

    def _answer(self, progress: Callable[[int], None] | None) -> Derived | Exception | None:
        self.ask_to_finish()
        try:
            while isinstance(answer := self._connection.recv(), int):
                if progress is not None:
                    progress(answer)
        except (EOFError, OSError):
            return None
        found: Derived | Exception = answer
        return found

    def _close(self) -> None:
        self._connection.close()
        self._process.join(_PATIENCE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _derive(connection: Connection, folder: DataFolder, library: str, every: float | None, *, is_gated: bool) -> None:
    """Derive until asked to finish; end at once when the other end of the pipe is closed."""
    log_plainly()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the crawl obeys them, and then asks to finish
    with suppress(OSError):
        os.nice(_NICENESS)
    finishing = threading.Event()

    def listen() -> None:
        try:
            connection.recv()
        except (EOFError, OSError):
            os._exit(1)
        finishing.set()
        with suppress(EOFError, OSError):
            connection.recv()
        os._exit(1)

    threading.Thread(target=listen, daemon=True).start()
    try:
        with reader_pool() as pool:
            with closing(Store.open(database_to_derive(folder, library, is_gated=is_gated), library=library)) as store:
                derived = bring_up_to_date(folder, store, pool=pool)
                shown = time.monotonic()
                while every and not finishing.wait(min(every, _STEP)):
                    derive_new(folder, store, pool=pool)
                    if time.monotonic() - shown >= every:
                        store.show_new()
                        shown = time.monotonic()
                finishing.wait()
                if every is not None:
                    derived = derive_new(folder, store, pool=pool, progress=lambda done: connection.send(done.captures))
                    store.finish()
            settle(folder, library, pool=pool)
        connection.send(derived)
    except Exception as error:  # noqa: BLE001 - the crawl's process reports errors of any kind
        connection.send(error)
