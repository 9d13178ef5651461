"""An answer that is stored in several records is read as one, or is reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campbell_scraper.archive.capture import Capture, Damage
from campbell_scraper.archive.read import scan
from campbell_scraper.archive.read.locate import read_at
from campbell_scraper.archive.read.reader import read_archive
from campbell_scraper.archive.verify import verify_file
from campbell_scraper.view.rebuild import build_database

from .handmade import DATE, exchange, http_response, new_id, record, revisit, sha256, write

if TYPE_CHECKING:
    from pathlib import Path

URL = "http://site.test/long"
BODY = b"<!doctype html><title>Long</title>" + bytes(range(32, 127)) * 200
MAIN = "urn:uuid:00000000-0000-4000-8000-0000000000aa"
DIGEST = (("WARC-Payload-Digest", sha256(BODY)),)


def segments(*, total: int | None = None, last: tuple[tuple[str, str], ...] = ()) -> list[bytes]:
    block = http_response(BODY)
    size = -(-len(block) // 3)
    cut = [block[start : start + size] for start in range(0, len(block), size)]
    made = []
    for number, piece in enumerate(cut, 1):
        fields = [("WARC-Record-ID", f"<{MAIN if number == 1 else new_id()}>"), ("WARC-Target-URI", URL),
                  ("WARC-Date", DATE), ("WARC-Segment-Number", str(number)),
                  ("WARC-Block-Digest", sha256(piece))]  # fmt: skip
        if number == 1:
            made.append(record("response", [*fields, ("Content-Type", "application/http; msgtype=response"),
                                            *DIGEST], piece))  # fmt: skip
            continue
        fields.append(("WARC-Segment-Origin-ID", f"<{MAIN}>"))
        if number == len(cut):
            fields += [("WARC-Segment-Total-Length", str(len(block) if total is None else total)), *last]
        made.append(record("continuation", fields, piece))
    return made


def read(*paths: Path) -> tuple[list[Capture], list[str]]:
    events = list(read_archive(paths))
    return (
        [event for event in events if isinstance(event, Capture)],
        [event.reason for event in events if isinstance(event, Damage)],
    )


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("memory", [4 << 20, 5000])
def test_segments_in_one_file_are_joined(
    compress: bool, memory: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "MEMORY_BLOCK", memory)
    monkeypatch.setattr(scan, "BLOCK_START", min(memory, scan.BLOCK_START))
    first, *rest = segments()
    write(tmp_path / "a.warc.gz", [first, *exchange("http://site.test/b"), *rest], compress=compress)
    found, said = read(tmp_path / "a.warc.gz")
    long = next(one for one in found if one.url == URL)
    assert (long.capture_id, long.truncated, long.payload_digest, long.payload_length, said) == (
        MAIN,
        None,
        sha256(BODY),
        len(BODY),
        [],
    )
    assert long.payload is not None
    assert long.payload() == BODY
    assert not verify_file(tmp_path / "a.warc.gz")


def test_segments_in_several_files_are_joined_wherever_they_are(tmp_path: Path) -> None:
    first, second, third = segments()
    write(tmp_path / "b.warc.gz", [first])
    write(tmp_path / "c.warc.gz", [second])
    write(tmp_path / "a.warc.gz", [third, revisit("http://site.test/again", MAIN, sha256(BODY))])
    found, said = read(tmp_path)
    assert [(one.url, one.payload()) for one in found if one.payload] == [
        ("http://site.test/again", BODY),
        (URL, BODY),
    ]
    assert said == []
    again = read_at(tmp_path / "b.warc.gz", 0)
    assert again.payload is not None
    assert again.payload() == BODY
    report = build_database([tmp_path], tmp_path / "x.db", workers=0)
    assert report.unreadable == []


@pytest.mark.parametrize(
    "parts",
    [
        segments()[:2],
        [segments()[0], segments()[2]],
        segments()[1:],
        segments(total=1),
        segments(last=(("WARC-Truncated", "disconnect"),)),
        [segments()[0], *(one.replace(b"Segment-Number: 2", b"Segment-Number: two") for one in segments()[1:])],
    ],
    ids=["last missing", "middle missing", "first missing", "wrong length", "cut off", "no number"],
)
def test_segments_of_which_one_is_missing_are_reported(parts: list[bytes], tmp_path: Path) -> None:
    write(tmp_path / "a.warc.gz", [*exchange("http://site.test/b"), *parts])
    found, said = read(tmp_path)
    if len(found) == 2:
        assert found[1].truncated == "segmented"
    assert any("continuation record(s) of answers of which" in reason for reason in said)
    report = build_database([tmp_path], tmp_path / "x.db", workers=0)
    assert report.unreadable == [(one.url, "truncated (segmented)") for one in found[1:]]


def test_more_parts_than_can_be_kept_in_mind_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campbell_scraper.archive.read.segments._MAX_PARTS", 2)
    write(tmp_path / "a.warc.gz", segments())
    found, said = read(tmp_path)
    assert [one.truncated for one in found] == ["segmented"]
    assert len(said) == 1
