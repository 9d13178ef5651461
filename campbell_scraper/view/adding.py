"""``campbell add``: archives of other tools taken into a data folder, as files of its own archive."""

from __future__ import annotations

import csv
import hashlib
import os
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from campbell_scraper.archive.capture import Capture, CrawlStart
from campbell_scraper.archive.files import read_manifest, sync_directory
from campbell_scraper.archive.http import GZIP_MAGIC
from campbell_scraper.archive.publish.cdxj import write_index
from campbell_scraper.archive.read.archive_files import all_sources, foreign_files
from campbell_scraper.archive.read.reader import read_archive
from campbell_scraper.archive.read.scan import RawRecord, scan
from campbell_scraper.archive.stored_files import closed_files, enter
from campbell_scraper.atomic_files import beside
from campbell_scraper.errors import UsageError
from campbell_scraper.reading.page.links import host_of

from .following import Derivation, library_of, locked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from campbell_scraper.archive.read.archive_files import Source
    from campbell_scraper.folder import DataFolder

    from .derive import Derived

_PIECE = 1 << 20
_LOOKED_AHEAD = 1000
"""How many events are searched for the one that names the library."""
_COLUMNS = ("file", "taken_from", "sha256", "added_at")


def add_archives(folder: DataFolder, paths: Sequence[Path]) -> tuple[list[tuple[str, str]], Derived]:
    """Copy WARC files, those in WACZ packages too, into a folder's archive, and derive its database.

    A file that the archive already has, byte for byte, is skipped. A file that cannot be read from any offset (zstd,
    ARC, compressed inside its package) is stored unpacked. Returns pairs of new name and source, and what was derived.

    Raises:
        UsageError: a path is not an archive, or holds no record; nothing is then added.
        LockHeld: another run works on the folder.

    """
    if missing := [path for path in paths if not path.exists()]:
        raise UsageError(f"There is no archive {missing[0]}.")
    try:
        sources = all_sources(paths)
    except (OSError, ValueError) as error:
        raise UsageError(f"{error}.") from error
    if foreign := [file for path in paths for file in foreign_files(path)]:
        raise UsageError(f"Archives of this kind cannot be read: {', '.join(map(str, foreign))}.")
    for source in sources:
        if not _holds_records(source):
            raise UsageError(f"{source.name} holds no WARC record that can be read.")
    if not sources:
        raise UsageError("There is no WARC file in what you named.")
    with locked(folder, "campbell add"):
        library = _library(folder, paths)
        known = set(read_manifest(folder.manifest).values())
        added = []
        for source in sources:
            path = beside(folder.archive / "adding")
            try:
                name, sha256 = _copy(source, path)
                if sha256 not in known:
                    known.add(sha256)
                    _keep(folder, path, name, sha256, source)
                    added.append((name, source.name))
            finally:
                path.unlink(missing_ok=True)
        write_index(folder.archive, folder.index)
        with Derivation(folder, library) as derivation:
            derived = derivation.finish()
    return added, derived


def _holds_records(source: Source) -> bool:
    try:
        return any(isinstance(record, RawRecord) for record in scan(source))
    except OSError as error:
        raise UsageError(f"{error}.") from error


def _library(folder: DataFolder, paths: Sequence[Path]) -> str:
    """Return the library that the folder names, else the archives, else the host of their first capture."""
    if folder.database.is_file() or closed_files(folder.archive):
        return library_of(folder)
    host = None
    for number, event in enumerate(read_archive(paths)):
        if isinstance(event, CrawlStart) and "crawl-library" in event.info:
            return event.info["crawl-library"]
        if host is None and isinstance(event, Capture):
            host = host_of(event.url)
        if number >= _LOOKED_AHEAD and host is not None:
            break
    if host is None:
        raise UsageError("There is no capture in these archives.")
    return host


def _copy(source: Source, path: Path) -> tuple[str, str]:
    """Copy a file; return its name in the archive, and its SHA-256."""
    digest = hashlib.sha256()
    with source.open() as file, path.open("wb") as target:
        start = file.read(2)
        file.seek(0)
        while piece := file.read(_PIECE):
            digest.update(piece)
            target.write(piece)
        target.flush()
        os.fsync(target.fileno())
    stem = re.sub(r"\.w?arc(\.\w+)*$|\.wacz", "", source.name, flags=re.IGNORECASE)
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", stem.replace("/archive/", "-"))[-80:].strip("-.")
    suffix = ".warc.gz" if start == GZIP_MAGIC else ".warc"
    return f"added-{stem}-{digest.hexdigest()[:8]}{suffix}", digest.hexdigest()


def _keep(folder: DataFolder, path: Path, name: str, sha256: str, source: Source) -> None:
    """Rename a copy to its final name, list it in the manifest, and record its origin in added.csv."""
    final = path.rename(folder.archive / name)
    sync_directory(folder.archive)
    enter(folder.manifest, final, sha256)
    table = folder.root / "added.csv"
    is_new = not table.exists()
    with table.open("a", encoding="utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow(_COLUMNS)
        taken_from = "/".join(filter(None, (str(source.path.absolute()), source.member)))
        writer.writerow((name, taken_from, sha256, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")))
