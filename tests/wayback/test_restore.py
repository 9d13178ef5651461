"""A record restored from a memento: what the site sent, as far as the archive tells."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from campbell_scraper.archive.archive_settings import ArchiveSettings
from campbell_scraper.archive.capture import Capture, CrawlEnd, CrawlStart
from campbell_scraper.archive.read.archive_files import Source
from campbell_scraper.archive.read.reader import read_events
from campbell_scraper.archive.read.scan import RawRecord, scan
from campbell_scraper.archive.write.recorder import Ending, Recorder
from campbell_scraper.archive.write.restore import (
    Recorded,
    Restored,
    is_archive_answer,
    memento_time,
    original_url,
    restore,
    sha1_label,
    split_memento_url,
)

SOURCE = "urn:uuid:7c5a9f0e-0000-4000-8000-000000000001"
ORIGINAL = "http://www.campbellcollaboration.org:80/better-evidence/kites.html?start=10"
ADDRESS = f"https://web.archive.org/web/20170302081500id_/{ORIGINAL}"
MEMENTO = [("Memento-Datetime", "Thu, 02 Mar 2017 08:15:00 GMT")]
PAGE = b"<html><body>" + b"Kites. " * 40 + b"</body></html>"


def restored(headers: list[tuple[str, str]], body: bytes = PAGE, **more: object) -> Restored | None:
    recorded = Recorded(SOURCE, "2026-11-23T02:00:00.123456Z", [*headers, *MEMENTO], is_whole=True)
    return restore(recorded, **({"memento_url": ADDRESS, "status": 200, "entity": body} | more))  # type: ignore[arg-type]


def head_of(headers: list[tuple[str, str]], body: bytes = PAGE, **more: object) -> list[str]:
    found = restored(headers, body, **more)
    assert found is not None
    return found.head.decode("latin-1").split("\r\n")


def test_an_address_of_a_capture_is_taken_apart() -> None:
    assert split_memento_url(ADDRESS) == ("20170302081500", ORIGINAL)
    assert split_memento_url(ADDRESS.replace("id_", "")) == ("20170302081500", ORIGINAL)
    assert split_memento_url("https://web.archive.org/web/2017id_/https://example.org/a") == (
        "2017",
        "https://example.org/a",
    )
    assert split_memento_url("https://web.archive.org/cdx/search/cdx?url=x") is None
    assert split_memento_url("https://example.org/web/20170302081500id_/mailto:a@example.org") is None


def test_only_an_answer_with_a_time_of_capture_is_a_memento() -> None:
    assert memento_time([("memento-datetime", "Thu, 02 Mar 2017 08:15:00 GMT")]) == datetime(
        2017, 3, 2, 8, 15, tzinfo=UTC
    )
    assert memento_time([("Memento-Datetime", "yesterday")]) is None
    assert memento_time([("Date", "Thu, 02 Mar 2017 08:15:00 GMT")]) is None
    recorded = Recorded(SOURCE, "2026-11-23T02:00:00.000000Z", [("Content-Type", "text/html")], is_whole=True)
    assert restore(recorded, memento_url=ADDRESS, status=200, entity=PAGE) is None
    assert not is_archive_answer([("Content-Type", "text/html")])
    assert is_archive_answer([("X-Archive-Orig-Server", "Apache")])


def test_an_answer_that_was_cut_off_is_not_restored() -> None:
    recorded = Recorded(SOURCE, "2026-11-23T02:00:00.000000Z", MEMENTO, is_whole=False)
    assert restore(recorded, memento_url=ADDRESS, status=200, entity=PAGE) is None


def test_the_link_header_names_the_original_before_the_address_does() -> None:
    link = '<http://campbellcollaboration.org/a>; rel="original", <https://web.archive.org/web/x>; rel="timegate"'
    assert original_url([("Link", link)], ADDRESS) == "http://campbellcollaboration.org/a"
    assert original_url([("Link", '<https://x.example/>; rel="timegate"')], ADDRESS) == ORIGINAL


def test_original_headers_keep_their_order_and_repeats_and_nothing_of_the_archive_gets_in() -> None:
    headers = [
        ("Server", "nginx"),
        ("x-archive-orig-date", "Thu, 02 Mar 2017 08:15:00 GMT"),
        ("X-Archive-Orig-Set-Cookie", "a=1"),
        ("x-archive-orig-set-cookie", "b=2"),
        ("x-archive-orig-transfer-encoding", "chunked"),
        ("x-archive-src", "somewhere.warc.gz"),
        ("Content-Type", "text/html; charset=utf-8"),
    ]
    assert head_of(headers) == [
        "HTTP/1.1 200 OK",
        "date: Thu, 02 Mar 2017 08:15:00 GMT",
        "Set-Cookie: a=1",
        "set-cookie: b=2",
        "Content-Type: text/html; charset=utf-8",
        f"Content-Length: {len(PAGE)}",
        "",
        "",
    ]


def test_the_original_content_type_is_believed_before_the_one_served() -> None:
    headers = [("x-archive-orig-content-type", "text/html; charset=iso-8859-1"), ("Content-Type", "text/plain")]
    assert head_of(headers)[1] == "x-archive-orig-content-type: text/html".removeprefix("x-archive-orig-") + (
        "; charset=iso-8859-1"
    )
    assert not any("text/plain" in line for line in head_of(headers))


PACKED = gzip.compress(PAGE, mtime=0)


@pytest.mark.parametrize(
    ("headers", "body", "digest", "coding", "entity"),
    [
        ([("x-archive-orig-content-encoding", "gzip"), ("Content-Encoding", "gzip")], PACKED, None, True, PACKED),
        ([("Content-Encoding", "gzip")], PACKED, sha1_label(PACKED), True, PACKED),
        ([("Content-Encoding", "gzip")], PACKED, sha1_label(PAGE), False, PAGE),
        ([("Content-Encoding", "gzip")], PACKED, None, True, PACKED),
        ([("x-archive-orig-content-encoding", "gzip")], PAGE, sha1_label(PACKED), False, PAGE),
        ([("Content-Encoding", "gzip")], b"no gzip at all", sha1_label(PAGE), True, b"no gzip at all"),
        ([], PAGE, sha1_label(PAGE), False, PAGE),
    ],
    ids=["said twice", "the site's", "the archive's own", "not known", "undone by the archive", "damaged", "none"],
)
def test_a_content_coding_stays_unless_the_archive_put_it_on(
    headers: list[tuple[str, str]], body: bytes, digest: str | None, coding: bool, entity: bytes
) -> None:
    found = restored(headers, body, digest=digest)
    assert found is not None
    assert found.entity == entity
    assert (b"Content-Encoding: gzip" in found.head) == coding
    assert b"Content-Length: %d\r\n" % len(entity) in found.head


def test_a_redirect_leads_where_it_led_then() -> None:
    target = "https://www.campbellcollaboration.org/better-evidence/kites-for-ferries.html"
    served = [("Location", f"https://web.archive.org/web/20170302081500id_/{target}")]
    assert f"Location: {target}" in head_of(served, b"", status=301)
    assert f"Location: {target}" in head_of([*served, ("x-archive-orig-location", target)], b"", status=301)
    assert "HTTP/1.1 301 Moved Permanently" in head_of(served, b"", status=301)


def test_a_line_break_in_a_header_cannot_make_another_header() -> None:
    found = restored([("x-archive-orig-a b", "1"), ("x-archive-orig-", "2"), ("x-archive-orig-c:d", "3")])
    assert found is not None
    assert found.head.split(b"\r\n")[1].startswith(b"Content-Length")


def fail(error: Exception) -> None:
    raise error


def test_what_is_written_is_read_back_equal_and_twice_restored_is_the_same_record(tmp_path: Path) -> None:
    settings = ArchiveSettings(directory=tmp_path, manifest=tmp_path / "manifest-sha256.txt", crawl_id="one")
    fields = [("software", "test"), ("isPartOf", "one"), ("crawl-started", "2026-11-23T02:00:00.000000Z")]
    served = [("Content-Encoding", "gzip"), ("Content-Type", "text/html; charset=utf-8"), ("x-archive-orig-etag", "e")]
    found = restored(served, PACKED)
    assert found is not None
    recorder = Recorder(settings, fields, fail)
    recorder.take(found)
    recorder.take(found)
    recorder.sync()
    recorder.close(Ending(status="finished", info={}, log=lambda: iter([b""]), log_length=0))
    (path,) = tmp_path.glob("restored-*.warc.gz")
    start, capture = read_events(path)
    assert isinstance(start, CrawlStart)
    assert start.crawl_id == "one"
    assert start.started_at > "2026-11-23T02:00:00.000000Z", "the crawl's own files say when it began"
    assert "no captures of this crawler" in start.info["description"]
    assert isinstance(capture, Capture)
    assert capture.capture_id == found.record_id
    assert capture.restored
    assert capture.captured_at == "2017-03-02T08:15:00.000000Z"
    assert capture.fetched_at == "2026-11-23T02:00:00.123456Z"
    assert capture.source_uri == ADDRESS
    assert capture.url == ORIGINAL
    assert capture.etag == "e"
    assert capture.payload is not None
    assert capture.payload() == PAGE
    assert len([record for record in scan(Source(path)) if isinstance(record, RawRecord)]) == 5
    assert path.name in (tmp_path / "manifest-sha256.txt").read_text()
    (end,) = [event for event in read_events(tmp_path) if isinstance(event, CrawlEnd)]
    assert end.info["count-restored"] == "2"
