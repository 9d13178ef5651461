"""Records as gzip members: whichever compressor makes one, every reader unpacks it."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from campbell_scraper.archive.capture import Capture, Holder
from campbell_scraper.archive.files import OpenFile
from campbell_scraper.archive.read.catalog import Catalog
from campbell_scraper.archive.write.holders import Holders
from campbell_scraper.archive.write.records import SHORT, write_record


def fail(error: OSError) -> None:
    raise error


@pytest.mark.parametrize("coded", [False, True])
@pytest.mark.parametrize("length", [0, SHORT, SHORT + 1, 700_000])
def test_a_record_of_any_size_is_one_whole_member(length: int, coded: bool, tmp_path: Path) -> None:
    block = random.Random(length).randbytes(length) if coded else b"text " * (length // 5) + b"." * (length % 5)
    file = OpenFile(tmp_path, "members.warc.gz", fail)
    pieces = [block[at : at + 100_000] for at in range(0, length, 100_000)]
    record_id, offset, size = write_record(
        file, "resource", "2026-01-01T00:00:00Z", [], pieces, length=length, coded=coded
    )
    file.finish(tmp_path / "manifest")
    member = file.final.read_bytes()
    assert (offset, size) == (0, len(member))
    head, _, rest = gzip.decompress(member).partition(b"\r\n\r\n")
    assert f"<{record_id}>".encode() in head
    assert rest == block + b"\r\n\r\n"


def test_a_new_catalog_is_asked_while_it_is_written_to(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog.sqlite")
    holders = Holders(catalog.lookup)
    assert holders.of_payload("sha256:none") is None
    catalog.stored([stored_capture()])
    assert holders.of_payload("sha256:one") == Holder("urn:uuid:1", "http://127.0.0.1/", "2026-01-01T00:00:00.000000Z")
    catalog.close()


def test_what_the_sink_has_is_forgotten_and_asked_for(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog.sqlite")
    holders = Holders(catalog.lookup)
    one = Holder("urn:uuid:1", "http://127.0.0.1/", "2026-01-01T00:00:00.000000Z")
    holders.written(one, "sha256:one")
    holders.written(one._replace(capture_id="urn:uuid:failed"), None)
    assert holders.of_payload("sha256:one") is one
    assert holders.of_url(one.url) is one
    holders.stored(2)
    assert holders.of_payload("sha256:one") is None, "and the sink, which should have it, is asked"
    catalog.stored([stored_capture()])
    assert holders.of_payload("sha256:one") == one
    assert holders.of_url(one.url) == one
    catalog.close()


def stored_capture() -> Capture:
    moment = "2026-01-01T00:00:00.000000Z"
    return Capture(
        capture_id="urn:uuid:1",
        crawl_id="c",
        method="GET",
        url="http://127.0.0.1/",
        url_key="127,0,0,1)/",
        captured_at=moment,
        fetched_at=moment,
        status=200,
        payload_digest="sha256:one",
    )
