"""A kill at any byte loses no whole record and leaves no unreadable file."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator

from campbell_scraper.archive.capture import Capture, Damage
from campbell_scraper.archive.files import read_manifest
from campbell_scraper.archive.read.reader import read_events
from campbell_scraper.archive.read.recovery import recover
from campbell_scraper.archive.verify import verify_archive

from .handmade import exchange, warcinfo, write

NAME = "crawl-1.warc.gz"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[int]]:
    path = tmp_path_factory.mktemp("written") / NAME
    records = [warcinfo(), *(part for n in range(3) for part in exchange(f"http://site.test/{n}"))]
    offsets = write(path, records)
    return path.read_bytes(), [*offsets, path.stat().st_size]


def test_every_cut_keeps_every_whole_record(tmp_path: Path, written: tuple[bytes, list[int]]) -> None:
    data, ends = written
    folder, manifest = tmp_path / "archive", tmp_path / "manifest-sha256.txt"
    folder.mkdir()
    interesting = {edge + delta for edge in ends for delta in (-9, -8, -1, 0, 1, 2, 10, 18)}
    everywhere_in_the_last = range(ends[-2], len(data))
    cuts = {*range(0, len(data), 31), *interesting, *everywhere_in_the_last}
    for cut in sorted(at for at in cuts if 0 <= at <= len(data)):
        (folder / f"{NAME}.open").write_bytes(data[:cut])
        (done,) = recover(folder, manifest)
        whole = max(end for end in [0, *ends] if end <= cut)
        torn = folder / f"{NAME}.torn"
        assert (torn.read_bytes() if torn.exists() else b"") == data[whole:cut], cut
        assert not (folder / f"{NAME}.open").exists()
        if whole:
            assert (folder / NAME).read_bytes() == data[:whole], cut
            assert (done.action, done.records, done.torn_bytes) == ("closed", ends.index(whole), cut - whole)
            assert verify_archive(folder, manifest, None) == []
            assert len(list(ArchiveIterator(str(folder / NAME), parse_http=False))) == done.records
            (folder / NAME).unlink()
            manifest.unlink()
        else:
            assert not (folder / NAME).exists()
            assert done.action == "removed"
        torn.unlink(missing_ok=True)


def test_sha256sum_checks_what_was_recovered(tmp_path: Path, written: tuple[bytes, list[int]]) -> None:
    data, _ = written
    folder = tmp_path / "collections" / "archive"
    folder.mkdir(parents=True)
    (folder / f"{NAME}.open").write_bytes(data[:-5])
    recover(folder, tmp_path / "manifest-sha256.txt")
    command = ["sha256sum", "-c", "--strict", "manifest-sha256.txt"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, f"collections/archive/{NAME}: OK\n")


def test_records_behind_a_damaged_place_are_kept(tmp_path: Path, written: tuple[bytes, list[int]]) -> None:
    data, ends = written
    broken = bytearray(data)
    broken[ends[1] : ends[1] + 200] = bytes(200)
    (tmp_path / f"{NAME}.open").write_bytes(broken + bytes(4096))
    (done,) = recover(tmp_path, tmp_path / "m.txt")
    assert (done.records, done.torn_bytes) == (len(ends) - 2, 4096)
    assert len(done.damages) >= 1
    urls = [event.url for event in read_events(tmp_path / NAME) if isinstance(event, Capture)]
    assert urls == ["http://site.test/1", "http://site.test/2"]


def test_a_recovery_that_was_itself_interrupted_is_finished(tmp_path: Path, written: tuple[bytes, list[int]]) -> None:
    data, ends = written
    # Killed behind the copying, and before the cut: the .torn is there, and the tail still in the file.
    (tmp_path / f"{NAME}.open").write_bytes(data[: ends[4] + 10])
    (tmp_path / f"{NAME}.torn").write_bytes(data[ends[4] : ends[4] + 5])
    recover(tmp_path, tmp_path / "m.txt")
    assert (tmp_path / f"{NAME}.torn").read_bytes() == data[ends[4] : ends[4] + 10]
    # Killed behind the renaming, and before the manifest.
    (tmp_path / "m.txt").unlink()
    (done,) = recover(tmp_path, tmp_path / "m.txt")
    assert done.action == "listed"
    assert list(read_manifest(tmp_path / "m.txt")) == [NAME]
    assert recover(tmp_path, tmp_path / "m.txt") == []
    assert not any(isinstance(event, Damage) for event in read_events(tmp_path / NAME))


def test_a_closed_file_of_that_name_is_not_overwritten(tmp_path: Path, written: tuple[bytes, list[int]]) -> None:
    data, _ = written
    (tmp_path / NAME).write_bytes(data)
    (tmp_path / f"{NAME}.open").write_bytes(data[:100])
    actions = {done.action for done in recover(tmp_path, tmp_path / "m.txt")}
    assert actions == {"refused", "listed"}
    assert (tmp_path / NAME).read_bytes() == data
