"""Each lock of ``guarded`` by itself, in a database that a stranger may have made; and what is left of it."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from campbell_scraper.errors import UsageError
from campbell_scraper.faces.export.portable.sql_condition import matching
from campbell_scraper.view.database.guarded import guarded
from campbell_scraper.view.store import Store
from tests.faces.conftest import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from campbell_scraper.folder import DataFolder

__all__ = ["serve"]
ENDLESS = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r"
LIMITS = (
    sqlite3.SQLITE_LIMIT_LENGTH,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH,
    sqlite3.SQLITE_LIMIT_COLUMN,
    sqlite3.SQLITE_LIMIT_ATTACHED,
)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection that may write: what is refused is refused by ``guarded``."""
    with Store.open(tmp_path / "campbell.db") as store:
        yield store.connection


def state(connection: sqlite3.Connection) -> tuple[object, ...]:
    trust = connection.execute("PRAGMA trusted_schema").fetchone()
    return *map(connection.getlimit, LIMITS), *trust


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT hex(zeroblob(10000001))", "too big"),
        (f"SELECT 1 --{'x' * 200_000}", "too big"),
        (f"SELECT {', '.join(['1'] * 501)}", "too many columns"),
        ("ATTACH ':memory:' AS other", "max 0"),
    ],
    ids=["length", "SQL length", "columns", "attached"],
)
def test_each_limit_holds_by_itself_until_the_block_ends(connection: sqlite3.Connection, sql: str, said: str) -> None:
    connection.execute(sql)
    with guarded(connection, 60):
        connection.set_authorizer(None)
        with pytest.raises((sqlite3.OperationalError, sqlite3.DataError), match=said):
            connection.execute(sql)
    connection.execute(sql.replace("other", "another"))


@pytest.mark.parametrize("trusted", [0, 1])
def test_afterwards_all_is_as_before(connection: sqlite3.Connection, trusted: int) -> None:
    connection.execute(f"PRAGMA trusted_schema = {trusted}")
    before = state(connection)
    with guarded(connection, 60):
        assert [connection.getlimit(limit) for limit in LIMITS] == [20_000_000, 200_000, 500, 0]
    assert state(connection) == before
    with pytest.raises(ZeroDivisionError), guarded(connection, 60):
        raise ZeroDivisionError
    assert state(connection) == before
    connection.execute("INSERT INTO meta VALUES ('written', 'again')")


@pytest.mark.parametrize(
    "sql",
    [
        "PRAGMA writable_schema = ON",
        "PRAGMA journal_mode = OFF",
        "PRAGMA schema_version = 7",
        "PRAGMA trusted_schema = ON",
        "PRAGMA query_only = OFF",
        "UPDATE reviews_fts_data SET block = x''",
        "INSERT INTO reviews_fts(reviews_fts) VALUES ('rebuild')",
        "SELECT * FROM sqlite_dbpage",
        "CREATE TEMP VIEW reviews AS SELECT 1",
        "CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, reviews_fts, row)",
        "VACUUM INTO 'elsewhere.db'",
        "BEGIN",
        "SELECT * FROM _pending",
        "WITH review_overview AS MATERIALIZED (SELECT * FROM _pending) SELECT * FROM review_overview",
        "WITH found AS (SELECT count(*) FROM _pending) SELECT * FROM found",
    ],
)
def test_the_authorizer_refuses_what_defensive_mode_would_and_more(connection: sqlite3.Connection, sql: str) -> None:
    before = connection.execute("SELECT count(*), total(length(sql)) FROM sqlite_schema").fetchone()
    with guarded(connection, 60), pytest.raises(sqlite3.DatabaseError, match=r"authoriz|prohibited|no such table"):
        connection.execute(sql)
    assert connection.execute("SELECT count(*), total(length(sql)) FROM sqlite_schema").fetchone() == before


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sqlite3 has no setconfig")
def test_defensive_mode_is_on_and_off_again(connection: sqlite3.Connection) -> None:
    defensive = sqlite3.SQLITE_DBCONFIG_DEFENSIVE  # type: ignore[attr-defined, unused-ignore]
    with guarded(connection, 60):
        assert connection.getconfig(defensive)  # type: ignore[attr-defined, unused-ignore]
    assert not connection.getconfig(defensive)  # type: ignore[attr-defined, unused-ignore]


POINTER = "fts3_tokenizer('simple', x'4141414141414141')"
"""Where SQLite has it, it sets a pointer to functions that the next full-text search calls."""


@pytest.mark.parametrize(
    "schema",
    [
        f"CREATE VIEW hostile AS SELECT {POINTER} AS review_id",
        "CREATE VIEW hostile AS SELECT load_extension('/tmp/x') AS review_id",
        "CREATE VIEW hostile AS SELECT zeroblob(100000000) AS review_id",
        "CREATE TABLE hostile (a, review_id AS (zeroblob(100000000 + a)))",
        f"CREATE VIEW hostile AS SELECT * FROM ({ENDLESS})",
    ],
)
def test_a_hostile_view_or_column_does_nothing(
    folder: DataFolder, serve: Any, schema: str, connection: sqlite3.Connection
) -> None:
    with closing(sqlite3.connect(folder.database)) as made, made:
        made.execute(schema)
        if "TABLE" in schema:
            made.execute("INSERT INTO hostile VALUES (1)")
    served = serve(folder, sql_time_limit_ms=500)
    assert served.get("/campbell.json?sql=select+*+from+hostile", 400).json()["ok"] is False
    with (
        closing(sqlite3.connect(folder.database)) as read,
        pytest.raises(UsageError, match=r"may only read|longer|needs"),
    ):
        matching(read, "review_id IN (SELECT review_id FROM hostile)", seconds=0.5)
    assert served.get("/campbell.json?sql=select+count(*)+from+reviews_fts", 200)


def test_no_view_is_run_before_the_locks_are_closed(folder: DataFolder) -> None:
    with closing(sqlite3.connect(folder.database)) as made, made:
        made.execute("DROP VIEW review_overview")
        made.execute(f"CREATE VIEW review_overview AS WITH x AS MATERIALIZED ({ENDLESS}) SELECT 1 FROM x a, x b")
    with closing(sqlite3.connect(folder.database)) as read:
        read.set_progress_handler(lambda: pytest.fail("it runs"), 100_000)
        with guarded(read, 0.5):
            assert read.execute("SELECT count(*) FROM reviews").fetchone()[0]


def test_the_name_of_a_virtual_table_is_no_sql(folder: DataFolder) -> None:
    said: list[str] = []
    with closing(sqlite3.connect(folder.database)) as made, made:
        made.execute('CREATE VIRTUAL TABLE "reviews"" WHERE said(\'hello\') --" USING fts5(x)')
    with closing(sqlite3.connect(folder.database)) as read:
        read.create_function("said", 1, said.append)
        with guarded(read, 60):
            assert read.execute("SELECT count(*) FROM reviews").fetchone()[0]
    assert said == []
