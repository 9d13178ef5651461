"""The writer: sends a crawl's exchanges to the process that writes them, and hands captures on when they are on disk.

Whatever reaches the sink is on disk already. What waits is bounded in bytes; downloads begin only while there is room.
Any fault here ends the crawl: an archive with holes that nobody noticed is worse than none.
"""

from __future__ import annotations

import dataclasses
import errno
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from campbell_scraper.archive.capture import Note, Remembering
from campbell_scraper.archive.files import RESERVE
from campbell_scraper.archive.listen.archive_settings import MAX_WAITING
from campbell_scraper.archive.listen.exchange import Exchange

from .channel import Receiver, Sender, framed
from .delivery import Batch, Delivery
from .jobs import Begin, Close, Flush, Late, Place, Stored, Written
from .recording import start_recording
from .records import labelled_digest, new_hasher, warc_date
from .restore import Restored
from .written import capture_of, job_of, restored_capture_of, restored_job_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campbell_scraper.archive.capture import CaptureSink
    from campbell_scraper.archive.listen.archive_settings import ArchiveSettings

    from .channel import Buffer
    from .jobs import Said
    from .records import Fields

LEAST_ROOM: Final = 2 * RESERVE
"""Bytes of disk that must be free for a crawl to begin."""
MAX_LATE: Final = 64 * 1024
"""Bytes kept of one such delivery."""

_Sent = Exchange | Restored | Late | Flush


class ArchiveFailedError(RuntimeError):
    """The archive could not be written; the crawl cannot go on."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What the closing record says, and the crawl's log before it."""

    status: str
    info: Mapping[str, str]
    log: Callable[[], Iterator[bytes]]
    log_length: int


class WarcWriter:
    """Has a crawl's WARC files written. Use it from one thread; ``on_failure`` and ``on_room`` are called on others."""

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
        self._settings = settings
        self._begin = Begin(
            settings=dataclasses.replace(settings, sink=None),
            fields=crawl_fields,
            started_at=started_at,
            lookup=sink.lookup if isinstance(sink, Remembering) else None,
        )
        self._sink = sink
        self._on_failure = on_failure
        self._on_room = on_room
        self._sent: deque[_Sent] = deque()
        """What has been sent and not been heard of since, in this order."""
        self._lock = threading.Lock()
        self._progress = threading.Condition(self._lock)
        self._waiting = 0
        """Exchanges that are not yet with the sink, and the bytes they hold."""
        self._waiting_bytes = 0

    def start(self) -> None:
        """Start the process that writes; it begins the first file at once. Raises OSError.

        A disk that would be full at once is found out before anything is asked of a site.
        """
        disk = shutil.disk_usage(self._settings.directory)
        if disk.free < LEAST_ROOM and disk.total:  # some file systems do not say
            raise OSError(errno.ENOSPC, f"less than {LEAST_ROOM >> 20} MB of disk are free")
        self.process, to, back = start_recording()
        self._sender = Sender(to)
        self._sender.send([framed(self._begin)])
        self._delivery = Delivery(
            Receiver(back),
            self._sink,
            batch_of=self._batch_of,
            on_done=self._delivered,
            on_failure=self._fail,
        )
        self._delivery.start()

    @property
    def full(self) -> bool:
        """Whether no more downloads should begin."""
        return self._waiting_bytes > self._settings.queue_size or self._waiting >= MAX_WAITING

    def submit(self, found: Exchange | Late | Restored) -> None:
        """Send a closed exchange, bytes that came after one, or a record restored from one; never waits.

        Raises ArchiveFailedError after a failure; it is sent all the same, and written if it can be: a crawl that is
        taken up again need not ask for it.
        """
        if isinstance(found, Exchange):
            self._send(found, *self._exchange_message(found))
        elif isinstance(found, Restored):
            job = restored_job_of(found, self._settings.digest)
            self._send(found, [framed(job, len(found.entity)), found.entity])
        else:
            self._send(found, [framed(found)])
        self._check()

    def _send(self, found: _Sent, pieces: list[Buffer], stream: Iterable[bytes] = ()) -> None:
        with self._lock:
            self._waiting += 1
            self._waiting_bytes += found.in_memory
        self._sent.append(found)
        self._sender.send(pieces, stream)

    @staticmethod
    def _exchange_message(exchange: Exchange) -> tuple[list[Buffer], Iterable[bytes]]:
        request = exchange.request_block() if exchange.request_sent else b""
        job = job_of(exchange, len(request))
        head = framed(job, job.body_length + len(request))
        body = exchange.body.buffer
        if body is not None:
            return [head, body, request], ()
        return [head], chain(exchange.body.pieces(), (request,))

    def note(self, fields: Mapping[str, str | None]) -> None:
        """Send a decision that leads to no exchange. Raises ArchiveFailedError after a failure."""
        self._check()
        note = Note(crawl_id=self._settings.crawl_id, noted_at=warc_date(time.time()), fields=dict(fields))
        self._sender.send([framed(note)])

    def close(self, ending: Ending) -> None:
        """Have the closing record written, finish file and sink. Blocks. Raises ArchiveFailedError."""
        self._wait_for_sink()
        if self.failure is None:
            hasher = new_hasher(self._settings.digest)
            for piece in ending.log():
                hasher.update(piece)
            close = Close(
                status=ending.status, info=dict(ending.info), log_digest=labelled_digest(self._settings.digest, hasher)
            )
            self._sender.send([framed(close, ending.log_length)], ending.log())
        self._sender.close()
        self._delivery.join()
        self.process.wait()
        self._check()

    def _wait_for_sink(self) -> None:
        """Wait until the sink has everything: only then a crawl has finished, else the next run takes it up again."""
        flush = Flush()
        self._send(flush, [framed(flush)])
        with self._progress:
            self._progress.wait_for(
                lambda: self.failure is not None or not self._waiting or not self._delivery.is_running
            )

    def _check(self) -> None:
        if self.failure is not None:
            raise ArchiveFailedError(f"the archive cannot be written: {self.failure}") from self.failure

    def _fail(self, error: BaseException) -> None:
        if self.failure is None:
            with self._progress:
                self.failure = error
                self._progress.notify_all()
            self._on_failure(error)

    def _batch_of(self, said: Sequence[Said]) -> Batch:
        """Make events of what was heard. Runs on the sink's thread."""
        batch = Batch()
        for one in said:
            if one is not None and not isinstance(one, Written | Place):
                batch.events.append(one)
                continue
            sent = self._sent.popleft()
            batch.sent += 1
            batch.memory += sent.in_memory
            if isinstance(sent, Exchange):
                assert isinstance(one, Written)
                batch.events.append(capture_of(sent, one, self._settings.crawl_id, self._settings.directory))
                batch.exchanges.append(sent)
            elif isinstance(sent, Restored):
                assert isinstance(one, Place)
                batch.events.append(restored_capture_of(sent, one, self._settings.crawl_id))
        return batch

    def _delivered(self, batch: Batch) -> None:
        """Take note that the sink has a batch, and what it held is free. Runs on the sink's thread."""
        with self._lock:
            was_full = self.full
            self._waiting -= batch.sent
            self._waiting_bytes -= batch.memory
            self._progress.notify_all()
        if batch.exchanges:
            self._sender.send([framed(Stored(len(batch.exchanges)))])
        if was_full and not self.full:
            self._on_room()


def fields_of(values: Mapping[str, Any]) -> Fields:
    """Return mapping entries as warc-fields, without empty ones."""
    return [(name, str(value)) for name, value in values.items() if value not in {None, ""}]
