"""The search box of a table.

Datasette's own condition has SQLite look up each row found before it sorts them and shows fifty. For words that many
rows have, it is quicker to go through the table in the order wanted, and to check of each row whether it was found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from datasette.filters import FilterArguments  # type: ignore[import-untyped]  # Datasette ships no types
from datasette.utils.asgi import BadRequest  # type: ignore[import-untyped]

from campbell_scraper.faces.datasette.metadata import DATABASE
from campbell_scraper.view.fold.fulltext_index import FTS
from campbell_scraper.view.schema import VIEWS

from .fulltext_query import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

MANY: Final = 5_000
"""If at least this many rows are found, the table is scanned in order."""
_FULL_TEXT: Final = {table: (name, columns) for name, (table, columns) in FTS.items()}
_VIEWS: Final = frozenset(view.name for view in VIEWS)
"""Views that have one row for a review; they are searched through ``reviews``."""
_PREFIX: Final = "_search_"


async def search_filter(datasette: Any, request: Any, database: str, table: str) -> FilterArguments | None:
    """Return the conditions of ``_search`` (all words anywhere) and ``_search_COLUMN``, as Datasette has them.

    Raises:
        BadRequest: full text has no such column.

    """
    is_view = table in _VIEWS
    source = "reviews" if is_view else table
    if database != DATABASE or source not in _FULL_TEXT:
        return None
    clauses: list[str] = []
    parameters: dict[str, str] = {}
    descriptions: list[str] = []
    context: dict[str, Any] = {"supports_search": True}
    is_raw = request.args.get("_searchmode") == "raw"
    name, columns = _FULL_TEXT[source]
    for number, (column, typed) in enumerate(_asked(request)):
        if column and column not in columns:
            raise BadRequest(f"The full-text index of {table} has no column {column}; it has {', '.join(columns)}.")
        parameter = f"search_{number}" if column else "search"
        left_out = "" if is_raw else parse(typed, fields=source == "reviews").left_out
        query = f":{parameter}" if is_raw or left_out else f"fts_query(:{parameter}, '{name}')"
        matching = f"SELECT rowid FROM {name} WHERE {column or name} MATCH {query}"  # noqa: S608 - names of the schema
        parameters[parameter] = left_out or typed
        is_common = not is_raw and await _has_many(datasette, matching, {parameter: parameters[parameter]})
        # With a plus SQLite does not look the rows up.
        condition = f"{'+' if is_common else ''}rowid {'NOT IN' if left_out else 'IN'} ({matching})"
        if is_view:
            condition = f"review_id IN (SELECT review_id FROM reviews WHERE {condition})"  # noqa: S608
        clauses.append(condition)
        descriptions.append(f'search {f"""column "{column}" """ if column else ""}matches "{typed}"')
        context["search"] = typed
    return FilterArguments(clauses, parameters, descriptions, context)


def _asked(request: Any) -> Iterator[tuple[str, str]]:
    """Yield columns ("" for all) and what is searched for in them."""
    if typed := request.args.get("_search"):
        yield "", typed
        return
    for key in request.args:
        if key.startswith(_PREFIX) and request.args.get(key):
            yield key.removeprefix(_PREFIX), request.args.get(key)


async def _has_many(datasette: Any, matching: str, parameters: dict[str, str]) -> bool:
    count = f"SELECT count(*) FROM ({matching} LIMIT {MANY})"  # noqa: S608 - made above
    return bool((await datasette.databases[DATABASE].execute(count, parameters)).rows[0][0] == MANY)
