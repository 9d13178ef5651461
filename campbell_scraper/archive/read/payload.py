"""A record's payload: dechunked, decoded, measured, and found again through revisits."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from campbell_scraper.archive import http
from campbell_scraper.archive.capture import PayloadError
from campbell_scraper.archive.stored_files import is_there

from .archive_files import Source
from .digests import parse_digest
from .member import RecordError
from .scan import Part, RawRecord, read_record, scan
from .segments import Segments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from campbell_scraper.archive.capture import Damage


@dataclass(frozen=True, slots=True)
class RecordPayload:
    """``Capture.payload`` of a stored record: returns the decoded entity, from memory or from the file; picklable."""

    source: Source
    offset: int
    inner: int
    record: RawRecord | None = None
    """The record; None if it is read when it is needed."""
    expects: str | None = None
    """"sha256:..." that the entity must have, if a revisit stated it."""
    rest: tuple[Part, ...] = ()
    """The segments that continue the record."""

    @classmethod
    def of(cls, record: RawRecord) -> RecordPayload:
        """Return the payload of a record that holds an answer."""
        held = record if record.whole else None
        return cls(record.source, record.offset, record.inner, held, rest=record.rest)

    def __call__(self) -> bytes:
        """Return the entity with content codings undone. Raises PayloadError."""
        head, entity = self.message()
        return http.decode_leniently(head.headers if head else (), entity)

    def message(self) -> tuple[http.Head | None, bytes]:
        """Return the answer's head and its dechunked, still content-encoded entity. Raises PayloadError."""
        try:
            record = self.record or read_record(self.source, self.offset, inner=self.inner).joined(self.rest)
            pieces, size = [], 0
            for piece in entity_pieces(record):
                pieces.append(piece)
                size += len(piece)
                if size > http.MAX_PAYLOAD:
                    raise PayloadError(f"payload is over {http.MAX_PAYLOAD} bytes")
        except (OSError, RecordError) as error:
            raise PayloadError(f"{self.source.name} at {self.offset}: {error}") from error
        return head_of(record), self._checked(b"".join(pieces))

    def entity(self) -> bytes:
        """Return the dechunked, still content-encoded entity. Raises PayloadError."""
        return self.message()[1]

    def _checked(self, entity: bytes) -> bytes:
        if self.expects is not None and self.expects.startswith("sha256:"):
            actual = f"sha256:{hashlib.sha256(entity).hexdigest()}"
            if actual != self.expects:
                raise PayloadError(f"{self.source.name} at {self.offset} holds another payload: {actual}")
        return entity


def is_http(record: RawRecord) -> bool:
    """Tell whether a record's block is an HTTP message."""
    kind = (record.get("content-type") or "").lower()
    return record.rtype != "resource" and ("http" in kind or record.block[:70].lstrip(b"\r\n").startswith(b"HTTP/"))


def head_of(record: RawRecord) -> http.Head | None:
    """Return the head of the answer in a record; None if it has none that can be read.

    A resource record counts as a 200 answer with its own Content-Type: warcit makes such records from files.
    """
    if record.rtype == "resource":
        return http.Head("", 200, "", [("Content-Type", record.get("content-type") or "")])
    return http.parse_head(http.split_head(record.block)[1])


def entity_pieces(record: RawRecord) -> Iterator[bytes]:
    """Yield the payload of a record of any size, piece by piece: an HTTP message's entity, else the whole block.

    The entity is dechunked, still content-encoded. Raises RecordError if the record cannot be read to its end,
    OSError if the file cannot.
    """
    if not is_http(record):
        yield from record.pieces()
        return
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
    yield from dechunked(body, pieces)


def dechunked(body: bytes, rest: Iterable[bytes] = ()) -> Iterator[bytes]:
    """Yield a chunked body's payload, as far as its framing is valid; a body that is not chunked is left unchanged.

    Several tools store bodies dechunked under the original header.
    """
    dechunker = http.Dechunker()
    first = dechunker.feed(body)
    if not dechunker.started:
        yield body
        yield from rest
        return
    yield from first
    for piece in rest:
        yield from dechunker.feed(piece)


