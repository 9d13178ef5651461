"""The plugin that makes Datasette ours: what is shown, our pages, links in cells.

``plugins/campbell.py`` of a data folder imports it, so that plain ``datasette DIR`` has it too.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import sqlite3
from contextvars import ContextVar
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from datasette import hookimpl  # type: ignore[import-untyped]  # Datasette ships no types
from datasette.utils.asgi import Base400, NotFound, Response  # type: ignore[import-untyped]
from datasette.views.base import DatasetteError  # type: ignore[import-untyped]
from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, PrefixLoader
from markupsafe import Markup, escape

from campbell_scraper.errors import CampbellError
from campbell_scraper.faces.datasette.pages import dashboards, table_exports
from campbell_scraper.faces.datasette.pages.query_form import options
from campbell_scraper.faces.datasette.pages.review_page import language_name, review_path
from campbell_scraper.faces.datasette.pages.routes import HOME, PAGES
from campbell_scraper.faces.datasette.search.search_page import value_name
from campbell_scraper.faces.datasette.search.sql_functions import register_functions
from campbell_scraper.faces.datasette.search.table_search import search_filter
from campbell_scraper.folder import SAMPLE, DataFolder
from campbell_scraper.untrusted_json import parsed_json
from campbell_scraper.view.database.guarded import distrust_schema
from campbell_scraper.words import clean

from .csv_cells import safe_row
from .host_names import own_names
from .metadata import DATABASE
from .template_filters import FILTERS
from .visible_database import VisibleDatabase

if TYPE_CHECKING:
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
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'nonce-{nonce}'; script-src 'self' 'nonce-{nonce}'; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
"""No page of ours asks another machine for anything, and only what templates have is run, whatever text is stored."""
_FILE_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
"""A file that a browser takes for a page runs nothing, loads nothing and has no origin."""
_HEADERS = {b"x-content-type-options": b"nosniff", b"referrer-policy": b"no-referrer"}
_INLINE = re.compile(r"<(script|style)\b")
_STYLE = re.compile(r' style="(?:\{\{.*?\}\}|[^"{])*"')
"""A template's ``style`` attributes, Datasette's red bar for instance: a nonce cannot allow them."""
_nonce: ContextVar[str] = ContextVar("_nonce", default="")
"""The nonce of the inline scripts and styles of the page being made."""
_NOT_SHOWN = re.compile(
    r"/-/(?:databases|plugins|threads|permissions|messages|allow-debug|versions|metadata|settings)\b"
)
"""Datasette's pages about this machine, its paths and its programs."""
_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_COLUMNS = re.compile(r"(<dl class=\"column-descriptions\">.*?</dl>)", re.DOTALL)
_LEGEND = re.compile(r'(<legend>)([^<"]*)(</legend>\s*<(?:select|input)\b)')
_MENDED = (
    ('<select name="_filter_column', '<select aria-label="Column" name="_filter_column'),
    ('<select name="_filter_op', '<select aria-label="Comparison" name="_filter_op'),
    ('<input type="text" name="_filter_value', '<input type="text" aria-label="Value" name="_filter_value'),
    ('<select name="_sort"', '<select aria-label="Sort by" name="_sort"'),
    ('<textarea id="sql-editor"', '<textarea aria-label="SQL" id="sql-editor"'),
    ("<h3>Custom SQL query returning ", "<h3>Results: "),
    ("<h3>Custom SQL query", "<h3>Query"),
    (">show</a>)</span>", ">show its SQL</a>)</span>"),
    (">hide</a>)</span>", ">hide its SQL</a>)</span>"),
    # Ours is always a file with all rows.
    ('<label><input type="checkbox" name="_dl"> download file</label>', ""),
    ('<label><input type="checkbox" name="_stream"> stream all rows</label>', ""),
    ("<h3", "<h2"),
    ("</h3>", "</h2>"),
)
_ARRAYS = frozenset({"groups", "types", "languages"})


@hookimpl  # type: ignore[untyped-decorator]
def startup(datasette: Any) -> None:
    """Replace every library among the databases by the part of it that visitors may see."""
    for name, database in list(datasette.databases.items()):
        if database.path and Path(database.path).name == "campbell.db" and not isinstance(database, VisibleDatabase):
            visible = VisibleDatabase(datasette, DataFolder(Path(database.path).parent))
            visible.name, visible.route = database.name, database.route
            datasette.databases = {**datasette.databases, name: visible}


