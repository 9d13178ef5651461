"""All rows of a table, view or query as a file: what Datasette shows of them page by page.

Datasette's own CSV ends at 1,000 rows, or within a row at 100 MB. Here its SQL is run once without the page's limit, in
a query process that writes the rows to a temporary file; what goes wrong is said before the first byte is sent.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from datasette.database import QueryInterrupted  # type: ignore[import-untyped]  # Datasette ships no types
from datasette.utils import InvalidSql, escape_sqlite  # type: ignore[import-untyped]
from datasette.utils.asgi import NotFound, Request, Response  # type: ignore[import-untyped]
from datasette.views.base import DatasetteError  # type: ignore[import-untyped]
from datasette.views.database import DatabaseView  # type: ignore[import-untyped]
from datasette.views.table import TableView  # type: ignore[import-untyped]

from campbell_scraper.faces.datasette.metadata import DATABASE
from campbell_scraper.faces.datasette.query_processes import read_rows
from campbell_scraper.faces.export import FORMATS, Library, pieces
from campbell_scraper.faces.export.spreadsheets import Line

from .downloads import Written, folder_of, sent

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Iterable, Iterator

CITATIONS = ("ris", "bibtex")
"""Formats of rows that name reviews."""
NAMES = "|".join(("csv", *CITATIONS))
"""What an address of exported rows may end with, as a regular expression."""
_PAGING = frozenset({"_next", "_size", "_stream", "_dl"})


async def export_rows(datasette: Any, request: Any) -> Any:
    """Return all rows that the address without its ending shows, in the order shown.

    Raises:
        NotFound: there is no such table, or no review in its rows.
        DatasetteError: the SQL cannot be run, or takes too long.

    """
    name, table = request.url_vars["format"], request.url_vars["table"]
    folder = folder_of(datasette)
    try:
        asked = await _asked(datasette, request, table)
        if isinstance(asked, Response):
            return asked
        columns, file = await datasette.databases[DATABASE].spooled(*asked)
    except QueryInterrupted as error:
        raise DatasetteError("The query takes too long.", title="SQL Interrupted", status=400) from error
    except InvalidSql as error:
        raise DatasetteError(str(error), title="Invalid SQL", status=400) from error
    if name != "csv" and "review_id" not in columns:
        file.close()
        raise NotFound("There are no reviews in these rows.")

    def begin(open_files: contextlib.ExitStack) -> Written:
        rows = read_rows(open_files.enter_context(file))
        if name == "csv":
            heading = [] if request.args.get("_header") == "off" else [columns]
            return Written(_csv_pieces(heading, rows), "text/csv; charset=utf-8", f"{table or DATABASE}.csv")
        place = columns.index("review_id")
        wanted = dict.fromkeys(str(row[place]) for row in rows if row[place])
        reviews = open_files.enter_context(Library.open(folder)).named(wanted)
        return Written(pieces(reviews, name), FORMATS[name].media_type, "reviews" + FORMATS[name].suffix)

    return await sent(begin)


async def _asked(datasette: Any, request: Any, table: str | None) -> Any:
    """Return the SQL and its parameters, or Datasette's redirection to the right spelling of the address."""
    kept = [(key, value) for key, value in parse_qsl(request.query_string, True) if key not in _PAGING]
    query = urlencode([*kept, ("_nocount", "1"), ("_nofacet", "1")] if table else kept)
    route = {"kwargs": {"database": DATABASE, "format": "csv"} | ({"table": table} if table else {})}
    whole = Request({**request.scope, "query_string": query.encode("latin-1"), "url_route": route}, request.receive)
    view = TableView(datasette) if table else DatabaseView(datasette)
    response = await view.data(whole, _size=1)
    if isinstance(response, Response):
        return response
    data = response[0]
    if "query" not in data:
        raise NotFound("There is no table in this address.")
    if data.get("error"):
        raise DatasetteError(data["error"], title="Invalid SQL", status=400)
    sql = data["query"]["sql"]
    if data.get("table"):
        sql = sql.rpartition(" limit ")[0]
        if data["expanded_columns"]:
            keys = await view.expandable_columns(DATABASE, data["table"])
            sql = _labelled(sql, data["columns"], [one for one in keys if one[0]["column"] in data["expanded_columns"]])
    return sql, data["query"]["params"]


def _labelled(sql: str, columns: Iterable[str], keys: Iterable[tuple[dict[str, str], str | None]]) -> str:
    """Return SQL with a column of labels behind each of these foreign keys; without a label it is the key again."""
    labels = {
        key["column"]: (key["other_table"], key["other_column"], label or key["other_column"]) for key, label in keys
    }
    selected = []
    for column in columns:
        own = f"shown.{escape_sqlite(column)}"
        selected.append(own)
        if column in labels:
            other, key, label = map(escape_sqlite, labels[column])
            named = escape_sqlite(f"{column}_label")
            selected.append(f"(SELECT {label} FROM {other} WHERE {other}.{key} = {own}) AS {named}")  # noqa: S608
    return f"SELECT {', '.join(selected)} FROM ({sql}) AS shown"  # noqa: S608 - names of columns


def _csv_pieces(heading: Iterable[list[str]], rows: Iterable[tuple[Any, ...]]) -> Iterator[bytes]:
    """Yield a line for each row; formulas are defused where all CSV is (``plugin.asgi_wrapper``)."""
    lines: Any = csv.writer(Line())
    for names in heading:
        yield lines.writerow(names)
    for row in rows:
        yield lines.writerow([value.hex() if isinstance(value, bytes) else value for value in row])
