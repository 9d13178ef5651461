"""The writer: compresses, writes, syncs, and then hands captures on.

A small exchange is written where it ended, on the crawl's own thread: two threads that want the interpreter's lock at
once cost each other more than the record does. All that could wait is another thread's: large bodies, syncing, files
that end.

Whatever reaches the sink is on disk already. What waits is bounded in bytes; downloads begin only while there is room.
Any fault here ends the crawl: an archive with holes that nobody noticed is worse than none.
"""

from __future__ import annotations

import base64
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from campbell_scraper.archive.assemble import Assembler
from campbell_scraper.archive.capture import Capture, CrawlEnd, CrawlStart, Note
from campbell_scraper.archive.delivery import Batch, Delivery
from campbell_scraper.archive.exchange import Exchange
from campbell_scraper.archive.files import OpenFile, file_name
from campbell_scraper.archive.inbox import Inbox
from campbell_scraper.archive.restore import Restored
from campbell_scraper.archive.restored import RestoredFiles
from campbell_scraper.archive.serialise import (
    FIELDS_TYPE,
    Fields,
    digest_of,
    labelled_digest,
    new_hasher,
    warc_date,
    warc_fields,
    write_record,
)

if TYPE_CHECKING:
    from campbell_scraper.archive.capture import CaptureSink
    from campbell_scraper.archive.options import ArchiveSettings

logger = logging.getLogger(__name__)
MAX_LATE: Final = 64 * 1024
"""Bytes kept of one such delivery."""
_AT_ONCE: Final = 128 * 1024
"""Bytes of an exchange that is written where it ended: a millisecond."""
_NOTES_A_RECORD = 1000
_IDLE_WAIT = 60.0


class ArchiveFailedError(RuntimeError):
    """The archive could not be written; the crawl cannot go on."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What the closing record says, and the crawl's log before it."""

    status: str
    info: Mapping[str, str]
    log: Callable[[], Iterator[bytes]]
    log_length: int


@dataclass(frozen=True, slots=True)
class Late:
    """Bytes a server sent over an idle connection, after the last message on it was recorded."""

    record_id: str
    """Of that message's record."""
    url: str
    started: float
    data: bytes

    @property
    def in_memory(self) -> int:
        """Bytes of memory held."""
        return len(self.data)


