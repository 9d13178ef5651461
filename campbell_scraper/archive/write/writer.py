"""The writer: takes a crawl's exchanges, and writes them on a thread of its own.

What waits is bounded in bytes; downloads start only while there is room. Any fault here ends the crawl: an archive with
holes that nobody noticed is worse than none.
"""

from __future__ import annotations

import errno
import queue
import shutil
import threading
import time
from typing import TYPE_CHECKING, Final

from campbell_scraper.archive.capture import Note
from campbell_scraper.archive.files import RESERVE

from .recorder import Ending, Recorder
from .records import date_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from campbell_scraper.archive.archive_settings import ArchiveSettings

    from .exchange import Exchange, LateBytes
    from .recorder import Job
    from .records import Fields
    from .restore import Restored

LEAST_ROOM: Final = 2 * RESERVE
"""Bytes of disk that must be free for a crawl to begin."""


class ArchiveFailedError(RuntimeError):
    """The archive could not be written; the crawl cannot go on."""


class WarcWriter:
    """Writes a crawl's WARC files. Use it from one thread; ``on_failure`` and ``on_room`` are called on its own."""

    def __init__(
        self,
        settings: ArchiveSettings,
        crawl_fields: Fields,
        *,
        on_failure: Callable[[BaseException], None],
        on_room: Callable[[], None],
    ) -> None:
        self.failure: BaseException | None = None
        """What stopped the writer; None while all is well."""
        self._settings = settings
        self._crawl_fields = crawl_fields
        self._on_failure = on_failure
        self._on_room = on_room
        self._jobs: queue.SimpleQueue[tuple[Job | Ending, int]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self.waiting_bytes = 0
        """Bytes of memory that what is submitted holds, as far as it has not been written."""
        self._thread = threading.Thread(target=self._run, name="warc-writer", daemon=True)

    def start(self) -> None:
        """Open the catalog, begin the first file, start the thread. Raises OSError, sqlite3.Error.

        A disk that would be full at once is found out before anything is asked of a site.
        """
        disk = shutil.disk_usage(self._settings.directory)
        if disk.free < LEAST_ROOM and disk.total:  # some file systems do not say
            raise OSError(errno.ENOSPC, f"less than {LEAST_ROOM >> 20} MB of disk are free")
        self._recorder = Recorder(self._settings, self._crawl_fields, self._fail)
        self._thread.start()

    @property
    def full(self) -> bool:
        """Whether no more downloads should start."""
        return self.waiting_bytes > self._settings.queue_size

    def submit(self, found: Exchange | LateBytes | Restored) -> None:
        """Have a closed exchange written, bytes that came after one, or a record restored from one; never waits.

        Raises ArchiveFailedError after a failure; it is written all the same if it can be: a crawl that is resumed need
        not ask for it.
        """
        size = found.in_memory
        with self._lock:
            self.waiting_bytes += size
        self._jobs.put((found, size))
        self._check()

    def note(self, fields: Mapping[str, str | None]) -> None:
        """Have a decision written that leads to no exchange. Raises ArchiveFailedError after a failure."""
        self._check()
        self._jobs.put((Note(crawl_id=self._settings.crawl_id, noted_at=date_of(time.time()), fields=dict(fields)), 0))

    def close(self, ending: Ending) -> None:
        """Write what waits, then the closing record. Blocks. Raises ArchiveFailedError."""
        self._jobs.put((ending, 0))
        self._thread.join()
        self._check()

    def _check(self) -> None:
        if self.failure is not None:
            raise ArchiveFailedError(f"the archive cannot be written: {self.failure}") from self.failure

    def _fail(self, error: BaseException) -> None:
        if self.failure is None:
            self.failure = error
            self._on_failure(error)

    def _run(self) -> None:
        try:
            while self._write_some():
                pass
        except BaseException as error:  # noqa: BLE001 - of whatever kind, it must stop the crawl
            self._recorder.abandon()
            self._fail(error)

    def _write_some(self) -> bool:
        """Write one job, or sync what is due; return False after the last."""
        try:
            job, size = self._jobs.get(timeout=self._recorder.patience)
        except queue.Empty:
            self._recorder.sync()
            return True
        if isinstance(job, Ending):
            self._end(job)
            return False
        self._recorder.take(job)
        with self._lock:
            was_full = self.full
            self.waiting_bytes -= size
        if was_full and not self.full:
            self._on_room()
        if self._recorder.patience == 0:
            self._recorder.sync()
        return True

    def _end(self, ending: Ending) -> None:
        """Close the archive; after a failure without a closing record, since the crawl has not ended."""
        self._recorder.sync()
        if self.failure is None:
            self._recorder.close(ending)
        else:
            self._recorder.abandon()
