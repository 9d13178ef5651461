"""``campbell verify``: archive, manifest and database held against each other."""

from __future__ import annotations

import os
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from campbell_scraper.archive.files import closed_files
from campbell_scraper.archive.verify import verify_archive
from campbell_scraper.folder import beside

from .database_diff import EXCLUDED, compare
from .derive import lacking_files
from .rebuild import build_database, remove_database
from .store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from campbell_scraper.folder import DataFolder


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
    """Check records' digests, the manifest, rows' places in the archive; on request a rebuilt database too.

    ``progress`` is told what is being done.
    """
    progress("checking the database")
    result = Verification()
    is_busy = folder.is_busy
    with closing(Store.open(folder.database, readonly=True)) as store:
        connection = store.connection
        problems = [str(row[0]) for row in connection.execute("pragma integrity_check") if row[0] != "ok"]
        problems += [f"foreign key: {row}" for row in connection.execute("pragma foreign_key_check")]
        result.findings += [f"{folder.database.name}: {problem}" for problem in problems]
        library = connection.execute("select value from meta where key = 'library'").fetchone()[0]
        rows = connection.execute(
            "select capture_id, url, warc_file, warc_offset, warc_length from captures order by warc_file, warc_offset"
        ).fetchall()
        derived = store.derived()
    # What another run has written, and not derived by the time the rows were read, is not held against them.
    growing = {source.name for source in lacking_files(folder.archive, derived)} if is_busy else set()
    findings = list(verify_archive(folder.archive, folder.manifest, rows, growing=growing, progress=progress))
    result.findings += [str(finding) for finding in findings]
    files = closed_files(folder.archive)
    result.lines.append(f"{len(files)} WARC files, {len(rows):,} captures: digests, places and manifest checked.")
    if with_rebuild:
        with ExitStack() as stack:
            place = folder.root
            if not os.access(place, os.W_OK):  # a CD, a snapshot
                place = Path(stack.enter_context(TemporaryDirectory(prefix="campbell-verify-")))
            fresh = beside(place / "verify")
            stack.callback(remove_database, fresh)
            build_database(
                [folder.archive], fresh, library=library,
                progress=lambda done: progress(f"rebuilding: {done.captures:,} of {len(rows):,} captures"),
            )  # fmt: skip
            progress("comparing the databases row by row")
            differences = compare(folder.database, fresh)
        result.findings += [str(difference) for difference in differences]
        names = ", ".join(sorted(EXCLUDED)) or "none"
        result.lines.append(f"Rebuilt database compared row by row (columns left out: {names}).")
    return result
