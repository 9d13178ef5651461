"""Finds one record or capture by its file and offset."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from campbell_scraper.archive.capture import Capture, Damage
from campbell_scraper.archive.files import OPEN_SUFFIX

from .archive_files import Source, all_sources
from .member import RecordError
from .pairing import Pairing, warc_fields
from .payload import PayloadResolver
from .scan import RawRecord, read_record, scan

if TYPE_CHECKING:
    from pathlib import Path


def source_at(path: Path) -> Source:
    """Return the WARC file at ``path``; while it is being written, its ``.open`` file.

    A path names a file in a WACZ package as if the package were a folder.
    """
    for package in path.parents[::-1]:
        if package.is_file():
            return Source(package, path.relative_to(package).as_posix())
    still_open = path.with_name(path.name + OPEN_SUFFIX)
    return Source(still_open if not path.exists() and still_open.exists() else path)


def raw_record_at(path: Path, offset: int) -> RawRecord:
    """Return the record that begins at ``offset``.

    Raises RecordError (a ValueError) if none does, OSError if the file cannot be read.
    """
    return read_record(source_at(path), offset)


def read_at(path: Path, offset: int, capture_id: str | None = None) -> Capture:
    """Return the capture whose response, revisit or failure record begins at ``offset``, its payload ready to be read.

    ``capture_id`` chooses among the records of one gzip member, which other tools' files may have. Raises RecordError
    (a ValueError) if no such record is there, OSError if the file cannot be read.
    """
    source = source_at(path)
    records = scan(source, offset)
    first = next(records, None)
    if not isinstance(first, RawRecord) or first.offset != offset:
        reason = first.reason if isinstance(first, Damage) else "no WARC record"
        raise RecordError(f"{source.name} at {offset}: {reason}")
    beginning = next(scan(source), None)
    ahead = [beginning, first] if isinstance(beginning, RawRecord) and offset else [first]
    pairing = Pairing(PayloadResolver(elsewhere=lambda: all_sources([path.parent])))
    for event in pairing.events(chain(ahead, records)):
        if not isinstance(event, Capture) or event.warc_offset < offset:
            continue
        if event.warc_offset > offset:
            break
        if capture_id in {None, event.capture_id}:
            return event
    raise RecordError(f"{source.name} at {offset}: no capture begins here")


def crawl_of(source: Source) -> str | None:
    """Return the crawl that a WARC file's first record (its warcinfo) names as ``isPartOf``; None if it names none.

    Raises OSError if the file cannot be read.
    """
    return warcinfo_of(source).get("ispartof")


def warcinfo_of(source: Source) -> dict[str, str]:
    """Return the fields of a WARC file's first record, names in lower case; {} if that is not a warcinfo record.

    Raises OSError if the file cannot be read.
    """
    record = next(scan(source), None)
    if not isinstance(record, RawRecord) or record.rtype != "warcinfo":
        return {}
    return {name.lower(): value for name, value in warc_fields(record)}
