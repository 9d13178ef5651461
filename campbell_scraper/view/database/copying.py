"""Copies a rebuilt database into the live one, while readers go on reading.

Renaming a new file over a WAL database would leave the old ``-wal`` beside it, and old rows would be read; SQLite's
online backup writes into the file itself: readers see the old rows, then the new ones.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from campbell_scraper.view.schema.dictionary import APPLICATION_ID

from . import open_readonly
from .store_errors import NotADatabase, translated_errors

if TYPE_CHECKING:
    from campbell_scraper.view.store import Store

_KEPT = ("replay_base", "library")


def copy_database(source: Path, store: Store) -> None:
    """Replace all content of an open store with that of a finished database file.

    The store keeps its own ``replay_base`` and ``library``.

    Raises:
        NotADatabase: ``source`` is not one of ours; the store is untouched.
        Damaged: SQLite finds one of the two damaged.
        Unfinished: the disk is full, or fails.

    """
    kept = [(key, store.meta(key)) for key in _KEPT]
    with translated_errors(store.path), closing(open_readonly(Path(source))) as fresh:
        if fresh.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise NotADatabase(f"{source} is a database of another program.")
        fresh.backup(store.connection)
    store.connection.execute("PRAGMA journal_mode = WAL")
    with store.transaction():
        store.connection.executemany(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)", [(key, value) for key, value in kept if value is not None]
        )
