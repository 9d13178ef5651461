"""Bytes to text.

Stored pages carry wrong charset headers, so the bytes themselves count first.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import Final

import webencodings  # type: ignore[import-untyped]  # ships no types
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom, resolve_encoding

MAX_BODY: Final = 32 * 1024 * 1024
"""Bytes of a body that are read; the rest of a longer one is not looked at."""

_ENCODINGS: Final = frozenset(map(resolve_encoding, webencodings.LABELS)) - {None, "cp1252"}
"""Encodings of the Encoding Standard; of Python's others, some take quadratic time (punycode)."""
_CP1252_REST: Final = "cp1252-else-latin-1"


def _single_byte(error: UnicodeError) -> tuple[str, int]:
    """Decode invalid UTF-8 as Windows-1252, and the five bytes undefined there as control characters."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    return "".join(_one(byte) for byte in bad), error.end


def _one(byte: int) -> str:
    try:
        return bytes((byte,)).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


codecs.register_error(_CP1252_REST, _single_byte)


def header_value(headers: Sequence[tuple[str, str]], name: str) -> str | None:
    """Return the value of the first header ``name`` (lower case), or None."""
    for key, value in headers:
        if key.lower() == name:
            return value
    return None


def media_type_of(headers: Sequence[tuple[str, str]]) -> str:
    """Return the media type of Content-Type in lower case, without parameters; "" without one."""
    return (header_value(headers, "content-type") or "").partition(";")[0].strip().lower()


def decode(headers: Sequence[tuple[str, str]], body: bytes) -> str:
    """Return ``body`` as text: by byte order mark, else as UTF-8 if it is valid, else by header or meta, else cp1252.

    A page that calls itself UTF-8 with single foreign bytes in it (text pasted into an old CMS) keeps its valid
    sequences; the foreign bytes are read as Windows-1252. Never raises; NUL characters are dropped.
    """
    return decoded(headers, body)[0]


def decoded(headers: Sequence[tuple[str, str]], body: bytes) -> tuple[str, bytes | None]:
    """Return the text of ``body`` as ``decode`` does, and its UTF-8 form where that is ``body`` itself."""
    body = body[:MAX_BODY]
    bom_encoding, bom = read_bom(body)
    if bom_encoding and bom:
        return body[len(bom) :].decode(bom_encoding, "replace").replace("\0", ""), None
    if b"\0" not in body and b"\x1b" not in body:
        try:
            return body.decode("utf-8"), body
        except UnicodeDecodeError as error:
            if error.start >= len(body) - 3 and error.end == len(body):
                return body[: error.start].decode("utf-8"), body[: error.start]
    declared = _declared(headers, body)
    if declared and declared != "utf-8":
        try:
            return body.decode(declared).replace("\0", ""), None
        except (UnicodeError, LookupError):
            pass
    return body.decode("utf-8", _CP1252_REST).replace("\0", ""), None


def _declared(headers: Sequence[tuple[str, str]], body: bytes) -> str | None:
    said = http_content_type_encoding(header_value(headers, "content-type")) or html_body_declared_encoding(body)
    resolved = resolve_encoding(said) if said else None
    return resolved if resolved in _ENCODINGS else None
