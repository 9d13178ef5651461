"""Verify names each thing that is wrong, and nothing else."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from campbell_scraper.archive.capture import Capture
from campbell_scraper.archive.files import add_to_manifest, sha256_of
from campbell_scraper.archive.read.locate import raw_record_at, read_at
from campbell_scraper.archive.read.reader import read_archive
from campbell_scraper.archive.verify import CapturePlace, verify_archive

from .handmade import PAGE, chunked, exchange, http_response, new_id, record, revisit, sha1, sha256, warcinfo, write

INFO = "urn:uuid:00000000-0000-4000-8000-00000000000f"


class Folder:
    """An archive in order, and what may happen to it."""

    def __init__(self, root: Path) -> None:
        self.archive = root / "archive"
        self.archive.mkdir()
        self.manifest = root / "manifest-sha256.txt"
        held = new_id()
        under = (("WARC-Warcinfo-ID", f"<{INFO}>"),)
        te = ("Transfer-Encoding: chunked",)
        self.records = [
            warcinfo(),
            *exchange("http://site.test/a", record_id=held, extra=under),
            *exchange("http://site.test/b", body=chunked(PAGE), entity=PAGE, headers=te, extra=under),
            revisit("http://site.test/c", held, sha256(PAGE)),
        ]
        self.write()

    def write(self) -> None:
        self.offsets = write(self.archive / "a.warc.gz", self.records)
        self.manifest.unlink(missing_ok=True)
        add_to_manifest(self.manifest, self.archive / "a.warc.gz", sha256_of(self.archive / "a.warc.gz"))

    def rows(self) -> list[CapturePlace]:
        return [
            CapturePlace(event.capture_id, event.url, event.warc_file, event.warc_offset, event.warc_length)
            for event in read_archive([self.archive])
            if isinstance(event, Capture)
        ]

    def findings(self, rows: list[CapturePlace] | None = None) -> list[tuple[str, str, int | None]]:
        found = verify_archive(self.archive, self.manifest, self.rows() if rows is None else rows)
        assert all(str(finding) for finding in found)
        return [(finding.kind, finding.file, finding.offset) for finding in found]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_an_archive_in_order_has_no_findings(folder: Folder) -> None:
    assert len(folder.rows()) == 3
    assert folder.findings() == []


def test_digests_in_sha1_and_over_wgets_framing_are_accepted(folder: Folder) -> None:
    block = http_response(chunked(PAGE), headers=("Transfer-Encoding: chunked",))
    for payload in (sha1(PAGE), sha1(chunked(PAGE))):
        fields = [("WARC-Record-ID", f"<{new_id()}>"), ("WARC-Target-URI", "http://site.test/w"), ("WARC-Date", "2020"),
                  ("WARC-Block-Digest", sha1(block)), ("WARC-Payload-Digest", payload),
                  ("Content-Type", "application/http;msgtype=response")]  # fmt: skip
        folder.records.append(record("response", fields, block))
    folder.write()
    assert folder.findings() == []


def test_a_flipped_byte_is_damage_and_breaks_the_manifest(folder: Folder) -> None:
    rows = folder.rows()
    path = folder.archive / "a.warc.gz"
    data = bytearray(path.read_bytes())
    data[folder.offsets[4] + 50] ^= 1
    path.write_bytes(data)
    assert sorted(folder.findings(rows)) == [
        ("damage", "a.warc.gz", folder.offsets[4]),
        ("manifest", "a.warc.gz", None),
        ("row", "a.warc.gz", folder.offsets[4]),
    ]


def _swap(old: bytes, new: bytes, index: int) -> Callable[[Folder], None]:
    def change(folder: Folder) -> None:
        assert old in folder.records[index]
        folder.records[index] = folder.records[index].replace(old, new)

    return change


CHANGES = {
    "block-digest": (_swap(b"small effects", b"large effects", 1), 1, {"block-digest", "payload-digest"}),
    "payload-digest": (_swap(sha256(PAGE).encode(), sha256(b"other").encode(), 4), 4, {"payload-digest"}),
    "unreadable digest": (_swap(sha256(PAGE).encode(), b"sha256:zz", 4), 4, {"payload-digest"}),
    "revisit of another payload": (_swap(sha256(PAGE).encode(), sha256(b"other").encode(), 7), 7, {"payload-digest"}),
    "warcinfo": (_swap(INFO.encode(), b"urn:uuid:unknown", 5), 5, {"warcinfo"}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_record_that_contradicts_itself_is_named(folder: Folder, name: str) -> None:
    change, index, kinds = CHANGES[name]
    change(folder)
    folder.write()
    assert set(folder.findings()) == {(kind, "a.warc.gz", folder.offsets[index]) for kind in kinds}


def test_a_revisit_of_nothing_is_named(folder: Folder) -> None:
    folder.records.append(revisit("http://site.test/d", new_id(), sha256(PAGE)))
    folder.write()
    assert folder.findings() == [("refers-to", "a.warc.gz", folder.offsets[-1])]


def test_several_records_in_a_member_are_named(folder: Folder) -> None:
    (folder.archive / "b.warc.gz").write_bytes(gzip.compress(b"".join(exchange("http://site.test/x"))))
    add_to_manifest(folder.manifest, folder.archive / "b.warc.gz", sha256_of(folder.archive / "b.warc.gz"))
    assert folder.findings() == [("gzip", "b.warc.gz", 0)]


def test_a_repeated_record_id_is_named(folder: Folder) -> None:
    folder.records.append(folder.records[3])
    folder.write()
    assert folder.findings() == [("record-id", "a.warc.gz", folder.offsets[-1])]


def test_files_and_manifest_are_compared_both_ways(folder: Folder) -> None:
    (folder.archive / "new.warc.gz").write_bytes(gzip.compress(warcinfo(None, new_id())))
    (folder.archive / "lost.warc.gz").write_bytes(b"")
    add_to_manifest(folder.manifest, folder.archive / "lost.warc.gz", sha256_of(folder.archive / "lost.warc.gz"))
    (folder.archive / "lost.warc.gz").unlink()
    (folder.archive / "now.warc.gz.open").write_bytes(b"")
    assert sorted(folder.findings()) == [
        ("manifest", "new.warc.gz", None),
        ("missing-file", "archive/lost.warc.gz", None),
        ("open", "now.warc.gz.open", None),
    ]


def test_rows_and_records_are_compared_both_ways(folder: Folder) -> None:
    a, b, c = folder.rows()
    rows = [
        a._replace(url="http://site.test/other"),
        b._replace(warc_offset=b.warc_offset + 1),
        c._replace(warc_length=1),
        CapturePlace(new_id(), "http://site.test/z", "lost.warc.gz", 0, 10),
    ]
    assert sorted(folder.findings(rows)) == [
        ("no-row", "a.warc.gz", b.warc_offset),
        ("row", "a.warc.gz", b.warc_offset + 1),
        ("row", "lost.warc.gz", 0),
        ("row-differs", "a.warc.gz", a.warc_offset),
        ("row-differs", "a.warc.gz", c.warc_offset),
    ]


def test_a_capture_is_found_again_by_its_place(folder: Folder) -> None:
    events = [event for event in read_archive([folder.archive]) if isinstance(event, Capture)]
    for event in events:
        again = read_at(folder.archive / event.warc_file, event.warc_offset)
        assert again == event
        assert again.payload is not None
        assert again.payload() == PAGE
    assert raw_record_at(folder.archive / "a.warc.gz", folder.offsets[0]).rtype == "warcinfo"
    with pytest.raises(ValueError, match="no WARC record"):
        read_at(folder.archive / "a.warc.gz", folder.offsets[1] + 1)
    with pytest.raises(ValueError, match="no capture"):
        read_at(folder.archive / "a.warc.gz", folder.offsets[2])
    with pytest.raises(FileNotFoundError):
        read_at(folder.archive / "none.warc.gz", 0)
