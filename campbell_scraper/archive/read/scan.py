"""WARC records as files hold them: bytes, offsets, lengths; whatever tool wrote them, and however damaged they are.

fastwarc reads gzipped files as long as each record, serialised again, has the CRC-32 and the length that its gzip
member states. From the first place where that fails the file is read by our own code, since fastwarc 2.0.1

* stops silently at an empty gzip member, and raises at zeros between members, as a crashed disk leaves them
  (tests/archive_read/test_read_damage.py);
* returns a record that is cut off as if it were whole (test_read_damage.py, test_recovery.py);
* reports a wrong position for every record but the first of a gzip member, as in the files of warcprox and ``cat``
  (test_read_others.py), and drops the spelling of head lines that are not ``Name: value``.

Where our own code fails too, it goes on at the next place that holds a record.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from fastwarc.warc import ArchiveIterator
from zlib_ng import zlib_ng

from campbell_scraper.archive.capture import Damage
from campbell_scraper.archive.http import GZIP_MAGIC, INFLATE_ERRORS, named_fields

from .member import FEED, PIECE, RECORD_START, Member, RecordError, Window

if TYPE_CHECKING:
    from fastwarc.warc import WarcRecord

    from .archive_files import Source

MEMORY_BLOCK: Final = 4 * 1024 * 1024
"""A record's block up to this size is held in memory; of a larger one only the beginning is."""
BLOCK_START: Final = 1024 * 1024 + 1024
"""Bytes kept of a block over MEMORY_BLOCK: enough for the longest head (``http.MAX_HEAD``)."""
_GZIP_DEFLATE: Final = GZIP_MAGIC + b"\x08"
_BEGINNING: Final = re.compile(rb"\x1f\x8b\x08|WARC/\d\.\d{1,2}\r{0,2}\n(?:WARC-|Content-)", re.IGNORECASE)
_LONGEST_BEGINNING: Final = 32
_FILLER: Final = b"\r\n\0 "
_REREAD_TIMES: Final = 16
_REREAD_BYTES: Final = 64 * 1024 * 1024
"""At damaged places, at most _REREAD_TIMES the file's size plus these bytes are read a second time: record starts that
each seem to span the rest of the file would otherwise take quadratic time."""


class Part(NamedTuple):
    """A record whose block continues that of another."""

    source: Source
    offset: int
    length: int
    """Bytes of its block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRecord:
    """One record, its block as stored."""

    source: Source
    offset: int
    """Of its gzip member, or of the record itself in an uncompressed file."""
    length: int
    """Bytes of that member, or of the uncompressed record with the blank lines after it."""
    inner: int
    """Bytes before it in its member once inflated: 0 for the first or only record."""
    alone: bool
    """True if its gzip member holds nothing else, and for uncompressed records."""
    version: str
    """"WARC/1.1"."""
    fields: Sequence[tuple[str, str]]
    """Named fields in file order, names as written."""
    block: bytes
    """The block, or its beginning if it is longer than MEMORY_BLOCK."""
    block_length: int
    values: dict[str, str] = field(repr=False)
    """First value of each field, names in lower case."""
    oddity: str | None = None
    """How it breaks the standard, though it could be read."""
    rest: tuple[Part, ...] = ()
    """The records that hold the rest of its block (:meth:`joined`)."""

    @property
    def rtype(self) -> str:
        """WARC-Type in lower case."""
        return self.values.get("warc-type", "").lower()

    @property
    def whole(self) -> bool:
        """True if ``block`` is all of it."""
        return len(self.block) == self.block_length

    def get(self, name: str) -> str | None:
        """Return the first value of a field (name in lower case)."""
        return self.values.get(name)

    def get_all(self, name: str) -> list[str]:
        """Return all values of a field (name in lower case)."""
        return [value for key, value in self.fields if key.lower() == name]

    def pieces(self) -> Iterator[bytes]:
        """Yield the block piece by piece; one that is not in memory is read again from the file.

        Raises RecordError or OSError if that fails.
        """
        if self.whole:
            yield self.block
            return
        places = [(self.source, self.offset, self.inner), *((part.source, part.offset, 0) for part in self.rest)]
        for source, places_in_it in groupby(places, key=itemgetter(0)):
            with source.open() as file:
                window = Window(file)
                for _, offset, inner in places_in_it:
                    member = Member(window, offset, compressed=window.exactly(offset, 2) == GZIP_MAGIC)
                    for _ in member.stream(inner):
                        pass
                    *_, length = _parse_head(member.head())
                    yield from member.stream(length)

    def joined(self, rest: tuple[Part, ...]) -> RawRecord:
        """Return this record with the blocks of those that continue it. Raises RecordError or OSError."""
        if not rest:
            return self
        length = self.block_length + sum(part.length for part in rest)
        joined = replace(self, block=b"", block_length=length, rest=rest)
        keep = length if length <= MEMORY_BLOCK else BLOCK_START
        block = bytearray()
        for piece in joined.pieces():
            block += piece[: keep - len(block)]
            if len(block) == keep:
                break
        return replace(joined, block=bytes(block))


def _parse_head(head: bytes) -> tuple[str, list[tuple[str, str]], dict[str, str], int]:
    """Return version, fields, first values and block length of a record's head."""
    version, _, rest = head.decode("utf-8", "replace").partition("\n")
    fields = named_fields(rest)
    values = {name.lower(): value for name, value in reversed(fields)}
    length = values.get("content-length", "")
    if not length.isascii() or not length.isdigit() or len(length) > 15:
        raise RecordError(f"WARC header without a valid Content-Length ({length[:20]!r})")
    return version.strip(), fields, values, int(length)