@hookimpl(trylast=True)  # type: ignore[untyped-decorator]
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Add the SQL functions of our search; a visitor's SQL runs elsewhere (``query_processes``)."""
    distrust_schema(conn)
    register_functions(conn)


@hookimpl  # type: ignore[untyped-decorator]
def prepare_jinja2_environment(env: Environment, datasette: Any) -> None:
    """Add our templates before Datasette's and other plugins', and behind the user's own."""
    loader = env.loader
    assert isinstance(loader, ChoiceLoader)
    if any(isinstance(one, FileSystemLoader) and str(_TEMPLATES) in one.searchpath for one in loader.loaders):
        return
    users = [FileSystemLoader(datasette.template_dir)] if datasette.template_dir else []
    loaders: list[BaseLoader] = [*users, FileSystemLoader(str(_TEMPLATES)), *loader.loaders]
    if dashboards.installed():  # its template by a name that ours of the same name can extend
        theirs = Path(str(files("datasette_dashboards"))) / "templates"
        loaders.append(PrefixLoader({"dashboards": FileSystemLoader(str(theirs))}, delimiter=":"))
    env.loader = _InlineNamed(loaders)
    env.globals["csp_nonce"] = _nonce.get
    env.globals["is_sample"] = lambda: _is_sample(datasette)
    env.globals["query_options"] = lambda *asked: options(datasette.databases[DATABASE], *asked)
    env.filters["labelled"] = _labelled
    env.filters["mended"] = _mended
    env.filters |= FILTERS


async def _is_sample(datasette: Any) -> bool:
    """Return whether the library is the invented one; False for one that cannot be read, as error pages ask too."""
    database = datasette.databases.get(DATABASE)
    with contextlib.suppress(CampbellError, sqlite3.Error):
        return isinstance(database, VisibleDatabase) and await database.cached("library", _library) == SAMPLE
    return False


def _library(connection: sqlite3.Connection) -> str | None:
    row = connection.execute("SELECT value FROM meta WHERE key = 'library'").fetchone()
    return row[0] if row else None


class _InlineNamed(ChoiceLoader):
    """Templates whose own inline scripts and styles carry the nonce of the page; what they show cannot have it."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        """Return a template's source."""
        source, name, is_fresh = super().get_source(environment, template)
        return _INLINE.sub(r'<\1 nonce="{{ csp_nonce() }}"', _STYLE.sub("", source)), name, is_fresh

    load = BaseLoader.load  # ChoiceLoader's would bypass get_source()


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
    return [
        (pattern, _answered(page))
        for pattern, page in PAGES.items()
        if pattern != HOME or DATABASE in datasette.databases
    ]


@hookimpl(trylast=True)  # type: ignore[untyped-decorator]
def filters_from_request(request: Any, database: str, table: str, datasette: Any) -> Callable[[], Awaitable[Any]]:
    """Search tables; last, because Datasette's own filter says that no table can be searched."""
    return lambda: search_filter(datasette, request, database, table)


@hookimpl  # type: ignore[untyped-decorator]
def register_output_renderer() -> list[dict[str, Any]]:
    """Offer citations of the rows of every table or query that names reviews."""
    return [{"extension": name, "render": _not_here, "can_render": _names_reviews} for name in table_exports.CITATIONS]


def _not_here() -> None:
    """Render nothing: our routes answer for a library, and other databases have no reviews."""


def _names_reviews(columns: list[str]) -> bool:
    return "review_id" in columns


@hookimpl  # type: ignore[untyped-decorator]
def render_cell(value: Any, column: str, table: str | None, database: str, datasette: Any) -> Markup | None:
    """Show reviews and DOIs as links, languages and lists by their names, and all other text as text."""
    if not isinstance(value, str) or database != DATABASE:
        return None
    shown = None
    if column == "review_id" or (column == "work_id" and table):
        shown = Markup('<a href="{}">{}</a>').format(datasette.urls.path(review_path(value)), clean(value))
    elif column == "doi" and value.startswith("10."):
        shown = Markup('<a href="https://doi.org/{}" rel="noreferrer">{}</a>').format(quote(value), clean(value))
    elif column == "language":
        shown = Markup('{} <span class="note">{}</span>').format(clean(language_name(value)), clean(value))
    elif column in _ARRAYS and value.startswith("["):
        shown = _array(value, column)
    elif column == "record" and table == "review_versions":
        shown = Markup("<code>{}</code>").format(clean(value[:200]) + ("…" if len(value) > 200 else ""))
    return shown


