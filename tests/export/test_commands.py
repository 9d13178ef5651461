"""The two commands, as people call them."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from campbell_scraper.errors import Unfinished, UsageError
from campbell_scraper.faces.cli.export_commands import changes, export
from tests.made_library import FIRST

if TYPE_CHECKING:
    from pathlib import Path

    from campbell_scraper.folder import DataFolder


def run(command: str, folder: DataFolder, *arguments: str) -> Result:
    return CliRunner().invoke({"export": export, "changes": changes}[command], [*arguments, "--data", str(folder.root)])


def test_citations_go_to_standard_output(folder: DataFolder) -> None:
    result = run("export", folder, "ris", "--where", "stage = 'protocol'")
    assert result.exit_code == 0, result.output
    assert result.stdout_bytes.startswith(b"TY  - JOUR\r\n")
    assert result.stderr == "1 review written.\n"


def test_a_file_appears_when_it_is_complete(folder: DataFolder, tmp_path: Path) -> None:
    target = tmp_path / "reviews.csv"
    result = run("export", folder, "csv", "--bom", "--output", str(target))
    assert result.exit_code == 0, result.output
    assert target.read_bytes().startswith(b"\xef\xbb\xbfreview_id,")
    assert str(target) in result.stderr
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["reviews.csv"]


def test_a_failed_export_leaves_nothing_and_harms_nothing(folder: DataFolder, tmp_path: Path) -> None:
    target = tmp_path / "reviews.csv"
    target.write_text("earlier", "utf-8")
    result = run("export", folder, "csv", "--where", "nonsense(", "--output", str(target))
    assert isinstance(result.exception, UsageError)
    assert target.read_text("utf-8") == "earlier"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["reviews.csv"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ris", "--bom"), "--bom works only with csv"),
        (("ris", "--table", "authors"), "--table works only with csv"),
        (("csv", "--table", "nonsense"), "There is no table 'nonsense'; the tables are meta, "),
        (("csv", "--table", "_contents"), "There is no table"),
        (("ris", "--as-of", "soon"), "is not a date"),
        (("ris", "--output", "no/such/folder/x.ris"), "cannot be written"),
    ],
)
def test_wrong_use_is_one_clear_sentence(folder: DataFolder, arguments: tuple[str, ...], message: str) -> None:
    result = run("export", folder, *arguments)
    assert isinstance(result.exception, UsageError)
    assert message in str(result.exception)


def test_an_unknown_format_is_refused(folder: DataFolder) -> None:
    assert run("export", folder, "docx").exit_code == 2


def test_as_of_shows_the_library_of_that_day(edited: DataFolder) -> None:
    lines = run("export", edited, "jsonl", "--as-of", "2026-03-20").stdout.splitlines()
    assert {json.loads(line)["review_id"].rsplit("/", 1)[1] for line in lines} == {
        "a-title", "cochrane", "parent-infant-psychotherapy", "youth-gangs",
    }  # fmt: skip
    assert all(json.loads(line)["version"] == 1 for line in lines)


def test_sqlite_and_package_go_into_the_exports_of_the_folder(folder: DataFolder) -> None:
    assert run("export", folder, "sqlite").exit_code == 0
    with closing(sqlite3.connect(folder.exports / "campbell-export.db")) as connection:
        assert connection.execute("SELECT count(*) FROM reviews").fetchone() == (5,)
    assert run("export", folder, "package").exit_code == 0
    assert zipfile.is_zipfile(folder.exports / "campbell-package.zip")


def test_any_table_goes_out_as_csv_without_what_is_excluded(folder: DataFolder) -> None:
    folder.exclusions.write_text("review_id,reason\nbetter-evidence/youth-gangs,asked\n", "utf-8")
    result = run("export", folder, "csv", "--table", "review_authors")
    assert result.stdout.startswith("review_id,position,author_id\nbetter-evidence/")
    assert "youth-gangs" not in result.stdout
    assert result.stderr == f"{result.stdout.count(chr(10)) - 1} rows written.\n"
    facts = run("export", folder, "csv", "--table", "evidence_facts", "--bom", "--where", "doi = '10.4073/csr.2015.6'")
    assert facts.stdout_bytes.startswith(b"\xef\xbb\xbffact_id,review_id,")
    assert facts.stderr == "3 rows written.\n"


def test_exclusions_that_match_nothing_are_said_aloud(folder: DataFolder) -> None:
    folder.exclusions.write_text("review_id,reason\nbetter-evidence/typo,asked\n", "utf-8")
    assert "names better-evidence/typo, which is not a review" in run("export", folder, "ris").stderr


@pytest.mark.parametrize(
    ("change_format", "start"), [("text", "2026-04-14T"), ("json", '{"library":'), ("atom", "<?xml version='1.0'")]
)
def test_changes_in_each_format(edited: DataFolder, change_format: str, start: str) -> None:
    result = run("changes", edited, "--since", FIRST, "--format", change_format)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(start)
    assert "parent-infant-psychotherapy" in result.stdout


def test_a_feed_goes_to_a_file(edited: DataFolder, tmp_path: Path) -> None:
    target = tmp_path / "changes.atom"
    assert run("changes", edited, "--format", "atom", "--output", str(target)).exit_code == 0
    assert target.read_bytes().rstrip().endswith(b"</feed>")


def test_changes_since_nothing_known(edited: DataFolder) -> None:
    assert "neither a date" in str(run("changes", edited, "--since", "never").exception)


@pytest.mark.parametrize("name", ["sqlite", "package"])
def test_what_cannot_be_written_is_one_clear_sentence(folder: DataFolder, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    result = run("export", folder, name, "--output", str(tmp_path / "file" / "x.zip"))
    assert isinstance(result.exception, Unfinished)
    assert "could not be written" in str(result.exception)
