"""The plugin that makes Datasette ours: what is shown, our pages, links in cells.

``plugins/campbell.py`` of a data folder imports it, so that plain ``datasette DIR`` has it too.
"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from datasette import hookimpl  # type: ignore[import-untyped]  # Datasette ships no types
from datasette.utils.asgi import NotFound, Response  # type: ignore[import-untyped]
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader
from markupsafe import Markup, escape

from campbell_scraper.errors import CampbellError
from campbell_scraper.faces.datasette.pages import dashboards, downloads
from campbell_scraper.faces.datasette.pages import routes as pages
from campbell_scraper.faces.datasette.search.fulltext_query import excerpt, fts_query
from campbell_scraper.faces.datasette.search.table_search import search_filter
from campbell_scraper.faces.export.citations.clean_text import clean, web_url
from campbell_scraper.folder import DataFolder

from .csv_cells import safe_row
from .metadata import DATABASE
from .shown import ShownDatabase

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Awaitable, Callable, Iterator

    from jinja2 import Environment

__all__ = [
    "asgi_wrapper",
    "filters_from_request",
    "handle_exception",
    "prepare_connection",
    "prepare_jinja2_environment",
    "register_output_renderer",
    "register_routes",
    "render_cell",
    "startup",
]
_TEMPLATES = Path(str(files("campbell_scraper.faces.datasette"))) / "templates"
_POLICY = (
    b"default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'; "
    b"object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
"""No page of ours asks another machine for anything, whatever text is stored. Datasette has inline scripts."""
_HEADERS = (
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
_COLUMNS = re.compile(r"(<dl class=\"column-descriptions\">.*?</dl>)", re.DOTALL)
_LEGEND = re.compile(r'(<legend>)([^<"]*)(</legend>\s*<(?:select|input)\b)')
_MENDED = (
    ('<select name="_filter_column', '<select aria-label="Column" name="_filter_column'),
    ('<select name="_filter_op', '<select aria-label="Comparison" name="_filter_op'),
    ('<input type="text" name="_filter_value', '<input type="text" aria-label="Value" name="_filter_value'),
    ('<select name="_sort"', '<select aria-label="Sort by" name="_sort"'),
    ('<textarea id="sql-editor"', '<textarea aria-label="SQL" id="sql-editor"'),
    ("<h3>Custom SQL query returning ", "<h3>It gives "),
    ("<h3>Custom SQL query", "<h3>Query"),
    (">show</a>)</span>", ">show its SQL</a>)</span>"),
    (">hide</a>)</span>", ">hide its SQL</a>)</span>"),
    ("<h3", "<h2"),
    ("</h3>", "</h2>"),
)
_ARRAYS = frozenset({"groups", "types", "languages"})
_ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")


@hookimpl  # type: ignore[untyped-decorator]
def startup(datasette: Any) -> None:
    """Put what may be shown in the place of every library among the databases."""
    for name, database in list(datasette.databases.items()):
        if database.path and Path(database.path).name == "campbell.db" and not isinstance(database, ShownDatabase):
            shown = ShownDatabase(datasette, DataFolder(Path(database.path).parent))
            shown.name, shown.route = database.name, database.route
            datasette.databases = {**datasette.databases, name: shown}


@hookimpl(trylast=True)  # type: ignore[untyped-decorator]
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Make ``fts_query(words)`` and ``excerpt(text, words)`` known, and let the search box of tables read words alike.

    Datasette's own ``escape_fts`` knows no OR and no word*, and finds no long run of Chinese.
    """
    conn.create_function("fts_query", 1, fts_query, deterministic=True)
    conn.create_function("escape_fts", 1, fts_query, deterministic=True)
    conn.create_function("excerpt", 2, excerpt, deterministic=True)


@hookimpl  # type: ignore[untyped-decorator]
def prepare_jinja2_environment(env: Environment, datasette: Any) -> None:
    """Add our templates before Datasette's and other plugins', and behind the user's own."""
    loader = env.loader
    assert isinstance(loader, ChoiceLoader)
    if any(isinstance(one, FileSystemLoader) and str(_TEMPLATES) in one.searchpath for one in loader.loaders):
        return
    users = [FileSystemLoader(datasette.template_dir)] if datasette.template_dir else []
    env.loader = ChoiceLoader([*users, FileSystemLoader(str(_TEMPLATES)), *loader.loaders])
    if dashboards.installed():  # its template by a name that ours of the same name can extend
        theirs = Path(str(files("datasette_dashboards"))) / "templates"
        named = PrefixLoader({"dashboards": FileSystemLoader(str(theirs))}, delimiter=":")
        env.loader = ChoiceLoader([env.loader, named])
    env.filters["labelled"] = _labelled
    env.filters["plain"] = lambda text: clean(str(text)) if text is not None else ""
    env.filters["mended"] = _mended
    env.filters["inert"] = _inert
    env.filters["web_url"] = web_url
    env.filters["review_path"] = pages.review_path


def _inert(markup: str) -> Markup:
    """Take out of a page what acts beyond its place: control characters and those that turn the direction of writing.

    Datasette prints some stored values (labels of foreign keys) without asking how.
    """
    return Markup(_ACTING.sub("", str(markup)))  # noqa: S704 - a part of a page


def _mended(html: Markup) -> Markup:
    """Mend Datasette's own markup: column meanings folded, fields named, headings in order.

    Stored text cannot hold these tags: it is escaped.
    """
    mended = _COLUMNS.sub(
        r"<details class=columns-meaning><summary>What the columns mean</summary>\1</details>", str(html)
    )
    for old, new in _MENDED:
        mended = mended.replace(old, new)
    return Markup(mended)  # noqa: S704 - Datasette's own markup


