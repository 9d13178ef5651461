"""Downloads: citations and tables of one review, of the rows shown, or of the library; the feed.

A file is sent while it is read from the database, as fast as the client takes it (a workbook when all of it is in a
temporary file). An error before the first byte is an error page. After it the connection is broken off:
a browser calls that a failed download and keeps nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from datasette.utils.asgi import NotFound, Response  # type: ignore[import-untyped]  # Datasette ships no types

from campbell_scraper.faces.datasette.metadata import DATABASE
from campbell_scraper.faces.datasette.search.review_index import ReviewIndex, load_index
from campbell_scraper.faces.datasette.search.selection import Selection, select
from campbell_scraper.faces.export import FORMATS, Library, pieces
from campbell_scraper.faces.export.changes import recorded_changes
from campbell_scraper.faces.export.citations.atom import MEDIA_TYPE, write_atom
from campbell_scraper.faces.export.citations.citekey import citation_key
from campbell_scraper.folder import DataFolder

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

_CHUNK = 65_536
ONE = {"ris": "RIS", "bibtex": "BibTeX", "csl-json": "CSL-JSON", "csv": "CSV", "jsonl": "JSON"}
"""Formats offered for one review, and what they are called."""
ALL = {name: one.label for name, one in FORMATS.items()}
"""Formats offered for many."""


def folder_of(datasette: Any) -> DataFolder:
    """Return the data folder that is served.

    Raises:
        NotFound: no library is among the databases.

    """
    if DATABASE not in datasette.databases:
        raise NotFound("There is no library here.")
    return DataFolder(Path(datasette.databases[DATABASE].path).parent)


async def index_of(datasette: Any) -> ReviewIndex:
    """Return what reviews are filtered and sorted by."""
    folder_of(datasette)
    index: ReviewIndex = await datasette.databases[DATABASE].cached("reviews", load_index)
    return index


async def export_all(datasette: Any, request: Any) -> _Download:
    """Return the reviews that an address selects, in its order, or the whole library, in a format."""
    name = request.url_vars["format"]
    if name not in FORMATS:
        raise NotFound("There is no such format.")
    bom = name == "csv" and request.args.get("bom") == "1"
    folder, selection = folder_of(datasette), Selection.of(request.args)
    wanted: list[str] | None = None
    if selection.parameters:
        index = await index_of(datasette)
        select_from = datasette.databases[DATABASE].execute_fn
        places = await select_from(lambda connection: select(connection, index, selection).places)
        wanted = [index.names[place] for place in places]

    def begin(open_files: contextlib.ExitStack) -> Written:
        library = open_files.enter_context(Library.open(folder))
        reviews = library.reviews() if wanted is None else library.named(wanted)
        return Written(pieces(reviews, name, bom=bom), FORMATS[name].media_type, "campbell" + FORMATS[name].suffix)

    return await sent(begin)


async def export_one(datasette: Any, request: Any) -> _Download:
    """Return one review in a format; the file is called by its citation key."""
    name, review_id = request.url_vars["format"], unquote(request.url_vars["review_id"])
    if name not in ONE:
        raise NotFound("There is no such format.")
    folder = folder_of(datasette)

    def begin(open_files: contextlib.ExitStack) -> Written:
        reviews = list(open_files.enter_context(Library.open(folder)).named([review_id]))
        if not reviews:
            raise NotFound("There is no such review.")
        key = citation_key(reviews[0].origin, review_id)
        return Written(pieces(reviews, name), FORMATS[name].media_type, key + FORMATS[name].suffix)

    return await sent(begin)


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


class Written(NamedTuple):
    """A file that is being made."""

    pieces: Iterator[bytes]
    media_type: str
    filename: str
    disposition: str = "attachment"
    """Whether it is saved, or opened ("inline")."""


async def sent(begin: Callable[[contextlib.ExitStack], Written]) -> _Download:
    """Return the answer that sends a file; what ``begin`` opens is closed when it is sent.

    Raises what comes before the first byte.
    """

    def begun() -> _Download:
        with contextlib.ExitStack() as open_files:
            written = begin(open_files)
            chunks = _chunks(written.pieces)
            first = [next(chunks, b""), *([second] if (second := next(chunks, None)) is not None else [])]
            return _Download(first, chunks, open_files.pop_all(), written)

    return await asyncio.to_thread(begun)


def _chunks(written: Iterator[bytes]) -> Iterator[bytes]:
    """Join pieces to chunks that are worth sending."""
    held, size = [], 0
    for piece in written:
        held.append(piece)
        size += len(piece)
        if size >= _CHUNK:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


@dataclass(slots=True)
class _Download:
    """A response that sends a file while it is made."""

    first: list[bytes]
    rest: Iterator[bytes]
    open_files: contextlib.ExitStack
    written: Written

    @property
    def headers(self) -> dict[str, str]:
        """The header that makes it a file."""
        safe = "".join(
            one if one.isascii() and (one.isalnum() or one in "-_.") else "-" for one in self.written.filename
        )
        return {"content-disposition": f'{self.written.disposition}; filename="{safe}"'}

    async def asgi_send(self, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        """Send the file; Datasette calls this."""
        length = {"content-length": str(len(self.first[0]))} if len(self.first) == 1 else {}
        headers = {"content-type": self.written.media_type, **length, **self.headers}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        with self.open_files:
            await send({"type": "http.response.start", "status": 200, "headers": raw})
            for chunk in self.first:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            while chunk := await asyncio.to_thread(next, self.rest, b""):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
