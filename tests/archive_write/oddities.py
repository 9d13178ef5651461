"""The oddity table: what servers do, numbered. Bytes are what the raw server sends for ``/<number>``."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass, field
from typing import Any

import brotli  # type: ignore[import-untyped,unused-ignore] # two packages offer it
from backports import zstd

from .wire_server import Close, Reset, Step, Wait

PAGE = b"<html><head><title>Oddity</title></head><body><p>" + b"Words of a page. " * 40 + b"</p></body></html>"


@dataclass(frozen=True)
class Oddity:
    number: int
    name: str
    steps: list[Step]
    method: str = "GET"
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    payload: bytes | None = None
    """What the spider must get; None: no check."""
    truncated: str | None = None
    fails: bool = False
    """The download ends in an error."""
    attempts: int = 1
    tls_cannot_tell: bool = False
    """Over TLS the loss looks like an end: too many servers leave out close_notify."""
    prefix_only: bool = False
    """The client stops reading: what is recorded is the beginning of what was sent."""


def ok(body: bytes = PAGE, *headers: bytes, status: bytes = b"200 OK", version: bytes = b"HTTP/1.1") -> bytes:
    """A plain answer with Content-Length."""
    lines = [version + b" " + status, *headers, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def chunked(*chunks: bytes, extension: bytes = b"", trailer: bytes = b"") -> bytes:
    """Chunk framing."""
    framed = b"".join(b"%x%s\r\n%s\r\n" % (len(chunk), extension, chunk) for chunk in chunks)
    return framed + b"0" + extension + b"\r\n" + trailer + b"\r\n"


CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
HTML = b"Content-Type: text/html; charset=utf-8"
DRIP = ok(b"slow and steady")

TABLE: list[Oddity] = [
    Oddity(1, "plain, Content-Length", [ok(PAGE, HTML)], payload=PAGE),
    Oddity(2, "keep-alive, the same connection again", [ok(PAGE, HTML)], payload=PAGE),
    Oddity(3, "chunked", [CHUNKED_HEAD + chunked(PAGE[:100], PAGE[100:])], payload=PAGE),
    Oddity(4, "chunked with extensions", [CHUNKED_HEAD + chunked(PAGE, extension=b';name="value";flag')], payload=PAGE),
    Oddity(
        5, "chunked with trailers", [CHUNKED_HEAD + chunked(PAGE, trailer=b"X-Sum: 1\r\nX-More: 2\r\n")], payload=PAGE
    ),
    Oddity(
        6,
        "chunk sizes in capitals, with zeros",
        [CHUNKED_HEAD + b"000A\r\n0123456789\r\n00B\r\nhello world\r\n000\r\n\r\n"],
        payload=b"0123456789hello world",
    ),
    Oddity(
        7,
        "chunks torn over segments",
        [
            CHUNKED_HEAD[:40],
            Wait(0.05),
            CHUNKED_HEAD[40:] + b"1",
            Wait(0.05),
            b"0\r\n01234567",
            Wait(0.05),
            b"89abcdef\r",
            Wait(0.05),
            b"\n0\r\n",
            Wait(0.05),
            b"\r\n",
        ],
        payload=b"0123456789abcdef",
    ),
    Oddity(8, "gzip", [ok(gzip.compress(PAGE, mtime=0), HTML, b"Content-Encoding: gzip")], payload=PAGE),
    Oddity(9, "deflate", [ok(zlib.compress(PAGE), HTML, b"Content-Encoding: deflate")], payload=PAGE),
    Oddity(10, "br", [ok(brotli.compress(PAGE), HTML, b"Content-Encoding: br")]),
    Oddity(11, "zstd", [ok(zstd.compress(PAGE), HTML, b"Content-Encoding: zstd")], payload=PAGE),
    Oddity(
        12,
        "gzip in chunks",
        [
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
            + chunked(gzip.compress(PAGE, mtime=0)[:50], gzip.compress(PAGE, mtime=0)[50:])
        ],
        payload=PAGE,
    ),
    Oddity(13, "HEAD", [b"HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n"], method="HEAD", payload=b""),
    Oddity(14, "HEAD answered chunked", [CHUNKED_HEAD], method="HEAD", payload=b""),
    Oddity(15, "204", [b"HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n"], payload=b""),
    Oddity(
        16,
        "304 with a Content-Length",
        [b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 99\r\n\r\n'],
        headers={"If-None-Match": '"x"'},
        payload=b"",
    ),
    Oddity(
        17, "redirect with a body", [ok(b"<a href='/1'>moved</a>", HTML, b"Location: /1?from=17", status=b"302 Found")]
    ),
    Oddity(18, "POST", [ok(b"thanks")], method="POST", body=b"a=1&b=\xc3\xa9\x00\xff", payload=b"thanks"),
    Oddity(19, "POST of 300,000 bytes", [ok(b"thanks")], method="POST", body=b"0123456789" * 30_000, payload=b"thanks"),
    Oddity(
        20,
        "odd-case headers",
        [b"HTTP/1.1 200 OK\r\ncOnTeNt-TyPe: text/html\r\nCONTENT-length: 2\r\nx-y:z\r\n\r\nok"],
        payload=b"ok",
    ),
    Oddity(
        21,
        "duplicate headers",
        [ok(b"ok", b"Set-Cookie: a=1", b"X-A: 1", b"Set-Cookie: b=2", b"x-a: 1")],
        payload=b"ok",
    ),
    Oddity(22, "folded headers", [ok(b"ok", b"X-Folded: one\r\n\ttwo\r\n   three", HTML)], payload=b"ok"),
    Oddity(
        23,
        "non-ASCII headers",
        [ok(b"ok", "X-Names: Bj\u00f8rndal \u4e2d\u6587".encode(), b"X-Raw: \xff\xfe\x80")],
        payload=b"ok",
    ),
    Oddity(24, "non-ASCII status phrase", [ok(b"ok", status="200 Très bien".encode("latin-1"))], payload=b"ok"),
    Oddity(25, "LF-only head", [b"HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Length: 2\n\nok"], payload=b"ok"),
    Oddity(26, "head of mixed line ends", [b"HTTP/1.1 200 OK\r\nX-A: b\nContent-Length: 2\r\n\nok"], payload=b"ok"),
    Oddity(
        27,
        "header line without a colon",
        [b"HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 2\r\n\r\nok"],
        payload=b"ok",
    ),
    Oddity(28, "no status phrase", [b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"], payload=b"ok"),
    Oddity(29, "spaces around header values", [ok(b"ok", b"X-A:    b   ", b"X-Empty:", b"X-Tab:\tc\t")], payload=b"ok"),
    Oddity(
        30,
        "HTTP/1.0, ended by the connection",
        [b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE, Close()],
        payload=PAGE,
    ),
    Oddity(31, "HTTP/1.0 with a length", [ok(PAGE, HTML, version=b"HTTP/1.0"), Close()], payload=PAGE),
    Oddity(
        32,
        "HTTP/1.1 body ended by the connection",
        [b"HTTP/1.1 200 OK\r\n\r\n" + PAGE, Wait(0.05), PAGE, Close()],
        payload=PAGE + PAGE,
    ),
    Oddity(33, "Connection: close", [ok(PAGE, b"Connection: close"), Close()], payload=PAGE),
    Oddity(34, "empty body", [ok(b"")], payload=b""),
    Oddity(35, "100 Continue before the answer", [b"HTTP/1.1 100 Continue\r\n\r\n" + ok(b"ok")], payload=b"ok"),
    Oddity(
        36,
        "several 103 before the answer",
        [
            b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n",
            Wait(0.05),
            b"HTTP/1.1 103 Early Hints\nLink: </b.css>\n\n",
            Wait(0.05),
            ok(b"ok"),
        ],
        payload=b"ok",
    ),
    Oddity(
        37,
        "interim answer torn over segments",
        [b"HTTP/1.1 103 Ear", Wait(0.05), b"ly\r\n\r", Wait(0.05), b"\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"],
        payload=b"ok",
    ),
    Oddity(38, "interim answer, then nothing", [b"HTTP/1.1 103 Early Hints\r\n\r\n", Wait(0.1), Close()], fails=True),
    Oddity(39, "bytes behind the body", [ok(PAGE) + b"\r\njunk behind the message"], payload=PAGE),
    Oddity(40, "bytes behind the last chunk", [CHUNKED_HEAD + chunked(PAGE) + b"HTTP/1.1 200 more"], payload=PAGE),
    Oddity(41, "bytes behind a 204", [b"HTTP/1.1 204 No Content\r\n\r\nand yet a body"], payload=b""),
    Oddity(
        42,
        "EOF-delimited body, reset",
        [b"HTTP/1.1 200 OK\r\n\r\n" + PAGE, Wait(0.2), Reset()],
        truncated="disconnect",
        tls_cannot_tell=True,
        payload=PAGE,
    ),
    Oddity(
        43,
        "reset in the body",
        [b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + PAGE, Wait(0.2), Reset()],
        truncated="disconnect",
        fails=True,
    ),
    Oddity(
        44,
        "reset in a chunk",
        [CHUNKED_HEAD + b"ffff\r\n" + PAGE, Wait(0.2), Reset()],
        truncated="disconnect",
        fails=True,
    ),
    Oddity(
        45,
        "end in the middle of the body",
        [b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + PAGE, Close()],
        truncated="disconnect",
        fails=True,
    ),
    Oddity(46, "end between chunks", [CHUNKED_HEAD + b"5\r\nhello\r\n", Close()], truncated="disconnect", fails=True),
    Oddity(
        47,
        "end in the head",
        [b"HTTP/1.1 200 OK\r\nContent-Type: te", Wait(0.1), Close()],
        truncated="disconnect",
        fails=True,
    ),
    Oddity(
        48,
        "timeout in the body",
        [b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + PAGE, Wait(2.5), Close()],
        meta={"download_timeout": 1},
        truncated="time",
        fails=True,
    ),
    Oddity(
        49,
        "timeout in the head",
        [b"HTTP/1.1 200 OK\r\nContent-Ty", Wait(2.5), Close()],
        meta={"download_timeout": 1},
        truncated="time",
        fails=True,
    ),
    Oddity(50, "timeout before the answer", [Wait(2.5), Close()], meta={"download_timeout": 1}, fails=True),
    Oddity(51, "dropped before the answer", [Close()], method="POST", body=b"x", fails=True),
    Oddity(52, "reset before the answer", [Wait(0.1), Reset()], method="POST", body=b"x", fails=True),
    Oddity(53, "not HTTP at all", [b"SSH-2.0-OpenSSH_9.9\r\n", Wait(0.1), Close()], fails=True),
    Oddity(
        54,
        "transfer coding nobody knows",
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", Wait(0.1), Close()],
        fails=True,
        truncated="disconnect",
    ),
    Oddity(
        55,
        "conflicting lengths",
        [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk", Wait(0.1), Close()],
        fails=True,
        truncated="disconnect",
    ),
    Oddity(
        56,
        "chunk framing broken",
        [CHUNKED_HEAD + b"5\r\nhello\r\nnot a size\r\n", Wait(0.1), Close()],
        fails=True,
        truncated="disconnect",
    ),
    Oddity(
        57,
        "a byte at a time",
        [step for i in range(len(DRIP)) for step in (DRIP[i : i + 1], Wait(0.002))],
        payload=b"slow and steady",
    ),
    Oddity(
        58, "many and long headers", [ok(b"ok", *(b"X-%d: %s" % (n, b"v" * 200) for n in range(300)))], payload=b"ok"
    ),
    Oddity(59, "200,000 bytes", [ok(PAGE * 250, HTML)], payload=PAGE * 250),
    Oddity(
        60,
        "spider stops at the head",
        [ok(PAGE * 3000, HTML)],
        meta={"stop": "head"},
        prefix_only=True,
        truncated="unspecified",
    ),
    Oddity(
        61,
        "spider stops in the body",
        [ok(PAGE * 3000, HTML)],
        meta={"stop": "body"},
        prefix_only=True,
        truncated="unspecified",
    ),
    Oddity(
        62,
        "over the size limit, announced",
        [ok(PAGE * 3000, HTML)],
        meta={"download_maxsize": 1000},
        prefix_only=True,
        truncated="length",
        fails=True,
    ),
    Oddity(
        63,
        "over the size limit, in chunks",
        [CHUNKED_HEAD + chunked(*[PAGE] * 3000)],
        meta={"download_maxsize": 100_000},
        prefix_only=True,
        truncated="length",
        fails=True,
    ),
    Oddity(64, "404 with a body", [ok(PAGE, HTML, status=b"404 Not Found")]),
    Oddity(65, "status no one knows", [ok(b"ok", status=b"299 Fine")]),
    Oddity(66, "query and escapes in the target", [ok(b"ok")], payload=b"ok"),
    Oddity(
        67,
        "body that only the archive takes",
        [ok(gzip.compress(PAGE * 50, mtime=0), b"Content-Encoding: gzip")],
        meta={"archive_body_limit": 0},
        payload=b"",
    ),
    Oddity(
        68,
        "gzip cut short by the server's own length",
        [ok(gzip.compress(PAGE, mtime=0)[:60], b"Content-Encoding: gzip")],
    ),
    Oddity(
        69,
        "EOF-delimited body, timeout",
        [b"HTTP/1.1 200 OK\r\n\r\n" + PAGE, Wait(2.5), Close()],
        meta={"download_timeout": 1},
        truncated="time",
        fails=True,
    ),
    Oddity(
        70,
        "EOF-delimited body, stopped by the spider",
        [b"HTTP/1.1 200 OK\r\n\r\n" + PAGE, Wait(1), Close()],
        meta={"stop": "body"},
        truncated="unspecified",
        payload=PAGE,
    ),
    Oddity(71, "silent retry: first a good answer", [ok(b"first", HTML)], payload=b"first"),
    Oddity(72, "silent retry: the pooled connection is dead", [], payload=b"second", attempts=2),
]


def script(path: str, count: int) -> list[Step]:
    """Return the steps for ``/<number>``."""
    if path == "/robots.txt":
        return [ok(b"")]
    number = int(path.strip("/").split("?")[0].split("/")[0])
    if number == len(TABLE):  # the pooled connection is closed as soon as it is used again
        return [Close()] if count == 1 else [ok(b"second", HTML)]
    return TABLE[number - 1].steps


TARGETS = {66: "/66/a%20b;c=d?q=%C3%A9&q=&amp=%2F%2f&x=1+2"}


def target(oddity: Oddity) -> str:
    """Return the request target."""
    return TARGETS.get(oddity.number, f"/{oddity.number}")
