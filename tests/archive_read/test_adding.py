"""``campbell add`` and ``campbell verify FILE``: archives of others taken in, and single files checked."""

from __future__ import annotations

import csv
import gzip
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from campbell_scraper.archive.capture import Capture
from campbell_scraper.archive.files import add_to_manifest, sha256_of
from campbell_scraper.archive.read.locate import read_at
from campbell_scraper.archive.read.reader import read_archive
from campbell_scraper.archive.verify import CapturePlace, verify_archive, verify_file
from campbell_scraper.errors import CampbellError
from campbell_scraper.faces.cli.archive_commands import add, verify
from campbell_scraper.folder import DataFolder

from .handmade import PAGE, exchange, new_id, revisit, sha256, warcinfo, write

CASES = Path(__file__).parent.parent / "fixtures" / "foreign" / "cases"


def run(command: object, *words: object) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])  # type: ignore[arg-type]


def code(result: Result) -> int:
    assert result.exception is None or isinstance(result.exception, CampbellError), result.exception
    return 0 if result.exception is None else int(result.exception.exit_code)


def test_archives_of_others_become_files_of_the_folder(tmp_path: Path) -> None:
    data, folder = tmp_path / "data", DataFolder(tmp_path / "data")
    package = tmp_path / "theirs.wacz"
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as content:
        content.write(CASES / "resource-only.warc.gz", "archive/data.warc.gz")
    files = [package, CASES / "d.arc.gz", CASES / "one-line-end.warc"]
    result = run(add, *files, "--data", data)
    assert code(result) == 0, result.output
    assert result.stdout.count("Added ") == 3
    with closing(sqlite3.connect(folder.database)) as connection:
        assert connection.execute("select count(*) from reviews").fetchone() == (3,)
        rows = connection.execute("select capture_id, warc_file, warc_offset from captures").fetchall()
        assert connection.execute("select value from meta where key = 'library'").fetchone() == ("library.example.org",)
    assert len(rows) == 7
    for capture_id, name, offset in rows:
        assert read_at(folder.archive / name, offset, capture_id).capture_id == capture_id
    table = list(csv.DictReader((data / "added.csv").open(encoding="utf-8")))
    assert sorted(row["file"] for row in table) == sorted(path.name for path in folder.archive.glob("added-*"))
    assert {row["taken_from"] for row in table} == {f"{package}/archive/data.warc.gz", *map(str, files[1:])}
    subprocess.run(["sha256sum", "-c", "--quiet", "manifest-sha256.txt"], cwd=data, check=True)
    again = run(add, *files, "--data", data)
    assert (code(again), again.stdout) == (0, "The archive already has all of it.\n")
    checked = run(verify, "--data", data, "--rebuild")
    # one line end between records, and pages that stand in two of the files under one id
    assert {line.rpartition("[")[2] for line in checked.stderr.splitlines()} == {"damage]", "record-id]"}


@pytest.mark.parametrize("name", ["x.warc.gz", "x.wacz", "x.zip", "nothing.warc"])
def test_what_is_no_archive_is_refused_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"" if "nothing" in name else b"no archive")
    result = run(add, CASES / "d.arc.gz", tmp_path / name, "--data", tmp_path / "data")
    assert code(result) == 2
    assert name in str(result.exception)
    assert not list(tmp_path.rglob("added*"))


def test_one_file_is_checked(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.warc.gz", tmp_path / "bad.warc.gz"
    records = [warcinfo(), *exchange("http://site.test/a"), revisit("http://site.test/b", new_id(), sha256(PAGE))]
    write(good, records)
    write(bad, [record.replace(b"small effects", b"large effects") for record in records])
    assert verify_file(good) == []
    assert {finding.kind for finding in verify_file(bad)} == {"block-digest", "payload-digest"}
    package = tmp_path / "x.wacz"
    with zipfile.ZipFile(package, "w") as content:
        content.write(good, "archive/good.warc.gz")
    assert {finding.kind for finding in verify_file(package)} == {"refers-to", "wacz"}
    assert [code(run(verify, path)) for path in (good, bad, package)] == [0, 5, 5]
    (tmp_path / "text.txt").write_text("no archive")
    assert code(run(verify, tmp_path / "text.txt")) == 2


def test_a_recompressed_file_is_one_finding(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    path, manifest = folder / "a.warc.gz", tmp_path / "manifest-sha256.txt"
    records = [
        one
        for number in range(1, 10)
        for one in exchange(f"http://site.test/{number}", body=PAGE + bytes([65 + number]))
    ]
    write(path, [warcinfo(), *records])
    add_to_manifest(manifest, path, sha256_of(path))
    rows = [CapturePlace(event.capture_id, event.url, event.warc_file, event.warc_offset, event.warc_length)
            for event in read_archive([folder]) if isinstance(event, Capture)]  # fmt: skip
    loose = tmp_path / "loose.warc.gz"
    loose.write_bytes(b"".join(gzip.compress(record, 1, mtime=0) for record in [warcinfo(), *records]))
    subprocess.run(
        [Path(sys.executable).with_name("warcio"), "recompress", loose, path], check=True, capture_output=True
    )
    (finding,) = verify_archive(folder, manifest, rows)
    assert (finding.kind, "recompressed" in str(finding)) == ("manifest", True)
    shutil.copy(loose, path)
    with path.open("r+b") as file:  # one record less: each is named
        file.truncate(loose.stat().st_size - 900)
    assert len(verify_archive(folder, manifest, rows)) > 9
