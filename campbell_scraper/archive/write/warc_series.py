"""A crawl's WARC files of one kind, one after the other, each begun with its warcinfo."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from campbell_scraper.archive.files import OpenFile, file_name
from campbell_scraper.archive.stored_files import enter

from .records import Fields, RecordWriter, date_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campbell_scraper.archive.archive_settings import ArchiveSettings


class WarcSeries:
    """Begins a file when it is asked for one, and closes it once it is full.

    ``on_full`` is called with the error of a full disk, ``on_closed`` with each file that has got its final name.
    """

    def __init__(
        self,
        settings: ArchiveSettings,
        prefix: str,
        fields: Fields,
        *,
        on_full: Callable[[OSError], None],
        on_closed: Callable[[Path], None],
    ) -> None:
        self._settings = settings
        self._prefix = prefix
        self._fields = fields
        self._on_full = on_full
        self._on_closed = on_closed
        self._writer: RecordWriter | None = None
        self._serial = 0
        self._whole = 0
        """Bytes of the file up to the end of its last whole exchange."""

    def current(self) -> RecordWriter:
        """Return the writer of the file that takes the next records."""
        if self._writer is not None and self._writer.file.size >= self._settings.max_file_size:
            self.finish()
        if self._writer is None:
            self._serial += 1
            name = file_name(self._prefix, self._settings.crawl_id, self._serial)
            file = OpenFile(self._settings.directory, name, self._on_full)
            self._writer = RecordWriter(file, self._settings.digest)
            self._whole = 0
            self._writer.write_warcinfo(date_of(time.time()), self._fields)
            self.flush()
        return self._writer

    def flush(self) -> None:
        """Hand what was written to the operating system: an exchange's records are whole."""
        if self._writer is not None:
            self._writer.file.flush()
            self._whole = self._writer.file.size

    def sync(self) -> None:
        """Have everything written so far on disk."""
        if self._writer is not None:
            self._writer.file.sync()

    def finish(self) -> None:
        """Close the file, if there is one."""
        if self._writer is not None:
            file = self._writer.file
            enter(self._settings.manifest, file.final, file.finish())
            self._on_closed(file.final)
            self._writer = None

    def abandon(self) -> None:
        """Cut the file after its last whole exchange and leave it ``.open``, for the next start to close."""
        if self._writer is not None:
            self._writer.file.abandon(self._whole)
