"""Creates the schema in an empty database, with sqlite-utils."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from campbell_scraper.view.fold import fulltext_index as search
from campbell_scraper.view.schema import TABLES, VIEWS

from .writing import utils

if TYPE_CHECKING:
    import sqlite3

    from sqlite_utils import Database

    from campbell_scraper.view.schema import Table

_PYTHON = {"TEXT": str, "INTEGER": int}


def create_tables(connection: sqlite3.Connection) -> None:
    """Make all tables and views of an empty database; :func:`create_indexes` is left for the end of a bulk load."""
    database = utils(connection)
    for table in TABLES:
        _create_table(database, table)
    for view in VIEWS:
        database.create_view(view.name, view.sql)
    # enable_fts() indexes columns of the table alone, and knows no "authors" or "grams" beside them.
    for statement in search.create_sql():
        database.execute(statement)


def create_indexes(connection: sqlite3.Connection) -> None:
    """Make the indexes that only readers need."""
    database = utils(connection)
    for table in TABLES:
        for columns in table.indexes:
            database.table(table.name).create_index(columns, f"{table.name}_{'_'.join(columns)}")
        for what in table.partial_indexes:  # create_index() has no WHERE
            name = re.match(r"\((\w+)", what)
            assert name is not None
            database.execute(f"CREATE INDEX {table.name}_{name[1]} ON {table.name} {what}")


def _create_table(database: Database, table: Table) -> None:
    shape: dict[str, Any] = {
        "columns": {column.name: _PYTHON[column.type] for column in table.columns},
        "pk": None if table.unique else table.key,
        "not_null": {column.name for column in table.columns if column.not_null},
        "defaults": {column.name: column.default for column in table.columns if column.default is not None},
        "foreign_keys": [(column.name, *column.references.split(".")) for column in table.columns if column.references],
        "strict": True,
    }
    checks = [f"CHECK ({column.check})" for column in table.columns if column.check]
    if checks:  # create() has none
        statement = database.create_table_sql(table.name, **shape)
        database.execute(statement.replace("\n) STRICT", ",\n   " + ",\n   ".join(checks) + "\n) STRICT"))
    else:
        database.table(table.name).create(**shape)
    if table.unique:  # create_index() has no expressions
        database.execute(f"CREATE UNIQUE INDEX {table.name}_key ON {table.name} {table.unique}")
