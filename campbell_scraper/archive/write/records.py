"""WARC/1.1 records (ISO 28500:2017), built and written by warcio, each as one gzip member.

Blocks are written byte for byte: warcio gets a stream, not an HTTP head that it would parse and rewrite.
How the compressor was chosen: docs/archive.md.
"""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from isal import isal_zlib
from warcio.recordloader import ArcWarcRecord  # type: ignore[import-untyped]
from warcio.statusandheaders import StatusAndHeaders  # type: ignore[import-untyped]
from warcio.warcwriter import WARCWriter  # type: ignore[import-untyped]
from zlib_ng import zlib_ng

from campbell_scraper.archive.http import Dechunker
from campbell_scraper.archive.userinfo import without_userinfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from hashlib import _Hash

    from campbell_scraper.archive.files import OpenFile

COMPRESSION_LEVEL: Final = 6
QUICK_LEVEL: Final = 2
"""isal's level, for blocks that hardly shrink."""
IDENTICAL_PAYLOAD: Final = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED: Final = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
CONFORMS_TO: Final = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
FIELDS_TYPE: Final = "application/warc-fields"
RESPONSE_TYPE: Final = "application/http; msgtype=response"
REQUEST_TYPE: Final = "application/http; msgtype=request"
SHORT: Final = 2048
"""Bytes of a block up to which the better compressor saves less than half a percent."""
_CONTROL: Final = re.compile("[\x00-\x1f]")

Fields = list[tuple[str, str]]


def new_hasher(algorithm: str) -> _Hash:
    """Return a hasher for ``sha256`` or ``sha1``."""
    return hashlib.sha256() if algorithm == "sha256" else hashlib.sha1(usedforsecurity=False)


def labelled_digest(algorithm: str, hasher: _Hash) -> str:
    """Return ``sha256:`` + lower-case hex, or ``sha1:`` + Base32, as newer and older archive tools expect."""
    if algorithm == "sha256":
        return f"sha256:{hasher.hexdigest()}"
    return f"sha1:{base64.b32encode(hasher.digest()).decode()}"


def digest_of(algorithm: str, data: bytes) -> str:
    """Return the labelled digest of bytes."""
    hasher = new_hasher(algorithm)
    hasher.update(data)
    return labelled_digest(algorithm, hasher)


class Digests(NamedTuple):
    """Labelled digests of a response's block, and of the payload in it."""

    block: str
    payload: str
    """Of the payload: dechunked, content codings left on."""
    payload_sha256: str
    """The payload's name in the catalog, whatever ARCHIVE_DIGEST says."""
    payload_length: int


class Digester:
    """Takes a response's bytes as they come."""

    def __init__(self, algorithm: str, head: bytes, *, chunked: bool) -> None:
        self._algorithm = algorithm
        self._block = new_hasher(algorithm)
        self._payload = new_hasher(algorithm)
        self._payload_sha256 = self._payload if algorithm == "sha256" else new_hasher("sha256")
        self._dechunker = Dechunker() if chunked else None
        self._length = 0
        self._block.update(head)

    def update(self, data: bytes) -> None:
        """Take bytes of the body."""
        self._block.update(data)
        for piece in self._dechunker.feed(data) if self._dechunker else (data,):
            self._payload.update(piece)
            if self._payload_sha256 is not self._payload:
                self._payload_sha256.update(piece)
            self._length += len(piece)

    @property
    def digests(self) -> Digests:
        """Digests of the bytes so far."""
        return Digests(
            labelled_digest(self._algorithm, self._block),
            labelled_digest(self._algorithm, self._payload),
            labelled_digest("sha256", self._payload_sha256),
            self._length,
        )


def new_record_id() -> str:
    """Return a fresh ``urn:uuid:...``."""
    return uuid.uuid4().urn


def date_of(timestamp: float) -> str:
    """Return a POSIX time as WARC-Date: ISO 8601, UTC, microseconds, Z."""
    return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def _safe(fields: Sequence[tuple[str, str]]) -> Fields:
    """Return fields whose values are on one line, without passwords in their URLs.

    A line break in a URL or an error's text could forge a field.
    """
    plain = [(name, without_userinfo(value)) for name, value in fields]
    return [
        (name, (" ".join(value.split()) if _CONTROL.search(value) else value).encode("utf-8", "replace").decode())
        for name, value in plain
    ]


