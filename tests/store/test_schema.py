"""The one schema: what it says is what the database has, and what its rows are."""

from __future__ import annotations

import pickle
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from campbell_scraper.view.database.writing import write
from campbell_scraper.view.schema import ROWS, TABLES
from campbell_scraper.view.schema.log_tables import CrawlRow, MetaRow
from campbell_scraper.view.schema.review_tables import AuthorRow

if TYPE_CHECKING:
    from campbell_scraper.view.schema import Row, Table
    from campbell_scraper.view.store import Store

every_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
AUTHOR = AuthorRow(author_id="a", name="Ada", given="Ada", family=None, suffix=None, is_group=False)


def ask(store: Store, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    return store.connection.execute(sql, values).fetchall()


@every_table
def test_columns_keys_and_references_are_those_of_the_schema(store: Store, table: Table) -> None:
    columns = ask(store, 'SELECT name, type, "notnull", dflt_value FROM pragma_table_info(?)', table.name)
    assert columns == [
        (one.name, one.type, one.not_null, None if one.default is None else repr(one.default)) for one in table.columns
    ]
    key = ask(store, "SELECT name FROM pragma_table_info(?) WHERE pk ORDER BY pk", table.name)
    assert tuple(name for (name,) in key) == (() if table.unique else table.key)
    references = ask(store, 'SELECT "from", "table" || \'.\' || "to" FROM pragma_foreign_key_list(?)', table.name)
    assert dict(references) == {one.name: one.references for one in table.columns if one.references}


@every_table
def test_indexes_are_those_of_the_schema(store: Store, table: Table) -> None:
    made = ask(store, "SELECT \"unique\", partial FROM pragma_index_list(?) WHERE origin = 'c'", table.name)
    wanted = [(0, 0)] * len(table.indexes) + [(0, 1)] * len(table.partial_indexes) + [(1, 0)] * bool(table.unique)
    assert sorted(made) == sorted(wanted)
    assert len(ask(store, "SELECT 1 FROM pragma_index_list(?) WHERE origin = 'pk'", table.name)) == (not table.unique)


@every_table
def test_a_column_with_choices_takes_no_other_value(store: Store, table: Table) -> None:
    store.connection.execute("PRAGMA foreign_keys = OFF")
    for column in (column for column in table.columns if column.choices):
        row = {
            one.name: one.choices[0] if one.choices else {"TEXT": "x", "INTEGER": 1}[one.type] for one in table.columns
        }
        row[column.name] = "other" if column.type == "TEXT" else 2
        names = ", ".join(f'"{name}"' for name in row)
        with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
            ask(store, f"INSERT INTO {table.name} ({names}) VALUES ({', '.join('?' * len(row))})", *row.values())


@pytest.mark.parametrize("kind", ROWS, ids=lambda kind: kind.__name__)
def test_a_row_crosses_processes(kind: type[Row]) -> None:
    row = kind(**{name: name for name in kind.__slots__})
    assert pickle.loads(pickle.dumps(row)) == row
    assert row.values() == list(kind.__slots__)


def test_a_value_that_is_not_given_is_the_default_of_the_column(store: Store) -> None:
    with store.transaction():
        write(store.connection, [CrawlRow(crawl_id="a")])
        store.connection.execute("INSERT INTO crawls (crawl_id) VALUES ('b')")
    assert ask(store, "SELECT status, discovery_complete, site FROM crawls") == [("running", 0, None)] * 2


def test_of_two_rows_with_one_key_the_first_or_the_last_stays(store: Store) -> None:
    store.connection.execute("BEGIN")
    write(
        store.connection,
        [AUTHOR, AuthorRow(author_id="a", name="B", given=None, family=None, suffix=None, is_group=True)],
    )
    write(store.connection, [MetaRow(key="library", value="one")])
    write(store.connection, [MetaRow(key="library", value="two")])
    assert ask(store, "SELECT name, is_group FROM authors") == [("Ada", 0)]
    assert store.library == "two"
    assert store.connection.in_transaction, "writing belongs to the caller's transaction"
    store.connection.execute("ROLLBACK")
    assert store.library == "campbell"
    assert store.count("authors") == 0