def _read_member(source: Source, member: Member) -> Iterator[RawRecord]:
    """Yield the records of one gzip member (or the one record at that place of an uncompressed file)."""
    if not member.skip_filler():
        return
    more = True
    while more:
        inner, is_ended = member.position, True
        version, fields, values, length = _parse_head(member.head())
        block = member.take(length, length if length <= MEMORY_BLOCK else BLOCK_START)
        # Checked before the record is yielded: the checksum is compared at the member's end.
        if member.compressed:
            more = member.skip_filler()
            if more and not member.at_record():
                raise RecordError("record is longer than its Content-Length")
        else:
            is_ended = member.skip_record_end()
            more = False
        yield RawRecord(
            source=source,
            offset=member.start,
            length=member.end - member.start,
            inner=inner,
            alone=not member.compressed or (not more and not inner),
            version=version,
            fields=fields,
            block=block,
            block_length=length,
            values=values,
            oddity=None if is_ended else "record(s) not followed by two line ends: read all the same",
        )


def scan(source: Source, start: int = 0) -> Iterator[RawRecord | Damage]:
    """Yield every whole record of a file from ``start`` on, in order, and a Damage for each place that holds none.

    A record is whole if its gzip member is (checksum included) and its block has the length its head states. Raises
    OSError if the file cannot be opened or read.
    """
    position = start
    with source.open() as file:
        if file.read(2) == GZIP_MAGIC:
            for record in _sound_records(source, start):
                yield record
                position = record.offset + record.length
        size = file.seek(0, os.SEEK_END)
        yield from _scan_all(source, Window(file), position, size)


def _sound_records(source: Source, start: int) -> Iterator[RawRecord]:
    """Yield records as fastwarc reads them, up to the first that is not exactly what its gzip member states."""
    with source.open() as file, source.open() as again, suppress(OSError):
        window = Window(again)
        file.seek(start)
        last: _FastwarcRecord | None = None
        for record in ArchiveIterator(file, parse_http=False):
            if last is not None:
                if not last.is_exact(window, record.stream_pos):
                    return
                yield last.record(source, record.stream_pos)
            last = _FastwarcRecord(record)
        end = file.seek(0, os.SEEK_END)
        if last is not None and last.is_exact(window, end):
            yield last.record(source, end)


