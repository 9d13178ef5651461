"""Our pages, a function for each; what a page shows is loaded elsewhere, in one call."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlencode

from datasette.utils.asgi import NotFound, Response  # type: ignore[import-untyped]  # Datasette ships no types

from campbell_scraper.errors import CampbellError, ExtraNeeded
from campbell_scraper.faces.datasette.metadata import DATABASE
from campbell_scraper.faces.datasette.search.review_index import FACETS, NEWEST, SORTS
from campbell_scraper.faces.datasette.search.search_page import PAGE, find
from campbell_scraper.faces.datasette.search.selection import Selection
from campbell_scraper.faces.export import Library

from . import captured, dashboards, downloads, table_exports
from . import plots as plotting
from .changes_page import CHANGES, load_changes
from .comparison import load_comparison
from .downloads import ALL, ONE, folder_of, index_of
from .home_page import load_home
from .review_page import load_review, meta_tags, review_path

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_PICTURES = {"svg": "image/svg+xml; charset=utf-8", "png": "image/png"}
_CSS = files("campbell_scraper.faces.datasette").joinpath("static", "campbell.css").read_text("utf-8")


async def stylesheet(datasette: Any, request: Any) -> Response:  # noqa: ARG001 - what every page is called with
    """Return the style sheet."""
    return Response(_CSS, content_type="text/css; charset=utf-8", headers={"cache-control": "max-age=600"})


async def home(datasette: Any, request: Any) -> Response:
    """Return the home page.

    Datasette's own view of that address would first ask for the permission to see each table: 200 ms for nothing shown.
    """
    await datasette.ensure_permissions(request.actor, ["view-instance"])
    found: dict[str, Any] = await _cached(datasette, "home", load_home)
    found |= {"plots": plotting.PLOTS if plotting.can_draw() else {}, "base": datasette.urls.path(f"/{DATABASE}")}
    context = {"home": found, "metadata": datasette.metadata(), "alternate_url_json": datasette.urls.path("/.json")}
    return await _page(datasette, request, "index.html", context)


async def reviews(datasette: Any, request: Any) -> Response:
    """Return the list of reviews that the words and filters of the address select."""
    selection = Selection.of(request.args)
    found = await _search(datasette, request, selection)
    if "" in (value for _, value in parse_qsl(request.query_string, keep_blank_values=True)):  # fields left empty
        return Response.redirect(datasette.urls.path("/-/reviews" + selection.address(found["page"])))
    # Without words, newest first has the empty value, so that words typed next are sorted by the best match.
    sorts = (
        {"": "Best match first"} | SORTS
        if found["searched"]
        else {"" if one == NEWEST else one: name for one, name in SORTS.items()}
    )
    meant = replace(selection, typed=found["meant"] or "")
    shown = {"found": found, "meant": meant, "selection": selection, "facets": FACETS, "sorts": sorts, "formats": ALL}
    return await _page(datasette, request, "campbell_reviews.html", shown)


async def reviews_json(datasette: Any, request: Any) -> Response:
    """Return the list of reviews as JSON, up to 1,000 a page."""
    selection = Selection.of(request.args)
    size = _number(request.args.get("size"), PAGE, 1_000)
    found = await _search(datasette, request, selection, size)
    path = datasette.urls.path("/-/reviews.json")
    following = None
    if found["page"] < found["pages"]:
        more = [*selection.parameters, ("size", str(size)), ("page", str(found["page"] + 1))]
        following = datasette.absolute_url(request, f"{path}?{urlencode(more)}")
    answer = {name: found[name] for name in ("total", "page", "pages")} | {
        "next_url": following,
        "did_you_mean": found["meant"],
    }
    answer["selection"] = {name: value for name, value in selection.parameters if name not in FACETS}
    answer["selection"] |= selection.chosen
    answer |= {"facets": found["facets"], "reviews": []}
    for row in found["reviews"]:
        url = datasette.absolute_url(request, datasette.urls.path(review_path(row["review_id"])))
        kept = {name: value for name, value in row.items() if not name.endswith("pieces") and name != "places"}
        answer["reviews"].append(kept | {"page_url": url})
    return Response.json(answer)


async def _search(datasette: Any, request: Any, selection: Selection, size: int = PAGE) -> dict[str, Any]:
    page = _number(request.args.get("page"), 1, 100_000)
    index = await index_of(datasette)
    found: dict[str, Any] = await _read(datasette, lambda connection: find(connection, index, selection, page, size))
    return found


async def review(datasette: Any, request: Any) -> Response:
    """Return the page of one review."""
    review_id = unquote(request.url_vars["review_id"])
    position = _number(request.args.get("summary"), None, 10_000)
    file = request.args.get("file")
    page = await _read(datasette, lambda connection: load_review(connection, review_id, position, file))
    if page is None:
        raise NotFound("There is no such review in this library.")
    return await _page(
        datasette, request, "campbell_review.html", page | {"tags": meta_tags(page["citation"]), "formats": ONE}
    )


async def compare(datasette: Any, request: Any) -> Response:
    """Return two versions of a review side by side, what differs marked."""
    review_id = unquote(request.url_vars["review_id"])
    old, new = (_number(request.args.get(name), None, 1_000_000) for name in ("old", "new"))
    page = await _read(datasette, lambda connection: load_comparison(connection, review_id, old, new))
    if page is None:
        raise NotFound("There is no such review in this library, or no such version of it.")
    return await _page(datasette, request, "campbell_compare.html", page)


async def changes(datasette: Any, request: Any) -> Response:
    """Return the newest changes of the site."""
    since = request.args.get("since") or None

    def load() -> dict[str, Any]:
        with Library.open(folder_of(datasette)) as library:
            try:
                return load_changes(library, since)
            except CampbellError as problem:
                return {"found": [], "since": since, "error": str(problem), "limit": CHANGES}

    return await _page(datasette, request, "campbell_changes.html", await asyncio.to_thread(load))


async def gap_map(datasette: Any, request: Any) -> Response:
    """Return the grid of an evidence and gap map, each cell with its number of references; without one all maps."""
    url = request.args.get("url") or ""

    def load(connection: Any) -> dict[str, Any]:
        maps = connection.execute(
            "SELECT url, coalesce(p.title, url), count(*) FROM pages p JOIN map_references USING (url) "
            "WHERE :url IN ('', url) GROUP BY url ORDER BY 2", {"url": url}
        ).fetchall()  # fmt: skip
        if url and not maps:
            raise NotFound("There is no such map in this library.")
        leaves = "SELECT code, name FROM map_codes WHERE url = ? AND axis = ? AND is_leaf ORDER BY position"
        counts = connection.execute(
            "SELECT row_code, column_code, count(*) FROM map_cells WHERE url = ? GROUP BY 1, 2", (url,)
        )
        return {
            "url": url,
            "maps": maps,
            "rows": connection.execute(leaves, (url, "row")).fetchall(),
            "columns": connection.execute(leaves, (url, "column")).fetchall(),
            "counts": {(row, column): count for row, column, count in counts},
        }

    return await _page(datasette, request, "campbell_map.html", await _read(datasette, load))


async def plots(datasette: Any, request: Any) -> Response:
    """Return all plots with their tables."""
    names = list(plotting.PLOTS)
    rows = await _cached(datasette, "plots", lambda database: [plotting.plot_rows(database, name) for name in names])
    shown = [(name, plotting.PLOTS[name], table) for name, table in zip(names, rows, strict=True)]
    return await _page(
        datasette,
        request,
        "campbell_plots.html",
        {"plots": shown, "can_draw": plotting.can_draw(), "dashboard": dashboards.installed()},
    )


async def plot(datasette: Any, request: Any) -> Response:
    """Return one plot as a picture."""
    name, kind = request.url_vars["name"], request.url_vars["kind"]
    if name not in plotting.PLOTS:
        raise NotFound("There is no such plot.")
    width = plotting.NARROW if request.args.get("narrow") == "1" else plotting.WIDE
    try:
        picture = await _cached(
            datasette,
            f"{name}.{kind}, {width} wide",
            lambda connection: plotting.picture(name, plotting.plot_rows(connection, name), kind, width),
        )
    except ExtraNeeded as error:
        raise NotFound("Plots cannot be drawn here: vl-convert is not installed.") from error
    return Response(picture, content_type=_PICTURES[kind])


async def _page(datasette: Any, request: Any, template: str, context: dict[str, Any]) -> Response:
    context = context | {"database_name": DATABASE, "base": datasette.urls.path(f"/{DATABASE}")}
    return Response.html(await datasette.render_template(template, context, request=request))


async def _read(datasette: Any, load: Callable[[Any], Any]) -> Any:
    folder_of(datasette)
    return await datasette.databases[DATABASE].execute_fn(load)


async def _cached(datasette: Any, name: str, load: Callable[[Any], Any]) -> Any:
    folder_of(datasette)
    return await datasette.databases[DATABASE].cached(name, load)


def _number(text: str | None, default: Any, most: int) -> Any:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 9:
        return default
    return min(max(int(text), 1), most)


HOME = "^/$"
PAGES: dict[str, Callable[[Any, Any], Awaitable[Response]]] = {
    r"^/-/campbell\.css$": stylesheet,
    r"^/-/(?:reviews|search)$": reviews,
    r"^/-/reviews\.json$": reviews_json,
    r"^/-/plots$": plots,
    r"^/-/map$": gap_map,
    r"^/-/plots/(?P<name>[a-z_]+)\.(?P<kind>svg|png)$": plot,
    r"^/-/changes$": changes,
    r"^/-/changes\.atom$": downloads.feed,
    r"^/-/export/(?P<format>[a-z-]+)$": downloads.export_all,
    r"^/-/cite/(?P<format>[a-z-]+)/(?P<review_id>.+)$": downloads.export_one,
    r"^/-/compare/(?P<review_id>.+)$": compare,
    r"^/-/review/(?P<review_id>.+)$": review,
    r"^/-/pdf/(?P<capture_id>.+)$": captured.pdf,
    r"^/-/record$": captured.record,
    rf"^/{DATABASE}(?:/(?P<table>[^/]+))?\.(?P<format>{table_exports.NAMES})$": table_exports.export_rows,
    HOME: home,
}
"""Pattern of an address → the page there."""
