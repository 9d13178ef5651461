"""``campbell verify``: compares archive, manifest and database with each other."""

from __future__ import annotations

import os
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from campbell_scraper.archive.stored_files import closed_files
from campbell_scraper.archive.verify import verify_archive
from campbell_scraper.atomic_files import beside

from .database_diff import EXCLUDED, compare
from .derive import lacking_files
from .judging.assertions import open_view
from .judging.held_runs import held_back
from .rebuild import build_database, remove_database
from .store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from campbell_scraper.folder import DataFolder

    from .database_diff import Difference


@dataclass(slots=True)
class Verification:
    """What was found."""

    lines: list[str] = field(default_factory=list)
    """What was checked, for people."""
    findings: list[str] = field(default_factory=list)
    """What is wrong, each naming file, record or row; empty if everything agrees."""


def verify_folder(
    folder: DataFolder, *, with_rebuild: bool = False, progress: Callable[[str], None] = lambda _: None
) -> Verification:
    """Check records' digests, the manifest and rows' places in the archive; on request compare rebuilt databases too.

    ``progress`` is told what is being done.
    """
    progress("checking the database")
    result = Verification()
    is_busy = folder.is_busy
    for database in dict.fromkeys((folder.database, folder.newest)):  # the last one has the rows of all runs
        with closing(Store.open(database, readonly=True)) as store:
            connection = store.connection
            problems = [str(row[0]) for row in connection.execute("pragma integrity_check") if row[0] != "ok"]
            problems += [f"foreign key: {row}" for row in connection.execute("pragma foreign_key_check")]
            result.findings += [f"{database.relative_to(folder.root)}: {problem}" for problem in problems]
            rows = connection.execute(
                "select capture_id, url, warc_file, warc_offset, warc_length from captures "
                "order by warc_file, warc_offset"
            ).fetchall()
            derived = store.derived()
    # What another run had written but not derived when the rows were read is not checked.
    growing = {source.name for source in lacking_files(folder.archive, derived)} if is_busy else set()
    findings = verify_archive(folder.archive, folder.manifest, rows, growing=growing, progress=progress)
    result.findings += map(str, findings)
    files = closed_files(folder.archive)
    result.lines.append(f"WARC files: {len(files)}; captures: {len(rows):,}; digests, places and manifest checked.")
    if with_rebuild:
        with closing(open_view(folder.newest)) as connection:
            made_without = {folder.newest: frozenset[str]()} | {folder.database: held_back(connection, folder)}
        for database, without in made_without.items():
            found = _differences(folder, database, without, len(rows), progress)
            result.findings += [f"{database.relative_to(folder.root)}: {difference}" for difference in found]
        names = ", ".join(sorted(EXCLUDED)) or "none"
        result.lines.append(f"Rebuilt database compared row by row (columns left out: {names}).")
    return result


def _differences(
    folder: DataFolder, database: Path, without: Collection[str], captures: int, progress: Callable[[str], None]
) -> list[Difference]:
    """Return where a database differs from one made anew from the folder's archive, without some crawls."""
    with ExitStack() as stack:
        place = folder.root
        if not os.access(place, os.W_OK):  # a CD, a snapshot
            place = Path(stack.enter_context(TemporaryDirectory(prefix="campbell-verify-")))
        fresh = beside(place / "verify")
        stack.callback(remove_database, fresh)
        with closing(Store.open(database, readonly=True)) as store:
            library, replay_base = store.library, store.meta("replay_base")
        build_database(
            [folder.archive], fresh, library=library, without=without,
            progress=lambda done: progress(f"rebuilding: {done.captures:,} of {captures:,} captures"),
        )  # fmt: skip
        if replay_base is not None:  # people set where they replay the archive; no record has it
            with closing(Store.open(fresh, library=library)) as made:
                made.set_replay_base(replay_base)
        progress("comparing the databases row by row")
        return compare(database, fresh)
