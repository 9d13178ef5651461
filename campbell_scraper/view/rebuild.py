"""The database made anew from WARC and WACZ files, ours and others'.

One process reads and writes, others read pages: what a page says depends on its bytes alone, so any number of workers
gives the same rows.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from campbell_scraper.archive.capture import Capture, CrawlStart, Damage, PayloadError
from campbell_scraper.archive.read.payload import RevisitPayload
from campbell_scraper.archive.read.reader import read_archive
from campbell_scraper.errors import UsageError

from . import Store, copy_database
from .log.ingest import Ingest, Ready, make_ready, unread
from .log.recall import make_ready_recalling
from .pool import PAGE_SECONDS, WorkerFailed, Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from campbell_scraper.archive.capture import Event
    from campbell_scraper.folder import DataFolder

logger = logging.getLogger(__name__)

CHUNK = 32
"""Captures sent to a worker at once."""
CHUNK_BYTES = 4 * 1024 * 1024
"""Bytes of payloads, as stored, sent to a worker at once."""
TRANSACTION = 500
"""Events stored in one transaction."""


@dataclass(slots=True)
class RebuildReport:
    """What a rebuild did."""

    captures: int = 0
    files: int = 0
    seconds: float = 0.0
    damages: list[Damage] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    """URL and reason of each payload that could not be read."""


def rebuild(
    archives: Sequence[Path],
    database: Path,
    *,
    library: str | None = None,
    workers: int | None = None,
    progress: Callable[[RebuildReport], None] | None = None,
) -> RebuildReport:
    """Build ``database`` (which must not exist) from archives: files or folders, WARC or WACZ.

    ``workers`` is the number of processes that read pages (default: one a processor core); 0 reads them in this one,
    where a page that crashes the parser ends the rebuild.

    Raises:
        UsageError: there is nothing to read, or the database is there already.

    """
    for path in archives:
        if not path.exists():
            raise UsageError(f"There is no archive {path}.")
    if database.exists():
        raise UsageError(f"{database} is there already: name a file that does not exist yet.")
    report = RebuildReport()
    began = time.monotonic()
    events = read_archive(archives)
    first, events = _first_start(events)
    try:
        with contextlib.closing(
            Store.open(database, library=library or _library(first) or "imported", bulk=True)
        ) as store:
            count = (os.cpu_count() or 1) if workers is None else workers
            _store_all(store, events, count, report, progress)
            store.finish()
    except WorkerFailed as error:
        remove_database(database)
        logger.warning("%s; reading pages in this process instead", error)
        return rebuild(archives, database, library=library, workers=0, progress=progress)
    except BaseException:
        remove_database(database)
        raise
    report.seconds = time.monotonic() - began
    return report


def rebuild_in_place(
    folder: DataFolder,
    store: Store,
    *,
    workers: int | None = None,
    progress: Callable[[RebuildReport], None] | None = None,
) -> RebuildReport:
    """Rebuild a folder's database from its own archive, into the open live database: readers see old rows, then new.

    The caller holds the folder's lock.
    """
    fresh = folder.root / ".rebuild.tmp"
    remove_database(fresh)  # what a rebuild left that was killed
    try:
        report = rebuild([folder.archive], fresh, library=store.library, workers=workers, progress=progress)
        copy_database(fresh, store)
    finally:
        remove_database(fresh)
    return report


def remove_database(database: Path) -> None:
    """Remove a database file and what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)


def _first_start(events: Iterator[Event]) -> tuple[CrawlStart | None, Iterator[Event]]:
    """Look ahead for the warcinfo that names the library, without losing what was read."""
    ahead: list[Event] = []
    for event in events:
        ahead.append(event)
        if isinstance(event, CrawlStart):
            return event, _chained(ahead, events)
        if len(ahead) >= CHUNK:
            break
    return None, _chained(ahead, events)


def _chained(ahead: Iterable[Event], events: Iterator[Event]) -> Iterator[Event]:
    yield from ahead
    yield from events


def _library(start: CrawlStart | None) -> str | None:
    return start.info.get("crawl-library") if start is not None else None


def _store_all(
    store: Store,
    events: Iterator[Event],
    workers: int,
    report: RebuildReport,
    progress: Callable[[RebuildReport], None] | None,
) -> None:
    ingest = Ingest(store, damaged=report.damages.append)
    batch: list[Event | Ready] = []
    for item in map(_read, events) if workers < 1 else _read_by_workers(events, workers):
        batch.append(item)
        if len(batch) >= TRANSACTION:
            _store_batch(store, ingest, batch, report)
            batch = []
            if progress is not None:
                progress(report)
    _store_batch(store, ingest, batch, report)


def _store_batch(store: Store, ingest: Ingest, batch: Sequence[Event | Ready], report: RebuildReport) -> None:
    with store.transaction():
        for item in batch:
            if not isinstance(item, Ready):
                ingest.take(item)
                continue
            ingest.take_ready(item)
            if item.error is not None:
                report.unreadable.append((item.url, item.error))
    report.captures = ingest.captures


def _read(event: Event) -> Event | Ready:
    return make_ready(event) if isinstance(event, Capture) else event


@dataclass(slots=True)
class _Chunk:
    """Captures on their way to one worker."""

    captures: list[Capture] = field(default_factory=list)
    size: int = 0

    def add(self, capture: Capture) -> None:
        self.captures.append(capture)
        self.size += capture.payload_length or 0

    @property
    def full(self) -> bool:
        return len(self.captures) >= CHUNK or self.size >= CHUNK_BYTES


def _read_by_workers(events: Iterator[Event], workers: int) -> Iterator[Event | Ready]:
    """Give all events, captures as workers read them; not in their order, which makes no difference.

    Captures of one URL go to one worker if it keeps up: it remembers what it read, and most of it comes in every crawl.
    """
    with Workers[Capture, Ready](
        workers, make_ready_recalling, unread, page_seconds=PAGE_SECONDS, preload=["campbell_scraper.view.warm"]
    ) as pool:
        chunks = [_Chunk() for _ in range(workers)]
        for event in events:
            item = _sendable(event) if isinstance(event, Capture) else event
            if not isinstance(item, Capture):
                yield item
                continue
            number = zlib.crc32(item.url.encode("utf-8", "replace")) % workers
            chunks[number].add(item)
            if chunks[number].full:
                pool.send(number, chunks[number].captures)
                chunks[number] = _Chunk()
                yield from pool.answers()
        for number, chunk in enumerate(chunks):
            if chunk.captures:
                pool.send(number, chunk.captures)
        yield from pool.answers(until_done=True)


def _sendable(capture: Capture) -> Capture | Ready:
    """Give the capture with a payload that another process can read; at once what it says if that needs no payload."""
    payload = capture.payload
    if not isinstance(payload, RevisitPayload):
        return capture
    try:
        return replace(capture, payload=payload.resolve())
    except PayloadError as error:
        return make_ready(replace(capture, payload=_Raises(error)))


@dataclass(frozen=True, slots=True)
class _Raises:
    error: PayloadError

    def __call__(self) -> bytes:
        raise self.error
