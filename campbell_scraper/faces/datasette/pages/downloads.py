"""Files one can take away: citations and tables of one review, of the rows shown, or of the library; the feed.

A file is sent while it is read from the database, so much at a time as the other side takes (a workbook when all of it
stands in a temporary file). An error before the first byte is an error page. After it the connection is broken off:
a browser calls that a failed download and keeps nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from datasette.utils.asgi import NotFound, Response  # type: ignore[import-untyped]  # Datasette ships no types

from campbell_scraper.faces.datasette.metadata import DATABASE
from campbell_scraper.faces.export import FORMATS, Library, pieces
from campbell_scraper.faces.export.changes import recorded_changes
from campbell_scraper.faces.export.citations.atom import MEDIA_TYPE, write_atom
from campbell_scraper.faces.export.citations.citekey import citation_key
from campbell_scraper.folder import DataFolder

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

_CHUNK = 65_536
_OF_ONE = ("ris", "bibtex", "csl-json", "csv", "jsonl")
ONE = {"ris": "RIS", "bibtex": "BibTeX", "csl-json": "CSL-JSON", "csv": "CSV", "jsonl": "JSON"}
"""Formats offered for one review, and what they are called."""
MAX_ROWS = 1_000


def folder_of(datasette: Any) -> DataFolder:
    """Return the data folder that is served.

    Raises:
        NotFound: no library is among the databases.

    """
    if DATABASE not in datasette.databases:
        raise NotFound("There is no library here.")
    return DataFolder(Path(datasette.databases[DATABASE].path).parent)


async def export_all(datasette: Any, request: Any) -> _Download:
    """Return the whole library in a format."""
    name = request.url_vars["format"]
    if name not in FORMATS:
        raise NotFound("There is no such format.")
    bom = name == "csv" and request.args.get("bom") == "1"
    return await _begun(datasette, name, None, "campbell", bom=bom)


async def export_one(datasette: Any, request: Any) -> _Download:
    """Return one review in a format; the file is called by its citation key."""
    name, review_id = request.url_vars["format"], unquote(request.url_vars["review_id"])
    if name not in _OF_ONE:
        raise NotFound("There is no such format.")
    return await _begun(datasette, name, [review_id], None)


def renderer(name: str) -> Callable[..., Awaitable[Response]]:
    """Return what renders the reviews of a table or query as a citation format."""

    async def render(datasette: Any, columns: list[str], rows: list[Any], database: str) -> Response:
        if "review_id" not in columns or database != DATABASE:
            raise NotFound("There are no reviews in this table.")
        wanted = list(dict.fromkeys(str(row["review_id"]) for row in rows if row["review_id"]))[:MAX_ROWS]
        file = await _begun(datasette, name, wanted, "reviews")
        return Response(await asyncio.to_thread(file.read), content_type=file.media_type, headers=file.headers)

    return render


async def feed(datasette: Any, request: Any) -> Response:
    """Return the newest changes as an Atom feed."""

    def written() -> bytes:
        out = io.BytesIO()
        with Library.open(folder_of(datasette)) as library:
            write_atom(
                recorded_changes(library), out, library=library.name, updated=library.last_crawl,
                self_url=datasette.absolute_url(request, datasette.urls.path("/-/changes.atom")),
            )  # fmt: skip
        return out.getvalue()

    return Response(await asyncio.to_thread(written), content_type=f"{MEDIA_TYPE}; charset=utf-8")


async def _begun(
    datasette: Any, name: str, wanted: list[str] | None, filename: str | None, *, bom: bool = False
) -> _Download:
    """Begin to write reviews to a file.

    Raises:
        NotFound: none of the reviews asked for is there to be shown.

    """
    folder = folder_of(datasette)

    def begun() -> _Download:
        with contextlib.ExitStack() as open_files:
            library = open_files.enter_context(Library.open(folder))
            called = filename or _key(library, (wanted or [""])[0])
            if called is None:
                raise NotFound("There is no such review.")
            written = pieces(library, name, where=None if wanted is None else _among(wanted), bom=bom)
            chunks = _chunks(written)
            first = [next(chunks, b""), *([second] if (second := next(chunks, None)) is not None else [])]
            return _Download(
                first, chunks, open_files.pop_all(), FORMATS[name].media_type, called + FORMATS[name].suffix
            )

    return await asyncio.to_thread(begun)


def _chunks(written: Iterator[bytes]) -> Iterator[bytes]:
    """Yield pieces together, so that they are worth being sent."""
    held, size = [], 0
    for piece in written:
        held.append(piece)
        size += len(piece)
        if size >= _CHUNK:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def _key(library: Library, review_id: str) -> str | None:
    return next((citation_key(one.origin, one.review_id) for one in library.reviews(_among([review_id]))), None)


def _among(wanted: list[str]) -> str:
    literals = ", ".join("'" + one.replace("'", "''").replace("\0", "") + "'" for one in wanted)
    return f"review_id IN ({literals})"


@dataclass(slots=True)
class _Download:
    """A response that sends a file while it is made."""

    first: list[bytes]
    rest: Iterator[bytes]
    open_files: contextlib.ExitStack
    media_type: str
    filename: str

    @property
    def headers(self) -> dict[str, str]:
        """The header that makes it a file."""
        safe = "".join(one if one.isascii() and (one.isalnum() or one in "-_.") else "-" for one in self.filename)
        return {"content-disposition": f'attachment; filename="{safe}"'}

    def read(self) -> bytes:
        """Return all of it."""
        with self.open_files:
            return b"".join([*self.first, *self.rest])

    async def asgi_send(self, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        """Send it (what Datasette calls)."""
        length = {"content-length": str(len(self.first[0]))} if len(self.first) == 1 else {}
        headers = {"content-type": self.media_type, **length, **self.headers}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        with self.open_files:
            await send({"type": "http.response.start", "status": 200, "headers": raw})
            for chunk in self.first:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            while chunk := await asyncio.to_thread(next, self.rest, b""):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
