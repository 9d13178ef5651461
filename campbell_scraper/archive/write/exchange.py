"""One exchange as it happens: bytes come in pieces, are spooled, and wait for the writer.

Nothing here holds a body in memory beyond the spool's size, and nothing here parses more than the head and the chunk
framing: hashing and compressing are left to the writer.
"""

from __future__ import annotations

import re
import tempfile
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from campbell_scraper.archive import http

from .records import new_record_id

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from campbell_scraper.archive.archive_settings import ArchiveSettings

_READ_SIZE: Final = 256 * 1024
_MAX_JUNK: Final = 1024 * 1024
_KEPT_HEAD: Final = 64 * 1024
"""Bytes kept of a head that does not end."""
MAX_LATE: Final = 64 * 1024
"""Bytes kept of one piece of data that arrives over an idle connection."""
_LINES: Final = re.compile(rb"[^\n]*\n|[^\n]+$")


class HeadTooLongError(Exception):
    """A server sends a head that does not end."""


class Spool:
    """Bytes kept in memory up to a size, and beyond that in an unnamed file."""

    __slots__ = ("_file", "size")

    def __init__(self, memory: int, directory: Path) -> None:
        self._file = tempfile.SpooledTemporaryFile(memory, dir=str(directory))  # noqa: SIM115 - closed by close()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Append bytes."""
        self._file.write(data)
        self.size += len(data)

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes from the beginning."""
        self._file.seek(0)
        while piece := self._file.read(_READ_SIZE):
            yield piece

    def read(self) -> bytes:
        """Return all bytes."""
        return b"".join(self.pieces())

    def close(self) -> None:
        """Free memory and file."""
        self._file.close()


NEVER_RECORDED: Final = frozenset({"proxy-authorization"})
"""Headers meant for the proxy alone, which hold its password."""


def redacted(head: bytes, names: Collection[str]) -> bytes:
    """Return a head with the values of these headers (lower case) replaced, folded lines included."""
    if not names:
        return head
    out: list[bytes] = []
    hidden = False
    for line in _LINES.findall(head):
        if line[:1] in {b" ", b"\t"}:
            if not hidden:
                out.append(line)
            continue
        name, colon, value = line.partition(b":")
        hidden = bool(colon) and name.strip().lower().decode("latin-1") in names
        ending = value[len(value.rstrip(b"\r\n")) :]
        out.append(name + b": REDACTED" + ending if hidden else line)
    return b"".join(out)


@dataclass(slots=True, kw_only=True)
class Context:
    """What the crawl knows of a request, for all attempts at it."""

    url: str
    """Without fragment."""
    method: str
    via: str | None = None
    hops: str = ""
    proxy: str | None = None
    """``host:port`` of the proxy the connection goes to; the peer's address is then not the server's."""


@dataclass(slots=True, kw_only=True)
class Connection:
    """What is known of the TCP connection an exchange ran over."""

    serial: int
    """Number of the connection in this crawl; 0 if none was made."""
    ip: str | None = None
    tls: str | None = None
    """``tls/1.3`` in the spelling of WARC-Protocol; None without TLS, or while the handshake has not finished."""
    cipher: str | None = None
    chain: list[bytes] = field(default_factory=list)
    """Certificates, DER, leaf first."""
    handshaken: bool = False
    plain: bool = False
    """True once the connection is known to be without TLS."""


class Exchange:
    """One request and what came back over one connection.

    The newest piece of data is held back until the next comes or the message ends: only then is it known whether its
    tail belongs to the message.
    """

    def __init__(
        self, context: Context, connection: Connection, settings: ArchiveSettings, waited: float | None = None
    ) -> None:
        """Begin now, or ``waited`` seconds ago."""
        self.record_id = new_record_id()
        """WARC-Record-ID of the record that will stand for the exchange."""
        self.context = context
        self.connection = connection
        self.started = time.time() - (waited or 0)
        self._clock = time.monotonic() - (waited or 0)
        self.seconds = 0.0
        self.request = Spool(settings.spool_size, settings.directory)
        self.interim = bytearray()
        self.head = b""
        """The final head as recorded (redacted if asked for); b"" until it has arrived."""
        self.body = Spool(settings.spool_size, settings.directory)
        self.junk = bytearray()
        """Bytes after the end of the message; or an answer that is not HTTP at all."""
        self.complete = False
        """The client saw the end of the message."""
        self.reset = False
        """The connection did not end in order."""
        self.truncated: str | None = None
        self.error: str | None = None
        self.status: int | None = None
        self.headers: http.Headers = ()
        self.closed = False
        self._settings = settings
        self._tail = b""
        self._head_part = bytearray()
        self.chunked = False

    def received(self, data: bytes) -> None:
        """Take data off the wire. Raises HeadTooLongError for a head over ``http.MAX_HEAD`` bytes."""
        if self.closed or self.error:
            return
        tail, self._tail = self._tail, data
        if tail:
            self._absorb(tail)

    def finish(self, rest: bytes) -> None:
        """Take the end of the message: the last ``len(rest)`` bytes received are not part of it."""
        if self.closed:
            return
        tail, self._tail = self._tail, b""
        if rest and not tail.endswith(rest):
            raise AssertionError("bytes after the message are not the last bytes received")
        self._absorb(tail[: len(tail) - len(rest)])
        self.add_junk(rest)
        self.complete = True
        self.seconds = time.monotonic() - self._clock

    def add_junk(self, data: bytes) -> bool:
        """Take bytes that came after the message; return False if the recording is closed already."""
        if self.closed:
            return False
        self.junk += data[: max(0, _MAX_JUNK - len(self.junk))]
        return True

    @property
    def ends_with_connection(self) -> bool:
        """Whether only the connection's end tells where the body ends."""
        bodiless = self.context.method == "HEAD" or self.status in {204, 304}
        return not (bodiless or self.chunked or http.header(self.headers, "content-length") is not None)

    def close(self, *, truncated: str | None = None, error: str | None = None, cut: bool = False) -> None:
        """End the recording; ``truncated`` and ``error`` count only if the message had not ended.

        ``cut`` says that this side ended the download: the connection's end then does not show that the body was whole.
        """
        if self.closed:
            return
        tail, self._tail = self._tail, b""
        if tail:
            self._absorb(tail)
        self.closed = True
        if self.complete and (cut or self.reset) and self.ends_with_connection:
            self.complete = False
        if not self.complete:
            self.seconds = time.monotonic() - self._clock
            self.error = self.error or error
            if self.head or self._head_part:
                self.truncated = self.truncated or truncated or "unspecified"
            if self._head_part:
                self._close_in_head()

    def _close_in_head(self) -> None:
        part = bytes(self._head_part)
        self._head_part.clear()
        if part.startswith(b"HTTP/") and len(part) <= http.MAX_HEAD:
            self._begin_response(part)
        else:
            # Readers stop at a response record without a status line, so the metadata record keeps the bytes. A head
            # that does not end is no answer either, and its beginning is enough.
            self.junk += part[:_KEPT_HEAD] if len(part) > http.MAX_HEAD else part
            self.truncated = None

    def _absorb(self, data: bytes) -> None:
        if self.head:
            self._absorb_body(data)
            return
        searched = max(0, len(self._head_part) - 3)
        self._head_part += data
        while (end := http.find_head_end(self._head_part, 0 if searched < 3 else searched)) >= 0:
            head = bytes(self._head_part[:end])
            rest = bytes(self._head_part[end:])
            self._head_part.clear()
            status = http.status_of(head)
            if status is not None and 100 <= status < 200:
                self.interim += redacted(head, self._settings.redact_headers)
                self._head_part += rest
                searched = 0
                continue
            if head.startswith(b"HTTP/"):
                self._begin_response(head)
                self._absorb_body(rest)
            else:
                self.add_junk(head + rest)
            return
        if len(self._head_part) + len(self.interim) > http.MAX_HEAD:
            self._tail = b""  # else close() would absorb it again
            raise HeadTooLongError(f"head of more than {http.MAX_HEAD} bytes")

    def _begin_response(self, head: bytes) -> None:
        self.head = redacted(head, self._settings.redact_headers)
        if parsed := http.parse_head(self.head):
            self.status = parsed.status
            self.headers = parsed.headers
        self.chunked = http.is_chunked(self.headers)

    def _absorb_body(self, data: bytes) -> None:
        limit = self._settings.max_body
        if limit and self.body.size + len(data) > limit:
            data = data[: max(0, limit - self.body.size)]
            self.truncated = "length"
        self.body.write(data)

    @property
    def answered(self) -> bool:
        """Whether there is a response to record."""
        return bool(self.head)

    @property
    def request_sent(self) -> bool:
        """Whether the request can have been sent: bytes written before a failed TLS handshake were not."""
        if not self.request.size:
            return False
        return not self.context.url.lower().startswith("https:") or self.connection.handshaken

    def request_block(self) -> bytes:
        """Return the request as sent (redacted if asked for)."""
        block = self.request.read()
        end = http.find_head_end(block)
        hidden = NEVER_RECORDED | {*self._settings.redact_headers}
        return redacted(block[:end], hidden) + block[end:] if end >= 0 else block

    def release(self) -> None:
        """Free memory and temporary files."""
        self.request.close()
        self.body.close()


@dataclass(frozen=True, slots=True)
class LateBytes:
    """Bytes a server sent over an idle connection, after the last message on it was recorded."""

    record_id: str
    """Id of that message's record."""
    url: str
    data: bytes
