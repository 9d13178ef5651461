"""The writer: takes a crawl's exchanges, and ends the archive at the first fault.

Everything is written as it comes, in the reactor's thread: the operating system has an answer's record before a spider
sees the answer, so that a kill costs only what is in flight. A thread or a process of its own took more time
(docs/archive.md). Any fault ends the crawl: an archive with holes that nobody noticed is worse than none.
"""

from __future__ import annotations

import errno
import shutil
import time
from typing import TYPE_CHECKING, Final

from campbell_scraper.archive.capture import Note
from campbell_scraper.archive.files import RESERVE

from .recorder import Recorder
from .records import date_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from campbell_scraper.archive.archive_settings import ArchiveSettings

    from .exchange import Exchange, LateBytes
    from .recorder import Ending
    from .records import Fields
    from .restore import Restored

LEAST_ROOM: Final = 2 * RESERVE
"""Bytes of disk that must be free for a crawl to begin."""


class ArchiveFailedError(RuntimeError):
    """The archive could not be written; the crawl cannot go on."""


def require_room(directory: Path) -> None:
    """Raise OSError (ENOSPC) if a crawl's archive would fill the disk at once."""
    disk = shutil.disk_usage(directory)
    if disk.free < LEAST_ROOM and disk.total:  # some file systems do not say
        raise OSError(errno.ENOSPC, f"less than {LEAST_ROOM >> 20} MB of disk are free")


class WarcWriter:
    """Writes a crawl's WARC files."""

    def __init__(
        self, settings: ArchiveSettings, crawl_fields: Fields, *, on_failure: Callable[[Exception], None]
    ) -> None:
        """Open the catalog, begin the first file. Raises OSError, sqlite3.Error.

        A nearly full disk is an error here, before anything is requested.
        """
        self.failure: Exception | None = None
        """What stopped the writer; None while all is well."""
        self._crawl_id = settings.crawl_id
        self._on_failure = on_failure
        self._has_ended = False
        require_room(settings.directory)
        self._recorder = Recorder(settings, crawl_fields, self._fail)

    @property
    def counts(self) -> Mapping[str, int]:
        """What was written so far: ``exchanges``, ``failures`` and others, as the closing record will have them."""
        return self._recorder.counts

    def submit(self, found: Exchange | LateBytes | Restored) -> None:
        """Write a closed exchange, bytes that came after one, or a record restored from one.

        Raises ArchiveFailedError after a failure; the data is written all the same if possible, so that a resumed crawl
        need not fetch it again.
        """
        self._do(lambda: self._recorder.take(found))
        self.check()

    def note(self, fields: Mapping[str, str | None]) -> None:
        """Take a decision that leads to no exchange, to be written at the next sync. Raises ArchiveFailedError."""
        self.check()
        self._recorder.take(Note(crawl_id=self._crawl_id, noted_at=date_of(time.time()), fields=dict(fields)))

    def sync(self) -> None:
        """Write everything since the last sync to disk. Never raises."""
        self._do(self._recorder.sync)

    def close(self, ending: Ending) -> None:
        """Write the closing record; none after a failure, since the crawl is unfinished. Raises ArchiveFailedError."""
        self.sync()
        if self.failure is None:
            self._do(lambda: self._recorder.close(ending))
        elif not self._has_ended:
            self._recorder.abandon()
        self._has_ended = True
        self.check()

    def check(self) -> None:
        """Raise ArchiveFailedError if something has stopped the writer."""
        if self.failure is not None:
            raise ArchiveFailedError(f"the archive cannot be written: {self.failure}") from self.failure

    def _do(self, action: Callable[[], None]) -> None:
        """Run an action unless the files are closed or abandoned; abandon them if it fails."""
        if self._has_ended:
            return
        try:
            action()
        except Exception as error:  # noqa: BLE001 - of whatever kind, it must stop the crawl
            self._has_ended = True
            self._recorder.abandon()
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        if self.failure is None:
            self.failure = error
            self._on_failure(error)
