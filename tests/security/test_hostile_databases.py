"""Database files that somebody made to act when they are read or written: one sentence, and no more."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from campbell_scraper.errors import Exit
from campbell_scraper.folder import DataFolder
from campbell_scraper.view.database import open_readonly
from campbell_scraper.view.database.store_errors import ForeignSchema
from campbell_scraper.view.store import Store
from tests.helpers import campbell
from tests.security.handed_over import rebuilt

if TYPE_CHECKING:
    from pathlib import Path

ENDLESS = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r"
ACTING = {
    "trigger": ["CREATE TRIGGER hostile BEFORE INSERT ON meta BEGIN DELETE FROM reviews; END"],
    "trigger of full text": ["CREATE TRIGGER hostile BEFORE INSERT ON reviews_fts_data BEGIN SELECT 1; END"],
    "hidden trigger": [
        "CREATE TRIGGER hostile BEFORE INSERT ON meta BEGIN DELETE FROM reviews; END",
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_schema SET sql = replace(sql, 'CREATE ', 'CREATE/**/') WHERE name = 'hostile'",
    ],
    "view": ["ALTER TABLE crawls RENAME TO others", f"CREATE VIEW Crawls AS SELECT * FROM others, ({ENDLESS})"],
    "virtual table": ["DROP TABLE unhandled", "CREATE VIRTUAL TABLE unhandled USING fts5(url, kind, value)"],
    "plain full text": ["DROP TABLE reviews_fts", "CREATE TABLE reviews_fts (title)"],
    "no types": [
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '') WHERE name = 'crawls'",
    ],
    "generated column": ["ALTER TABLE reviews ADD COLUMN more TEXT AS (hex(zeroblob(1000)))"],
}
BROKEN = {
    "no UTF-8": ["UPDATE crawls SET source = CAST(x'ff61' AS TEXT)"],
    "no columns": ["PRAGMA foreign_keys = OFF", "DROP TABLE reviews", "CREATE TABLE reviews (review_id)"],
    "no full text": ["DELETE FROM reviews_fts_data", "DELETE FROM sections_fts_config"],
    "no schema": [
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_schema SET sql = 'CREATE TABLE reviews (' WHERE name = 'reviews'",
    ],
}


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rebuilt("replay-escape.warc.gz", tmp_path_factory.mktemp("sound")).root


def made(sound: Path, target: Path, statements: list[str]) -> DataFolder:
    folder = DataFolder(shutil.copytree(sound, target / "library"))
    with closing(sqlite3.connect(folder.database, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
    return folder


@pytest.mark.parametrize("kind", ACTING)
def test_a_database_that_would_act_is_opened_for_nothing(sound: Path, tmp_path: Path, kind: str) -> None:
    folder = made(sound, tmp_path, ACTING[kind])
    before = folder.database.read_bytes()
    for opening in (open_readonly, Store.open):
        with pytest.raises(ForeignSchema, match=r"delete the file and run campbell rebuild"):
            opening(folder.database)
    assert folder.database.read_bytes() == before
    folder.database.unlink()
    assert campbell("rebuild", "--data", folder.root).returncode == Exit.GOOD


def test_more_tables_and_views_are_no_matter(sound: Path, tmp_path: Path) -> None:
    more = ["CREATE TABLE mine (a, b AS (a))", "CREATE VIEW yours AS SELECT * FROM mine"]
    folder = made(sound, tmp_path, [*more, *(f"CREATE TABLE t{number} (a)" for number in range(500))])
    for words in (("status",), ("export", "csv", "--output", os.devnull, "--where", "title IS NOT NULL"), ("verify",)):
        assert campbell(words[0], "--data", folder.root, *words[1:]).returncode in {Exit.GOOD, Exit.ASSERTION}


COMMANDS = (
    ("status",), ("trace", "better-evidence/kites.title"), ("verify",), ("replay",), ("rebuild",), ("serve",),
    ("export", "csv", "--output", os.devnull, "--where", "title IS NOT NULL"), ("export", "sqlite", "--output", "x.db"),
    ("crawl", "http://127.0.0.1:9", "--source", "k2"), ("report", "--output", os.devnull),
)  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words[:2]))
def test_each_command_says_so_in_one_sentence(sound: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    folder = made(sound, tmp_path, ACTING["view"])
    run = campbell(words[0], "--data", folder.root, *words[1:])
    assert run.returncode == Exit.DAMAGED, run.stderr
    (said,) = run.stderr.strip().splitlines()
    assert said.startswith("Error: ")
    assert "campbell.db" in said


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("no columns", ("export", "csv", "--output", os.devnull)),
        ("no columns", ("export", "sqlite", "--output", os.devnull)),
        ("no columns", ("verify",)),
        ("no columns", ("report", "--output", os.devnull)),
        ("no UTF-8", ("status",)),
        ("no full text", ("export", "csv", "--output", os.devnull, "--where", "title IS NOT NULL")),
        ("no full text", ("export", "sqlite", "--output", os.devnull)),
        ("no full text", ("serve",)),
        ("no schema", ("serve",)),
        ("no schema", ("rebuild",)),
    ],
)
def test_a_database_that_lacks_something_is_damaged(
    sound: Path, tmp_path: Path, kind: str, words: tuple[str, ...]
) -> None:
    run = campbell(words[0], "--data", made(sound, tmp_path, BROKEN[kind]).root, *words[1:])
    assert run.returncode == Exit.DAMAGED, run.stderr
    assert len(run.stderr.strip().splitlines()) == 1
