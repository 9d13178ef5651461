"""A damaged place is reported, and is not the end of the file."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campbell_scraper.archive.capture import Capture, Damage
from campbell_scraper.archive.read.archive_files import Source
from campbell_scraper.archive.read.reader import read_events
from campbell_scraper.archive.read.scan import RawRecord, scan

from .handmade import DATE, exchange, warcinfo, write


def urls_and_damages(path: Path) -> tuple[list[str], list[int]]:
    events = list(read_events(path))
    urls = [event.url for event in events if isinstance(event, Capture)]
    return urls, [event.warc_offset for event in events if isinstance(event, Damage)]


def six(path: Path, *, compress: bool = True) -> list[int]:
    responses = [exchange(f"http://site.test/{n}", record_id=f"urn:uuid:{n:032}")[0] for n in range(6)]
    return write(path, [warcinfo(), *responses], compress=compress)[1:]


ALL = [f"http://site.test/{n}" for n in range(6)]


@pytest.mark.parametrize("where", [0, 2, 3, 60, -9, -6, -1])
def test_a_flipped_byte_costs_one_record(tmp_path: Path, where: int) -> None:
    path = tmp_path / "a.warc.gz"
    offsets = six(path)
    data = bytearray(path.read_bytes())
    data[(offsets[3] if where < 0 else offsets[2]) + where] ^= 0xFF
    path.write_bytes(data)
    assert urls_and_damages(path) == (ALL[:2] + ALL[3:], [offsets[2]])


@pytest.mark.parametrize("wrong", [b"10", b"99999", b"-5", b"many", b"9" * 30])
def test_a_wrong_content_length_costs_one_record(tmp_path: Path, wrong: bytes) -> None:
    path = tmp_path / "a.warc.gz"
    records = [exchange(url)[0] for url in ALL]
    head, _, rest = records[2].partition(b"Content-Length: ")
    records[2] = head + b"Content-Length: " + wrong + rest[rest.index(b"\r\n") :]
    offsets = write(path, records)
    assert urls_and_damages(path) == (ALL[:2] + ALL[3:], [offsets[2]])


def test_bytes_between_records_are_reported_and_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    offsets = six(path)
    data = path.read_bytes()
    path.write_bytes(data[: offsets[2]] + b"junk" * 1000 + data[offsets[2] :])
    assert urls_and_damages(path) == (ALL, [offsets[2]])


def test_empty_members_and_zeros_are_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    offsets = six(path)
    data = path.read_bytes()
    path.write_bytes(data[: offsets[2]] + gzip.compress(b"") + b"\0" * 4096 + data[offsets[2] :])
    assert urls_and_damages(path) == (ALL, [])


def test_a_file_in_one_gzip_member_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(gzip.compress(b"".join([warcinfo(), *(exchange(url)[0] for url in ALL)])))
    assert urls_and_damages(path) == (ALL, [])


def test_a_head_line_that_ends_with_lf_alone_is_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    write(path, [exchange(url)[0].replace(b"Z\r\n", b"Z\n", 1) for url in ALL])
    assert urls_and_damages(path) == (ALL, [])
    assert {event.captured_at for event in read_events(path) if isinstance(event, Capture)} == {DATE}


def test_a_record_that_stands_twice_in_one_member_is_no_second_capture(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    (record, *_) = exchange(ALL[0])
    path.write_bytes(gzip.compress(record, mtime=0) + gzip.compress(record + record, mtime=0))
    assert urls_and_damages(path) == (ALL[:1], [])
    assert [item.length for item in scan(Source(path)) if isinstance(item, RawRecord)] == [
        len(gzip.compress(record, mtime=0)),
        *[len(gzip.compress(record + record, mtime=0))] * 2,
    ]


def test_uncompressed_damage_costs_one_record(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    offsets = six(path, compress=False)
    data = bytearray(path.read_bytes())
    data[offsets[2] : offsets[2] + 4] = b"WURC"
    path.write_bytes(data)
    assert urls_and_damages(path) == (ALL[:2] + ALL[3:], [offsets[2]])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_bytes_make_the_reader_fail(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / data.draw(st.sampled_from(["a.warc.gz", "a.warc"]))
    six(path, compress=path.suffix == ".gz")
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        junk = data.draw(st.binary(max_size=40))
        content[at : at + data.draw(st.integers(0, 400))] = junk
    path.write_bytes(content)
    for event in read_events(path):
        if isinstance(event, Capture):
            assert event.url.startswith("http")
            assert event.payload is None or event.payload() is not None
