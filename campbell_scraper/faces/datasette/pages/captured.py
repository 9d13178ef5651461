"""What was captured: a PDF out of its WARC file, and the way from a replayed page to its record.

A PDF is a stranger's bytes. It is sent as a PDF whatever it is, under a policy that lets it run and load nothing
(``plugin.asgi_wrapper``), and only if a file of the library that may be shown names its capture.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode

from datasette.utils import tilde_encode  # type: ignore[import-untyped]  # Datasette ships no types
from datasette.utils.asgi import NotFound, Response  # type: ignore[import-untyped]

from campbell_scraper.archive.capture import PayloadError
from campbell_scraper.archive.read.locate import read_at
from campbell_scraper.errors import DamagedError
from campbell_scraper.faces.datasette.metadata import DATABASE
from campbell_scraper.reading.page.links import path_of

from .downloads import Written, folder_of, sent
from .review_page import review_path, rows_of

if TYPE_CHECKING:
    import contextlib
    import sqlite3

    from campbell_scraper.folder import DataFolder

_PLACE = """SELECT h.warc_file, h.warc_offset, h.capture_id, c.url FROM captures c
JOIN captures h ON h.capture_id = c.capture_id OR (h.payload_digest = c.payload_digest AND h.outcome = 'new')
WHERE c.capture_id = ? AND EXISTS (SELECT 1 FROM files f WHERE f.capture_id = c.capture_id)
ORDER BY h.outcome <> 'new', h.capture_id <> c.capture_id LIMIT 1"""
"""Where the bytes are: in the capture's own record, or in one that a revisit repeats."""
_HEAD = 1024
"""Bytes within which a PDF says that it is one, as its readers expect."""
_OF_FILE = "SELECT DISTINCT review_id FROM files WHERE url = ? AND review_id IS NOT NULL"
_OF_URL = "SELECT DISTINCT review_id FROM review_urls WHERE url = ?"
_CAPTURE = """SELECT capture_id FROM captures WHERE url = ? ORDER BY
replace(replace(replace(captured_at, '-', ''), ':', ''), 'T', '') LIKE ? || '%' DESC, captured_at DESC LIMIT 1"""


async def pdf(datasette: Any, request: Any) -> Any:
    """Return a PDF as it was captured."""
    folder, capture_id = folder_of(datasette), unquote(request.url_vars["capture_id"])
    select = datasette.databases[DATABASE].execute_fn
    places = await select(lambda connection: rows_of(connection, _PLACE, capture_id))
    if not places:
        raise NotFound("There is no such PDF in this library.")

    def begin(_: contextlib.ExitStack) -> Written:
        name = path_of(places[0]["url"]).rpartition("/")[2] or "captured.pdf"
        return Written(iter([_body(folder, places[0])]), "application/pdf", name, disposition="inline")

    return await sent(begin)


def _body(folder: DataFolder, place: dict[str, Any]) -> bytes:
    """Return the bytes of a captured PDF.

    Raises:
        NotFound: it is not a PDF.
        DamagedError: it is not where the database says.

    """
    path = folder.archive / place["warc_file"]
    try:
        if not path.resolve().is_relative_to(folder.archive.resolve()):  # a stranger's database says where
            raise ValueError("it is outside the archive")
        capture = read_at(path, place["warc_offset"], place["capture_id"])
        body = capture.payload() if capture.payload is not None else b""
    except (OSError, ValueError, PayloadError) as error:
        reason = error.strerror if isinstance(error, OSError) else error  # without the machine's paths
        raise DamagedError(f"{place['warc_file']} cannot be read: {reason}.") from error
    if b"%PDF-" not in body[:_HEAD]:
        raise NotFound("The capture is not a PDF.")
    return body


async def record(datasette: Any, request: Any) -> Response:
    """Return a redirection from a URL and the time of its capture (YYYYMMDDhhmmss) to the review, else to the row."""
    url, at = request.args.get("url") or "", re.sub(r"\D", "", request.args.get("at") or "")
    folder_of(datasette)

    def find(connection: sqlite3.Connection) -> str | None:
        for sql, query in ((_OF_URL, ""), (_OF_FILE, "?" + urlencode({"file": url}))):
            reviews = rows_of(connection, sql, url)
            if len(reviews) == 1:
                return review_path(reviews[0]["review_id"]) + query
        captures = rows_of(connection, _CAPTURE, url, at)
        return f"/{DATABASE}/captures/{tilde_encode(captures[0]['capture_id'])}" if captures else None

    path = await datasette.databases[DATABASE].execute_fn(find)
    if path is None:
        raise NotFound("This library has no capture of that address.")
    return Response.redirect(datasette.urls.path(path))
