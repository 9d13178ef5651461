"""After a crash: files that were being written are cut after their last whole record and closed.

The order of steps makes recovery safe to interrupt: bytes to be cut off are on disk as ``.torn`` before they are
cut, a file gets its final name when it is whole, and one that has it but is missing in the manifest is added at the
next start.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from campbell_scraper.archive.files import (
    OPEN_SUFFIX,
    TORN_SUFFIX,
    closed_files,
    entry_of,
    read_manifest,
    sha256_of,
    sync_directory,
)
from campbell_scraper.archive.stored_files import enter

from .archive_files import Source
from .scan import RawRecord, scan

if TYPE_CHECKING:
    from pathlib import Path

    from campbell_scraper.archive.capture import Damage


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What was done with one file."""

    file: str
    """Its final name."""
    records: int = 0
    """Whole records kept."""
    torn_bytes: int = 0
    """Bytes moved to ``<file>.torn``."""
    action: str
    """closed; removed (there was no whole record in it); listed (closed before, but missing in the manifest);
    refused (a file of that name is there already: nothing was touched)."""
    damages: list[Damage] = field(default_factory=list)
    """Damaged places before the last whole record: left where they are."""

    def __str__(self) -> str:
        torn = f", {self.torn_bytes} torn bytes moved to {self.file}{TORN_SUFFIX}" if self.torn_bytes else ""
        damaged = f", {len(self.damages)} damaged places inside" if self.damages else ""
        outcomes = {
            "closed": f"closed with {self.records} whole records",
            "removed": "held no whole record and was removed",
            "listed": "was whole, but missing in the manifest: added",
            "refused": "is there twice, closed and .open: nothing was touched",
        }
        return f"{self.file} {outcomes[self.action]}{torn}{damaged}"


def recover(archive_dir: Path, manifest: Path) -> list[Recovery]:
    """Close what a crash left open in a folder, and list what the manifest lacks; return what was done, by file name.

    The caller makes sure that nobody is writing there. Raises OSError if the folder cannot be written.
    """
    recoveries = [
        _close(path, manifest)
        for suffix in (".warc.gz", ".warc")
        for path in archive_dir.glob(f"*{suffix}{OPEN_SUFFIX}")
    ]
    listed = set(read_manifest(manifest))
    for path in closed_files(archive_dir):
        if entry_of(manifest, path) not in listed:
            enter(manifest, path, sha256_of(path))
            recoveries.append(Recovery(file=path.name, action="listed"))
    return sorted(recoveries, key=lambda recovery: recovery.file)


def whole_end(path: Path) -> tuple[int, int, list[Damage]]:
    """Return where the last whole record of a file ends, how many there are, and what is damaged before that end."""
    end = records = 0
    damages: list[Damage] = []
    for item in scan(Source(path)):
        if isinstance(item, RawRecord):
            end = item.offset + item.length
            records += 1
        else:
            damages.append(item)
    return end, records, [damage for damage in damages if damage.warc_offset < end]


def _close(path: Path, manifest: Path) -> Recovery:
    final = path.with_name(path.name.removesuffix(OPEN_SUFFIX))
    if final.exists():
        return Recovery(file=final.name, action="refused")
    end, records, damages = whole_end(path)
    torn = path.stat().st_size - end
    if torn:
        _move_tail(path, end, final.with_name(final.name + TORN_SUFFIX))
    if not records:
        path.unlink()
        sync_directory(path.parent)
        return Recovery(file=final.name, torn_bytes=torn, action="removed")
    path.rename(final)
    sync_directory(path.parent)
    enter(manifest, final, sha256_of(final))
    return Recovery(file=final.name, records=records, torn_bytes=torn, action="closed", damages=damages)


def _move_tail(path: Path, end: int, torn: Path) -> None:
    with path.open("r+b") as source:
        source.seek(end)
        with torn.open("wb") as target:
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(target.fileno())
        sync_directory(path.parent)
        source.truncate(end)
        os.fsync(source.fileno())
