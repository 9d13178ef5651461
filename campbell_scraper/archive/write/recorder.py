"""Turns what a crawl submits into WARC records and rows of the catalog."""

from __future__ import annotations

import base64
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from campbell_scraper.archive.capture import Note

from .catalog import Catalog
from .exchange import Exchange, LateBytes
from .exchange_records import Assembler, write_restored
from .records import date_of, fields_block, labelled_digest, new_hasher
from .restore import DESCRIPTION, FILE_PREFIX, Restored
from .warc_series import WarcSeries

if TYPE_CHECKING:
    from campbell_scraper.archive.archive_settings import ArchiveSettings

    from .records import Fields

Job = Exchange | LateBytes | Restored | Note

_NOTES_A_RECORD: Final = 1000


@dataclass(frozen=True, slots=True)
class Ending:
    """What the closing record says, and the crawl's log, which is written before it."""

    status: str
    info: Mapping[str, str]
    log: Callable[[], Iterator[bytes]]
    log_length: int


class Recorder:
    """Writes a crawl's WARC files and their catalog.

    ``on_full`` is called with the error of a full disk or a failed catalog; what has come by then can still be written.
    Raises OSError if the files cannot be written; only ``abandon`` may be called then.
    """

    def __init__(self, settings: ArchiveSettings, crawl_fields: Fields, on_full: Callable[[Exception], None]) -> None:
        """Bring the catalog up to date, and begin the first file. Raises OSError, sqlite3.Error."""
        self._settings = settings
        self.counts = Counter(exchanges=0, revisits=0, failures=0, notes=0)
        self._notes: list[Note] = []
        self._is_unsynced = False
        self._catalog = Catalog(settings.directory, on_failure=on_full)
        self._assembler = Assembler(settings, self._catalog)
        # Only the crawl's own files say when it started.
        restored = [(name, value) for name, value in crawl_fields if name != "crawl-started"]
        restored.append(("description", DESCRIPTION))
        self._own, self._restored = (
            WarcSeries(settings, prefix, fields, on_full=on_full, on_closed=self._catalog.closed)
            for prefix, fields in ((settings.prefix, crawl_fields), (FILE_PREFIX, restored))
        )
        self._own.current()

    def take(self, job: Job) -> None:
        """Write a job's records, and free its memory."""
        self._is_unsynced = True
        match job:
            case Exchange():
                outcome = self._assembler.write(self._own.current(), job)
                self._own.flush()
                self.counts["exchanges"] += 1
                self.counts["revisits"] += outcome in {"revisit", "unchanged"}
                self.counts["failures"] += outcome == "failed"
                job.release()
            case LateBytes():
                junk = ("trailingJunk", base64.b64encode(job.data).decode())
                self._write_own(job.url, [junk], [("WARC-Concurrent-To", f"<{job.record_id}>")])
            case Restored():
                write_restored(self._restored.current(), job)
                self._restored.flush()
                self.counts["restored"] += 1
            case Note():
                self._notes.append(job)

    def sync(self) -> None:
        """Write everything new to disk, then commit it to the catalog."""
        if not self._is_unsynced:
            return
        self._write_notes()
        self._own.sync()
        self._restored.sync()
        self._catalog.commit()
        self._is_unsynced = False

    def close(self, ending: Ending) -> None:
        """Write the closing record after everything that was synced, and close all files."""
        out = self._own.current()
        hasher = new_hasher(self._settings.digest)
        for piece in ending.log():
            hasher.update(piece)
        digest = [("WARC-Block-Digest", labelled_digest(self._settings.digest, hasher))]
        url, text = f"urn:x-crawl-log:{self._settings.crawl_id}", "text/plain; charset=utf-8"
        out.write_pieces(
            "resource", url, date_of(time.time()), digest, ending.log(), content_type=text, length=ending.log_length
        )
        counts = {f"count-{name}": str(count) for name, count in self.counts.items()}
        closing = {"crawl-finished": date_of(time.time()), "crawl-status": ending.status, **counts, **ending.info}
        self._write_own(f"urn:x-crawl:{self._settings.crawl_id}", list(closing.items()))
        self._own.finish()
        self._restored.finish()
        self._catalog.commit()
        self._catalog.close()

    def abandon(self) -> None:
        """Cut the files after their last whole records, and leave them ``.open`` for the next start to close."""
        self._own.abandon()
        self._restored.abandon()
        self._catalog.close()

    def _write_notes(self) -> None:
        while self._notes:
            batch, self._notes = self._notes[:_NOTES_A_RECORD], self._notes[_NOTES_A_RECORD:]
            lines = [
                ("note", json.dumps({**note.fields, "noted_at": note.noted_at}, ensure_ascii=False)) for note in batch
            ]
            self._write_own(f"urn:x-notes:{self._settings.crawl_id}", lines)
            self.counts["notes"] += len(batch)

    def _write_own(self, url: str, about: Fields, fields: Fields | None = None) -> None:
        block = fields_block(about)
        self._own.current().write_block("metadata", url, date_of(time.time()), fields or [], block)
        self._own.flush()
