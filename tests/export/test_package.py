"""The frictionless data package."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import sqlite3
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from campbell_scraper.errors import UsageError
from campbell_scraper.faces.export import Library
from campbell_scraper.faces.export.data_package import write_data_package
from campbell_scraper.faces.export.portable.methods_text import flow, methods
from campbell_scraper.faces.export.spreadsheets import cell
from campbell_scraper.view.schema.dictionary import TABLES

if TYPE_CHECKING:
    from pathlib import Path

    from campbell_scraper.folder import DataFolder


def written(folder: DataFolder, path: Path, where: str | None = None) -> int:
    with Library.open(folder) as library:
        return write_data_package(library, folder, path, where=where)


@pytest.fixture
def package(edited: DataFolder, tmp_path: Path) -> Path:
    (edited.archive / "campbell-a.warc.gz").write_bytes(b"one")
    (edited.archive / "campbell-b.warc.gz").write_bytes(b"two")
    (edited.archive / "campbell-c.warc.gz.open").write_bytes(b"being written")
    digest = hashlib.sha256(b"one").hexdigest()
    edited.manifest.write_text(f"{digest}  collections/campbell/archive/campbell-a.warc.gz\n", "utf-8")
    edited.exclusions.write_text(
        "review_id,reason\nbetter-evidence/cochrane,asked by an author\nbetter-evidence/none,x\n", "utf-8"
    )
    path = tmp_path / "package"
    assert written(edited, path) == 4
    return path


def test_frictionless_finds_it_valid(package: Path) -> None:
    frictionless = pytest.importorskip("frictionless")
    report = frictionless.Package(str(package / "datapackage.json")).validate()
    assert report.valid, report.flatten(["title", "message"])
    tables = {task.name for task in report.tasks if task.type == "table"}
    assert {table.name for table in TABLES} - {"works"} <= tables


def test_the_schema_means_something(package: Path) -> None:
    """A reference to nothing and a word among numbers are found by whoever validates."""
    frictionless = pytest.importorskip("frictionless")
    for name, old, new in (
        ("review_groups", "crime-and-justice", "no-such-group"),
        ("review_versions", ",2,", ",two,"),
    ):
        path = package / "data" / f"{name}.csv"
        good = path.read_bytes()
        path.write_bytes(good.replace(old.encode(), new.encode(), 1))
        report = frictionless.Package(str(package / "datapackage.json")).validate()
        assert not report.valid
        path.write_bytes(good)


def test_its_files_are_described_with_size_and_digest(package: Path) -> None:
    descriptor = json.loads((package / "datapackage.json").read_text("utf-8"))
    described = set()
    for resource in descriptor["resources"]:
        data = (package / resource["path"]).read_bytes()
        assert resource["bytes"] == len(data)
        assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        described.add(resource["path"])
    present = {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()}
    assert present == described | {"datapackage.json"}
    assert {"campbell.db", "METHODS.md", "LICENCES.md", "data-dictionary.md", "manifest-sha256.txt"} <= described


def test_the_tables_are_those_of_the_database(package: Path) -> None:
    csv.field_size_limit(10_000_000)
    with closing(sqlite3.connect(package / "campbell.db")) as connection:
        for table in TABLES:
            if table.name == "works":
                continue
            with (package / "data" / f"{table.name}.csv").open(encoding="utf-8", newline="") as file:
                lines = list(csv.reader(file))
            rows = connection.execute(f'SELECT * FROM "{table.name}"').fetchall()
            expected = [["" if value is None else str(cell(value)) for value in row] for row in rows]
            assert lines[0] == list(table.names)
            assert sorted(lines[1:]) == sorted(expected), table.name


def test_the_manifest_names_every_closed_warc(package: Path) -> None:
    assert (package / "manifest-sha256.txt").read_text("utf-8") == (
        f"{hashlib.sha256(b'one').hexdigest()}  campbell-a.warc.gz\n"
        f"{hashlib.sha256(b'two').hexdigest()}  campbell-b.warc.gz\n"
    )


def test_methods_tell_the_flow_with_real_numbers(package: Path) -> None:
    text = (package / "METHODS.md").read_text("utf-8")
    numbers = {
        label.strip(): int(number.replace(",", ""))
        for label, number in re.findall(r"^\| (.*?) \| ([\d,]+) \|$", text, re.MULTILINE)
    }
    assert numbers == {
        "Found: distinct URLs": 8, "– decision: fetched": 5, "– decision: offsite": 2, "– decision: robots": 1,
        "Fetched: HTTP exchanges": 9,
        "– outcome: new": 9, "Distinct URLs answered with status 200": 5, "– of captures that are review pages": 5,
        "– of unknown layout": 0, "Parsed: reviews": 5, "– stage: review": 3, "– stage: protocol": 1,
        "– stage: title": 1, "– status: current": 3, "– status: gone": 1, "– status: withdrawn": 1, "Excluded": 1,
        "– asked by an author": 1, "Not selected by the condition of this export": 0, "Exported": 4,
    }  # fmt: skip
    assert "collected in 2 crawls (source: k2), captured between 2026-03-14 and 2026-04-14" in text
    assert "Excluded: 1 review (asked by an author: 1). In this export: 4 reviews" in text
    with closing(sqlite3.connect(package / "campbell.db")) as connection:
        (digest,) = connection.execute("SELECT value FROM meta WHERE key = 'export_content_hash'").fetchone()
    assert digest in text


def test_the_flow_adds_up_with_a_condition(edited: DataFolder) -> None:
    edited.exclusions.write_text("review_id,reason\nbetter-evidence/cochrane,\n", "utf-8")
    with Library.open(edited) as library:
        numbers = flow(library, "stage = 'review'")
    assert numbers.excluded == {"no reason given": 1}
    assert (numbers.parsed, numbers.exported, numbers.not_selected) == (5, 2, 2)


def test_what_is_excluded_is_nowhere(package: Path) -> None:
    for path in package.rglob("*"):
        if path.is_file():
            assert b"ochrane.html" not in path.read_bytes()
            assert b"Excluded-Here" not in path.read_bytes()


def test_hostile_text_is_text_in_every_table(package: Path) -> None:
    csv.field_size_limit(10_000_000)
    for path in (package / "data").glob("*.csv"):
        text = path.read_bytes().decode("utf-8")
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", text)
        for row in csv.reader(text.splitlines(keepends=True)):
            assert not any(re.match(r"\s*[=+\-@]", value) for value in row)


def test_a_zip_holds_the_same(edited: DataFolder, tmp_path: Path) -> None:
    frictionless = pytest.importorskip("frictionless")
    target = tmp_path / "campbell.zip"
    assert written(edited, target) == 5
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        assert "datapackage.json" in archive.namelist()
        archive.extractall(tmp_path / "unpacked")
    assert frictionless.Package(str(tmp_path / "unpacked" / "datapackage.json")).validate().valid
    assert sorted(path.name for path in tmp_path.iterdir()) == ["campbell.zip", "data", "unpacked"]


def test_a_folder_with_something_in_it_is_not_touched(edited: DataFolder, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("precious", "utf-8")
    with pytest.raises(UsageError, match="not an empty folder"):
        written(edited, tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_methods_as_of_a_day_count_what_was_there(edited: DataFolder) -> None:
    with Library.open(edited, as_of="2026-03-31") as library:
        numbers = flow(library, None)
        text = methods(library, numbers, where=None, content_hash="sha256:0")
    assert (numbers.found, numbers.exchanges, numbers.parsed, numbers.exported) == (6, 4, 4, 4)
    assert "collected in 1 crawl (source: k2), captured between 2026-03-14 and 2026-03-14" in text
    assert "as it stood at 2026-03-31T23:59:59.999999Z" in text
