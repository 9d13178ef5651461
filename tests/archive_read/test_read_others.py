"""WARC files of other tools, and of other times."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import pickle
import shutil
import subprocess
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders  # type: ignore[import-untyped] # has no stubs
from warcio.warcwriter import WARCWriter  # type: ignore[import-untyped] # has no stubs

from campbell_scraper.archive.capture import Capture, CrawlEnd, CrawlStart, Note, PayloadError
from campbell_scraper.archive.read.digests import decode_digest
from campbell_scraper.archive.read.pairing import sha256_digest, warc_date
from campbell_scraper.archive.read.reader import read_archive, read_events
from campbell_scraper.archive.verify import verify_archive
from tests.helpers import QuietHandler, serving

from .handmade import CRAWL, DATE, PAGE, chunked, exchange, new_id, record, revisit, sha1, sha256, warcinfo, write


def captures(path: Path) -> list[Capture]:
    return [event for event in read_events(path) if isinstance(event, Capture)]


def test_an_exchange_of_ours_becomes_one_capture(tmp_path: Path) -> None:
    path = tmp_path / "a-1.warc.gz.open"
    main = new_id()
    headers = ('ETag: "x"', "Last-Modified: Mon, 02 Mar 2015 00:00:00 GMT", "Content-Encoding: gzip", "X-É: ü")
    body = gzip.compress(PAGE)
    offsets = write(path, [warcinfo(), *exchange("http://site.test/a", body=body, headers=headers, record_id=main)])
    start, capture = list(read_events(path))
    assert isinstance(start, CrawlStart)
    assert (start.crawl_id, start.started_at) == (CRAWL, "2026-01-01T00:00:00.000000Z")
    assert isinstance(capture, Capture)
    assert capture == Capture(
        capture_id=main,
        crawl_id=CRAWL,
        method="GET",
        url="http://site.test/a",
        url_key="test,site)/a",
        captured_at=DATE,
        fetched_at=DATE,
        status=200,
        mime="text/html",
        via="http://site.test/",
        hops="L",
        etag='"x"',
        last_modified="Mon, 02 Mar 2015 00:00:00 GMT",
        payload_digest=sha256(body),
        payload_length=len(body),
        warc_file="a-1.warc.gz",
        warc_offset=offsets[1],
        warc_length=offsets[2] - offsets[1],
        headers=(
            ("Content-Type", "text/html; charset=utf-8"),
            ("ETag", '"x"'),
            ("Last-Modified", "Mon, 02 Mar 2015 00:00:00 GMT"),
            ("Content-Encoding", "gzip"),
            ("X-É", "ü"),
        ),
    )
    assert capture.payload is not None
    assert pickle.loads(pickle.dumps(capture.payload))() == PAGE


def test_notes_and_the_closing_record_are_events(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    notes = (
        'note: {"url": "http://site.test/x", "via": null, "decision": "robots", '
        '"noted_at": "2026-01-01T00:00:01.0Z"}\r\n'
        "note: no JSON\r\n"
    )
    closing = "crawl-finished: 2026-01-01T01:00:00.000000Z\r\ncrawl-status: finished\r\ncount-exchanges: 7\r\n"
    own = [("WARC-Date", DATE), ("Content-Type", "application/warc-fields")]
    write(
        path,
        [
            record("metadata", [("WARC-Target-URI", f"urn:x-notes:{CRAWL}"), *own], notes.encode()),
            record("metadata", [("WARC-Target-URI", f"urn:x-crawl:{CRAWL}"), *own], closing.encode()),
        ],
    )
    note, end = list(read_events(path))
    assert isinstance(note, Note)
    assert dict(note.fields) == {"url": "http://site.test/x", "via": None, "decision": "robots"}
    assert end == CrawlEnd(
        crawl_id=CRAWL,
        finished_at="2026-01-01T01:00:00.000000Z",
        status="finished",
        info={"count-exchanges": "7"},
    )


def test_a_failed_attempt_is_a_capture_and_not_part_of_its_repetition(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    failed = new_id()
    url = ("WARC-Target-URI", "http://site.test/a")
    request = record("request", [url, ("WARC-Record-ID", f"<{new_id()}>"), ("WARC-Date", DATE),
                                 ("WARC-Concurrent-To", f"<{failed}>")], b"POST / HTTP/1.1\r\n\r\n")  # fmt: skip
    about = b"error: connection reset\r\n"
    metadata = record("metadata", [url, ("WARC-Record-ID", f"<{failed}>"), ("WARC-Date", DATE),
                                   ("Content-Type", "application/warc-fields")], about)  # fmt: skip
    unsent = record("metadata", [url, ("WARC-Record-ID", f"<{new_id()}>"), ("WARC-Date", DATE),
                                 ("Content-Type", "application/warc-fields")],
                    b"method: HEAD\r\nerror: DNS\r\n")  # fmt: skip
    write(path, [warcinfo(), request, metadata, unsent, *exchange("http://site.test/a")])
    found = captures(path)
    assert [(item.outcome, item.method, item.error) for item in found] == [
        ("failed", "POST", "connection reset"),
        ("failed", "HEAD", "DNS"),
        ("new", "GET", None),
    ]
    assert found[0].capture_id == failed


def test_the_same_payload_has_one_digest_whatever_the_framing(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    framed = chunked(PAGE)
    te = ("Transfer-Encoding: chunked",)
    write(
        path,
        [
            exchange("http://site.test/plain")[0],
            exchange("http://site.test/chunked", body=framed, headers=te)[0],  # digest over the framing, as wget's
            exchange("http://site.test/lie", body=PAGE, headers=te)[0],  # stored dechunked under the old header
        ],
    )
    assert {(item.payload_digest, item.payload_length) for item in captures(path)} == {(sha256(PAGE), len(PAGE))}
    assert all(item.payload is not None and item.payload() == PAGE for item in captures(path))


def test_a_large_body_is_measured_and_given(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    large = PAGE * 9000
    assert len(large) > 8 * 1024 * 1024
    framed = chunked(large, 70_001)
    write(path, [exchange("http://site.test/1", body=framed, headers=("Transfer-Encoding: chunked",))[0],
                 exchange("http://site.test/2", body=large)[0], exchange("http://site.test/3")[0]])  # fmt: skip
    first, second, third = captures(path)
    assert first.payload_digest == second.payload_digest == sha256(large)
    assert first.payload_length == second.payload_length == len(large)
    assert first.payload is not None
    assert second.payload is not None
    assert first.payload() == second.payload() == large
    assert third.url == "http://site.test/3"


def test_revisits_give_what_they_refer_to(tmp_path: Path) -> None:
    held, lost = new_id(), new_id()
    write(tmp_path / "a.warc.gz", [warcinfo(), *exchange("http://site.test/a", record_id=held)])
    write(
        tmp_path / "b.warc.gz",
        [
            revisit("http://site.test/b", held, sha256(PAGE)),
            revisit("http://site.test/c", lost, sha256(b"another")),
            revisit("http://site.test/d", held, sha256(b"a lie")),
        ],
    )
    for events in (read_archive([tmp_path]), read_events(tmp_path / "b.warc.gz")):
        good, unresolved, false = [event for event in events if isinstance(event, Capture)][-3:]
        assert (good.outcome, good.refers_to, good.payload_digest) == ("revisit", held, sha256(PAGE))
        assert good.payload is not None
        assert good.payload() == PAGE
        assert unresolved.payload is not None
        with pytest.raises(PayloadError, match=lost):
            unresolved.payload()
        assert false.payload is not None
        with pytest.raises(PayloadError, match="another"):
            false.payload()


def test_old_and_odd_records_are_read(tmp_path: Path) -> None:
    path = tmp_path / "old.warc"
    html = b"HTTP/1.0 301 Moved\nLocation: /new\nContent-Type: Text/HTML\n\nmoved"
    base = [("WARC-Target-URI", "<http://site.test/old>"), ("WARC-Date", "2009-07-04T10:11:12Z"),
            ("Content-Type", "application/http;msgtype=response"), ("WARC-Payload-Digest", sha1(b"moved"))]  # fmt: skip
    dns = [("WARC-Target-URI", "dns:site.test"), ("WARC-Date", DATE), ("Content-Type", "text/dns")]
    conversion = [("WARC-Target-URI", "http://site.test/old"), ("WARC-Date", DATE), ("Content-Type", "image/png")]
    once = record("response", [("WARC-Record-ID", "<urn:uuid:1>"), *base], html, version="1.0")
    twin = record("response", [("WARC-Record-ID", "<urn:uuid:1>"), *base], html + b"!", version="1.0")
    nameless = record("response", [*base[:1], ("WARC-Date", "20101112131415"), *base[2:]], html, version="0.18")
    dns_record = record("response", dns, b"20100101\nsite.test A 1.2.3.4")
    write(path, [warcinfo(None), dns_record, once, record("conversion", conversion, b"x"), once, twin, nameless],
          compress=False)  # fmt: skip
    found = captures(path)
    assert [(item.captured_at, item.status, item.redirect_to, item.mime) for item in found] == [
        ("2009-07-04T10:11:12.000000Z", 301, "http://site.test/new", "text/html"),
        ("2009-07-04T10:11:12.000000Z", 301, "http://site.test/new", "text/html"),
        ("2010-11-12T13:14:15.000000Z", 301, "http://site.test/new", "text/html"),
    ]
    assert found[0].capture_id == "urn:uuid:1"
    assert len({item.capture_id for item in found}) == 3
    assert [item.capture_id for item in captures(path)] == [item.capture_id for item in found]
    assert {item.crawl_id for item in found} == {None}


def test_restored_records_say_so(tmp_path: Path) -> None:
    path = tmp_path / "restored-1.warc.gz"
    source = "https://web.archive.org/web/20180102030405id_/http://site.test/a"
    extra = (("WARC-Source-URI", source), ("WARC-Creation-Date", "2026-02-02T00:00:00Z"))
    write(path, exchange("http://site.test/a", date="2018-01-02T03:04:05Z", extra=extra))
    (found,) = captures(path)
    assert (found.restored, found.source_uri) == (True, source)
    assert (found.captured_at, found.fetched_at) == ("2018-01-02T03:04:05.000000Z", "2026-02-02T00:00:00.000000Z")


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_record_in_a_wacz_besides_is_given_once(tmp_path: Path, compression: int) -> None:
    write(tmp_path / "a.warc.gz", [warcinfo(), *exchange("http://site.test/a")])
    write(tmp_path / "b.warc.gz", [warcinfo(), *exchange("http://site.test/b")])
    with zipfile.ZipFile(tmp_path / "x.wacz", "w", compression) as package:
        package.write(tmp_path / "a.warc.gz", "archive/a.warc.gz")
        package.write(tmp_path / "b.warc.gz", "archive/b.warc.gz")
    (tmp_path / "b.warc.gz").unlink()
    found = [event for event in read_archive([tmp_path]) if isinstance(event, Capture)]
    assert [item.url for item in found] == ["http://site.test/a", "http://site.test/b"]
    assert all(item.payload is not None and item.payload() == PAGE for item in found)
    assert sum(isinstance(event, CrawlStart) for event in read_archive([tmp_path])) == 1


def test_what_warcio_writes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "warcio.warc.gz"
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for n in range(3):
            head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
            response = writer.create_warc_record(
                f"http://site.test/{n}", "response", payload=io.BytesIO(PAGE), http_headers=head
            )
            ask = StatusAndHeaders("POST / HTTP/1.1", [("Host", "site.test")], is_http_request=True)
            request = writer.create_warc_record(f"http://site.test/{n}", "request", http_headers=ask)
            writer.write_request_response_pair(request, response)
    found = captures(path)
    assert [(item.url, item.method, item.payload_digest) for item in found] == [
        (f"http://site.test/{n}", "POST", sha256(PAGE)) for n in range(3)
    ]
    second_reader = [r.stream_pos for r in ArchiveIterator(str(path), parse_http=False) if r.record_type == 4]
    assert [item.warc_offset for item in found] == second_reader


class _Pages(QuietHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path != "/gone" else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(chunked(PAGE + b'<a href="/b">b</a><a href="/gone">c</a>'))


@pytest.mark.skipif(shutil.which("wget") is None, reason="wget is not installed")
@pytest.mark.parametrize("compressed", [True, False])
def test_what_wget_writes_is_read(tmp_path: Path, compressed: bool) -> None:
    with serving(_Pages) as url:
        options = ["--warc-file", str(tmp_path / "w"), *([] if compressed else ["--no-warc-compression"])]
        command = ["wget", "-q", "-r", "-l1", "-e", "robots=off", *options, f"{url}/a"]
        subprocess.run(command, cwd=tmp_path, check=False, timeout=60)
    found = captures(tmp_path / ("w.warc.gz" if compressed else "w.warc"))
    page = PAGE + b'<a href="/b">b</a><a href="/gone">c</a>'
    assert [(item.url.rpartition("/")[2], item.status) for item in found] == [("a", 200), ("b", 200), ("gone", 404)]
    assert {item.payload_digest for item in found} == {sha256(page)}
    assert {item.method for item in found} == {"GET"}
    assert all(item.payload is not None and item.payload() == page for item in found)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-01-02T03:04:05.123456Z", "2026-01-02T03:04:05.123456Z"),
        ("2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123456Z"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000Z"),
        ("2026-01-02T03:04Z", "2026-01-02T03:04:00.000000Z"),
        ("2026-01", "2026-01-01T00:00:00.000000Z"),
        ("2026", "2026-01-01T00:00:00.000000Z"),
        ("20260102030405", "2026-01-02T03:04:05.000000Z"),
        ("2026-13-02", None),
        ("yesterday", None),
    ],
)
def test_dates_of_every_precision(written: str, read: str | None) -> None:
    assert warc_date(written) == read


def test_digests_in_every_spelling() -> None:
    raw = hashlib.sha256(b"x").digest()
    expected = f"sha256:{raw.hex()}"
    base32, base64_ = base64.b32encode(raw).decode(), base64.b64encode(raw).decode()
    spellings = [raw.hex(), raw.hex().upper(), base32, base32.rstrip("="), base64_, base64_.rstrip("=")]
    assert [sha256_digest(f"{label}:{digest}") for label in ("sha256", "SHA-256") for digest in spellings] == [
        expected
    ] * 12
    assert sha256_digest(sha1(b"x")) is None
    assert decode_digest("zz", 32) is None


def test_requests_are_found_in_every_tools_order(tmp_path: Path) -> None:
    """Heritrix and browsertrix: response first, WARC-Concurrent-To; between them records that are no exchange."""
    path = tmp_path / "rec-1.warc.gz"
    info = b"software: Browsertrix-Crawler 1.6.0 (with warcio.js 2.4.4)\r\nformat: WARC File Format 1.1\r\n"
    base = [("WARC-Date", "2025-01-01T00:00:00.500Z"), ("Content-Type", "application/warc-fields")]
    records = [record("warcinfo", [("WARC-Record-ID", f"<{new_id()}>"), *base], info)]
    for n in range(2):
        first, ask, about = exchange(f"https://site.test/{n}", method="POST", request_body=b"q=1")
        info_page = [("WARC-Target-URI", f"urn:pageinfo:https://site.test/{n}"), ("WARC-Date", DATE)]
        records += [first, ask, record("resource", [*info_page, ("Content-Type", "application/json")], b"{}"), about]
    write(path, records)
    assert [(item.method, item.url, item.crawl_id) for item in captures(path)] == [
        ("POST", "https://site.test/0", None),
        ("POST", "https://site.test/1", None),
    ]
    assert not any(isinstance(event, CrawlStart) for event in read_events(path))
    assert [item.via for item in captures(path)] == ["http://site.test/"] * 2


def test_memory_does_not_grow_with_a_record(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    body = bytes(96 * 1024 * 1024)
    write(path, [exchange("http://site.test/huge", body=body)[0], exchange("http://site.test/next")[0]])
    expected = sha256(body)
    del body
    tracemalloc.start()
    try:
        huge, after = captures(path)
        findings = verify_archive(tmp_path, tmp_path / "manifest", None)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (huge.payload_digest, after.url) == (expected, "http://site.test/next")
    assert [finding.kind for finding in findings] == ["manifest"]
    assert peak < 24 * 1024 * 1024
