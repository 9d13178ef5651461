"""HTTP messages as bytes: heads, chunk framing and content codings.

Shared by the writer, which sees a message arrive piece by piece, and the reader, which finds it whole in a record, so
that both describe one exchange alike. Everything here handles untrusted bytes: sizes are bounded, and what cannot be
parsed is reported or passed through, never guessed at.

Parsing follows the client that made the bytes (Twisted): a line ends at LF, one CR before it is dropped; a line that
begins with white space continues the one before; a header line without a colon is skipped.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import urljoin

import brotli  # type: ignore[import-untyped,unused-ignore] # typed or not, depending on the package installed
from w3lib.url import safe_url_string
from zlib_ng import zlib_ng

from campbell_scraper.archive.capture import OversizedPayloadError, PayloadError
from campbell_scraper.archive.userinfo import without_userinfo

MAX_PAYLOAD: Final = 128 * 1024 * 1024
"""Most bytes that ``Capture.payload`` returns, after content decoding."""
MAX_SITEMAP: Final = 50 * 1024 * 1024
"""Bytes of an unpacked sitemap: the most that sitemaps.org allows."""
GZIP_MAGIC: Final = b"\x1f\x8b"
MAX_HEAD: Final = 1024 * 1024
"""Bytes within which a message head must end."""
NO_CODINGS: Final = frozenset({"identity", "none", ""})
MAX_CODINGS: Final = 4
"""Most content codings, one on top of another, that are undone."""
MAX_MEMBERS: Final = 20_000
"""Members of one gzip or zstd stream that are undone; block-compressed files have some two thousand in MAX_PAYLOAD."""
_STATUS: Final = re.compile(rb"HTTP/(\d{1,3}(?:\.\d{1,3})?)[ \t]+(\d{3})(?:[ \t]+(.*))?$")
_BLANK_LINE: Final = re.compile(rb"\n\r?\n")
_FOLD: Final = re.compile(r"(?<![ \t])[ \t]*\r?\n[ \t]+")
_BEFORE_STATUS: Final = re.compile(rb"[\r\n]{1,64}(?=HTTP/)")
_CONTROLS: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_SIGNATURES: Final = (b"\xff\xfe", b"\xfe\xff", b"%PDF-")
"""First bytes of UTF-16 texts and PDF files, which hold control characters too."""
_MAX_CHUNK_LINE: Final = 64 * 1024
_CHUNK_SIZE: Final = re.compile(rb"\s*([0-9A-Fa-f]{1,16})\s*(?:;.*)?\r?$", re.DOTALL)

INFLATE_ERRORS: Final = cast("tuple[type[Exception], ...]", (zlib_ng.error, zlib.error))  # the stubs have instances

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Head:
    """A response's head, parsed."""

    version: str
    """"1.1", "1.0", "2"."""
    status: int
    reason: str
    headers: Headers
    """In wire order, names as sent, ISO-8859-1; folded lines joined by one space."""


def find_head_end(data: bytes | bytearray, start: int = 0) -> int:
    """Return the offset after the blank line that ends the head beginning at ``start``; -1 while it has not come."""
    if data[start : start + 1] == b"\n":
        return start + 1
    if data[start : start + 2] == b"\r\n":
        return start + 2
    match = _BLANK_LINE.search(data, start)
    return match.end() if match else -1


def split_head(block: bytes) -> tuple[bytes, bytes, bytes]:
    """Return interim (1xx) answers, head with its blank line, and body of a response block.

    A 1xx head counts as interim only if another head follows it, so the record of a 101 or a lone 103 keeps it as its
    head. Without a blank line everything is head. Line ends before the status line, as some servers send them, are left
    to the interim answers.
    """
    before = _BEFORE_STATUS.match(block)
    position = before.end() if before else 0
    while True:
        end = find_head_end(block, position)
        if end < 0:
            return block[:position], block[position:], b""
        status = status_of(block[position:end])
        if status is not None and 100 <= status < 200 and block[end : end + 5] == b"HTTP/":
            position = end
            continue
        return block[:position], block[position:end], block[end:]


