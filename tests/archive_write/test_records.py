"""The records and files: what a WARC of ours says, and that other tools' checks hold."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

from campbell_scraper.archive.capture import Capture, CrawlStart, Note
from campbell_scraper.archive.read.reader import read_archive, read_events

from .conftest import Crawl
from .oddities import PAGE, chunked, ok
from .warcs import exchanges, read
from .wire_server import Step, self_signed, serving


def pages(path: str, count: int) -> list[Step]:
    if path == "/chunked":
        return [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(PAGE)]
    if path == "/same":
        return [b"HTTP/1.1 304 Not Modified\r\n\r\n"] if count > 1 else [ok(PAGE + b"same")]
    if path.startswith("/unique"):
        return [ok(hashlib.sha256(path.encode()).hexdigest().encode() * 40)]
    if path == "/robots.txt":
        return [ok(b"User-agent: *\nDisallow: /barred\n", b"Content-Type: text/plain")]
    return [ok(PAGE, b"Set-Cookie: secret=1")]


def test_what_every_exchange_says(crawl: Crawl, tmp_path: Path) -> None:
    context, der = self_signed(tmp_path)
    with serving(pages, context) as server:
        crawl(
            [
                {
                    "url": f"{server.url}/a#fragment",
                    "meta": {"archive_via": "https://x.example/#f", "archive_hops": "LL"},
                },
                {"url": f"{server.url}/chunked"},
            ],
            ARCHIVE_OPERATOR="Ada <ada@example.org>",
            ARCHIVE_CRAWL_INFO={"source": "test"},
            ROBOTSTXT_OBEY=True,
            ARCHIVE_PREFIX="mine",
            ARCHIVE_CRAWL_ID="crawl-1",
        )
        base = server.url
    records = read(tmp_path / "archive")
    info = records[0]
    assert info.type == "warcinfo"
    fields = info.fields
    assert re.fullmatch(r"mine-\d{17}-00001-[0-9a-f]{8}\.warc\.gz", info.get("WARC-Filename") or "")
    assert (fields["isPartOf"], fields["operator"], fields["robots"]) == ("crawl-1", "Ada <ada@example.org>", "obey")
    assert (fields["format"], fields["crawl-source"]) == ("WARC File Format 1.1", "test")
    assert fields["setting-ROBOTSTXT_OBEY"] == "True"
    assert {record.get("WARC-Warcinfo-ID") for record in records[1:]} == {info.get("WARC-Record-ID")}
    found = exchanges(records)
    assert [list(found), found[f"{base}/robots.txt"][0].about["hopsFromSeed"]] == [
        [f"{base}/robots.txt", f"{base}/a", f"{base}/chunked"],
        "I",
    ]
    (a,), (in_chunks,) = found[f"{base}/a"], found[f"{base}/chunked"]
    assert a.answer is not None
    assert a.request is not None
    assert a.metadata is not None
    assert [record.type for record in (a.answer, a.request, a.metadata)] == ["response", "request", "metadata"]
    assert a.answer.offset < a.request.offset < a.metadata.offset
    assert {record.get("WARC-Concurrent-To") for record in (a.request, a.metadata)} == {a.answer.get("WARC-Record-ID")}
    for record in (a.answer, a.request, a.metadata):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", record.get("WARC-Date") or "")
        assert record.get("WARC-Date") == a.answer.get("WARC-Date")
        assert record.get("WARC-IP-Address") == "127.0.0.1"
        assert record.all("WARC-Protocol") == ["http/1.1", "tls/1.3"]
        assert (record.get("WARC-Cipher-Suite") or "").startswith("TLS_")
        assert record.get("WARC-Block-Digest") == f"sha256:{hashlib.sha256(record.block).hexdigest()}"
    assert a.about["via"] == "https://x.example/"
    assert a.about["hopsFromSeed"] == "LL"
    (first,) = found[f"{base}/robots.txt"]
    assert base64.b64decode(first.about["tlsCertificate"]) == der
    assert in_chunks.answer is not None
    assert in_chunks.answer.get("WARC-Payload-Digest") == f"sha256:{hashlib.sha256(PAGE).hexdigest()}"
    log, closing = records[-2:]
    assert (log.type, log.get("WARC-Target-URI")) == ("resource", "urn:x-crawl-log:crawl-1")
    assert b"Spider opened" not in log.block
    assert b"Spider closed (finished)" in log.block
    assert closing.get("WARC-Target-URI") == "urn:x-crawl:crawl-1"
    assert (closing.fields["crawl-status"], closing.fields["count-exchanges"]) == ("finished", "3")


def test_sha1_is_written_as_base32(crawl: Crawl, tmp_path: Path) -> None:
    with serving(pages) as server:
        crawl([{"url": f"{server.url}/a"}], ARCHIVE_DIGEST="sha1")
        (a,) = exchanges(read(tmp_path / "archive"))[f"{server.url}/a"]
    assert a.answer is not None
    digest = hashlib.sha1(PAGE, usedforsecurity=False).digest()
    assert a.answer.get("WARC-Payload-Digest") == f"sha1:{base64.b32encode(digest).decode()}"


def test_redaction_takes_secrets_out_and_says_so(crawl: Crawl, tmp_path: Path) -> None:
    with serving(pages) as server:
        crawl(
            [{"url": f"{server.url}/a", "headers": {"Authorization": "Basic c2VjcmV0"}}, {"url": f"{server.url}/b"}],
            ARCHIVE_REDACT_HEADERS=["Authorization", "Cookie", "Set-Cookie"],
        )
        assert b"c2VjcmV0" in server.log[0].received
    records = read(tmp_path / "archive")
    written = b"".join(record.block for record in records if record.type != "resource")
    assert b"c2VjcmV0" not in written
    assert b"secret=1" not in written
    assert b"Set-Cookie: REDACTED\r\n" in written
    assert records[0].fields["redacted"] == "authorization, cookie, set-cookie"
    for record in records:
        if record.type in {"response", "request"}:
            assert record.get("WARC-Block-Digest") == f"sha256:{hashlib.sha256(record.block).hexdigest()}"


def test_files_rotate_and_sha256sum_checks_them(crawl: Crawl, tmp_path: Path) -> None:
    with serving(pages) as server:
        crawl(
            [{"url": f"{server.url}/unique{n}"} for n in range(30)],
            ARCHIVE_MAX_FILE_SIZE=6000,
            ARCHIVE_MANIFEST=str(tmp_path / "manifest-sha256.txt"),
        )
    files = sorted((tmp_path / "archive").glob("*.warc.gz"))
    assert len(files) > 3
    assert not list((tmp_path / "archive").glob("*.open"))
    check = subprocess.run(["sha256sum", "-c", "manifest-sha256.txt"], cwd=tmp_path, capture_output=True, check=True)
    assert check.stdout.count(b": OK") == len(files)
    records = read(tmp_path / "archive")
    starts = [record for record in records if record.type == "warcinfo"]
    assert len(starts) == len(files)
    assert len({record.fields["crawl-started"] for record in starts}) == 1
    by_file = {record.file: record.get("WARC-Record-ID") for record in starts}
    assert all(
        record.get("WARC-Warcinfo-ID") == by_file[record.file] for record in records if record.type != "warcinfo"
    )
    assert len(exchanges(records)) == 30


def test_each_record_is_one_gzip_member(crawl: Crawl, tmp_path: Path) -> None:
    with serving(pages) as server:
        crawl([{"url": f"{server.url}/a"}])
    (path,) = (tmp_path / "archive").glob("*.warc.gz")
    data = path.read_bytes()
    records = read(tmp_path / "archive")
    members = [match.start() for match in re.finditer(re.escape(b"\x1f\x8b\x08\x00\x00\x00\x00\x00"), data)]
    assert [record.offset for record in records] == members


def test_warcio_finds_nothing_wrong_but_chunked_payload_digests(crawl: Crawl, tmp_path: Path) -> None:
    with serving(pages) as server:
        crawl([{"url": f"{server.url}/{name}"} for name in ("a", "b", "unique1", "chunked")], ARCHIVE_DEDUP=True)
    (path,) = (tmp_path / "archive").glob("*.warc.gz")
    check = subprocess.run(
        [str(Path(sys.executable).with_name("warcio")), "check", "-v", str(path)], capture_output=True, check=False
    )
    failed = [line for line in check.stdout.decode().splitlines() if "failed" in line]
    records = read(tmp_path / "archive")
    kinds = [(record.type, record.get("WARC-Target-URI")) for record in records]
    assert ("revisit", f"{server.url}/b") in kinds
    assert all("payload digest failed" in line for line in failed), check.stdout.decode()
    assert len(failed) == sum(b"Transfer-Encoding: chunked" in r.block for r in records if r.type == "response")


def test_identical_payloads_and_304_become_revisits_within_and_across_crawls(crawl: Crawl, tmp_path: Path) -> None:
    with serving(pages) as server:
        urls = [f"{server.url}/{name}" for name in ("a", "b", "same")]
        for _ in range(2):
            crawl([{"url": url} for url in urls], ARCHIVE_DEDUP=True)
    found = exchanges(read(tmp_path / "archive"))
    answers = {url: [exchange.answer for exchange in found[url] if exchange.answer] for url in urls}
    assert [[answer.type for answer in answers[url]] for url in urls] == [
        ["response", "revisit"],
        ["revisit", "revisit"],
        ["response", "revisit"],
    ]
    original = answers[urls[0]][0]
    for answer in (*answers[urls[0]][1:], *answers[urls[1]]):
        assert (answer.get("WARC-Profile") or "").endswith("/revisit/identical-payload-digest")
        assert answer.get("WARC-Refers-To") == original.get("WARC-Record-ID")
        assert answer.get("WARC-Refers-To-Target-URI") == urls[0]
        assert answer.get("WARC-Refers-To-Date") == original.get("WARC-Date")
        assert answer.get("WARC-Payload-Digest") == original.get("WARC-Payload-Digest")
        assert answer.get("WARC-Truncated") == "length"  # 6.7.2: the payload was left out
        assert answer.block.endswith(b"\r\n\r\n")
    confirmed = answers[urls[2]][1]
    assert (confirmed.get("WARC-Profile") or "").endswith("/revisit/server-not-modified")
    assert confirmed.get("WARC-Refers-To") == answers[urls[2]][0].get("WARC-Record-ID")
    assert confirmed.get("WARC-Truncated") is None
    asked = [exchange.request.block for url in urls for exchange in found[url] if exchange.request]
    assert {re.search(rb"Accept-Encoding: ([^\r]*)", block)[1] for block in asked} <= {  # type: ignore[index]
        b"gzip, deflate",
        b"gzip, deflate, br",
    }  # what pywb and wabac.js decode
    assert not list((tmp_path / "archive").glob("catalog.sqlite-*")), "the catalog was not closed last by its writer"


def test_a_record_that_has_rotted_makes_no_revisit_of_fresh_bytes(crawl: Crawl, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    outcomes = []
    with serving(pages) as server:
        for number in range(3):
            crawl([{"url": f"{server.url}/a"}], ARCHIVE_DEDUP=True)
            captures = [event for event in read_archive([archive]) if isinstance(event, Capture)]
            outcomes.append([capture.outcome for capture in captures])
            if number == 0:
                with (archive / captures[0].warc_file).open("r+b") as file:
                    file.seek(captures[0].warc_offset + captures[0].warc_length // 2)
                    file.write(b"rotten")
    assert outcomes == [["new"], ["new"], ["new", "revisit"]], "the fresh bytes are stored, and hold it from then on"


def test_the_catalog_holds_the_captures_that_a_reader_finds_whole(crawl: Crawl, tmp_path: Path) -> None:
    with serving(pages) as server:
        urls = [f"{server.url}/{name}" for name in ("a", "b", "chunked", "same", "same", "unique1")]
        urls.append("http://nothing.invalid/")
        crawl([{"url": url} for url in urls], ARCHIVE_DEDUP=True)
    captures = [event for event in read_events(tmp_path / "archive") if isinstance(event, Capture)]
    assert len(captures) == 7
    with contextlib.closing(sqlite3.connect(tmp_path / "archive" / "catalog.sqlite")) as database:
        held = database.execute("select * from holders order by captured_at").fetchall()
        files = database.execute("select warc_file, size from files").fetchall()
    assert held == [
        (found.capture_id, found.url, found.captured_at, found.payload_digest, found.warc_file, found.warc_offset)
        for found in captures
        if found.outcome == "new"
    ]
    assert len(held) == 3
    (path,) = (tmp_path / "archive").glob("*.warc.gz")
    assert files == [(path.name, path.stat().st_size)]


def test_notes_are_read_as_they_were_given(crawl: Crawl, tmp_path: Path) -> None:
    given = {"url": "http://x.example/é\n", "decision": "limit", "via": "http://y.example/\r\nWARC-Type: response"}
    with serving(pages) as server:
        crawl([{"url": f"{server.url}/a"}], ARCHIVE_CRAWL_ID="crawl-1", notes=[given])
    (found,) = [event for event in read_events(tmp_path / "archive") if isinstance(event, Note)]
    assert (found.crawl_id, found.fields) == ("crawl-1", given)


def test_a_line_break_in_a_value_makes_no_field(crawl: Crawl, tmp_path: Path) -> None:
    forged = "https://x.example/\r\nerror: forged\r\n\r\nWARC/1.1\r\n"
    with serving(pages) as server:
        crawl([{"url": f"{server.url}/a", "meta": {"archive_via": forged}}], ARCHIVE_OPERATOR="a\nredacted: b ü")
        (a,) = exchanges(read(tmp_path / "archive"))[f"{server.url}/a"]
    assert "error" not in a.about
    assert a.about["via"] == "https://x.example/ error: forged WARC/1.1"
    (start,) = [event for event in read_events(tmp_path / "archive") if isinstance(event, CrawlStart)]
    assert start.info["operator"] == "a redacted: b ü"
    assert "redacted" not in start.info
