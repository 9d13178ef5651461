"""A record's payload: dechunked, decoded, measured, and found again through revisits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from campbell_scraper.archive import http
from campbell_scraper.archive.capture import PayloadError
from campbell_scraper.archive.member import RecordError
from campbell_scraper.archive.scan import RawRecord, read_record
from campbell_scraper.archive.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from hashlib import _Hash


@dataclass(frozen=True, slots=True)
class RecordPayload:
    """``Capture.payload`` of a stored record: gives the decoded entity, from memory or from the file; picklable."""

    source: Source
    offset: int
    inner: int
    block: bytes | None
    """The record's block; None for one over MEMORY_BLOCK."""

    @classmethod
    def of(cls, record: RawRecord) -> RecordPayload:
        """Return the payload of a response record."""
        return cls(record.source, record.offset, record.inner, record.block if record.whole else None)

    def __call__(self) -> bytes:
        """Return the entity with content codings undone. Raises PayloadError."""
        return http.decode_content(self.entity(), http.content_codings(self._headers()))

    def _headers(self) -> http.Headers:
        head = http.parse_head(http.split_head(self._block())[1])
        return head.headers if head else ()

    def _block(self) -> bytes:
        return self.block if self.block is not None else self._read().block

    def _read(self) -> RawRecord:
        try:
            return read_record(self.source, self.offset, inner=self.inner)
        except (OSError, RecordError) as error:
            raise PayloadError(f"{self.source.label} at {self.offset}: {error}") from error

    def entity(self) -> bytes:
        """Return the dechunked, still content-encoded entity. Raises PayloadError."""
        if self.block is not None:
            _, raw_head, body = http.split_head(self.block)
            head = http.parse_head(raw_head)
            return http.entity(head.headers if head else (), body)
        out = bytearray()
        try:
            for piece in entity_pieces(self._read()):
                out += piece
                if len(out) > http.MAX_PAYLOAD:
                    raise PayloadError(f"payload is over {http.MAX_PAYLOAD} bytes")
        except (OSError, RecordError) as error:
            raise PayloadError(f"{self.source.label} at {self.offset}: {error}") from error
        return bytes(out)


def entity_pieces(record: RawRecord) -> Iterator[bytes]:
    """Give the entity (dechunked, content-encoded) of a response record of any size, piece by piece.

    Raises RecordError if the record cannot be read to its end, OSError if the file cannot.
    """
    pieces = record.pieces()
    start = b""
    for piece in pieces:
        start += piece
        if http.find_head_end(start) >= 0 or len(start) > http.MAX_HEAD:
            break
    _, raw_head, body = http.split_head(start)
    head = http.parse_head(raw_head)
    if head is None or not http.is_chunked(head.headers):
        yield body
        yield from pieces
        return
    yield from _dechunked(body, pieces)


def _dechunked(body: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    dechunker = http.Dechunker()
    first = dechunker.feed(body)
    if not dechunker.started:
        # Stored dechunked under the original header, as several tools do.
        yield body
        yield from rest
        return
    yield from first
    for piece in rest:
        yield from dechunker.feed(piece)


def stream_entity(record: RawRecord, hasher: _Hash | Any) -> tuple[int, str]:
    """Return length and digest label ("sha256:...") of a record's entity without holding it in memory."""
    length = 0
    for piece in entity_pieces(record):
        length += len(piece)
        hasher.update(piece)
    return length, f"{hasher.name}:{hasher.hexdigest()}"
