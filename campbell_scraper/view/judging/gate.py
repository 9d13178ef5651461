"""The gate: people read the last good run until a broken one is mended or accepted.

People read ``campbell.db``. Where runs are held back, ``campbell.db.held`` stands beside it and has all of them: crawls
and reports read that one. Which runs are held back follows from the archive and from people's files
(``held_runs.py``), and ``campbell.db`` is derived from the archive without them. So both can be made anew, and a killed
process leaves ``campbell.db`` either as it was or as it should be; the next derivation does the rest.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Final

from campbell_scraper.archive.read.locate import warcinfo_of
from campbell_scraper.atomic_files import beside
from campbell_scraper.view.database.copying import copy_database
from campbell_scraper.view.database.staleness import stale_reason, version_reason
from campbell_scraper.view.derive import lacking_files
from campbell_scraper.view.rebuild import build_database, remove_database
from campbell_scraper.view.store import Store

from .assertions import open_view
from .held_runs import FIELD, held_back

if TYPE_CHECKING:
    from pathlib import Path

    from campbell_scraper.folder import DataFolder
    from campbell_scraper.view.derive import Pool
    from campbell_scraper.view.parts.kept_readings import KeptReadings

_MADE_OF: Final = """SELECT crawl_id, finished_at, (SELECT count(*) FROM captures c WHERE c.crawl_id = k.crawl_id)
    FROM crawls k UNION ALL SELECT '', NULL, count(*) FROM captures WHERE crawl_id IS NULL"""


def database_to_derive(folder: DataFolder, library: str, *, is_gated: bool = False, anew: bool = False) -> Path:
    """Return the database that a locked folder is derived into: not the one people read, if a gated run is derived.

    Such a run begins now (``is_gated``), or is in the part of the archive not derived yet (with ``anew``, all of it).
    """
    if folder.held.is_file():
        return folder.held
    with closing(Store.open(folder.database, library=library)) as store:
        derived = {} if anew or stale_reason(store.connection, folder.archive) else store.derived()
    if is_gated or any(FIELD in warcinfo_of(source) for source in lacking_files(folder.archive, derived)):
        _stand_beside(folder, library)
    return folder.newest


def settle(
    folder: DataFolder,
    library: str,
    *,
    workers: int | None = None,
    pool: Pool | None = None,
    kept: KeptReadings | None = None,
) -> None:
    """Bring what people read up to date in a locked folder whose newest database is up to date.

    Readers see the old rows, then the new ones. ``workers``, ``pool`` and ``kept`` are those of a derivation.
    """
    with closing(open_view(folder.newest)) as connection:
        held = held_back(connection, folder)
        made_of = {row for row in map(tuple, connection.execute(_MADE_OF)) if row[0] not in held}
    if held and not folder.held.is_file():
        _stand_beside(folder, library)
    if not folder.held.is_file():
        return
    with closing(Store.open(folder.database, library=library)) as shown:
        if not held:
            copy_database(folder.held, shown)
        elif version_reason(shown.connection) or set(shown.connection.execute(_MADE_OF)) != made_of:
            fresh = beside(folder.root / "shown")
            try:
                build_database(
                    [folder.archive], fresh, library=library, without=held, workers=workers, pool=pool, kept=kept
                )
                copy_database(fresh, shown)
            finally:
                remove_database(fresh)
        else:
            shown.finish()  # people's other files may have changed
    if not held:
        remove_database(folder.held)


def _stand_beside(folder: DataFolder, library: str) -> None:
    """Make ``campbell.db.held``, a copy of what people read."""
    fresh = beside(folder.held)
    with closing(Store.open(fresh, library=library)) as copy:
        copy_database(folder.database, copy)
    remove_database(folder.held)  # also the -wal and -shm that an earlier one left
    fresh.rename(folder.held)