class _FastwarcRecord:
    """A record as fastwarc returns it; only the next record shows where its gzip member ends."""

    def __init__(self, record: WarcRecord) -> None:
        self.offset: int = record.stream_pos
        self.version = record.headers.status_line or ""
        self.fields: list[tuple[str, str]] = list(record.headers)
        self.block_length: int = record.content_length
        head = "".join([f"{name}: {value}\r\n" for name, value in self.fields])
        written = f"{self.version}\r\n{head}\r\n".encode("utf-8", "replace")
        self.block: bytes = record.reader.read(self.block_length if self.block_length <= MEMORY_BLOCK else BLOCK_START)
        crc, size = zlib_ng.crc32(self.block, zlib_ng.crc32(written)), len(written) + len(self.block)
        while self.block_length > len(self.block) and (piece := record.reader.read(PIECE)):
            crc, size = zlib_ng.crc32(piece, crc), size + len(piece)
        self._trailer = struct.pack("<II", zlib_ng.crc32(b"\r\n\r\n", crc), (size + 4) & 0xFFFFFFFF)
        # fastwarc joins a line that ends with LF alone to the line before.
        self._is_whole = size == len(written) + self.block_length and written.count(b"\n") == len(self.fields) + 2

    def is_exact(self, window: Window, end: int) -> bool:
        """Tell whether the gzip member that ends at ``end`` holds exactly this record and nothing else."""
        return self._is_whole and end > self.offset and window.exactly(end - 8, 8) == self._trailer

    def record(self, source: Source, end: int) -> RawRecord:
        """Return the record of the member that ends at ``end``."""
        return RawRecord(
            source=source,
            offset=self.offset,
            length=end - self.offset,
            inner=0,
            alone=True,
            version=self.version,
            fields=self.fields,
            block=self.block,
            block_length=self.block_length,
            values={name.lower(): value for name, value in reversed(self.fields)},
        )


def start_behind(source: Source, position: int) -> int:
    """Return where the first record at or after ``position`` seems to begin. Raises OSError."""
    with source.open() as file:
        return _resync(Window(file), position - 1) if position else 0


def _scan_all(source: Source, window: Window, position: int, size: int) -> Iterator[RawRecord | Damage]:
    """Yield records and damages from ``position`` on as our own code reads them."""
    bytes_left = _REREAD_TIMES * size + _REREAD_BYTES
    while lead := window.exactly(position, 5):
        if lead[0] in _FILLER:
            position = _skip_filler(window, position)
            continue
        member = Member(window, position, compressed=lead.startswith(GZIP_MAGIC))
        try:
            if not (member.compressed or RECORD_START.match(lead)):
                raise RecordError("no WARC record")
            yield from _read_member(source, member)
            position = member.end
        except RecordError as error:
            yield Damage(warc_file=source.name, warc_offset=position, reason=str(error))
            bytes_left -= member.reached - position
            position = _resync(window, position) if bytes_left > 0 else max(position + 1, member.reached)


def _skip_filler(window: Window, position: int) -> int:
    """Return the next position that holds no filler; a crashed disk leaves whole pages of zeros."""
    while data := bytes(window.get(position, FEED)):
        rest = data.lstrip(_FILLER)
        position += len(data) - len(rest)
        if rest:
            break
    return position


def _resync(window: Window, damaged: int) -> int:
    """Return the position of the next record after a damaged place, or of the end of the file."""
    if (end := _member_end(window, damaged)) is not None:
        return end
    position = damaged + 1
    while data := window.exactly(position, PIECE):
        for match in _BEGINNING.finditer(data):
            if _is_plausible(window, position + match.start()):
                return position + match.start()
        # Pieces overlap, so that a beginning that straddles two of them is found.
        position += len(data) - _LONGEST_BEGINNING if len(data) == PIECE else len(data)
    return position


def _member_end(window: Window, position: int) -> int | None:
    """Return where the gzip member at ``position`` ends if it is sound as gzip, whatever it holds."""
    if not window.exactly(position, 3).startswith(_GZIP_DEFLATE):
        return None
    member = Member(window, position, compressed=True)
    try:
        while member.fill():
            member.at = len(member.buffer)
    except RecordError:
        return None
    return member.end


def _is_plausible(window: Window, position: int) -> bool:
    """Tell whether a record seems to begin here: for gzip, whether it inflates to a WARC version line."""
    start = window.exactly(position, 512)
    if not start.startswith(GZIP_MAGIC):
        return True
    try:
        return RECORD_START.match(zlib_ng.decompressobj(31).decompress(start, 5)) is not None
    except INFLATE_ERRORS:
        return False


def read_record(source: Source, offset: int, *, inner: int = 0) -> RawRecord:
    """Return the record at an offset. Raises RecordError if there is none, OSError if the file cannot be read."""
    with source.open() as file:
        window = Window(file)
        lead = window.exactly(offset, 5)
        member = Member(window, offset, compressed=lead.startswith(GZIP_MAGIC))
        if not (member.compressed or RECORD_START.match(lead)):
            raise RecordError("no WARC record")
        for record in _read_member(source, member):
            if record.inner == inner:
                return record
    raise RecordError("no such record in its gzip member")
