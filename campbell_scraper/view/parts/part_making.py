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
from campbell_scraper.view.database.extractor import reading_version
from campbell_scraper.view.log.extraction import extract, needs_reading, resolved
from campbell_scraper.view.reader_pool import PAGE_SECONDS

from .part_file import RANGE, KeptReading, number_of, reading_key, write_part

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from .part_file import Part

_ONE_AT_A_TIME = Lock()
"""Threads would only wait for each other, and a page's limits hold for the whole process."""


def make_part(
    part: Part,
    folder: Path,
    version: str,
    digests: Mapping[Path, str],
    places: Mapping[str, tuple[Path, int]],
) -> None:
    """Write a part unless it is there. A page that takes too long ends the process.

    ``digests`` are the SHA-256 of the file and of those that it refers to; ``places`` says where records are that
    revisits in it refer to: capture_id → WARC file and offset.

    Raises:
        RuntimeError: this process has other code than the one that asks.

    """
    if version != reading_version():
        raise RuntimeError(f"the worker has other code ({reading_version()}) than the rebuild ({version})")
    path = part.path(folder, version)
    with _ONE_AT_A_TIME:
        if not path.exists():
            write_part(path, _readings(part, digests, places))


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
                        said = extract(capture, with_facts=False)
                    if said.error is None:
                        yield KeptReading(key, said)
