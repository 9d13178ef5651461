"""The one way from the archive to the rows.

Events are read from WARC files, their pages in a pool of processes, and their rows are written to the log in batches. A
rebuild derives everything into an empty file; an import derives other people's files; a start after a crash, and every
crawl, derive what the archive has and the database lacks.
"""

from __future__ import annotations

import os
import time
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING

from campbell_scraper.archive import stored_files
from campbell_scraper.archive.capture import Capture, CrawlStart, Damage, PayloadError
from campbell_scraper.archive.files import OPEN_SUFFIX
from campbell_scraper.archive.read.archive_files import all_sources
from campbell_scraper.archive.read.pairing import Pairing
from campbell_scraper.archive.read.payload import PayloadResolver
from campbell_scraper.archive.read.scan import RawRecord, scan
from campbell_scraper.items import Kind

from .log.extraction import needs_reading, read_capture, resolved, unread
from .log.intake import RowsOfCapture
from .log.unchanged import UnchangedPages
from .reader_pool import ReaderPool
from .schema.log_tables import CaptureRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from campbell_scraper.archive.capture import Event
    from campbell_scraper.archive.read.archive_files import Source
    from campbell_scraper.folder import DataFolder

    from .parts.kept_readings import KeptCapture, KeptReadings
    from .store import Store

    Job = Capture | KeptCapture
    Pool = ReaderPool[Job, RowsOfCapture]

CHUNK = 32
"""Captures sent to a process at once."""
CHUNK_BYTES = 4 * 1024 * 1024
"""Bytes of payloads, as stored, sent to a process at once."""
BATCH = 500
"""Events stored in one transaction."""
_LOST_SHARE = 0.02
_NO_PAGES = frozenset({Kind.REQUISITE, Kind.ROBOTS, Kind.API})
_LOOKED_AHEAD = 32
"""How many events are searched for the warcinfo record that names the library."""


