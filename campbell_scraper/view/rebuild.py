"""Rebuilds databases: derivations into an empty file."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from campbell_scraper.archive.capture import Damage
from campbell_scraper.archive.read.archive_files import foreign_files
from campbell_scraper.archive.read.reader import read_archive
from campbell_scraper.atomic_files import beside
from campbell_scraper.errors import CampbellError, UsageError

from .database.copying import copy_database
from .database.staleness import require_whole
from .derive import derive, lacking_files, library_named, size_of
from .store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence
    from pathlib import Path

    from campbell_scraper.folder import DataFolder

    from .derive import Derived, Pool
    from .parts.kept_readings import KeptReadings

logger = logging.getLogger(__name__)

_NOT_OF_PARTS = (CampbellError, OSError, MemoryError, sqlite3.OperationalError)
"""Errors of a rebuild that its parts cannot cause: archive, machine, a full disk."""


def build_database(
    archives: Sequence[Path],
    database: Path,
    *,
    library: str | None = None,
    without: Container[str] = (),
    workers: int | None = None,
    pool: Pool | None = None,
    kept: KeptReadings | None = None,
    progress: Callable[[Derived], None] | None = None,
) -> Derived:
    """Build ``database`` (which must not exist) from archives: files or folders, WARC or WACZ.

    It appears under its name when it is whole.

    ``without`` are crawls that are left out; ``workers`` is the number of processes that read pages (by default one for
    each processor core); pages whose readings are ``kept`` are not read.

    Raises:
        UsageError: there is nothing to read, or something that cannot be read, or the database exists.

    """
    for path in archives:
        if not path.exists():
            raise UsageError(f"There is no archive {path}.")
        if foreign := foreign_files(path):
            raise UsageError(f"Archives of this kind cannot be read: {', '.join(map(str, foreign))}.")
    if database.exists():
        raise UsageError(f"{database} exists: name a file that does not exist yet.")
    made = partial(_build, archives, database, library, without=without, workers=workers, pool=pool, progress=progress)
    if kept is None:
        return made()
    try:
        return made(kept=kept)
    except _NOT_OF_PARTS:
        raise
    except Exception as error:  # noqa: BLE001 - a stranger's part may have the right types and wrong values
        logger.warning("Removing the kept parts and reading all pages again, because of %r", error)
        kept.discard()
    return made()


def _build(
    archives: Sequence[Path],
    database: Path,
    library: str | None,
    *,
    without: Container[str],
    kept: KeptReadings | None = None,
    workers: int | None,
    pool: Pool | None,
    progress: Callable[[Derived], None] | None,
) -> Derived:
    try:
        name, events = library_named(read_archive(archives))
    except (OSError, ValueError) as error:
        raise UsageError(f"{error}.") from error
    events = (event for event in events if isinstance(event, Damage) or event.crawl_id not in without)
    database.parent.mkdir(parents=True, exist_ok=True)
    fresh = beside(database)
    try:
        with closing(Store.open(fresh, library=library or name or "imported", bulk=True)) as store:
            derived = derive(store, events, workers=workers, pool=pool, kept=kept, progress=progress)
            store.finish()
        fresh.replace(database)
    finally:
        remove_database(fresh)
    return derived


def replace_database(
    folder: DataFolder,
    store: Store,
    *,
    workers: int | None = None,
    pool: Pool | None = None,
    kept: KeptReadings | None = None,
    progress: Callable[[Derived], None] | None = None,
) -> Derived:
    """Rebuild a folder's database from its own archive, into the open live database: readers see old rows, then new.

    The caller holds the folder's lock.

    Raises:
        ArchiveIncomplete: WARC files that the database was made from are missing.

    """
    require_whole(store.connection, folder.archive)
    fresh = beside(folder.root / "rebuild")
    try:
        derived = build_database(
            [folder.archive], fresh, library=store.library, workers=workers, pool=pool, kept=kept, progress=progress
        )
        copy_database(fresh, store)
    finally:
        remove_database(fresh)
    store.note_derived({source.name: size_of(source.path) for source in lacking_files(folder.archive, {})})
    return derived


def remove_database(database: Path) -> None:
    """Remove a database file and what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