def status_of(head: bytes | bytearray) -> int | None:
    """Return the status code of a head's first line; None if that is not a status line."""
    line = bytes(head[: head.find(b"\n")] if b"\n" in head else head).rstrip(b"\r")
    match = _STATUS.match(line)
    return int(match[2]) if match else None


def parse_headers(lines: bytes) -> list[tuple[str, str]]:
    """Return header fields (without start line) in wire order, ISO-8859-1; lines without a colon are left out."""
    return named_fields(lines.decode("iso-8859-1"))


def named_fields(text: str) -> list[tuple[str, str]]:
    """Return the fields ("name: value") of a text in order, folded lines joined by one space."""
    parts = (line.partition(":") for line in _FOLD.sub(" ", text).split("\n") if not line.startswith((" ", "\t")))
    return [(name.strip(), value.strip()) for name, colon, value in parts if colon]


def parse_head(head: bytes) -> Head | None:
    """Return a response head, parsed; None if its first line is no HTTP status line."""
    first, _, rest = head.partition(b"\n")
    match = _STATUS.match(first.rstrip(b"\r"))
    if not match:
        return None
    return Head(
        version=match[1].decode("ascii"),
        status=int(match[2]),
        reason=(match[3] or b"").decode("iso-8859-1"),
        headers=parse_headers(rest),
    )


def parse_request_line(head: bytes) -> tuple[str, str] | None:
    """Return method and target of a request head; None if its first line is not one."""
    parts = head.partition(b"\n")[0].rstrip(b"\r").split(b" ")
    if len(parts) < 2 or not parts[0].isalpha():
        return None
    return parts[0].decode("ascii", "replace"), parts[1].decode("iso-8859-1")


def header(headers: Headers, name: str) -> str | None:
    """Return the first value of a header, name compared case-insensitively; None if there is none."""
    name = name.lower()
    return next((value for key, value in headers if key.lower() == name), None)


def header_tokens(headers: Headers, name: str) -> list[str]:
    """Return all comma-separated members of all headers of that name, lower case, without parameters."""
    name = name.lower()
    tokens: list[str] = []
    for key, value in headers:
        if key.lower() == name:
            tokens += [token.partition(";")[0].strip().lower() for token in value.split(",")]
    return [token for token in tokens if token]


def media_type(headers: Headers) -> str | None:
    """Return the media type of Content-Type, lower case, without parameters; None if there is none."""
    value = (header(headers, "content-type") or "").partition(";")[0].strip().lower()
    return value or None


def is_chunked(headers: Headers) -> bool:
    """Tell whether the body arrives in chunk framing."""
    return "chunked" in header_tokens(headers, "transfer-encoding")


def redirect_target(status: int | None, headers: Headers, url: str) -> str | None:
    """Return the absolute URL of a 3xx answer's Location, percent-encoded, without userinfo; None if none parses."""
    location = header(headers, "location")
    if location is None or status is None or not 300 <= status < 400:
        return None
    raw = location.encode("iso-8859-1", "replace")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = location
    try:
        return without_userinfo(str(safe_url_string(urljoin(url, text.strip()))))
    except ValueError:
        return None


