"""The recorder: turns what a crawl sends into records, in files that are synced before anyone hears of them.

It works in a process of its own (see ``recording``), so that hashing, compressing and writing take no time from the
crawl, and what the crawl has sent is written even if the crawl is killed.
"""

from __future__ import annotations

import base64
import json
import math
import time
from typing import TYPE_CHECKING, Final

from campbell_scraper.archive.capture import CrawlEnd, CrawlStart, Note
from campbell_scraper.archive.files import OpenFile, file_name

from .assemble import Assembler
from .holders import Holders
from .jobs import Close, ExchangeJob, Flush, Late, RestoredJob, Stored
from .records import FIELDS_TYPE, digest_of, warc_date, warc_fields, write_record
from .restored import RestoredFiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .channel import Receiver
    from .jobs import Begin, Job, Said

_NOTES_A_RECORD: Final = 1000


class Recorder:
    """Writes a crawl's WARC files. Raises OSError where they cannot be written; ``abandon`` is then what is left."""

    def __init__(self, begin: Begin) -> None:
        self._settings = begin.settings
        self._crawl_fields = begin.fields
        self._started_at = begin.started_at
        self._counts: dict[str, int] = {"exchanges": 0, "revisits": 0, "failures": 0, "notes": 0}
        self._file: OpenFile | None = None
        self._safe_size = 0
        self._serial = 0
        self._warcinfo_id = ""
        self._notes: list[Note] = []
        self._said: list[Said] = []
        self._unsynced_since: float | None = None
        self._assembler = Assembler(begin.settings, Holders(begin.lookup))
        self._restored = RestoredFiles(begin.settings, begin.fields, self._found_full)
        self.disk_full: OSError | None = None
        """What the disk said when it was found full. What has come by then is written, but no closing record."""

    def begin(self) -> None:
        """Begin the first file."""
        self._current().flush()

    @property
    def patience(self) -> float | None:
        """Seconds until something must be synced; None while there is nothing."""
        if self._unsynced_since is None:
            return None
        return max(0.0, self._unsynced_since + self._settings.fsync_interval - time.monotonic())

    def take(self, job: Job, behind: int, source: Receiver) -> None:
        """Write what a job says, and have it out of this process."""
        match job:
            case ExchangeJob():
                self._write_exchange(job, source)
            case Note():
                self._notes.append(job)
                self._mark()
            case Late():
                self._write_late(job)
            case RestoredJob():
                self._said += self._restored.write(job, source.take(behind))
                self._mark()
            case Stored():
                self._assembler.holders.stored(job.exchanges)
            case Flush():
                self._write_notes()
                self._said.append(None)
                self._unsynced_since = -math.inf
            case Close():
                self._write_closing(job, behind, source)
        if self._file is not None:
            self._file.flush()

    def sync(self) -> list[Said]:
        """Have everything on disk; give what became of the jobs since the last time."""
        self._write_notes()
        if self._unsynced_since is not None:
            if self._file is not None:
                self._file.sync()
            self._restored.sync()
        self._unsynced_since = None
        said, self._said = self._said, []
        return said

    def finish(self) -> None:
        """Close all files."""
        self._finish_file()
        self._restored.finish()
        self._assembler.holders.close()

    def abandon(self) -> None:
        """Cut the files behind their last whole records, and leave them open for the next start to close."""
        if self._file is not None:
            self._file.abandon(self._safe_size)
        self._restored.abandon()

    def _found_full(self, error: OSError) -> None:
        self.disk_full = self.disk_full or error

    def _mark(self) -> None:
        if self._unsynced_since is None:
            self._unsynced_since = time.monotonic()

    def _current(self) -> OpenFile:
        if self._file is not None and self._file.size >= self._settings.max_file_size:
            self._finish_file()
        if self._file is None:
            self._serial += 1
            name = file_name(self._settings.prefix, self._settings.crawl_id, self._serial)
            self._file = OpenFile(self._settings.directory, name, self._found_full)
            self._safe_size = 0
            self._assembler.begin_file()
            self._write_warcinfo(self._file)
        return self._file

    def _finish_file(self) -> None:
        if self._file is not None:
            self._file.finish(self._settings.manifest)
            self._file = None

    def _digest(self, block: bytes) -> str:
        return digest_of(self._settings.digest, block)

    def _write_warcinfo(self, file: OpenFile) -> None:
        block = warc_fields(self._crawl_fields)
        fields = [
            ("WARC-Filename", file.name),
            ("WARC-Block-Digest", self._digest(block)),
            ("Content-Type", FIELDS_TYPE),
        ]
        self._warcinfo_id, _, _ = write_record(
            file, "warcinfo", warc_date(time.time()), fields, (block,), length=len(block)
        )
        self._safe_size = file.size
        self._mark()
        info = dict(self._crawl_fields)
        self._said.append(
            CrawlStart(
                crawl_id=self._settings.crawl_id,
                started_at=self._started_at,
                software=info["software"],
                info=info,
            )
        )

    def _write_exchange(self, job: ExchangeJob, source: Receiver) -> None:
        file = self._current()
        written = self._assembler.write(file, self._warcinfo_id, job, source)
        self._safe_size = file.size
        self._said.append(written)
        self._mark()
        self._counts["exchanges"] += 1
        self._counts["revisits"] += written.outcome in {"revisit", "unchanged"}
        self._counts["failures"] += written.outcome == "failed"

    def _write_late(self, late: Late) -> None:
        block = warc_fields([("trailingJunk", base64.b64encode(late.data).decode())])
        self._write_own("metadata", late.url, block, [("WARC-Concurrent-To", f"<{late.record_id}>")])
        self._said.append(None)

    def _write_notes(self) -> None:
        while self._notes:
            batch, self._notes = self._notes[:_NOTES_A_RECORD], self._notes[_NOTES_A_RECORD:]
            lines = [
                ("note", json.dumps({**note.fields, "noted_at": note.noted_at}, ensure_ascii=False)) for note in batch
            ]
            self._write_own("metadata", f"urn:x-notes:{self._settings.crawl_id}", warc_fields(lines))
            self._said += batch
            self._counts["notes"] += len(batch)

    def _write_own(self, record_type: str, uri: str, block: bytes, more: Sequence[tuple[str, str]] = ()) -> None:
        file = self._current()
        fields = [
            ("WARC-Target-URI", uri),
            ("WARC-Warcinfo-ID", f"<{self._warcinfo_id}>"),
            *more,
            ("WARC-Block-Digest", self._digest(block)),
            ("Content-Type", FIELDS_TYPE),
        ]
        write_record(file, record_type, warc_date(time.time()), fields, (block,), length=len(block))
        self._safe_size = file.size
        self._mark()

    def _write_closing(self, close: Close, log_length: int, source: Receiver) -> None:
        self._write_notes()
        file = self._current()
        fields = [
            ("WARC-Target-URI", f"urn:x-crawl-log:{self._settings.crawl_id}"),
            ("WARC-Warcinfo-ID", f"<{self._warcinfo_id}>"),
            ("WARC-Block-Digest", close.log_digest),
            ("Content-Type", "text/plain; charset=utf-8"),
        ]
        date = warc_date(time.time())
        write_record(file, "resource", date, fields, source.pieces(log_length), length=log_length)
        finished = warc_date(time.time())
        info = {f"count-{name}": str(count) for name, count in self._counts.items()} | dict(close.info)
        if restored := self._restored.count:
            info["count-restored"] = str(restored)
        closing = [("crawl-finished", finished), ("crawl-status", close.status), *info.items()]
        self._write_own("metadata", f"urn:x-crawl:{self._settings.crawl_id}", warc_fields(closing))
        self._said.append(
            CrawlEnd(crawl_id=self._settings.crawl_id, finished_at=finished, status=close.status, info=info)
        )
