"""Bad input: one clear sentence, the documented exit code, and nothing already stored harmed."""

from __future__ import annotations

import hashlib
import subprocess
from typing import TYPE_CHECKING

import pytest

from campbell_scraper.folder import DataFolder
from tests.helpers import Crawled, QuietHandler, campbell, free_port, serving

if TYPE_CHECKING:
    from pathlib import Path


def sentence(run: subprocess.CompletedProcess[str]) -> str:
    """Return the one line of stderr, which is no traceback."""
    lines = [line for line in run.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, run.stderr
    assert "Traceback" not in run.stderr
    return lines[0]


def digests(folder: Path) -> dict[str, str]:
    archive = sorted((folder / "collections").rglob("*.warc.gz"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in [*archive, folder / "campbell.db"]}


class Plain(QuietHandler):
    """A site that is no library."""

    def do_GET(self) -> None:
        self.answer(b"<html><title>Something else</title><p>Nothing of the kind.</p></html>")


def test_an_unreachable_site_is_exit_6(tmp_path: Path) -> None:
    run = campbell("crawl", f"http://127.0.0.1:{free_port()}/", "--delay", "0", "--data", tmp_path / "d")
    assert run.returncode == 6
    assert "cannot be reached" in sentence(run)


def test_a_site_without_a_review_is_exit_3(tmp_path: Path) -> None:
    with serving(Plain) as url:
        run = campbell("crawl", url, "--delay", "0", "--data", tmp_path / "d")
    assert run.returncode == 3
    assert "No review was found" in sentence(run)


def test_data_that_cannot_be_written_is_exit_2(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    run = campbell("crawl", "http://127.0.0.1:1/", "--data", tmp_path / "file" / "data")
    assert run.returncode == 2
    assert "cannot be written" in sentence(run)
    assert (tmp_path / "file").read_text() == "not a folder"


def test_a_folder_of_another_library_is_exit_2_and_stays_as_it_is(crawled: Crawled) -> None:
    before = digests(crawled.data)
    run = campbell("crawl", f"http://127.0.0.1:{free_port()}/", "--data", crawled.data)
    assert run.returncode == 2
    assert "belongs to another library" in sentence(run)
    assert digests(crawled.data) == before


def test_a_file_that_is_no_database_is_exit_5_and_stays_as_it_is(tmp_path: Path) -> None:
    database = tmp_path / "campbell.db"
    database.write_bytes(b"these are no rows\n" * 100)
    run = campbell("crawl", "http://127.0.0.1:1/", "--data", tmp_path)
    assert run.returncode == 5
    assert "is not a SQLite database" in sentence(run)
    assert database.read_bytes() == b"these are no rows\n" * 100


@pytest.mark.parametrize("command", ["serve", "replay", "status", "verify", "package"])
def test_commands_on_a_folder_without_a_library_are_exit_2(tmp_path: Path, command: str) -> None:
    run = campbell(command, "--data", tmp_path)
    assert run.returncode == 2
    assert "no campbell.db" in sentence(run)


def test_a_foreign_host_without_contact_is_exit_2(tmp_path: Path) -> None:
    run = campbell("crawl", "https://library.example.org/", "--data", tmp_path / "d")
    assert run.returncode == 2
    assert "--contact" in sentence(run)
    assert not (tmp_path / "d" / "campbell.db").exists()


@pytest.mark.parametrize("site", ["ftp://127.0.0.1/", "http://", "http://127.0.0.1:99999/"])
def test_what_is_no_url_is_exit_2(tmp_path: Path, site: str) -> None:
    run = campbell("crawl", site, "--data", tmp_path / "d")
    assert run.returncode == 2
    assert "is not a URL" in sentence(run)


def test_a_review_that_is_not_there_cannot_be_traced(crawled: Crawled) -> None:
    run = campbell("trace", "no-such-review", "--data", crawled.data)
    assert run.returncode == 2
    assert "There is no review" in sentence(run)


def test_archives_that_are_not_there_or_hold_nothing(tmp_path: Path) -> None:
    missing = campbell("rebuild", tmp_path / "missing.warc.gz", "--db", tmp_path / "out.db")
    assert missing.returncode == 2
    assert "There is no archive" in sentence(missing)
    unnamed = campbell("rebuild", tmp_path)
    assert unnamed.returncode == 2
    assert "--db" in sentence(unnamed)
    assert not (tmp_path / "out.db").exists()
    assert campbell("rebuild", tmp_path / "missing.warc.gz", "--db", tmp_path / "new" / "out.db").returncode == 2
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "command", [("rebuild", "--db"), ("package", "--output"), ("package", "--format", "bagit", "--output")]
)
def test_a_place_below_a_file_is_exit_2(crawled: Crawled, tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "file").write_text("kept")
    run = campbell(*command, tmp_path / "file" / "out", "--data", crawled.data)
    assert run.returncode == 2
    assert f"{tmp_path / 'file'} cannot be used" in sentence(run)
    assert (tmp_path / "file").read_text() == "kept"


def test_two_runs_on_one_folder_the_second_is_exit_4_and_says_who_is_first(crawled: Crawled) -> None:
    with DataFolder(crawled.data).lock("a long crawl"):
        run = campbell("crawl", crawled.url, "--data", crawled.data)
    assert run.returncode == 4
    assert "a long crawl" in sentence(run)
