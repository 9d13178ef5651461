"""wget's WARC of the sample goes through ``campbell rebuild`` as ours does, and says the same of every review."""

from __future__ import annotations

import gzip
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from campbell_scraper.archive.files import add_to_manifest, sha256_of
from campbell_scraper.archive.verify import verify_archive
from campbell_scraper.sample import SampleLibrary
from campbell_scraper.view.database_diff import compare
from tests.helpers import Crawled, campbell

pytestmark = [
    pytest.mark.xdist_group("interop"),
    pytest.mark.skipif(shutil.which("wget") is None, reason="needs wget: make system-deps"),
]
ENTRIES = SampleLibrary.embedded().entries
OF_THE_CRAWL = {"first_seen", "last_seen", "last_changed", "capture_id", "version"}
"""Columns of ``reviews`` that say when and in which record a page was seen, not what it says."""
CONTENT = {
    "review_authors": "review_id, position, author_id",
    "review_groups": "review_id, group_id",
    "additional_info": "review_id, position, label, value, html, field_type",
    "summaries": "review_id, summary_id, language, language_label, form, title, banner, headline, brief, text,"
    " is_placeholder, pdf_url",
    "sections": "summary_id, position, heading, level, kind, text",
    "evidence_facts": "review_id, section_id, fact, value, number, precision, quote, quote_start, quote_end",
}
"""What a review says besides its own row."""


def content_of(database: Path) -> dict[str, set[tuple[object, ...]]]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        columns = [row[1] for row in connection.execute("pragma table_info(reviews)") if row[1] not in OF_THE_CRAWL]
        tables = {"reviews": ", ".join(columns), **CONTENT}
        return {
            name: set(connection.execute(f"select {wanted} from {name}").fetchall()) for name, wanted in tables.items()
        }


def wget(folder: Path, name: str, *urls: str, recursive: bool) -> Path:
    """Have wget archive these pages, with everything they link to on their host if ``recursive``."""
    command = ["wget", "--quiet", "--delete-after", "--warc-file", str(folder / name), "--directory-prefix",
               str(folder / "pages"), *(["--recursive", "--level=inf"] if recursive else []), *urls]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in {0, 8}, done.stderr  # 8: a page was answered with an error; the sample has dead links
    return folder / f"{name}.warc.gz"


def rebuilt(*warcs: Path) -> Path:
    database = warcs[0].with_suffix(f".{len(warcs)}.db")
    run = campbell("rebuild", *warcs, "--db", database)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Skipped" not in run.stderr
    return database


def test_wgets_warc_gives_the_same_reviews(library: Crawled, tmp_path: Path) -> None:
    """All of wget's reviews, column by column; what it lacks is the one page that only the sitemap names.

    wget follows links and reads no sitemap. That page fetched by itself, both WARCs together give what our crawl gave.
    """
    unlisted = {one.path.removeprefix("/").removesuffix(".html") for one in ENTRIES if not one.listed}
    assert len(unlisted) == 1
    (missing,) = unlisted
    with library.served():
        recursive = wget(tmp_path, "recursive", f"{library.url}/", recursive=True)
        alone = wget(tmp_path, "alone", f"{library.url}/{missing}.html", recursive=False)
    ours, theirs = content_of(library.data / "campbell.db"), content_of(rebuilt(recursive))
    assert len(theirs["reviews"]) >= 50
    lacking = {table: rows - theirs[table] for table, rows in ours.items()}
    assert {str(row[0]) for row in lacking["reviews"]} == unlisted
    summaries = {row["summary_id"] for row in library.rows("select * from summaries where review_id = ?", missing)}
    others = [(table, row) for table, rows in lacking.items() for row in rows if row[0] not in {missing, *summaries}]
    assert not others, others
    assert not {table: rows - ours[table] for table, rows in theirs.items() if rows - ours[table]}
    assert content_of(rebuilt(recursive, alone)) == ours


def test_a_wget_warc_verifies_although_its_digests_cover_the_chunk_framing(library: Crawled, tmp_path: Path) -> None:
    """wget hashes SHA-1 over the framing; ``verify`` knows that."""
    url = next(f"{library.url}{one.path}" for one in ENTRIES if one.id % 3 == 0)
    with library.served():
        warc = wget(tmp_path, "one", url, recursive=False)
    assert b"Transfer-Encoding: chunked" in gzip.decompress(warc.read_bytes())
    folder = tmp_path / "archive"
    folder.mkdir()
    shutil.move(warc, folder / warc.name)
    manifest = tmp_path / "manifest-sha256.txt"
    add_to_manifest(manifest, folder / warc.name, sha256_of(folder / warc.name))
    assert not [str(one) for one in verify_archive(folder, manifest, None) if "digest" in one.kind]


def test_a_folder_that_warcio_recompressed_gives_the_same_rows(library: Crawled, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    archive.mkdir()
    for path in library.warcs:
        words = [str(Path(sys.executable).with_name("warcio")), "recompress", str(path), str(archive / path.name)]
        subprocess.run(words, check=True, capture_output=True)
    differences = compare(library.data / "campbell.db", rebuilt(archive))
    # Where records lie is another matter; so are crawls' own notes in meta.
    assert {(one.table, one.column) for one in differences} <= {
        ("captures", "warc_offset"),
        ("captures", "warc_length"),
        ("meta", "value"),
    }, differences[:5]