def _labelled(html: Markup) -> Markup:
    """Label the fields of a dashboard's filters with the names that stand above them."""
    return Markup(_LEGEND.sub(r'\1\2\3 aria-label="\2"', str(html)))  # noqa: S704 - the names are escaped already


@hookimpl  # type: ignore[untyped-decorator]
def register_routes(datasette: Any) -> list[tuple[str, Callable[..., Awaitable[Any]]]]:
    """Return our pages."""
    routes: list[tuple[str, Callable[..., Awaitable[Any]]]] = [
        (r"^/-/campbell\.css$", pages.stylesheet),
        (r"^/-/search$", pages.search),
        (r"^/-/plots$", pages.plots),
        (r"^/-/map$", pages.gap_map),
        (r"^/-/plots/(?P<name>[a-z_]+)\.(?P<kind>svg|png)$", pages.plot),
        (r"^/-/changes$", pages.changes),
        (r"^/-/changes\.atom$", downloads.feed),
        (r"^/-/export/(?P<format>[a-z-]+)$", downloads.export_all),
        (r"^/-/cite/(?P<format>[a-z-]+)/(?P<review_id>.+)$", downloads.export_one),
        (r"^/-/compare/(?P<review_id>.+)$", pages.compare),
        (r"^/-/review/(?P<review_id>.+)$", pages.review),
    ]
    if DATABASE in datasette.databases:
        routes.append((r"^/$", pages.home))
    return [(pattern, _answered(view)) for pattern, view in routes]


@hookimpl(trylast=True)  # type: ignore[untyped-decorator]
def filters_from_request(request: Any, database: str, table: str, datasette: Any) -> Callable[[], Awaitable[Any]]:
    """Search tables; last, because Datasette's own filter says that no table can be searched."""
    return lambda: search_filter(datasette, request, database, table)


@hookimpl  # type: ignore[untyped-decorator]
def register_output_renderer() -> list[dict[str, Any]]:
    """Offer citations of the rows of every table or query that names reviews."""
    return [
        {"extension": name, "render": downloads.renderer(name), "can_render": _names_reviews}
        for name in ("ris", "bibtex")
    ]


def _names_reviews(columns: list[str]) -> bool:
    return "review_id" in columns


@hookimpl  # type: ignore[untyped-decorator]
def render_cell(value: Any, column: str, table: str | None, database: str, datasette: Any) -> Markup | None:
    """Show reviews, DOIs and lists as what they are, and no text as anything but text."""
    if not isinstance(value, str) or database != DATABASE:
        return None
    if column == "review_id" or (column == "work_id" and table):
        return Markup('<a href="{}">{}</a>').format(datasette.urls.path(pages.review_path(value)), clean(value))
    if column == "doi" and value.startswith("10."):
        return Markup('<a href="https://doi.org/{}" rel="noreferrer">{}</a>').format(quote(value), clean(value))
    if column in _ARRAYS and value.startswith("["):
        return _array(value)
    if column == "record" and table == "review_versions":
        return Markup("<code>{}</code>").format(clean(value[:200]) + ("…" if len(value) > 200 else ""))
    return None


def _array(value: str) -> Markup | None:
    try:
        items = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return escape("; ".join(clean(str(item)) for item in items)) if isinstance(items, list) else None


@hookimpl(hookwrapper=True)  # type: ignore[untyped-decorator]
def handle_exception(datasette: Any, request: Any, exception: Exception) -> Iterator[None]:
    """Answer what is not there, and what our own errors say in one sentence, without a traceback on the console."""
    outcome: Any = yield
    if isinstance(exception, (NotFound, CampbellError)):
        outcome.force_result([lambda: _problem(datasette, request, exception)])


async def _problem(datasette: Any, request: Any, error: Exception) -> Response:
    status = 404 if isinstance(error, NotFound) else 503
    body = {"ok": False, "error": str(error), "status": status, "title": None}
    if request.path.endswith(".json"):
        return Response.json(body, status=status)
    return Response.html(await datasette.render_template("error.html", body, request=request), status=status)


def _answered(view: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Let a page of ours say itself what is wrong: Datasette would try other spellings of the address first."""

    async def answered(datasette: Any, request: Any) -> Any:
        try:
            return await view(datasette, request)
        except (NotFound, CampbellError) as error:
            return await _problem(datasette, request, error)

    return answered


@hookimpl  # type: ignore[untyped-decorator]
def asgi_wrapper(datasette: Any) -> Callable[[Any], Any]:
    """Let no page ask another machine for anything, and no CSV hold a formula; tidy up when the server ends."""

    async def end(receive: Any) -> Any:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            for database in datasette.databases.values():
                if isinstance(database, ShownDatabase):
                    database.close()
        return message

    def wrap(app: Any) -> Any:
        async def wrapped(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "lifespan":
                await app(scope, lambda: end(receive), send)
                return
            is_csv = scope.get("path", "").endswith(".csv")

            async def send_with_headers(message: Any) -> None:
                if message["type"] == "http.response.start":
                    ours = {name for name, _ in _HEADERS}
                    kept = [pair for pair in message.get("headers", []) if pair[0].lower() not in ours]
                    message = {**message, "headers": [*kept, *_HEADERS]}
                elif is_csv and message.get("body"):  # Datasette sends each row by itself
                    message = {**message, "body": safe_row(message["body"].decode()).encode()}
                await send(message)

            await app(scope, receive, send_with_headers)

        return wrapped

    return wrap