def _array(value: str, column: str) -> Markup | None:
    try:
        items = parsed_json(value)
    except ValueError:
        return None
    if not isinstance(items, list):
        return None
    names = (value_name(column.removesuffix("s"), str(item)) for item in items)
    return escape("; ".join(map(clean, names)))


@hookimpl(hookwrapper=True)  # type: ignore[untyped-decorator]
def handle_exception(datasette: Any, request: Any, exception: Exception) -> Iterator[None]:
    """Answer a visitor's mistakes and our own errors with one sentence.

    Datasette would print a traceback with all values, some of them the visitor's, on the console first: seconds of CPU.
    """
    outcome: Any = yield
    if isinstance(exception, (Base400, DatasetteError, sqlite3.Error, CampbellError)):
        outcome.force_result([lambda: _problem(datasette, request, exception)])


async def _problem(datasette: Any, request: Any, error: Exception) -> Response:
    status = getattr(error, "status", 400 if isinstance(error, sqlite3.Error) else 503)
    message = getattr(error, "message", None) or str(error)
    if getattr(error, "message_is_html", False) and not request.path.endswith(".json"):
        message = Markup(message)  # noqa: S704 - Datasette's own markup, the SQL in it escaped
    problem = {"ok": False, "error": message, "status": status, "title": getattr(error, "title", None)}
    body = {**getattr(error, "error_dict", {}), **problem}
    if request.path.endswith(".json"):
        return Response.json(body, status=status)
    return Response.html(await datasette.render_template("error.html", body, request=request), status=status)


def _answered(view: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Let a page of ours report its own errors: Datasette would try other spellings of the address first."""

    async def answered(datasette: Any, request: Any) -> Any:
        try:
            return await view(datasette, request)
        except (NotFound, CampbellError) as error:
            return await _problem(datasette, request, error)

    return answered


def _refused(scope: Any, is_own_name: Callable[[bytes], bool], base_url: str) -> Response | None:
    """Return the answer to a request that is refused; None for all others."""
    if not is_own_name(dict(scope["headers"]).get(b"host", b"")):
        return Response.text("This server does not answer to that name: see campbell serve --host.", status=421)
    if scope.get("method") not in _METHODS:  # whatever form another site's page has sent here
        return Response.text("Nothing can be changed here.", status=405)
    path = scope["path"]
    path = path[len(base_url) - 1 :] if path.startswith(base_url) else path  # as Datasette does
    return Response.text("Not shown", status=404) if _NOT_SHOWN.match(path) else None


@hookimpl  # type: ignore[untyped-decorator]
def asgi_wrapper(datasette: Any) -> Callable[[Any], Any]:
    """Answer to our own names only, so that no page of another site reads this one (DNS rebinding).

    No page asks another machine for anything, and no CSV holds a formula. What is open is closed when the server ends.
    """
    is_own_name = own_names((datasette.plugin_config("campbell") or {}).get("hosts", ()))

    async def end(receive: Any) -> Any:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            for database in datasette.databases.values():
                if isinstance(database, VisibleDatabase):
                    database.close()
        return message

    def wrap(app: Any) -> Any:
        async def wrapped(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "lifespan":
                await app(scope, lambda: end(receive), send)
                return
            if refused := _refused(scope, is_own_name, datasette.setting("base_url")):
                await refused.asgi_send(send)
                return
            nonce = secrets.token_urlsafe(16)
            _nonce.set(nonce)
            is_csv = False

            async def send_with_headers(message: Any) -> None:
                nonlocal is_csv
                if message["type"] == "http.response.start":
                    given = [(name.lower(), value) for name, value in message.get("headers", [])]
                    policy = _FILE_POLICY if b"content-disposition" in dict(given) else _POLICY.format(nonce=nonce)
                    ours = {b"content-security-policy": policy.encode(), **_HEADERS}
                    kept = [pair for pair in given if pair[0] not in ours]
                    # Datasette's CSV is text/plain where it is not saved.
                    kind = dict(kept).get(b"content-type", b"").partition(b";")[0]
                    is_csv = kind == b"text/csv" or (kind == b"text/plain" and scope["path"].endswith(".csv"))
                    message = {**message, "headers": [*kept, *ours.items()]}
                elif is_csv and message.get("body"):  # Datasette sends each row by itself
                    message = {**message, "body": safe_row(message["body"].decode()).encode()}
                await send(message)

            await app(scope, receive, send_with_headers)

        return wrapped

    return wrap
