"""What a worker does, on whatever machine: read a range of a WARC file, and write its part."""

from __future__ import annotations

from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

from campbell_scraper.archive.capture import Capture, PayloadError
from campbell_scraper.archive.read.archive_files import Source
from campbell_scraper.archive.read.pairing import Pairing
from campbell_scraper.archive.read.payload import PayloadResolver
from campbell_scraper.archive.read.scan import scan, start_behind
from campbell_scraper.archive.watched_processes import ended_after
from campbell_scraper.reading.layouts.review_record import set_facts
from campbell_scraper.view.database.extractor import reading_versions
from campbell_scraper.view.log.extraction import extract, needs_reading, resolved
from campbell_scraper.view.reader_pool import PAGE_SECONDS

from .part_file import RANGE, UNFIT, KeptReading, PartReader, number_of, reading_key, write_part

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from .part_file import Part

_ONE_AT_A_TIME = Lock()
"""Threads would only wait for each other, and a page's limits hold for the whole process."""


def make_part(
    part: Part,
    folder: Path,
    versions: tuple[str, str],
    digests: Mapping[Path, str],
    places: Mapping[str, tuple[Path, int]],
) -> None:
    """Write a part unless it is there. A page that takes too long ends the process.

    ``digests`` are the SHA-256 of the file and of those that it refers to; ``places`` says where records are that
    revisits in it refer to: capture_id → WARC file and offset.

    Raises:
        RuntimeError: this process has other code than the one that asks.

    """
    if versions != reading_versions():
        raise RuntimeError(f"the worker has other code ({reading_versions()}) than the rebuild ({versions})")
    path = part.path(folder, versions)
    with _ONE_AT_A_TIME:
        if path.exists():
            return
        for older in folder.glob(part.path(folder, (versions[0], "*")).name):
            try:
                write_part(path, _with_new_facts(PartReader(older)))
            except UNFIT:
                continue
            older.unlink(missing_ok=True)
            return
        write_part(path, _readings(part, digests, places))


def _with_new_facts(part: PartReader) -> Iterator[KeptReading]:
    """Yield a part's readings with the facts that today's rules find in their summaries; no page is read for that."""
    for kept in part.all():
        for record in kept.said.reading.reviews if kept.said.reading is not None else ():
            with ended_after(PAGE_SECONDS):
                set_facts(record)
        yield kept


def _readings(part: Part, digests: Mapping[Path, str], places: Mapping[str, tuple[Path, int]]) -> Iterator[KeptReading]:
    """Yield the readings of a part's pages; those that cannot be read are left to the rebuild, which reports them."""
    source = Source(part.warc)
    records = scan(source, start_behind(source, part.number * RANGE))
    for event in Pairing(PayloadResolver(places.get)).events(records):
        if not isinstance(event, Capture):
            continue
        if (number := number_of(event.warc_offset)) > part.number:
            return
        if number == part.number and needs_reading(event):
            with suppress(PayloadError):
                capture = resolved(event)
                if (key := reading_key(capture, digests)) is not None:
                    with ended_after(PAGE_SECONDS):
                        said = extract(capture)
                    if said.error is None:
                        yield KeptReading(key, said)
