"""The database made anew from WARC and WACZ files, ours and others'.

One process reads and writes, others read pages: what a page says depends on its bytes alone, so any number of workers
gives the same rows.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import time
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .archive.capture import Capture, CrawlStart, Damage, PayloadError
from .archive.reader import read_archive
from .errors import UsageError
from .ingest import Extraction, Ingest, extract
from .store import Store, copy_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from .archive.capture import Event
    from .folder import DataFolder

logger = logging.getLogger(__name__)

CHUNK = 32
"""Captures sent to a worker at once."""
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
            _store_all(store, events, workers or os.cpu_count() or 1, report, progress)
            store.finish()
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
    fresh = folder.root / f".rebuild-{os.getpid()}.tmp"
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
    pairs = _extracted_here(events) if workers <= 1 else _extracted_by_workers(events, workers)
    batch: list[tuple[Event, Extraction | None]] = []
    for pair in pairs:
        batch.append(pair)
        if len(batch) >= TRANSACTION:
            _store_batch(store, ingest, batch, report)
            batch = []
            if progress is not None:
                progress(report)
    _store_batch(store, ingest, batch, report)


def _store_batch(
    store: Store, ingest: Ingest, batch: Sequence[tuple[Event, Extraction | None]], report: RebuildReport
) -> None:
    with store.transaction():
        for event, extraction in batch:
            ingest.take(event, extraction)
            if isinstance(event, Capture) and extraction is not None and extraction.error is not None:
                report.unreadable.append((event.url, extraction.error))
    report.captures = ingest.captures


def _extracted_here(events: Iterator[Event]) -> Iterator[tuple[Event, Extraction | None]]:
    for event in events:
        yield event, extract(event) if isinstance(event, Capture) else None


def _extracted_by_workers(events: Iterator[Event], workers: int) -> Iterator[tuple[Event, Extraction | None]]:
    """Give events in their order, with what workers read of each capture."""
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        waiting: deque[tuple[list[Event], Future[list[Extraction]] | None]] = deque()
        chunk: list[Event] = []
        jobs: list[tuple[Capture, bytes | PayloadError | None]] = []
        for event in events:
            chunk.append(event)
            if isinstance(event, Capture):
                jobs.append((replace(event, payload=None), _payload(event)))
            if len(jobs) >= CHUNK:
                waiting.append((chunk, pool.submit(_extract_chunk, jobs)))
                chunk, jobs = [], []
            while len(waiting) > 2 * workers:
                yield from _joined(*waiting.popleft())
        waiting.append((chunk, pool.submit(_extract_chunk, jobs) if jobs else None))
        while waiting:
            yield from _joined(*waiting.popleft())


def _payload(capture: Capture) -> bytes | PayloadError | None:
    if capture.payload is None:
        return None
    try:
        return capture.payload()
    except PayloadError as error:
        return error


def _extract_chunk(jobs: Sequence[tuple[Capture, bytes | PayloadError | None]]) -> list[Extraction]:
    """Read pages in a worker process."""
    return [extract(replace(capture, payload=_giver(payload))) for capture, payload in jobs]


def _giver(payload: bytes | PayloadError | None) -> Callable[[], bytes] | None:
    if payload is None:
        return None

    def give() -> bytes:
        if isinstance(payload, PayloadError):
            raise payload
        return payload

    return give


def _joined(
    chunk: Sequence[Event], future: Future[list[Extraction]] | None
) -> Iterator[tuple[Event, Extraction | None]]:
    extractions = iter(future.result() if future is not None else [])
    for event in chunk:
        yield event, next(extractions) if isinstance(event, Capture) else None