class Dechunker:
    """Removes chunk framing (RFC 9112, 7.1), piece by piece.

    ``complete`` is True once the last chunk and the trailer section have arrived, ``failed`` once the framing is
    broken; later data is ignored. ``started`` tells whether one valid chunk-size line was seen.
    """

    __slots__ = ("_line", "_remaining", "_state", "complete", "failed", "started")

    def __init__(self) -> None:
        self.complete = self.failed = self.started = False
        self._line = bytearray()
        self._remaining = 0
        self._state = "size"

    def feed(self, data: bytes) -> list[bytes]:
        """Return the payload bytes in ``data``, in order."""
        out: list[bytes] = []
        position = 0
        while position < len(data) and not self.complete and not self.failed:
            if self._state == "data":
                piece = data[position : position + self._remaining]
                out.append(piece)
                position += len(piece)
                self._remaining -= len(piece)
                if not self._remaining:
                    self._state = "end"
                continue
            end = data.find(b"\n", position)
            self._line += data[position : end + 1 if end >= 0 else len(data)]
            position = end + 1 if end >= 0 else len(data)
            if len(self._line) > _MAX_CHUNK_LINE:
                self.failed = True
            elif end >= 0:
                line, self._line = bytes(self._line[:-1]), bytearray()
                self._take_line(line.removesuffix(b"\r"))
        return out

    def _take_line(self, line: bytes) -> None:
        if self._state == "size":
            match = _CHUNK_SIZE.match(line)
            if not match:
                self.failed = True
                return
            self.started = True
            self._remaining = int(match[1], 16)
            self._state = "data" if self._remaining else "trailer"
        elif self._state == "end":
            self._state = "size"
            self.failed = bool(line)
        elif not line:
            self.complete = True


def _members(data: bytes, begin: Callable[[], Any], limit: int, magic: bytes | None) -> bytes:
    """Return the decompressed members of a stream: the first, then those that begin with ``magic``.

    ``begin`` makes the decompressor of a member. Each is fed growing pieces, so that its unused data is short: copying
    the whole rest after each of many members would take quadratic time.
    """
    out, position = bytearray(), 0
    for _ in range(MAX_MEMBERS):
        decompressor, size = begin(), _FIRST_PIECE
        while not decompressor.eof:
            piece = data[position : position + size]
            if not piece:
                raise PayloadError("compressed payload ends early")
            out += decompressor.decompress(piece, limit + 1 - len(out))
            if len(out) > limit:
                raise OversizedPayloadError(f"payload is over {limit} bytes")
            position, size = position + len(piece), min(2 * size, _LONGEST_PIECE)
        position -= len(decompressor.unused_data)
        if position >= len(data) or magic is None or not data.startswith(magic, position):
            return bytes(out)  # what follows the last gzip member is padding, which browsers ignore too
    raise PayloadError(f"compressed payload has over {MAX_MEMBERS} members")


def _inflate(data: bytes, wbits: int, limit: int) -> bytes:
    return _members(data, lambda: zlib_ng.decompressobj(wbits), limit, GZIP_MAGIC if wbits == _GZIP else None)


_GZIP: Final = 31
_FIRST_PIECE: Final = 1024
_LONGEST_PIECE: Final = 1024 * 1024
_CODING_ERRORS: Final[tuple[type[Exception], ...]] = (*INFLATE_ERRORS, EOFError, ValueError)


def _gunzip(data: bytes, limit: int) -> bytes:
    if not data.startswith(GZIP_MAGIC):
        return data  # stored decoded under the original header, or the header is wrong: browsers showed it all the same
    return _inflate(data, _GZIP, limit)


def _undeflate(data: bytes, limit: int) -> bytes:
    try:
        return _inflate(data, 15, limit)
    except INFLATE_ERRORS:
        return _inflate(data, -15, limit)  # raw deflate, which some servers send


def _unbrotli(data: bytes, limit: int) -> bytes:
    decompressor = brotli.Decompressor()
    out = bytearray()
    try:
        if not hasattr(decompressor, "process"):
            return _unbrotli_in_slices(decompressor, data, limit)
        out += decompressor.process(data, output_buffer_limit=1 << 20)
        while not decompressor.is_finished():
            if decompressor.can_accept_more_data():
                raise PayloadError("compressed payload ends early")
            out += decompressor.process(b"", output_buffer_limit=1 << 20)
            if len(out) > limit:
                raise OversizedPayloadError(f"payload is over {limit} bytes")
    except brotli.error as error:
        raise PayloadError(f"br: {error}") from error
    return bytes(out)


