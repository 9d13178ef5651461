"""Whether the view is what this code would make of this archive."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from campbell_scraper.archive.read.locate import source_at
from campbell_scraper.archive.stored_files import size_of
from campbell_scraper.view.schema.dictionary import schema_version

from .extractor import extractor_version
from .store_errors import ArchiveIncomplete

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from pathlib import Path


def stale_reason(connection: sqlite3.Connection, archive: Path) -> str | None:
    """Say why the view must be rebuilt; return None if it need not be.

    Raises:
        ArchiveIncomplete: files it was made from are missing, so that nothing can be made of this archive.

    """
    lengths = _lengths(connection)
    _require_files(lengths, archive)
    reason = version_reason(connection)
    if reason is None:
        torn = sorted(name for name, end in lengths.items() if _size(archive, name) < end)
        if torn:
            reason = f"it has rows past the end of {torn[0]}"
    return reason


def require_whole(connection: sqlite3.Connection, archive: Path) -> None:
    """Refuse to derive a database from less than it was made from.

    Raises:
        ArchiveIncomplete: WARC files that it was made from are missing.

    """
    _require_files(_lengths(connection), archive)


def _require_files(names: Iterable[str], archive: Path) -> None:
    missing = sorted(name for name in names if _size(archive, name) < 0)
    if missing:
        raise ArchiveIncomplete(
            f"{len(missing)} of the WARC files that the database was made from are missing in {archive}, {missing[0]} "
            "first. Restore them from your copy; nothing was changed."
        )


def version_reason(connection: sqlite3.Connection) -> str | None:
    """Say which version differs from the code's; return None if none does."""
    meta = dict(connection.execute("SELECT key, value FROM meta"))
    if meta.get("schema_version") != schema_version():
        return "its tables are those of another version"
    if meta.get("extractor_version") != extractor_version():
        return "the code that reads pages has changed"
    return None


def _lengths(connection: sqlite3.Connection) -> dict[str, int]:
    """Return the length that each WARC file must have at least."""
    return dict(
        connection.execute(
            "SELECT warc_file, max(warc_offset + warc_length) FROM captures WHERE warc_file <> '' GROUP BY warc_file"
        )
    )


def _size(archive: Path, name: str) -> int:
    source = source_at(archive / name)
    try:
        size = size_of(source.path)
    except OSError:
        return -1
    return size if source.is_in_place else sys.maxsize
