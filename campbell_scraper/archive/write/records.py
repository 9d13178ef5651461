"""WARC/1.1 records, serialised (ISO 28500:2017).

Our own serialiser, since libraries at hand parse and write HTTP heads anew: here a block is bytes, and stays them.
Each record is one gzip member. How the compressor was chosen: docs/compression.md.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from isal import isal_zlib
from zlib_ng import zlib_ng

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from campbell_scraper.archive.files import OpenFile

COMPRESSION_LEVEL: Final = 6
QUICK_LEVEL: Final = 2
"""Of isal, for blocks from which nothing is to be gained."""
IDENTICAL_PAYLOAD: Final = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED: Final = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
CONFORMS_TO: Final = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
FIELDS_TYPE: Final = "application/warc-fields"
RESPONSE_TYPE: Final = "application/http; msgtype=response"
REQUEST_TYPE: Final = "application/http; msgtype=request"
_CONTROL: Final = re.compile("[\x00-\x1f]")
_ONE_GO: Final = 256 * 1024
"""Records up to so many bytes are compressed in one call."""
SHORT: Final = 2048
"""Of blocks up to so many bytes the better compressor saves less than half a percent."""
_random: list[bytes] = []
os.register_at_fork(after_in_child=_random.clear)  # or parent and child would give the same ids
_LINES: Final = re.compile(rb"[^\n]*\n|[^\n]+$")

Fields = list[tuple[str, str]]


class Hasher(Protocol):
    """An object of hashlib."""

    def update(self, data: bytes, /) -> None: ...  # noqa: D102 - as in the base class
    def digest(self) -> bytes: ...  # noqa: D102 - as in the base class
    def hexdigest(self) -> str: ...  # noqa: D102 - as in the base class


def new_hasher(algorithm: str) -> Hasher:
    """Return a hasher for ``sha256`` or ``sha1``."""
    return hashlib.sha256() if algorithm == "sha256" else hashlib.sha1(usedforsecurity=False)


def labelled_digest(algorithm: str, hasher: Hasher) -> str:
    """Return ``sha256:`` + lower-case hex, or ``sha1:`` + Base32, as the archive's tools of either age expect."""
    if algorithm == "sha256":
        return f"sha256:{hasher.hexdigest()}"
    return f"sha1:{base64.b32encode(hasher.digest()).decode()}"


def digest_of(algorithm: str, data: bytes) -> str:
    """Return the labelled digest of bytes."""
    hasher = new_hasher(algorithm)
    hasher.update(data)
    return labelled_digest(algorithm, hasher)


def new_record_id() -> str:
    """Return a fresh ``urn:uuid:...``."""
    # uuid4, without its system call a time: each of them hands the interpreter's lock to the other thread.
    try:
        random = _random.pop()
    except IndexError:
        fresh = os.urandom(16 * 256)
        _random.extend(fresh[at : at + 16] for at in range(16, len(fresh), 16))
        random = fresh[:16]
    text = random.hex()
    variant = "89ab"[int(text[16], 16) & 3]  # RFC 9562: the two bits that say whose layout this is
    return f"urn:uuid:{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"


def warc_date(timestamp: float) -> str:
    """Return a POSIX time as WARC-Date: ISO 8601, UTC, microseconds, Z."""
    return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def _line(name: str, value: str) -> str:
    # A line break in a value (a URL of a stranger, an exception's text) would forge the next header.
    return f"{name}: {' '.join(value.split()) if _CONTROL.search(value) else value}\r\n"


def _lines(fields: Sequence[tuple[str, str]]) -> str:
    if "".join([value for _, value in fields]).isprintable():
        return "".join([f"{name}: {value}\r\n" for name, value in fields])
    return "".join([_line(name, value) for name, value in fields])


def warc_fields(fields: Sequence[tuple[str, str]]) -> bytes:
    """Return a block of ``application/warc-fields``."""
    return _lines(fields).encode("utf-8", "replace")


def record_head(record_type: str, record_id: str, date: str, length: int, fields: Fields) -> bytes:
    """Return the head of a record: version, the mandatory headers, ``fields`` in order, blank line."""
    named = [
        ("WARC-Type", record_type),
        ("WARC-Record-ID", f"<{record_id}>"),
        ("WARC-Date", date),
        *fields,
        ("Content-Length", str(length)),
    ]
    return f"WARC/1.1\r\n{_lines(named)}\r\n".encode("utf-8", "replace")


def write_record(
    file: OpenFile,
    record_type: str,
    date: str,
    fields: Fields,
    pieces: Iterable[bytes],
    *,
    length: int,
    record_id: str | None = None,
    coded: bool = False,
) -> tuple[str, int, int]:
    """Append one record as one gzip member.

    Takes the block as ``pieces`` of together ``length`` bytes, which are compressed as they come; ``coded`` says that
    most of them are compressed already. Returns record id, offset and length of the member. Raises ValueError if the
    pieces do not add up: the file then ends in a torn member.
    """
    record_id = record_id or new_record_id()
    offset = file.size
    head = record_head(record_type, record_id, date, length, fields)
    module: Any
    module, level = (isal_zlib, QUICK_LEVEL) if coded or length <= SHORT else (zlib_ng, COMPRESSION_LEVEL)
    if length <= _ONE_GO:
        block = b"".join(pieces)
        _check_length(len(block), length)
        file.write(module.compress(b"".join((head, block, b"\r\n\r\n")), level, 31))
        return record_id, offset, file.size - offset
    compressor: Any = module.compressobj(level, module.DEFLATED, 31)
    file.write(compressor.compress(head))
    written = 0
    for piece in pieces:
        written += len(piece)
        if data := compressor.compress(piece):
            file.write(data)
    _check_length(written, length)
    file.write(compressor.compress(b"\r\n\r\n") + compressor.flush())
    return record_id, offset, file.size - offset


def _check_length(written: int, announced: int) -> None:
    if written != announced:
        raise ValueError(f"record block of {written} bytes, announced as {announced}")


def redactor(names: tuple[str, ...]) -> Callable[[bytes], bytes] | None:
    """Return what replaces the values of these headers in a head, folded lines included; None for no names."""
    if not names:
        return None
    wanted = {name.lower().encode("ascii", "replace") for name in names}

    def redact(head: bytes) -> bytes:
        out: list[bytes] = []
        hidden = False
        for line in _LINES.findall(head):
            if line[:1] in {b" ", b"\t"}:
                if not hidden:
                    out.append(line)
                continue
            name, colon, value = line.partition(b":")
            hidden = bool(colon) and name.strip().lower() in wanted
            ending = value[len(value.rstrip(b"\r\n")) :]
            out.append(name + b": REDACTED" + ending if hidden else line)
        return b"".join(out)

    return redact
