"""Files one can take away: citations and tables of one review, of the rows shown, or of the library; the feed.

A file is written in full before its first byte is sent, to memory or, if it is large, to disk: an error is an error
page and never half a file.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import unquote

from datasette.utils.asgi import NotFound, Response  # type: ignore[import-untyped]  # Datasette ships no types

from campbell_scraper.export import FORMATS, Library
from campbell_scraper.export import export as write
from campbell_scraper.export.atom import MEDIA_TYPE, write_atom
from campbell_scraper.export.changes import changes
from campbell_scraper.export.citekey import citation_key
from campbell_scraper.folder import DataFolder

from .metadata import DATABASE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

_IN_MEMORY = 4_000_000
_CHUNK = 65_536
_OF_ONE = ("ris", "bibtex", "csl-json", "csv", "jsonl")
ONE = {"ris": "RIS", "bibtex": "BibTeX", "csl-json": "CSL-JSON", "csv": "CSV", "jsonl": "JSON"}
"""Formats offered for one review, and what they are called."""
MAX_ROWS = 1_000


def folder_of(datasette: Any) -> DataFolder:
    """Give the data folder that is served.

    Raises:
        NotFound: no library is among the databases.

    """
    if DATABASE not in datasette.databases:
        raise NotFound("There is no library here.")
    return DataFolder(Path(datasette.databases[DATABASE].path).parent)


async def export_all(datasette: Any, request: Any) -> _File:
    """Give the whole library in a format."""
    name = request.url_vars["format"]
    if name not in FORMATS:
        raise NotFound("There is no such format.")
    bom = name == "csv" and request.args.get("bom") == "1"
    return await _written(datasette, name, None, "campbell", bom=bom)


async def export_one(datasette: Any, request: Any) -> _File:
    """Give one review in a format; the file is called by its citation key."""
    name, review_id = request.url_vars["format"], unquote(request.url_vars["review_id"])
    if name not in _OF_ONE:
        raise NotFound("There is no such format.")
    return await _written(datasette, name, [review_id], None)


def renderer(name: str) -> Callable[..., Awaitable[Response]]:
    """Give what renders the reviews of a table or query as a citation format."""

    async def render(datasette: Any, columns: list[str], rows: list[Any], database: str) -> Response:
        if "review_id" not in columns or database != DATABASE:
            raise NotFound("There are no reviews in this table.")
        wanted = list(dict.fromkeys(str(row["review_id"]) for row in rows if row["review_id"]))[:MAX_ROWS]
        file = await _written(datasette, name, wanted, "reviews")
        return Response(file.read(), content_type=file.media_type, headers=file.headers)

    return render


async def feed(datasette: Any, request: Any) -> Response:
    """Give the newest changes as an Atom feed."""
    out = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed below

    def written() -> bytes:
        with Library.open(folder_of(datasette)) as library:
            write_atom(
                changes(library), out, library=library.name, updated=library.last_crawl,  # type: ignore[arg-type]
                self_url=datasette.absolute_url(request, datasette.urls.path("/-/changes.atom")),
            )  # fmt: skip
        out.seek(0)
        return out.read()

    with out:
        return Response(await asyncio.to_thread(written), content_type=f"{MEDIA_TYPE}; charset=utf-8")


async def _written(
    datasette: Any, name: str, wanted: list[str] | None, filename: str | None, *, bom: bool = False
) -> _File:
    """Write reviews to a file.

    Raises:
        NotFound: none of the reviews asked for is there to be shown.

    """
    folder = folder_of(datasette)

    def written() -> _File:
        out = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed when sent
        with Library.open(folder) as library:
            called = filename or _key(library, (wanted or [""])[0])
            if called is None:
                raise NotFound("There is no such review.")
            write(library, name, out, where=None if wanted is None else _among(wanted), bom=bom)  # type: ignore[arg-type]
        return _File(out, FORMATS[name].media_type, called + FORMATS[name].suffix)  # type: ignore[arg-type]

    return await asyncio.to_thread(written)


def _key(library: Library, review_id: str) -> str | None:
    return next((citation_key(one.origin, one.review_id) for one in library.reviews(_among([review_id]))), None)


def _among(wanted: list[str]) -> str:
    literals = ", ".join("'" + one.replace("'", "''").replace("\0", "") + "'" for one in wanted)
    return f"review_id IN ({literals})"


class _File:
    """A response that sends a file piece by piece and closes it."""

    def __init__(self, out: BinaryIO, media_type: str, filename: str) -> None:
        self._out = out
        self.media_type = media_type
        self._length = out.seek(0, 2)
        out.seek(0)
        safe = "".join(one if one.isascii() and (one.isalnum() or one in "-_.") else "-" for one in filename)
        self.headers = {"content-disposition": f'attachment; filename="{safe}"'}

    def read(self) -> bytes:
        """Give all of it, and close."""
        with self._out as out:
            return out.read()

    async def asgi_send(self, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        """Send it (what Datasette calls)."""
        headers = {"content-type": self.media_type, "content-length": str(self._length), **self.headers}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": raw})
        for piece in self._pieces():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    def _pieces(self) -> Iterator[bytes]:
        with self._out as out:
            while piece := out.read(_CHUNK):
                yield piece
