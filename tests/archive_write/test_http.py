"""HTTP messages as bytes."""

from __future__ import annotations

import gzip
import zlib

import brotli  # type: ignore[import-untyped,unused-ignore] # two packages offer it
import pytest
import surt  # type: ignore[import-untyped] # has no stubs
from backports import zstd
from hypothesis import example, given
from hypothesis import strategies as st

from campbell_scraper.archive import http
from campbell_scraper.archive.capture import PayloadError
from campbell_scraper.archive.read.payload import dechunked
from campbell_scraper.archive.surt_keys import url_key

TEXT = b"A page with words. " * 500


def framed(pieces: list[bytes], extension: bytes = b"") -> bytes:
    return b"".join(b"%x%s\r\n%s\r\n" % (len(p), extension, p) for p in pieces if p) + b"0\r\nX-T: 1\r\n\r\n"


@given(st.lists(st.binary(max_size=300), max_size=8), st.lists(st.integers(1, 40), min_size=1, max_size=20))
def test_dechunking_gives_the_payload_however_the_bytes_are_cut(pieces: list[bytes], cuts: list[int]) -> None:
    wire, payload = framed(pieces, b"; a=1"), b"".join(pieces)
    dechunker, got, position, turn = http.Dechunker(), b"", 0, 0
    while position < len(wire):
        size = cuts[turn % len(cuts)]
        got += b"".join(dechunker.feed(wire[position : position + size]))
        position, turn = position + size, turn + 1
    assert got == payload == b"".join(dechunked(wire))
    assert dechunker.complete
    assert not dechunker.failed


@given(st.binary(max_size=2000))
def test_no_bytes_break_the_parsers(data: bytes) -> None:
    interim, head, body = http.split_head(data)
    assert interim + head + body == data
    http.parse_head(head)
    b"".join(dechunked(data))
    for coding in ("gzip", "deflate", "br", "zstd"):
        try:
            http.decode_content(data, [coding], 100_000)
        except PayloadError:
            continue


@given(st.text(max_size=300))
def test_no_text_breaks_the_urls(text: str) -> None:
    assert isinstance(url_key(text), str)
    http.redirect_target(302, [("Location", text)], "http://a.example/")


PLAIN_URLS = st.from_regex(
    r"https?://(www[0-9]?\.|)[A-Za-z0-9.-]{1,12}(:[0-9]{1,5})?(/[A-Za-z0-9._~%-]{0,6}){0,4}/?", fullmatch=True
)


PLAIN_SITES = st.from_regex(
    r"https?://(www[0-9]?\.)?([a-zA-Z0-9-]{1,3}\.){0,3}[a-zA-Z0-9]{1,3}(:(80|443|8000|0))?(/a(/B)?)?/?", fullmatch=True
)
SITES = [
    "www.org",
    "www.www.org",
    "www2.127.0.0.1",
    "127.0.0.1",
    "256.1.1.1",
    "01.2.3.4",
    "1.2.3.4.5",
    "localhost",
    "www",
    "a-.b",
]


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("rest", ["", "/", "/robots.txt", ":80/", ":443", ":8000/a/", ":65535/"])
def test_a_site_has_the_key_that_the_surt_library_gives_it(site: str, rest: str) -> None:
    for scheme in ("http", "https", "HTTP"):
        assert url_key(f"{scheme}://{site}{rest}") == surt.surt(f"{scheme}://{site}{rest}")


@example("http://A:65536")
@example("http://A:70000/robots.txt")
@given(st.text(max_size=60).map("http://a.example/".__add__) | PLAIN_URLS | PLAIN_SITES)
def test_a_url_has_the_key_that_the_surt_library_gives_it(url: str) -> None:
    try:
        expected = surt.surt(url)
    except Exception:  # noqa: BLE001 - whatever it trips over: such a URL keeps its own form
        expected = url.lower()
    assert url_key(url) == expected


def test_a_body_stored_without_its_framing_is_taken_as_it_is() -> None:
    assert b"".join(dechunked(b"<html>not chunked")) == b"<html>not chunked"


@pytest.mark.parametrize(
    ("block", "parts"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nb", (b"", b"HTTP/1.1 200 OK\r\n\r\n", b"b")),
        (b"HTTP/1.1 200 OK\nA: b\n\nb", (b"", b"HTTP/1.1 200 OK\nA: b\n\n", b"b")),
        (b"HTTP/1.1 103 E\r\n\r\nHTTP/1.1 200 OK\n\r\nb", (b"HTTP/1.1 103 E\r\n\r\n", b"HTTP/1.1 200 OK\n\r\n", b"b")),
        (b"HTTP/1.1 101 S\r\n\r\nws", (b"", b"HTTP/1.1 101 S\r\n\r\n", b"ws")),
        (b"HTTP/1.1 200 OK\r\nA: b", (b"", b"HTTP/1.1 200 OK\r\nA: b", b"")),
        (b"HTTP/1.1 200 OK\r\n\r\n\r\n\r\nb", (b"", b"HTTP/1.1 200 OK\r\n\r\n", b"\r\n\r\nb")),
    ],
)
def test_heads_end_where_the_client_ends_them(block: bytes, parts: tuple[bytes, bytes, bytes]) -> None:
    assert http.split_head(block) == parts


def test_headers_keep_order_case_and_repeats() -> None:
    head = http.parse_head(b"HTTP/1.1 200 Fine by me\r\nB: 1\r\na:2\r\nno colon\r\nB: 3\r\n folded\r\nC: \xe9\r\n\r\n")
    assert head is not None
    assert (head.status, head.reason, head.version) == (200, "Fine by me", "1.1")
    assert head.headers == [("B", "1"), ("a", "2"), ("B", "3 folded"), ("C", "\xe9")]
    assert http.header(head.headers, "A") == "2"


@pytest.mark.parametrize(
    ("coding", "encode"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress), ("zstd", zstd.compress)],
)
def test_content_codings(coding: str, encode: object) -> None:
    assert callable(encode)
    encoded = encode(TEXT)
    assert http.decode_content(encoded, [coding]) == TEXT
    assert http.decode_content(b"", [coding]) == b""
    assert http.decode_content(gzip.compress(encoded), [coding, "gzip"]) == TEXT
    with pytest.raises(PayloadError):
        http.decode_content(encoded[:-4], [coding])
    with pytest.raises(PayloadError, match="over"):
        http.decode_content(encode(bytes(3_000_000)), [coding], 1_000_000)


def test_raw_deflate_members_and_plain_bodies_under_gzip() -> None:
    raw = zlib.compressobj(wbits=-15)
    assert http.decode_content(raw.compress(TEXT) + raw.flush(), ["deflate"]) == TEXT
    assert http.decode_content(gzip.compress(b"a") + gzip.compress(b"b") + b"pad", ["x-gzip"]) == b"ab"
    assert http.decode_content(b"<html>", ["gzip"]) == b"<html>"
    with pytest.raises(PayloadError, match="unknown"):
        http.decode_content(b"x", ["rot13"])
    with pytest.raises(PayloadError):
        http.decode_content(b"x", ["gzip"] * 9)


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/a b", "http://x.example/a%20b"),
        ("//y.example/", "http://y.example/"),
        ("?q", "http://x.example/d/p?q"),
        ("/\xc3\xa9", "http://x.example/%C3%A9"),
        ("http://[x", None),
    ],
)
def test_redirect_targets(location: str, target: str | None) -> None:
    assert http.redirect_target(301, [("location", location)], "http://x.example/d/p") == target
    assert http.redirect_target(200, [("location", location)], "http://x.example/d/p") is None