class WarcWriter:
    """Writes a crawl's WARC files, on the thread that submits and on one of its own, never on both at once.

    The sink has another (see ``delivery``). ``on_failure`` and ``on_room`` are called on any of them.
    """

    def __init__(
        self,
        settings: ArchiveSettings,
        crawl_fields: Fields,
        started_at: str,
        sink: CaptureSink,
        *,
        on_failure: Callable[[BaseException], None],
        on_room: Callable[[], None],
    ) -> None:
        self.failure: BaseException | None = None
        """What stopped the writer; None while all is well."""
        self.counts: dict[str, int] = {"exchanges": 0, "revisits": 0, "failures": 0, "notes": 0, "files": 0, "bytes": 0}
        self._settings = settings
        self._crawl_fields = crawl_fields
        self._started_at = started_at
        self._on_failure = on_failure
        self._on_room = on_room
        self._inbox: Inbox[Exchange | Late | Restored | Note | Ending] = Inbox()
        self._writing = threading.Lock()
        """Of all below but ``_waiting_bytes``; held through a sync only where a file ends."""
        self._lock = threading.Lock()
        self._waiting_bytes = 0
        self._thread = threading.Thread(target=self._run, name="warc-writer", daemon=True)
        self._file: OpenFile | None = None
        self._safe_size = 0
        self._serial = 0
        self._notes: list[Note] = []
        self._unsynced = Batch()
        self._delivery = Delivery(sink, on_done=self._delivered, on_failure=self._stop)
        self._assembler = Assembler(settings, sink)
        self._restored = RestoredFiles(settings, crawl_fields)
        self._warcinfo_id = ""

    def start(self) -> None:
        """Begin the first file, so that no exchange has to wait for it, and start the threads."""
        self._delivery.start()
        try:
            self._current().flush()
        except OSError as error:
            self._fail(error)
        self._thread.start()

    @property
    def full(self) -> bool:
        """Whether no more downloads should begin."""
        return self._waiting_bytes > self._settings.queue_size

    def submit(self, exchange: Exchange | Late | Restored) -> None:
        """Write or queue a closed exchange, bytes that came after one, or a record restored from one.

        Raises ArchiveFailedError after a failure.
        """
        self._check()
        with self._lock:
            self._waiting_bytes += exchange.in_memory
        if not isinstance(exchange, Exchange) or not self._write_here(exchange):
            self._inbox.put(exchange)

    def _write_here(self, exchange: Exchange) -> bool:
        """Write an exchange on the caller's thread; False if that would mean to wait, or to overtake another."""
        if exchange.block_length + exchange.request.size > _AT_ONCE or not self._writing.acquire(blocking=False):
            return False
        try:
            file = self._file
            if file is None or file.size >= self._settings.max_file_size or not self._inbox.empty:
                return False
            if self.failure or self._delivery.failure:
                return False
            waits = self._unsynced.since is not None
            self._write_exchange(exchange)
            file.flush()  # a killed process loses nothing that has reached the system
            if not waits or self._is_due():
                self._inbox.call()
        except BaseException as error:  # noqa: BLE001 - of whatever kind, it must stop the crawl
            self._fail(error)
        finally:
            self._writing.release()
        return True

    def note(self, fields: Mapping[str, str | None]) -> None:
        """Queue a decision that leads to no exchange. Raises ArchiveFailedError after a failure."""
        self._check()
        self._inbox.put(Note(crawl_id=self._settings.crawl_id, noted_at=warc_date(time.time()), fields=dict(fields)))

    def _check(self) -> None:
        if self.failure is not None:
            raise ArchiveFailedError(f"the archive cannot be written: {self.failure}") from self.failure

    def close(self, ending: Ending) -> None:
        """Write what waits and the closing record, finish file and sink. Blocks. Raises ArchiveFailedError."""
        if self._thread.is_alive():
            self._inbox.put(ending)
            self._thread.join()
        self._check()

    def _run(self) -> None:
        try:
            while self._step():
                pass
        finally:
            self._delivery.close()
            if self.failure is None:
                self.failure = self._delivery.failure

    def _step(self) -> bool:
        """Wait for what there is to do, and do it; False when nothing will come any more."""
        self._inbox.wait(self._patience())
        done = None
        with self._writing:
            try:
                if not self._take_jobs():
                    return False
                if self._is_due():
                    done = self._cut()
            except BaseException as error:  # noqa: BLE001 - as above
                self._fail(error)
                return False
        try:
            if done is not None:
                self._pass_on(done)
        except BaseException as error:  # noqa: BLE001 - as above
            with self._writing:
                self._fail(error)
            return False
        return True

    def _take_jobs(self) -> bool:
        self._delivery.check()
        if self.failure is not None:
            return False
        for job in self._inbox.take():
            if isinstance(job, Ending):
                self._write_ending(job)
                self._flush()
                self._finish_file()
                self._restored.finish()
                return False
            self._do(job)
            if self._file is not None:
                self._file.flush()
            if self._is_due():
                self._flush()
            self._delivery.check()
        return True

    def _fail(self, error: BaseException) -> None:
        logger.critical("The archive cannot be written any more: %s", error, exc_info=error)
        if self._file is not None:
            self._file.abandon(self._safe_size)
        self._restored.abandon()
        self._stop(error)

    def _stop(self, error: BaseException) -> None:
        if self.failure is None:
            self.failure = error
            self._inbox.call()
            self._on_failure(error)

    def _is_due(self) -> bool:
        return self._patience() <= 0 or self._unsynced.memory > self._settings.queue_size // 2

    def _do(self, job: Exchange | Late | Restored | Note) -> None:
        if isinstance(job, Note):
            self._notes.append(job)
            self._mark()
        elif isinstance(job, Late):
            self._write_late(job)
        elif isinstance(job, Restored):
            self._write_restored(job)
        else:
            self._write_exchange(job)

    def _patience(self) -> float:
        if self._unsynced.since is None:
            return _IDLE_WAIT
        return max(0.0, self._unsynced.since + self._settings.fsync_interval - time.monotonic())

    def _mark(self) -> None:
        if self._unsynced.since is None:
            self._unsynced.since = time.monotonic()

    def _current(self) -> OpenFile:
        if self._file is not None and self._file.size >= self._settings.max_file_size:
            self._flush()
            self._finish_file()
        if self._file is None:
            self._serial += 1
            name = file_name(self._settings.prefix, self._settings.crawl_id, self._serial)
            self._file = OpenFile(self._settings.directory, name)
            self._safe_size = 0
            self.counts["files"] += 1
            self._assembler.begin_file()
            self._write_warcinfo(self._file)
        return self._file

    def _finish_file(self) -> None:
        if self._file is not None:
            self._file.finish(self._settings.manifest)
            self.counts["bytes"] += self._file.size
            self._file = None

    def _write_warcinfo(self, file: OpenFile) -> None:
        block = warc_fields(self._crawl_fields)
        fields = [
            ("WARC-Filename", file.name),
            ("WARC-Block-Digest", digest_of(self._settings.digest, block)),
            ("Content-Type", FIELDS_TYPE),
        ]
        self._warcinfo_id, _, _ = write_record(
            file, "warcinfo", warc_date(time.time()), fields, (block,), length=len(block)
        )
        self._safe_size = file.size
        self._mark()
        info = dict(self._crawl_fields)
        self._unsynced.events.append(
            CrawlStart(
                crawl_id=self._settings.crawl_id,
                started_at=self._started_at,
                software=info["software"],
                info=info,
            )
        )

    def _write_exchange(self, exchange: Exchange) -> None:
        file = self._current()
        capture = self._assembler.write(file, self._warcinfo_id, exchange)
        self._safe_size = file.size
        self._unsynced.events.append(capture)
        self._unsynced.exchanges.append(exchange)
        self._unsynced.memory += exchange.in_memory
        self._mark()
        self.counts["exchanges"] += 1
        self.counts["revisits"] += capture.outcome in {"revisit", "unchanged"}
        self.counts["failures"] += capture.outcome == "failed"

    def _write_late(self, late: Late) -> None:
        block = warc_fields([("trailingJunk", base64.b64encode(late.data).decode())])
        self._write_own("metadata", late.url, block, [("WARC-Concurrent-To", f"<{late.record_id}>")])
        self._unsynced.memory += late.in_memory

    def _write_restored(self, restored: Restored) -> None:
        self._unsynced.events += self._restored.write(restored)
        self._unsynced.memory += restored.in_memory
        self._mark()
        self.counts["restored"] = self.counts.get("restored", 0) + 1

    def _write_notes(self) -> None:
        while self._notes:
            batch, self._notes = self._notes[:_NOTES_A_RECORD], self._notes[_NOTES_A_RECORD:]
            lines = [
                ("note", json.dumps({**note.fields, "noted_at": note.noted_at}, ensure_ascii=False)) for note in batch
            ]
            self._write_own("metadata", f"urn:x-notes:{self._settings.crawl_id}", warc_fields(lines))
            self._unsynced.events += batch
            self.counts["notes"] += len(batch)

    def _write_own(self, record_type: str, uri: str, block: bytes, more: Sequence[tuple[str, str]] = ()) -> None:
        file = self._current()
        fields = [
            ("WARC-Target-URI", uri),
            ("WARC-Warcinfo-ID", f"<{self._warcinfo_id}>"),
            *more,
            ("WARC-Block-Digest", digest_of(self._settings.digest, block)),
            ("Content-Type", FIELDS_TYPE),
        ]
        write_record(file, record_type, warc_date(time.time()), fields, (block,), length=len(block))
        self._safe_size = file.size
        self._mark()

    def _write_ending(self, ending: Ending) -> None:
        self._write_notes()
        file = self._current()
        hasher = new_hasher(self._settings.digest)
        for piece in ending.log():
            hasher.update(piece)
        fields = [
            ("WARC-Target-URI", f"urn:x-crawl-log:{self._settings.crawl_id}"),
            ("WARC-Warcinfo-ID", f"<{self._warcinfo_id}>"),
            ("WARC-Block-Digest", labelled_digest(self._settings.digest, hasher)),
            ("Content-Type", "text/plain; charset=utf-8"),
        ]
        write_record(file, "resource", warc_date(time.time()), fields, ending.log(), length=ending.log_length)
        finished = warc_date(time.time())
        info = {f"count-{name}": str(count) for name, count in self.counts.items() if name not in {"files", "bytes"}}
        info |= dict(ending.info)
        closing = [("crawl-finished", finished), ("crawl-status", ending.status), *info.items()]
        self._write_own("metadata", f"urn:x-crawl:{self._settings.crawl_id}", warc_fields(closing))
        end = CrawlEnd(crawl_id=self._settings.crawl_id, finished_at=finished, status=ending.status, info=info)
        self._unsynced.events.append(end)

    def _flush(self) -> None:
        self._pass_on(self._cut())

    def _cut(self) -> Batch:
        """Give what was written since the last time."""
        self._write_notes()
        done, self._unsynced = self._unsynced, Batch()
        return done

    def _pass_on(self, done: Batch) -> None:
        """Sync, then pass on to the sink; more may be written meanwhile."""
        if self._file is not None and done.since is not None:
            self._file.sync()
        if done.since is not None:
            self._restored.sync()
        if done.events or done.exchanges:
            self._delivery.put(done)

    def _delivered(self, batch: Batch) -> None:
        """Take note that the sink has a batch, and what it held is free. Runs on the sink's thread."""
        with self._lock:
            was_full, self._waiting_bytes = self.full, self._waiting_bytes - batch.memory
        self._assembler.stored([event for event in batch.events if isinstance(event, Capture)])
        if was_full and not self.full:
            self._on_room()


def fields_of(values: Mapping[str, Any]) -> Fields:
    """Return mapping entries as warc-fields, without empty ones."""
    return [(name, str(value)) for name, value in values.items() if value not in {None, ""}]