def fields_block(fields: Sequence[tuple[str, str]]) -> bytes:
    """Return a block of ``application/warc-fields``."""
    return "".join([f"{name}: {value}\r\n" for name, value in _safe(fields)]).encode()


class _Pieces:
    """A block in pieces, as the stream that warcio reads."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = filter(None, pieces)
        self.taken = 0

    def read(self, _size: int = -1) -> bytes:
        piece = next(self._pieces, b"")
        self.taken += len(piece)
        return piece


class _GzipMembers:
    """The file that warcio writes to: makes one gzip member of everything between two flushes."""

    def __init__(self, file: OpenFile) -> None:
        self._file = file
        self._compressor: Any = None

    def begin(self, *, quick: bool) -> None:
        module: Any = isal_zlib if quick else zlib_ng
        self._compressor = module.compressobj(QUICK_LEVEL if quick else COMPRESSION_LEVEL, module.DEFLATED, 31)

    def write(self, data: bytes) -> None:
        self._file.write(self._compressor.compress(data))

    def flush(self) -> None:
        self._file.write(self._compressor.flush())


class RecordWriter(WARCWriter):  # type: ignore[misc] # has no types
    """Appends records to one WARC file, whose first is its warcinfo."""

    def __init__(self, file: OpenFile, digest: str) -> None:
        """Write to ``file``; ``digest`` is ARCHIVE_DIGEST."""
        self._members = _GzipMembers(file)
        super().__init__(self._members, gzip=False, warc_version="1.1")
        self.file = file
        self.digest = digest
        self.warcinfo_id = new_record_id()
        self.certificates: set[bytes] = set()
        """Digests of the certificates whose chain is in this file."""

    def ensure_digest(self, record: Any, block: bool = True, payload: bool = True) -> None:
        """Add none of warcio's own digests, which are SHA-1 and over the payload with its chunk framing."""

    def write_warcinfo(self, date: str, fields: Fields) -> None:
        """Write the file's first record."""
        named = [("WARC-Filename", self.file.name)]
        self.write_block("warcinfo", None, date, named, fields_block(fields), record_id=self.warcinfo_id)

    def write_block(
        self,
        record_type: str,
        url: str | None,
        date: str,
        fields: Fields,
        block: bytes,
        *,
        content_type: str = FIELDS_TYPE,
        record_id: str | None = None,
    ) -> None:
        """Append a record with its block digest."""
        fields = [*fields, ("WARC-Block-Digest", digest_of(self.digest, block))]
        about: dict[str, Any] = {"content_type": content_type, "record_id": record_id, "length": len(block)}
        self.write_pieces(record_type, url, date, fields, (block,), **about)

    def write_pieces(
        self,
        record_type: str,
        url: str | None,
        date: str,
        fields: Fields,
        pieces: Iterable[bytes],
        *,
        content_type: str,
        length: int,
        record_id: str | None = None,
        coded: bool = False,
    ) -> None:
        """Append a record whose block comes in pieces, ``length`` bytes in all.

        ``coded`` says that most of them are compressed already. Raises ValueError if the pieces do not add up: the file
        then ends in a torn member.
        """
        named = [
            ("WARC-Type", record_type),
            ("WARC-Record-ID", f"<{record_id or new_record_id()}>"),
            ("WARC-Date", date),
        ]
        if url is not None:
            named += [("WARC-Target-URI", url), ("WARC-Warcinfo-ID", f"<{self.warcinfo_id}>")]
        headers = StatusAndHeaders("", _safe([*named, *fields]), protocol=self.warc_version)
        stream = _Pieces(pieces)
        # Only the headers state the type: if warcio knew it, it would write a parsed head as the block of a revisit.
        record = ArcWarcRecord("warc", "", headers, stream, None, content_type, length)
        self._members.begin(quick=coded or length <= SHORT)
        self.write_record(record)
        if stream.taken != length:
            raise ValueError(f"record block of {stream.taken} bytes, announced as {length}")