@dataclass(slots=True)
class Derived:
    """What a derivation did."""

    began: float = field(default_factory=time.monotonic)
    captures: int = 0
    damages: list[Damage] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    """URL and reason of each capture that could not be read."""
    pages: int = 0
    """Captures of pages, lists and files, whether or not they could be read."""

    @property
    def seconds(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began

    @property
    def lost(self) -> int:
        """Pages and places in WARC files that could not be read."""
        return len(self.unreadable) + sum(damage.is_lost for damage in self.damages)

    @property
    def is_poor(self) -> bool:
        """True if too much was lost for the rows to stand for the archive: over 2 % (and at least 3), or half."""
        return self.lost > max(2, _LOST_SHARE * self.pages) or 0 < self.pages <= 2 * self.lost


def reader_pool(workers: int | None = None) -> Pool:
    """Return processes that read captures, by default one for each processor core."""
    return ReaderPool(workers or os.cpu_count() or 1, _read, _failed)


def derive(
    store: Store,
    events: Iterable[Event],
    *,
    workers: int | None = None,
    pool: Pool | None = None,
    kept: KeptReadings | None = None,
    progress: Callable[[Derived], None] | None = None,
) -> Derived:
    """Write the log's rows of events, in any order; ``store.finish()`` then makes the view of them.

    Pages are read in ``pool``, or in ``workers`` processes of its own; with ``workers=0`` in this process, where a page
    that crashes the parser ends the derivation. Readings that are ``kept`` are used instead of the pages.
    """
    derived = Derived()
    if workers == 0 and pool is None:
        _store(store, (_read_here(event, kept) for event in events), derived, progress)
    else:
        with nullcontext(pool) if pool is not None else reader_pool(workers) as readers:
            # Pages repeat only in a rebuild: a crawl fetches each once.
            known = UnchangedPages() if store.bulk else None
            _store(store, _read_in(readers, events, known, kept), derived, progress)
    return derived


def derive_new(
    folder: DataFolder, store: Store, *, pool: Pool | None = None, progress: Callable[[Derived], None] | None = None
) -> Derived:
    """Derive what the folder's archive has and its database lacks, also from files that are still written.

    From those only whole exchanges are read, and only once they are safely on disk.
    """
    ends: dict[str, int] = {}
    derived = derive(store, _new_events(folder.archive, store, ends), pool=pool, progress=progress)
    store.note_derived(ends)
    return derived


def library_named(events: Iterator[Event]) -> tuple[str | None, Iterator[Event]]:
    """Return the library that the first warcinfo record names, if it names one, and all events."""
    ahead: list[Event] = []
    for event in events:
        ahead.append(event)
        if isinstance(event, CrawlStart):
            return event.info.get("crawl-library"), chain(ahead, events)
        if len(ahead) >= _LOOKED_AHEAD:
            break
    return None, chain(ahead, events)


def lacking_files(archive: Path, derived: dict[str, int]) -> list[Source]:
    """Return the WARC files of a folder that have more than was derived from them."""
    return [
        source
        for source in all_sources([archive])
        if source.member is None and size_of(source.path) > derived.get(source.name, 0)
    ]


def size_of(path: Path) -> int:
    """Return a WARC file's size in bytes, even if it was closed and therefore renamed since it was found."""
    try:
        return stored_files.size_of(path)
    except FileNotFoundError:
        return stored_files.size_of(path.with_name(path.name.removesuffix(OPEN_SUFFIX)))


def _new_events(archive: Path, store: Store, ends: dict[str, int]) -> Iterator[Event]:
    """Yield what is new in each file, and put into ``ends`` how far each was read."""

    def place_of(capture_id: str) -> tuple[Path, int] | None:
        place = store.place_of(capture_id)
        return (archive / place[0], place[1]) if place is not None else None

    pairing = Pairing(PayloadResolver(place_of, elsewhere=lambda: all_sources([archive])))
    derived = store.derived()
    for source in lacking_files(archive, derived):
        start = derived.get(source.name, 0)
        size = size_of(source.path)
        records: Iterator[RawRecord | Damage] = scan(source, start)
        if source.path.name.endswith(OPEN_SUFFIX):
            _sync(source.path)
            records = _whole_exchanges(records, ends)
        else:
            ends[source.name] = size
        if start:
            records = chain((next(scan(source)),), records)  # the warcinfo record names the crawl
        yield from pairing.events(records)


def _sync(path: Path) -> None:
    """Have what any process wrote to a WARC file flushed to disk: no row may be stored before its record."""
    with suppress(FileNotFoundError), path.open("rb") as file:  # one that was closed since it was found is on disk
        os.fsync(file.fileno())


def _whole_exchanges(records: Iterable[RawRecord | Damage], ends: dict[str, int]) -> Iterator[RawRecord | Damage]:
    """Yield a growing file's records up to the last metadata record, with which each of our exchanges ends."""
    waiting: list[RawRecord | Damage] = []
    for record in records:
        waiting.append(record)
        if isinstance(record, RawRecord) and record.rtype in {"metadata", "warcinfo"}:
            ends[record.source.name] = record.offset + record.length
            yield from waiting
            waiting.clear()


def _store(
    store: Store,
    items: Iterable[Event | RowsOfCapture],
    derived: Derived,
    progress: Callable[[Derived], None] | None,
) -> None:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        _store_batch(store, batch, derived)
        if progress is not None:
            progress(derived)


def _store_batch(store: Store, batch: Sequence[Event | RowsOfCapture], derived: Derived) -> None:
    with store.transaction():
        for item in batch:
            if isinstance(item, Damage):
                derived.damages.append(item)
                continue
            assert not isinstance(item, Capture)
            store.take(item)
            if isinstance(item, RowsOfCapture):
                derived.captures += 1
                derived.pages += item.unreadable is not None or _is_page(item)
                if item.unreadable is not None:
                    derived.unreadable.append((item.url, item.unreadable))


def _is_page(item: RowsOfCapture) -> bool:
    row = item.rows[0]
    return isinstance(row, CaptureRow) and row.status == 200 and row.kind not in _NO_PAGES


def _read(job: Job) -> RowsOfCapture:
    return read_capture(job) if isinstance(job, Capture) else job.read()


def _failed(job: Job, reason: str) -> RowsOfCapture:
    return unread(job if isinstance(job, Capture) else job.capture, reason)


def _read_here(event: Event, kept: KeptReadings | None) -> Event | RowsOfCapture:
    """Return an event, a capture as this process has read it."""
    item = _prepared(event)
    return _read((kept and kept.of(item)) or item) if isinstance(item, Capture) else item


def _read_in(
    pool: Pool, events: Iterable[Event], known: UnchangedPages | None, kept: KeptReadings | None
) -> Iterator[Event | RowsOfCapture]:
    """Yield all events, captures as the pool has read them, in no particular order."""
    chunk: list[Job] = []
    size = 0

    def learned(answers: Iterator[RowsOfCapture]) -> Iterator[RowsOfCapture]:
        for answer in answers:
            if known is not None:
                known.learn(answer)
            yield answer

    for event in events:
        item = _prepared(event)
        if not isinstance(item, Capture):
            yield item
            continue
        held = kept.of(item) if kept is not None else None
        if known is not None and (rows := known.rows(item, held.digest if held else None)) is not None:
            yield rows
            continue
        chunk.append(held or item)
        size += item.payload_length or 0
        if len(chunk) >= CHUNK or size >= CHUNK_BYTES:
            yield from learned(pool.send(chunk))
            chunk, size = [], 0
    if chunk:
        yield from learned(pool.send(chunk))
    yield from learned(pool.rest())


def _prepared(event: Event) -> Event | RowsOfCapture:
    """Return a capture that must be read, with a payload that another process can read; of any other its rows."""
    if not isinstance(event, Capture):
        return event
    try:
        return resolved(event) if needs_reading(event) else read_capture(event)
    except PayloadError as error:
        return unread(event, str(error))