def stream_entity(record: RawRecord) -> tuple[int, str]:
    """Return length and digest label ("sha256:...") of a record's entity without holding it in memory."""
    length, hasher = 0, hashlib.sha256()
    for piece in entity_pieces(record):
        length += len(piece)
        hasher.update(piece)
    return length, f"sha256:{hasher.hexdigest()}"


class PayloadResolver:
    """Finds the record that holds a revisit's payload.

    Knows the records read so far, by record id, by URL and date, and by digest. For others it asks ``lookup`` (a
    database's: capture_id → WARC file and offset, or None), then reads through ``elsewhere`` once.
    """

    def __init__(
        self,
        lookup: Callable[[str], tuple[Path, int] | None] | None = None,
        *,
        elsewhere: Callable[[], Iterable[Source]] | None = None,
    ) -> None:
        self._lookup = lookup
        self._elsewhere = elsewhere
        self._is_read_through = False
        self.segments = Segments(lambda: self._elsewhere() if self._elsewhere else ())
        self.pair: Callable[[Iterator[RawRecord | Damage]], Iterator[object]] = iter
        """Reads records, and adds those that hold a payload: set by the pairing that asks this resolver."""
        self._places: list[tuple[Source, int, int, tuple[Part, ...]]] = []
        self._index: dict[int, int] = {}
        """Hash of a key → index into places: hashes, since a million captures' keys would not fit."""

    def add(self, record: RawRecord, capture_id: str, url: str, captured_at: str, digest: str) -> None:
        """Remember a record that holds a payload."""
        place = len(self._places)
        self._places.append((record.source, record.offset, record.inner, record.rest))
        keys: list[object] = [capture_id, (url, captured_at), _digest_key(digest)]
        if stated := record.get("warc-payload-digest"):
            keys.append(_digest_key(stated))
        for key in keys:
            self._index.setdefault(hash(key), place)

    def find(self, refers_to: str | None, url: str, date: str | None, digest: str | None) -> RecordPayload | None:
        """Return the payload that a revisit refers to; None if it is not found."""
        payload = self._known(refers_to, url, date, digest)
        if payload is None and self._lookup is not None and refers_to is not None:
            place = self._lookup(refers_to)
            if place is not None and is_there(place[0]):
                return RecordPayload(Source(place[0]), place[1], 0)
        if payload is None and self._elsewhere is not None and not self._is_read_through:
            self._is_read_through = True
            self._read_through(self._elsewhere)
            payload = self._known(refers_to, url, date, digest)
        return payload

    def _known(self, refers_to: str | None, url: str, date: str | None, digest: str | None) -> RecordPayload | None:
        by_digest = _digest_key(digest) if digest else None
        keys: list[object] = [key for key in (refers_to, (url, date) if date else None, by_digest) if key is not None]
        for key in keys:
            place = self._index.get(hash(key))
            if place is not None:
                source, offset, inner, rest = self._places[place]
                return RecordPayload(source, offset, inner, rest=rest)
        return None

    def look_in(self, elsewhere: Callable[[], Iterable[Source]]) -> None:
        """Have these files read through if something is not found, unless others were named before."""
        self._elsewhere = self._elsewhere or elsewhere

    def _read_through(self, elsewhere: Callable[[], Iterable[Source]]) -> None:
        with suppress(OSError, ValueError):
            for source in elsewhere():
                with suppress(OSError):
                    for _ in self.pair(scan(source)):
                        pass


def _digest_key(stated: str) -> object:
    """Return a key that all spellings of a digest share: tools write SHA-1 in Base32 and in hex."""
    algorithm, digest = parse_digest(stated)
    return (algorithm, digest) if digest else stated


@dataclass(frozen=True, slots=True)
class RevisitPayload:
    """``Capture.payload`` of a revisit: that of the record it refers to, checked against its digest."""

    resolver: PayloadResolver
    refers_to: str | None
    url: str
    date: str | None
    digest: str | None

    def __call__(self) -> bytes:
        """Return the decoded entity. Raises PayloadError, also if the record referred to is missing or another."""
        return self.resolve()()

    def resolve(self) -> RecordPayload:
        """Return the payload of the record referred to; it can be passed to another process. Raises PayloadError."""
        payload = self.resolver.find(self.refers_to, self.url, self.date, self.digest)
        if payload is None:
            raise PayloadError(f"refers to {self.refers_to or self.url}, which is in none of the files read")
        return replace(payload, expects=self.digest)