def _unbrotli_in_slices(decompressor: Any, data: bytes, limit: int) -> bytes:
    """Decode with brotlipy, which pywb and wacz install over the package of the same name.

    It cannot bound its output, so the input is bounded instead: sixteen bytes hold at most a few meta-blocks of 16 MiB.
    """
    out = bytearray()
    for position in range(0, len(data), 16):
        out += decompressor.decompress(data[position : position + 16])
        if len(out) > limit:
            raise OversizedPayloadError(f"payload is over {limit} bytes")
    decompressor.finish()
    return bytes(out)


def _unzstd(data: bytes, limit: int) -> bytes:
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415 - where it is differs by Python version
    except ImportError:
        from backports import zstd  # noqa: PLC0415 - where it is differs by Python version

    # RFC 9659: a decoder of HTTP content must cope with windows of 8 MiB; larger ones are refused.
    options = {zstd.DecompressionParameter.window_log_max: 23}
    try:
        return _members(data, lambda: zstd.ZstdDecompressor(options=options), limit, b"")
    except zstd.ZstdError as error:
        raise PayloadError(f"zstd: {error}") from error


_DECODERS: Final[dict[str, Callable[[bytes, int], bytes]]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _undeflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}


def decode_content(data: bytes, codings: Iterable[str], limit: int = MAX_PAYLOAD) -> bytes:
    """Return an entity with its content codings undone (gzip, deflate, br, zstd; in the header's order).

    Raises PayloadError for an unknown coding, a broken or incomplete stream, or more than ``limit`` bytes.
    """
    applied = [coding for coding in codings if coding not in NO_CODINGS]
    if len(applied) > MAX_CODINGS:
        raise PayloadError(f"{len(applied)} content codings")
    for coding in reversed(applied):
        if not data:
            return data
        decoder = _DECODERS.get(coding)
        if decoder is None:
            raise PayloadError(f"unknown content coding {coding!r}")
        try:
            data = decoder(data, limit)
        except _CODING_ERRORS as error:
            raise PayloadError(f"{coding}: {error}") from error
    if len(data) > limit:
        raise OversizedPayloadError(f"payload is over {limit} bytes")
    return data


def unpacked(body: bytes) -> bytes:
    """Return the content of a file, decompressed if the file itself is gzipped, as sitemaps are (``.xml.gz``).

    Raises PayloadError for a broken stream, or more bytes than a sitemap may have.
    """
    return decode_content(body, ["gzip"], MAX_SITEMAP) if body.startswith(GZIP_MAGIC) else body


def content_codings(headers: Headers) -> list[str]:
    """Return content codings in the order in which they were applied."""
    return header_tokens(headers, "content-encoding")


def decode_leniently(headers: Headers, entity: bytes) -> bytes:
    """Return an entity decoded as browsers, warcio and pywb do, even where a header is wrong about it.

    Servers name codings that do not exist ("utf-8", "aws-chunked"), and tools store decoded bodies under the original
    header. Bytes that are text or PDF once the known codings are undone, or without decoding, are returned like that.
    For all others, PayloadError is raised as by :func:`decode_content`.
    """
    codings = content_codings(headers)
    known = [coding for coding in codings if coding in _DECODERS]
    try:
        data = decode_content(entity, known)
        return data if known == codings or _is_plain(data) else decode_content(entity, codings)
    except PayloadError:
        if _is_plain(entity):
            return entity
        raise


def _is_plain(data: bytes) -> bool:
    """Tell by their first KiB whether bytes are text or a PDF file, not compressed data."""
    return data.startswith(_SIGNATURES) or _CONTROLS.search(data, 0, 1024) is None


def response_fields(head: Head, url: str) -> dict[str, object]:
    """Return the fields of :class:`Capture` that a response head determines (keyword arguments for it)."""
    return {
        "status": head.status,
        "mime": media_type(head.headers),
        "redirect_to": redirect_target(head.status, head.headers, url),
        "etag": header(head.headers, "etag"),
        "last_modified": header(head.headers, "last-modified"),
        "headers": tuple(head.headers),
    }
