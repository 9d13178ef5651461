"""Inflated bytes of gzip members (and plain files), read in order, with their position in the file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO, Final

from zlib_ng import zlib_ng

from campbell_scraper.archive.http import INFLATE_ERRORS

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_WARC_HEAD: Final = 256 * 1024
"""Bytes within which a record's own head must end."""
PIECE: Final = 1024 * 1024
FEED: Final = 64 * 1024
RECORD_START: Final = re.compile(rb"WARC/", re.IGNORECASE)
"""Case-insensitive, like all names in headers (RFC 2616, 2.1)."""
_BLANK_LINE: Final = re.compile(rb"\n\r{0,2}\n")
_LINE_ENDS: Final = re.compile(rb"[\r\n]*")
_VERSION: Final = re.compile(rb"WARC/\d\.\d{1,2}\r{0,2}\n", re.IGNORECASE)


class RecordError(ValueError):
    """There is no whole, valid record at that place of the file."""


class Window:
    """Read-ahead over a file, so that reading record by record costs one system call per mebibyte."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._start = 0
        self._data = b""

    def get(self, position: int, size: int) -> bytes | memoryview:
        """Return up to ``size`` bytes at ``position``: fewer at the read-ahead's end, none at the file's."""
        at = position - self._start
        if not 0 <= at < len(self._data):
            self._file.seek(position)
            self._data = self._file.read(PIECE)
            self._start = position
            at = 0
        return memoryview(self._data)[at : at + size]

    def exactly(self, position: int, size: int) -> bytes:
        """Return ``size`` bytes at ``position``, fewer only at the end of the file."""
        data = bytes(self.get(position, size))
        while len(data) < size:
            more = self.get(position + len(data), size - len(data))
            if not more:
                break
            data += more
        return data


class Member:
    """Inflated bytes of one gzip member, or the bytes of an uncompressed file from one place on, read in order."""

    def __init__(self, window: Window, start: int, *, compressed: bool) -> None:
        self.start = start
        self.compressed = compressed
        self.buffer = b""
        self.at = 0
        self.consumed = 0  # inflated bytes before ``buffer``
        self.done = False
        self._window = window
        self._position = start
        self._tail: bytes | memoryview = b""
        self._inflater = zlib_ng.decompressobj(31) if compressed else None

    @property
    def position(self) -> int:
        """Inflated bytes taken so far."""
        return self.consumed + self.at

    @property
    def reached(self) -> int:
        """Position in the file up to which it was read."""
        return self._position

    @property
    def end(self) -> int:
        """Position in the file after the member (once done), or after what was taken of an uncompressed one."""
        return self._position if self.compressed else self.start + self.position

    def fill(self) -> bool:
        """Read more into the buffer; return False at the member's end. Raises RecordError if it is broken."""
        if self.done:
            return False
        piece = self._inflate() if self._inflater else self._read_on()
        if self.at:
            self.consumed += self.at
            self.buffer = self.buffer[self.at :]
            self.at = 0
        self.buffer = self.buffer + piece if self.buffer else piece
        return bool(piece) or not self.done

    def _read_on(self) -> bytes:
        piece = bytes(self._window.get(self._position, FEED))
        self._position += len(piece)
        self.done = not piece
        return piece

    def _inflate(self) -> bytes:
        inflater = self._inflater
        assert inflater is not None
        fresh = not self._tail
        data = self._window.get(self._position, FEED) if fresh else self._tail
        if not data:
            raise RecordError("gzip member is cut off")
        try:
            piece: bytes = inflater.decompress(data, PIECE)
        except INFLATE_ERRORS as error:
            raise RecordError(f"gzip member is damaged ({error})") from error
        self._tail = inflater.unconsumed_tail
        if fresh:
            self._position += len(data)
        if inflater.eof:
            self._position -= len(inflater.unused_data)
            self.done = True
        return piece

    def skip_filler(self) -> bool:
        """Skip line ends; return False at the member's end."""
        while True:
            line_ends = _LINE_ENDS.match(self.buffer, self.at)
            self.at = line_ends.end() if line_ends else self.at
            if self.at < len(self.buffer):
                return True
            if not self.fill():
                return False

    def skip_record_end(self) -> bool:
        """Skip the two line ends after an uncompressed record; return False if a record or the end comes sooner.

        node-warc wrote one between records, and copies of files may lack those at the end.
        """
        while len(self.buffer) - self.at < 4 and self.fill():
            pass
        for ending in (b"\r\n\r\n", b"\n\n"):
            if self.buffer.startswith(ending, self.at):
                self.at += len(ending)
                return True
        if self.skip_filler() and not self.at_record():
            raise RecordError("record is not followed by two line ends")
        return False

    def at_record(self) -> bool:
        """Tell whether a record seems to begin here."""
        while len(self.buffer) - self.at < 5 and self.fill():
            pass
        return RECORD_START.match(self.buffer, self.at) is not None

    def head(self) -> bytes:
        """Take a record's head, its blank line included."""
        while True:
            blank = _BLANK_LINE.search(self.buffer, self.at, self.at + MAX_WARC_HEAD)
            if blank:
                break
            if len(self.buffer) - self.at > MAX_WARC_HEAD:
                raise RecordError("WARC header does not end")
            if not self.fill():
                raise RecordError("WARC header is cut off")
        head = self.buffer[self.at : blank.end()]
        if not _VERSION.match(head):
            raise RecordError("no WARC record")
        self.at = blank.end()
        return head

    def take(self, length: int, keep: int) -> bytes:
        """Take ``length`` bytes, and return the first ``keep`` of them."""
        kept = bytearray()
        for piece in self.stream(length):
            if len(kept) < keep:
                kept += piece[: keep - len(kept)]
        return bytes(kept)

    def stream(self, length: int) -> Iterator[bytes]:
        """Take ``length`` bytes, piece by piece."""
        while length:
            if self.at == len(self.buffer) and not self.fill():
                raise RecordError("record is cut off")
            piece = self.buffer[self.at : self.at + length]
            self.at += len(piece)
            length -= len(piece)
            if piece:
                yield piece
