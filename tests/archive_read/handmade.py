"""WARC records made by hand, byte by byte: nothing of the code under test has a part in them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import uuid
from pathlib import Path

CRAWL = "20260101T000000Z-cafe0001"
DATE = "2026-01-01T00:00:00.123456Z"
PAGE = b"<!doctype html><title>Page</title><p>" + b"The review found small effects. " * 40


def sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def sha1(data: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode()


def new_id() -> str:
    return uuid.uuid4().urn


def record(rtype: str, fields: list[tuple[str, str]], block: bytes, *, version: str = "1.1") -> bytes:
    head = f"WARC/{version}\r\nWARC-Type: {rtype}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"{head}Content-Length: {len(block)}\r\n\r\n".encode() + block + b"\r\n\r\n"


def warcinfo(crawl: str | None = CRAWL, record_id: str = "urn:uuid:00000000-0000-4000-8000-00000000000f") -> bytes:
    lines = ["software: handmade/1", "format: WARC File Format 1.1", "crawl-started: 2026-01-01T00:00:00.000000Z"]
    if crawl:
        lines.append(f"isPartOf: {crawl}")
    block = "".join(f"{line}\r\n" for line in lines).encode()
    fields = [("WARC-Record-ID", f"<{record_id}>"), ("WARC-Date", DATE), ("Content-Type", "application/warc-fields")]
    return record("warcinfo", fields, block)


def http_response(body: bytes = PAGE, *, status: str = "200 OK", headers: tuple[str, ...] = ()) -> bytes:
    lines = (f"HTTP/1.1 {status}", "Content-Type: text/html; charset=utf-8", *headers)
    return "".join(f"{line}\r\n" for line in lines).encode("iso-8859-1") + b"\r\n" + body


def chunked(body: bytes, size: int = 100, *, extras: bool = True) -> bytes:
    """Chunk framing; ``extras`` are an extension and a trailer, which warcio (and so pywb) cannot take off."""
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    extension, trailer = (b";ext=1", b"Trailer: x\r\n") if extras else (b"", b"")
    framed = b"".join(b"%x%s\r\n%s\r\n" % (len(piece), extension, piece) for piece in pieces)
    return framed + b"0\r\n" + trailer + b"\r\n"


def exchange(
    url: str,
    *,
    body: bytes = PAGE,
    entity: bytes | None = None,
    status: str = "200 OK",
    headers: tuple[str, ...] = (),
    record_id: str | None = None,
    date: str = DATE,
    method: str = "GET",
    request_body: bytes = b"",
    extra: tuple[tuple[str, str], ...] = (),
    about: str = "via: http://site.test/\r\nhopsFromSeed: L\r\n",
) -> list[bytes]:
    """Response, request, metadata as our writer orders them."""
    main = record_id or new_id()
    block = http_response(body, status=status, headers=headers)
    common = [("WARC-Target-URI", url), ("WARC-Date", date), *extra]
    linked = [*common, ("WARC-Concurrent-To", f"<{main}>")]
    request = f"{method} / HTTP/1.1\r\nHost: site.test\r\n\r\n".encode() + request_body
    return [
        record(
            "response",
            [
                ("WARC-Record-ID", f"<{main}>"),
                *common,
                ("WARC-Block-Digest", sha256(block)),
                ("WARC-Payload-Digest", sha256(body if entity is None else entity)),
                ("Content-Type", "application/http; msgtype=response"),
            ],
            block,
        ),
        record(
            "request",
            [("WARC-Record-ID", f"<{new_id()}>"), *linked, ("Content-Type", "application/http; msgtype=request")],
            request,
        ),
        record(
            "metadata",
            [("WARC-Record-ID", f"<{new_id()}>"), *linked, ("Content-Type", "application/warc-fields")],
            about.encode(),
        ),
    ]


def revisit(url: str, refers_to: str, digest: str, *, date: str = DATE, target: str | None = None) -> bytes:
    block = http_response(b"")
    fields = [
        ("WARC-Record-ID", f"<{new_id()}>"),
        ("WARC-Target-URI", url),
        ("WARC-Date", date),
        ("WARC-Profile", "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"),
        ("WARC-Refers-To", f"<{refers_to}>"),
        ("WARC-Refers-To-Target-URI", target or url),
        ("WARC-Refers-To-Date", DATE),
        ("WARC-Payload-Digest", digest),
        ("Content-Type", "application/http; msgtype=response"),
    ]
    return record("revisit", fields, block)


def write(path: Path, records: list[bytes], *, compress: bool = True) -> list[int]:
    """Write records, one gzip member each; return their offsets."""
    offsets = []
    with path.open("wb") as file:
        for item in records:
            offsets.append(file.tell())
            file.write(gzip.compress(item, mtime=0) if compress else item)
    return offsets


def not_modified(url: str, refers_to: str | None, *, date: str) -> bytes:
    """An answer 304: as a revisit of what it confirms, or (``refers_to`` None) as a response."""
    block = b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n'
    fields = [("WARC-Record-ID", f"<{new_id()}>"), ("WARC-Target-URI", url), ("WARC-Date", date)]
    if refers_to:
        fields += [
            ("WARC-Profile", "http://netpreserve.org/warc/1.1/revisit/server-not-modified"),
            ("WARC-Refers-To", f"<{refers_to}>"),
            ("WARC-Refers-To-Target-URI", url),
            ("WARC-Refers-To-Date", DATE),
        ]
    fields.append(("Content-Type", "application/http; msgtype=response"))
    return record("revisit" if refers_to else "response", fields, block)
