"""The one way to open a database for reading."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from campbell_scraper.errors import DamagedError
from campbell_scraper.view.database import open_readonly
from campbell_scraper.view.store import Store

from .library import GANGS, capture, feed, reading, review

NAMES = ["a#b", "a?b", "a%20b", "a b", "å&=;", "-x", os.fsdecode(b"\xff\xe9")]


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    path = feed(tmp_path / name / "campbell.db", [(capture(GANGS, 1), reading(review(title="A")))])
    with closing(open_readonly(path)) as connection:
        assert connection.execute("SELECT title FROM reviews").fetchall() == [("A",)]
    assert [entry.name for entry in tmp_path.iterdir()] == [name]
    assert {entry.name for entry in path.parent.iterdir()} <= {"campbell.db", "campbell.db-wal", "campbell.db-shm"}


@pytest.mark.parametrize("name", NAMES)
def test_no_file_is_made_where_there_is_none(tmp_path: Path, name: str) -> None:
    with pytest.raises(DamagedError, match="There is no database"):
        open_readonly(tmp_path / name / "campbell.db")
    (tmp_path / name).mkdir()
    with pytest.raises(DamagedError, match="There is no database"):
        open_readonly(tmp_path / name / "campbell.db")
    assert list((tmp_path / name).iterdir()) == []


def test_nothing_can_be_written(store: Store) -> None:
    with closing(open_readonly(store.path)) as connection:
        for statement in ("DELETE FROM meta", "CREATE TEMP TABLE t (c)", "CREATE TABLE t (c)"):
            with pytest.raises(sqlite3.OperationalError):
                connection.execute(statement)


def test_temporary_tables_are_allowed_on_request(store: Store) -> None:
    with closing(open_readonly(store.path, query_only=False)) as connection:
        connection.execute("CREATE TEMP TABLE t (c)")
        with pytest.raises(sqlite3.OperationalError):
            connection.execute("DELETE FROM meta")


def test_a_file_that_is_no_database_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "campbell.db"
    path.write_bytes(b"This is a text." * 100)
    with pytest.raises(DamagedError, match=r"campbell\.db is not a SQLite database"):
        open_readonly(path)
