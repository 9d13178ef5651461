"""Records as gzip members: whichever compressor makes one, every reader unpacks it."""

from __future__ import annotations

import gzip
import io
import random
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]

from campbell_scraper.archive.files import OpenFile
from campbell_scraper.archive.write.records import SHORT, RecordWriter


def fail(error: OSError) -> None:
    raise error


@pytest.mark.parametrize("coded", [False, True])
@pytest.mark.parametrize("length", [0, SHORT, SHORT + 1, 700_000])
def test_a_record_of_any_size_is_one_whole_member(length: int, coded: bool, tmp_path: Path) -> None:
    block = random.Random(length).randbytes(length) if coded else b"text " * (length // 5) + b"." * (length % 5)
    file = OpenFile(tmp_path, "members.warc.gz", fail)
    pieces = [block[at : at + 100_000] for at in range(0, length, 100_000)]
    out = RecordWriter(file, "sha256")
    fields = [("WARC-Protocol", "http/1.1"), ("WARC-Protocol", "tls/1.3"), ("X-Odd", "é\udcff\r\nWARC-Type: x")]
    out.write_pieces(
        "revisit", "http://x.example/", "2026-01-01T00:00:00Z", fields, pieces,
        content_type="a/b", length=length, record_id="urn:uuid:1", coded=coded,
    )  # fmt: skip
    file.finish()
    member = file.final.read_bytes()
    assert file.size == len(member)
    head, _, rest = gzip.decompress(member).partition(b"\r\n\r\n")
    assert head.decode().split("\r\n") == [
        "WARC/1.1",
        "WARC-Type: revisit",
        "WARC-Record-ID: <urn:uuid:1>",
        "WARC-Date: 2026-01-01T00:00:00Z",
        "WARC-Target-URI: http://x.example/",
        f"WARC-Warcinfo-ID: <{out.warcinfo_id}>",
        "WARC-Protocol: http/1.1",
        "WARC-Protocol: tls/1.3",
        "X-Odd: é? WARC-Type: x",
        "Content-Type: a/b",
        f"Content-Length: {length}",
    ]
    assert rest == block + b"\r\n\r\n"
    record = next(ArchiveIterator(io.BytesIO(member), no_record_parse=True))
    assert record.raw_stream.read() == block


def test_a_block_of_another_length_than_announced_is_refused(tmp_path: Path) -> None:
    out = RecordWriter(OpenFile(tmp_path, "members.warc.gz", fail), "sha256")
    with pytest.raises(ValueError, match="announced as 3"):
        out.write_pieces("resource", "urn:x", "2026-01-01T00:00:00Z", [], [b"ab"], content_type="a/b", length=3)
